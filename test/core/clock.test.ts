import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type ClockSample, clockAt, SAMPLES_KEPT } from '#core/screens/clock.ts';

const delay = fc.double({ min: 0, max: 5000, noNaN: true });
/** The player's clock gains `rate` and is `ahead` ms off at the beginning; the server tells whole milliseconds. */
const history = fc.record({
  ahead: fc.double({ min: -1e9, max: 1e9, noNaN: true }),
  rate: fc.double({ min: -50e-6, max: 50e-6, noNaN: true }),
  exchanges: fc.array(
    fc.record({ wait: fc.double({ min: 0, max: 600_000, noNaN: true }), out: delay, work: delay, back: delay }),
    { minLength: 1, maxLength: 20 },
  ),
  later: fc.double({ min: -86_400_000, max: 86_400_000, noNaN: true }),
});

describe('the clock', () => {
  it('is within what it says it may be off, however lopsided the way and whenever it is asked', () => {
    fc.assert(
      fc.property(history, ({ ahead, rate, exchanges, later }) => {
        const start = 1_800_000_000_000;
        const player = (server: number) => server + ahead + (server - start) * rate;
        let at = start;
        const samples: ClockSample[] = [];
        for (const { wait, out, work, back } of exchanges) {
          const sent = at + wait;
          at = sent + out + work + back;
          const [t1, t2] = [Math.floor(sent + out), Math.floor(sent + out + work)];
          samples.push({ t0: player(sent), t1, t2, t3: player(at) });
        }
        const asked = at + later;
        const reading = clockAt(samples, player(asked));
        const error = Math.abs(player(asked) + (reading?.offsetMs ?? Number.NaN) - asked);
        // The drift is counted on the player's clock, which itself drifts, and doubles of 1.8e12 end at 0.0002.
        expect(error).toBeLessThanOrEqual((reading?.uncertaintyMs ?? 0) * (1 + 1e-4) + 0.001);
      }),
      { numRuns: 2000 },
    );
  });

  it('takes the quickest exchange, until that has aged', () => {
    const slow = { t0: 0, t1: 5400, t2: 5400, t3: 800 };
    const quick = { t0: 1000, t1: 6010, t2: 6010, t3: 1020 };
    expect(clockAt([slow, quick, slow], 2000)).toEqual({ offsetMs: 5000, uncertaintyMs: 10 + 1 + 0.05 });
    const dayLater = { t0: 86_400_000, t1: 86_405_700, t2: 86_405_700, t3: 86_400_800 };
    expect(clockAt([quick, dayLater], 86_401_000)?.offsetMs).toBe(5300);
  });

  it('forgets all but the last eight, and knows nothing of nothing', () => {
    const quick = { t0: 0, t1: 100, t2: 100, t3: 0 };
    const slow = { t0: 10, t1: 500, t2: 500, t3: 1010 };
    expect(clockAt([quick, ...Array(SAMPLES_KEPT - 1).fill(slow)], 1010)?.offsetMs).toBe(100);
    expect(clockAt([quick, ...Array(SAMPLES_KEPT).fill(slow)], 1010)?.offsetMs).toBe(-10);
    expect(clockAt([], 0)).toBeUndefined();
  });
});
