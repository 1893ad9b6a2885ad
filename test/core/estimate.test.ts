import { describe, expect, it } from 'vitest';
import { type Estimate, estimate } from '#core/people/estimate.ts';
import { createRandom } from '#local/random.ts';

const SHARDS = 16;
const TRIALS = 200;

type Population = { people: number; share: number; rowsPerShard: number };

/** What is seen of people who lie in a list as chance has it, up to where its densest shard was read to: see `samplePeople`. */
function trial({ people, share, rowsPerShard }: Population, seed: number): { truth: number; found: Estimate } {
  const { next } = createRandom(seed);
  const shards: { at: number; matches: boolean }[][] = Array.from({ length: SHARDS }, () => []);
  let truth = 0;
  for (let person = 0; person < people; person += 1) {
    const matches = next() < share;
    truth += Number(matches);
    shards[Math.floor(next() * SHARDS)]?.push({ at: next(), matches });
  }
  for (const shard of shards) shard.sort((left, right) => left.at - right.at);
  const covered = Math.min(1, ...shards.map((shard) => shard[rowsPerShard - 1]?.at ?? 1));
  const stretch = shards.flat().filter(({ at }) => at < covered);
  const seen = { covered, people: stretch.length, members: stretch.filter(({ matches }) => matches).length };
  return { truth, found: estimate(seen) };
}

describe('an estimate of a segment', () => {
  it.each<Population>([
    { people: 10_000, share: 0.3, rowsPerShard: 50 },
    { people: 10_000, share: 0.01, rowsPerShard: 50 },
    { people: 10_000, share: 1, rowsPerShard: 50 },
    { people: 3000, share: 0.5, rowsPerShard: 100 },
    { people: 10_000, share: 0, rowsPerShard: 50 },
  ])('has the truth in its interval 95 times in 100: $share of $people', (population) => {
    let countHeld = 0;
    let ofHeld = 0;
    let drift = 0;
    for (let seed = 1; seed <= TRIALS; seed += 1) {
      const { truth, found } = trial(population, seed);
      const { count, of } = found.interval;
      countHeld += Number(count[0] <= truth && truth <= count[1]);
      ofHeld += Number(of[0] <= population.people && population.people <= of[1]);
      drift += (found.of - population.people) / population.people / TRIALS;
    }
    expect(countHeld).toBeGreaterThanOrEqual(0.9 * TRIALS);
    expect(ofHeld).toBeGreaterThanOrEqual(0.9 * TRIALS);
    // No bias: the mean of so many estimates is far nearer than one of them.
    expect(Math.abs(drift)).toBeLessThan(0.01);
  });

  it('is no wider than its sample can say: a sixth either way, of 200 who match', () => {
    for (let seed = 1; seed <= 20; seed += 1) {
      const { truth, found } = trial({ people: 10_000, share: 0.3, rowsPerShard: 50 }, seed);
      const [low, high] = found.interval.count;
      expect((high - low) / truth).toBeLessThan(0.36);
    }
  });

  it('is the count where everybody was seen', () => {
    expect(estimate({ covered: 1, people: 50, members: 7 })).toEqual({
      count: 7,
      of: 50,
      interval: { count: [7, 7], of: [50, 50] },
    });
  });

  it('says at most how many there may be where none was seen', () => {
    // The rule of three and its two-sided sister: none in 100 leaves up to 3.7 in 100.
    const { count, interval } = estimate({ covered: 0.0001, people: 100, members: 0 });
    expect(count).toBe(0);
    expect(interval.count[0]).toBe(0);
    expect(interval.count[1]).toBeGreaterThan(36_000);
    expect(interval.count[1]).toBeLessThan(37_000);
  });
});
