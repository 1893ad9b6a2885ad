import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { COUPONS, CROWD, OTHER_BRANDS, STADIUM } from './crowd.ts';
import { drawMatch } from './draw.ts';
import { type Match, playMatch } from './match.ts';

const { values } = parseArgs({ options: { seed: { type: 'string', default: '1' }, out: { type: 'string' } } });
const seed = Number(values.seed);
console.log(`SEED=${seed}: ${CROWD} people in a minute, ${COUPONS} coupons, ${OTHER_BRANDS.length} brands beside them`);
const quiet = await playMatch(seed, false);
const loud = await playMatch(seed, true);

const p99 = (match: Match, brands: readonly string[]): number =>
  quantile(
    brands.flatMap((brand) => match.handOffMs.get(brand) ?? []),
    0.99,
  );
const figures = {
  signals: loud.signals,
  issued: loud.coupons,
  soldOutTold: loud.soldOut,
  issuedWhenFirstToldSoldOut: loud.firstSoldOutAtIssued,
  stockLeft: loud.left,
  openLeases: loud.openLeases,
  counterWrites: loud.leasesTaken,
  handOffP50Ms: quantile(loud.handOffMs.get(STADIUM) ?? [], 0.5),
  handOffP99Ms: p99(loud, [STADIUM]),
  othersP99MsQuiet: p99(quiet, OTHER_BRANDS),
  othersP99MsLoud: p99(loud, OTHER_BRANDS),
  conflicts: loud.service.conflicts,
  throttles: loud.service.throttles,
  failedDeliveries: loud.failures,
  peakBacklog: Math.max(...loud.samples.map(({ backlog }) => backlog)),
  environments: loud.environments,
};
console.table(figures);
if (values.out) writeFileSync(values.out, drawMatch(loud, figures));

const violations = [
  ...(loud.coupons === COUPONS && loud.offered === COUPONS
    ? []
    : [`${loud.coupons} coupons and ${loud.offered} offers of ${COUPONS}`]),
  ...(loud.signals === CROWD ? [] : [`${loud.signals} of ${CROWD} signals recorded`]),
  ...(loud.left === 0 && loud.openLeases === 0 ? [] : [`${loud.left} left, ${loud.openLeases} leases open`]),
  ...(figures.handOffP99Ms <= 15_000 ? [] : [`hand-off p99 of ${figures.handOffP99Ms} ms`]),
  ...(figures.othersP99MsLoud < 2 * figures.othersP99MsQuiet ? [] : ['the other brands waited twice as long']),
];
for (const violation of violations) console.error(`VIOLATED: ${violation}`);
process.exitCode = violations.length > 0 ? 1 : 0;

function quantile(sample: readonly number[], share: number): number {
  const sorted = [...sample].sort((left, right) => left - right);
  return Math.round(sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN);
}
