import { machine } from './machine.ts';
import type { BenchResult } from './main.ts';
import { measureIngest } from './screens/ingest.ts';
import { measurePlaying } from './screens/playing.ts';
import { measureTap } from './screens/tap.ts';
import { openVenue } from './screens/venue.ts';

const HISTORIES = [10_000, 100_000, 1_000_000];

/**
 * `npm run bench -- screens`: what it takes to know what was on air. One question of histories of ten thousand, a hundred
 * thousand and a million plays, each in a database of its own, on disk; and how fast proof of play comes in; and from a tap to its coupon. Loading
 * takes a few minutes; its progress is on stderr.
 */
export async function screens(): Promise<BenchResult> {
  const venues = [];
  // First: a host starts its own database only where nobody has named another.
  const tap = await measureTap();
  try {
    for (const plays of HISTORIES) venues.push(await openVenue(plays));
    const [small, largest] = [venues[0], venues.at(-1)];
    if (!small || !largest) throw new Error('no venue to measure');
    const parts = [tap, await measurePlaying(venues), await measureIngest(largest)];
    return {
      name: 'screens',
      machine: machine(),
      rows: parts.flatMap(({ rows }): Record<string, unknown>[] => rows),
      headline: Object.assign({}, ...parts.map(({ headline }) => headline)),
    };
  } finally {
    for (const venue of venues) await venue.stop();
  }
}
