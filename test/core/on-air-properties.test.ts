import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Airing, onAirAt } from '#core/screens/on-air.ts';
import { bruteForce, sharesOf } from './on-air-model.ts';

const SEED = Number(process.env.SEED ?? 20261122);
const RUNS = Number(process.env.ON_AIR_RUNS ?? 3000);
const BASE = Date.parse('2026-11-22T10:00:00Z');

type Event = {
  creative: number;
  brand: number;
  gap: number;
  length: number;
  cutShort: number;
  restart: boolean;
  offset: number;
  uncertaintyMs: number;
  told: 'open' | 'final' | 'both' | 'twice';
};
const event: fc.Arbitrary<Event> = fc.record({
  creative: fc.nat(2),
  brand: fc.nat(1),
  // Below nothing: it begins before the one before it has ended.
  gap: fc.oneof({ weight: 3, arbitrary: fc.constant(0) }, { weight: 2, arbitrary: fc.integer({ min: -40, max: 40 }) }),
  length: fc.integer({ min: 1, max: 60 }),
  // Below nothing: it took longer than planned.
  cutShort: fc.integer({ min: -10, max: 20 }),
  restart: fc.boolean(),
  offset: fc.oneof({ weight: 4, arbitrary: fc.constant(0) }, fc.integer({ min: -50, max: 50 })),
  uncertaintyMs: fc.oneof(
    { weight: 6, arbitrary: fc.constant(0) },
    fc.integer({ min: 0, max: 40 }),
    fc.constantFrom(8000, 8001),
  ),
  told: fc.constantFrom('open', 'final', 'both', 'twice'),
});

/** What a player has lived through, as what it has told: runs, clocks that were set, plays cut short. */
function told(events: readonly Event[]): Airing[] {
  const airings: Airing[] = [];
  let [at, log, sequence] = [BASE, 0, 0];
  for (const { creative, brand, gap, length, cutShort, restart, offset, uncertaintyMs, told: how } of events) {
    if (restart) [log, sequence] = [log + 1, 0];
    const startedAt = at + gap + offset;
    const final: Airing = {
      creativeId: `c${creative}`,
      brand: brand === 0 ? undefined : 'harbour',
      startedAt,
      endedAt: startedAt + Math.max(1, length - cutShort),
      open: false,
      // Large windows are slow to look at millisecond by millisecond.
      uncertaintyMs: uncertaintyMs > 40 ? uncertaintyMs - 7900 : uncertaintyMs,
      logId: `log${log}`,
      sequence,
    };
    const open = { ...final, open: true, endedAt: startedAt + length };
    if (how === 'open' || how === 'both') airings.push(open);
    if (how !== 'open') airings.push(final);
    if (how === 'twice') airings.push({ ...final });
    sequence += 1;
    at = final.endedAt - offset;
  }
  return airings;
}

const question = fc.record({ at: fc.integer({ min: -120, max: 500 }), lookback: fc.constantFrom(0, 0, 1, 30) });
const close = (shares: Record<string, number>) =>
  Object.fromEntries(Object.entries(shares).map(([name, share]) => [name, expect.closeTo(share, 12)]));

describe('what was on air', () => {
  it(`is what each millisecond of the window says (SEED=${SEED})`, () => {
    fc.assert(
      fc.property(
        fc.array(event, { maxLength: 12 }),
        question,
        fc.array(fc.nat()),
        (events, { at, lookback }, order) => {
          const airings = told(events);
          const shuffled = airings.toSorted(
            (left, right) => (order[airings.indexOf(left)] ?? 0) - (order[airings.indexOf(right)] ?? 0),
          );
          const window = { from: BASE + at - lookback, to: BASE + at };
          const answer = onAirAt(shuffled, window);
          const expected = bruteForce(airings, window);
          expect(answer.uncertaintyMs).toBe(expected.uncertaintyMs);
          expect(sharesOf(answer)).toEqual(close(expected.shares));
          // And in whatever order it was told, the same answer to the last bit.
          expect(onAirAt(airings, window)).toEqual(answer);
        },
      ),
      { seed: SEED, numRuns: RUNS },
    );
  });

  it('has shares that add up to one, of airings that touch the window', () => {
    fc.assert(
      fc.property(fc.array(event, { maxLength: 12 }), question, (events, { at, lookback }) => {
        const { candidates, unknownShare, uncertaintyMs } = onAirAt(told(events), {
          from: BASE + at - lookback,
          to: BASE + at,
        });
        const sum = candidates.reduce((total, { share }) => total + share, unknownShare);
        expect(sum).toBeCloseTo(1, 12);
        for (const { share, startedAt, endedAt } of candidates) {
          expect(share).toBeGreaterThan(0);
          expect(startedAt).toBeLessThanOrEqual(BASE + at + uncertaintyMs);
          expect(endedAt).toBeGreaterThan(BASE + at - lookback - uncertaintyMs);
        }
        expect(candidates.map(({ share }) => share)).toEqual(
          candidates.map(({ share }) => share).toSorted((left, right) => right - left),
        );
      }),
      { seed: SEED, numRuns: RUNS },
    );
  });
});
