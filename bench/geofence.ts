import { buildCellIndex } from '#core/geo/cells/build.ts';
import { openCellIndex } from '#core/geo/cells/index.ts';
import { contest, type Standing } from './geofence/contest.ts';
import { type Fence, type Points, world } from './geofence/data.ts';
import { measureEvents } from './geofence/event.ts';
import { CONTENDERS } from './geofence/peers.ts';
import { measureTiles } from './geofence/tiles.ts';
import { machine } from './machine.ts';
import type { BenchResult } from './main.ts';
import { median } from './median.ts';

const SEED = 20_261_123;
const POINTS = 100_000;
const SIZES = { '1k': 1000, '10k': 10_000, '100k': 100_000, '1M': 1_000_000 } as const;
type Size = keyof typeof SIZES;

/**
 * `npm run bench -- geofence`: which of so many fences hold a point, asked of the cell index and of its peers; and what
 * opening it, a tile of it, and the whole path of an event cost.
 */
export async function geofence(): Promise<BenchResult> {
  const rows: Record<string, unknown>[] = [];
  const headline: Record<string, number> = {};
  let mismatches = 0;
  for (const size of Object.keys(SIZES) as Size[]) {
    console.error(`${size} fences`);
    const { fences, points } = world(SIZES[size], POINTS, SEED);
    const standings = await contest(CONTENDERS, fences, points);
    rows.push(...standings.map((standing) => rowOf(size, standing, standings[0] as Standing)));
    mismatches += standings.reduce((sum, standing) => sum + standing.mismatches, 0);
    const [ours = Number.NaN, ...peers] = standings.map(({ nsPerQuery }) => nsPerQuery);
    headline[`ratioToFastestPeer${size}`] = rounded(Math.min(...peers) / ours);
    const more = MORE[size]?.(fences, points);
    if (!more) continue;
    rows.push(...more.rows);
    Object.assign(headline, more.headline);
  }
  return { name: 'geofence', machine: machine(), rows, headline: { ...headline, mismatches } };
}

type More = { rows: Record<string, unknown>[]; headline: Record<string, number> };

const MORE: Partial<Record<Size, (fences: readonly Fence[], points: Points) => More>> = {
  '100k': (fences, points) => {
    console.error('  tail and whole path');
    const { usPerEvent, ...parts } = measureEvents(fences, points, SEED);
    return {
      rows: [{ fences: '100k', name: 'parse, locate, transition, decide', ...roundedAll(parts) }],
      headline: { p99Us100k: rounded(p99Us(fences, points)), usPerEvent: rounded(usPerEvent) },
    };
  },
  '1M': (fences, points) => {
    console.error('  opening and tiles');
    const buffer = buildCellIndex(fences);
    const times = Array.from({ length: 9 }, () => {
      const began = performance.now();
      openCellIndex(buffer).containing(points[0] as number, points[1] as number);
      return performance.now() - began;
    });
    const { coldTileMs, ...tiles } = measureTiles(fences, points);
    return {
      rows: [{ fences: '1M', name: 'tiles', ...roundedAll(tiles) }],
      headline: {
        openMs1M: rounded(median(times)),
        coldTileMs: rounded(coldTileMs),
        bytesPerPlace1M: Math.round(buffer.byteLength / fences.length),
      },
    };
  },
};

/** Of all questions the 99th percentile; each is asked five times, apart, and its fastest counts: that is its own cost. */
function p99Us(fences: readonly Fence[], points: Points): number {
  const index = openCellIndex(buildCellIndex(fences));
  const best = new Float64Array(points.length / 2).fill(Infinity);
  for (let round = 0; round < 5; round += 1) {
    for (let i = 0; i < best.length; i += 1) {
      const began = performance.now();
      index.containing(points[2 * i] as number, points[2 * i + 1] as number);
      best[i] = Math.min(performance.now() - began, best[i] as number);
    }
  }
  return (best.sort()[Math.floor(best.length * 0.99)] as number) * 1000;
}

function rowOf(fences: Size, { name, nsPerQuery, buildMs, ...checks }: Standing, ours: Standing) {
  return {
    fences,
    name,
    nsPerQuery: Math.round(nsPerQuery),
    timesOurs: rounded(nsPerQuery / ours.nsPerQuery),
    buildMs: Math.round(buildMs),
    ...checks,
  };
}

const rounded = (value: number): number => Number(value.toPrecision(3));
const roundedAll = (figures: Record<string, number>): Record<string, number> =>
  Object.fromEntries(Object.entries(figures).map(([name, value]) => [name, rounded(value)]));
