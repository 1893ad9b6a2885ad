import { execFileSync } from 'node:child_process';
import { FAULTS, type Fault } from './faults.ts';
import { formatLine, type HistoryLine } from './history.ts';
import type { SeedReport } from './pool.ts';
import type { Counts, SeedResult } from './run-seed.ts';
import { type Exposure, sampleRatio } from './sample-ratio.ts';

const MAX_LINES = 80;
/** Said in a full trace, not in the summary: reads that went well change nothing. */
const READS: readonly string[] = ['GetItem', 'BatchGetItem', 'Query'];

/** What all seeds of a run add up to. */
export type Totals = {
  seeds: number;
  counts: Counts;
  faults: Map<Fault, number>;
  exposures: Exposure[];
  profiles: Map<string, number>;
  failed: SeedReport[];
};

export function createTotals(): Totals {
  const counts: Counts = {
    events: 0,
    storeOperations: 0,
    signals: 0,
    decisions: 0,
    offers: 0,
    heldOut: 0,
    soldOut: 0,
    falselySoldOut: 0,
    leases: 0,
    messages: 0,
    redemptions: 0,
    environments: 0,
  };
  return { seeds: 0, counts, faults: new Map(), exposures: [], profiles: new Map(), failed: [] };
}

export function add(totals: Totals, report: SeedReport): void {
  totals.seeds += 1;
  const { result } = report;
  if (!result || result.violations.length > 0) totals.failed.push(report);
  if (!result) return;
  for (const name of Object.keys(totals.counts) as (keyof Counts)[]) {
    // Environments are not a sum: the most that were alive together.
    if (name === 'environments') totals.counts[name] = Math.max(totals.counts[name], result.counts[name]);
    else totals.counts[name] += result.counts[name];
  }
  for (const [fault, count] of result.faults) totals.faults.set(fault, (totals.faults.get(fault) ?? 0) + count);
  totals.exposures.push(...result.exposures);
  const kind = `${result.profile}/${result.shape}`;
  totals.profiles.set(kind, (totals.profiles.get(kind) ?? 0) + 1);
}

export function printTotals(totals: Totals, seconds: number): void {
  const { counts, faults } = totals;
  const perSecond = (totals.seeds / seconds).toFixed(1);
  console.log(
    `\n${totals.seeds} seeds in ${seconds.toFixed(1)} s: ${perSecond} seeds/s, ${Math.round(counts.storeOperations / seconds)} store operations/s`,
  );
  console.log(
    `simulated: ${counts.events} events, ${counts.storeOperations} store operations, ${counts.signals} signals, ${counts.decisions} decisions, ` +
      `${counts.offers} offers, ${counts.heldOut} held out, ${counts.leases} leases, ${counts.messages} provider calls, ${counts.redemptions} redemptions; ` +
      `at most ${counts.environments} environments at once`,
  );
  console.log(`falsely sold out: ${counts.falselySoldOut} of ${counts.soldOut} decisions for want of stock`);
  const seen = (Object.keys(FAULTS) as Fault[]).map((fault) => `${fault} ${FAULTS[fault]} ${faults.get(fault) ?? 0}`);
  console.log(`faults: ${seen.join(' · ')}`);
  const ratio = sampleRatio(totals.exposures);
  console.log(
    `sample ratio: ${ratio.heldOut} of ${ratio.people} held out, ${ratio.expected.toFixed(1)} expected, chi-squared ${ratio.chiSquared.toFixed(2)}, p ${ratio.p.toFixed(4)}`,
  );
}

/** Seed, commit, and what was broken, with the lines of the history that concern it. */
export function printFailure(report: SeedReport, traced: SeedResult | undefined, plant?: string): void {
  const planted = plant === undefined ? '' : ` --plant ${plant}`;
  console.log(`\nSEED=${report.seed} SHA=${commit()}   replay: npm run sim -- --seed ${report.seed}${planted} --trace`);
  if (!report.result) {
    console.log(report.error);
    return;
  }
  for (const { invariant, words, about } of report.result.violations.slice(0, 10)) {
    console.log(`  INV ${invariant}: ${words}  [${about.join(' ')}]`);
  }
  const first = report.result.violations[0];
  if (!first || !traced) return;
  const concerns = (line: HistoryLine): boolean =>
    !(READS.includes(line.what) && line.outcome === 'ok') &&
    first.about.some((id) => id !== '' && (line.about.includes(id) || line.who === id));
  const concerning = traced.lines.filter((line) => line.time <= first.time + 1_000 && concerns(line));
  console.log(`\n  what concerns it (${concerning.length} of ${traced.lines.length} events):`);
  for (const line of concerning.slice(-MAX_LINES)) console.log(`  ${formatLine(line, traced.start)}`);
}

function commit(): string {
  try {
    return execFileSync('git', ['rev-parse', '--short', 'HEAD'], { stdio: ['ignore', 'pipe', 'ignore'] })
      .toString()
      .trim();
  } catch {
    return 'unknown';
  }
}
