import { createPlaceIndex } from '#core/geo/place-index.ts';
import { createRandom } from '#local/random.ts';
import { machine } from './machine.ts';
import type { BenchResult } from './main.ts';
import { median } from './median.ts';
import { CONTENDERS, type Contender } from './visits/contenders.ts';
import { fixesOf, NOISES, type Noise } from './visits/noise.ts';
import { type Score, score, sum } from './visits/score.ts';
import { street } from './visits/street.ts';
import { trueVisits, walk } from './visits/walk.ts';

const SEED = Number(process.env.SEED ?? 20_261_123);
const TOWNS = 10;
const WALKERS_IN_A_TOWN = 10;
/** A visit of at least so long is to be found. With a fix every five minutes, nobody can promise less than ten. */
const LONG_SECONDS = 120;
const LONG_SPARSE_SECONDS = 600;

export function visits(): BenchResult {
  const rows = NOISES.flatMap((noise) =>
    CONTENDERS.map((contender) => ({ noise, contender, ...run(noise, contender) })),
  );
  for (const { noise, contender, total, writes, fixes } of rows)
    console.error(
      noise.name.padEnd(20),
      contender.name.padEnd(28),
      `${total.detected}/${total.trueVisits}`.padEnd(10),
      (total.detected / total.trueVisits).toFixed(4),
      'delay',
      median(total.delays).toFixed(1),
      'false',
      total.falseEvents,
      'of',
      total.events,
      'w/1000',
      ((writes / fixes) * 1000).toFixed(0),
    );
  return { name: 'visits', machine: machine(), rows: [], headline: {} };
}

function run(noise: Noise, contender: Contender): { total: Score; fixes: number; writes: number } {
  const scores: Score[] = [];
  let fixes = 0;
  let writes = 0;
  for (let town = 0; town < TOWNS; town += 1) {
    const shops = street(createRandom(SEED + town, 'street'));
    const index = createPlaceIndex(shops.places);
    for (let walker = 0; walker < WALKERS_IN_A_TOWN; walker += 1) {
      const random = createRandom(SEED + town, `${noise.name}/${walker}`);
      const walked = walk(shops, noise.habit, random);
      const said = fixesOf(walked, noise, random);
      const reading = contender.read(said, index);
      const long = noise.name === 'sparse background' ? LONG_SPARSE_SECONDS : LONG_SECONDS;
      scores.push(score(trueVisits(shops, walked), reading.events, long));
      fixes += said.length;
      writes += reading.writes;
    }
  }
  return { total: sum(scores), fixes, writes };
}
