import { contest, type Standing } from './geofence/contest.ts';
import { world } from './geofence/data.ts';
import { CONTENDERS } from './geofence/peers.ts';
import { machine } from './machine.ts';
import type { BenchResult } from './main.ts';

const SEED = 20_261_123;
const POINTS = 100_000;
const SIZES = [
  ['1k', 1000],
  ['10k', 10_000],
  ['100k', 100_000],
  ['1M', 1_000_000],
] as const;

/** `npm run bench -- geofence`: which of so many fences hold a point, asked of the cell index and of its peers. */
export async function geofence(): Promise<BenchResult> {
  const rows: Record<string, unknown>[] = [];
  const headline: Record<string, number> = {};
  let mismatches = 0;
  for (const [label, count] of SIZES.slice(0, Number(process.env.S ?? 4))) {
    console.error(`${label} fences`);
    const { fences, points } = world(count, POINTS, SEED);
    const standings = await contest(CONTENDERS, fences, points);
    const [ours, ...peers] = standings as [Standing, ...Standing[]];
    for (const { name, nsPerQuery, buildMs, ...checks } of standings) {
      const ratio = round1(nsPerQuery / ours.nsPerQuery);
      rows.push({
        fences: label,
        name,
        nsPerQuery: Math.round(nsPerQuery),
        ratio,
        buildMs: Math.round(buildMs),
        ...checks,
      });
      mismatches += checks.mismatches;
    }
    headline[`ratioToFastestPeer${label}`] = round1(
      Math.min(...peers.map(({ nsPerQuery }) => nsPerQuery)) / ours.nsPerQuery,
    );
  }
  return { name: 'geofence', machine: machine(), rows, headline: { ...headline, mismatches } };
}

const round1 = (value: number): number => Math.round(value * 10) / 10;
