import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { VISIT_GAP_MS, type Visits, visitAfter } from '#core/signals/visit-window.ts';

const MINUTE_MS = 60_000;
const START = 1_800_000_000_000;

/** What is told of somebody who is seen at these minutes, each time associated. */
function told(minutes: readonly number[], kind: 'wifi.join' | 'wifi.seen' = 'wifi.join', visits: Visits = {}) {
  const all: [number, string][] = [];
  let state = visits;
  for (const minute of minutes) {
    const after = visitAfter(state, { key: 'lobby', kind, at: START + minute * MINUTE_MS });
    state = after.visits;
    if (after.tell) all.push([minute, after.tell.kind]);
  }
  return { all, state };
}

describe('a visit', () => {
  it('is one arrival, and one word for each half hour of staying', () => {
    const everyMinute = Array.from({ length: 91 }, (_, minute) => minute);
    expect(told(everyMinute).all).toEqual([
      [0, 'wifi.join'],
      [30, 'wifi.seen'],
      [60, 'wifi.seen'],
      [90, 'wifi.seen'],
    ]);
  });

  it('ends after half an hour unseen: then somebody comes again', () => {
    expect(told([0, 10, 40, 71]).all).toEqual([
      [0, 'wifi.join'],
      [40, 'wifi.seen'],
      [71, 'wifi.join'],
    ]);
  });

  it('of which a sighting comes again, or late, is no news; that which was told is told again', () => {
    const { state } = told([0, 10, 20]);
    expect(told([5, 20, 10, -100], 'wifi.join', state).all).toEqual([]);
    expect(told([0], 'wifi.join', state).all).toEqual([[0, 'wifi.join']]);
  });

  it('never has more arrivals and words than half hours, whatever is seen in whatever order', () => {
    const minutes = fc.array(fc.integer({ min: 0, max: 600 }), { maxLength: 200 });
    fc.assert(
      fc.property(minutes, (seen) => {
        const { all, state } = told(seen);
        const distinct = [...new Set(all.map(([minute]) => minute))].sort((a, b) => a - b);
        for (const [index, minute] of distinct.entries()) {
          const next = distinct[index + 1];
          if (next !== undefined) expect(next - minute).toBeGreaterThanOrEqual(VISIT_GAP_MS / MINUTE_MS);
        }
        if (seen.length > 0) expect(state.lobby?.seenAt).toBe(START + Math.max(...seen) * MINUTE_MS);
      }),
    );
  });

  it('forgets places of the day before', () => {
    const { state } = told([0]);
    const at = START + 25 * 60 * MINUTE_MS;
    expect(Object.keys(visitAfter(state, { key: 'shop', kind: 'wifi.seen', at }).visits)).toEqual(['shop']);
  });
});
