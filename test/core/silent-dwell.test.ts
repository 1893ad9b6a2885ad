import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { DeviceState } from '#core/geo/detect.ts';
import { dwellInSilence, MAX_SILENCE_MS, wakeAt, wakesOf } from '#core/geo/silent-dwell.ts';

const SINCE = Date.parse('2026-11-22T10:00:00Z');
const MINUTE = 60_000;
const wake = { placeId: 'cafe', since: SINCE, dwellSeconds: 600 };
const inCafe = (visit: object = {}, state: Partial<DeviceState> = {}): DeviceState => ({
  lastAt: SINCE,
  visits: [{ placeId: 'cafe', since: SINCE, ...visit }],
  entering: [],
  ...state,
});
const asked = (now: number) => ({ now, dwellThresholds: () => [600] });

describe('a dwell that nobody has reported', () => {
  it('is told when it falls due, as of then, and noted', () => {
    const told = dwellInSilence(
      inCafe({}, { entering: [{ placeId: 'atrium', since: SINCE }] }),
      wake,
      asked(wakeAt(wake)),
    );
    expect(told?.transition).toEqual({
      kind: 'geofence.dwell',
      placeId: 'cafe',
      at: SINCE + 10 * MINUTE,
      dwellSeconds: 600,
      insidePlaceIds: ['atrium', 'cafe'],
    });
    expect(told?.state.visits).toEqual([{ placeId: 'cafe', since: SINCE, dwelt: [600] }]);
    expect(dwellInSilence(told?.state as DeviceState, wake, asked(wakeAt(wake)))).toBeUndefined();
  });

  const late = wakeAt(wake);
  it.each([
    ['before it is due', inCafe(), wake, asked(late - 1)],
    ['of a visit that is over', { ...inCafe(), visits: [] }, wake, asked(late)],
    ['of an earlier visit', inCafe({ since: SINCE + MINUTE }), wake, asked(late)],
    ['of somebody who seems to be leaving', inCafe({ leavingSince: SINCE + MINUTE }), wake, asked(late)],
    ['that a fix has told', inCafe({ dwelt: [600] }), wake, asked(late)],
    ['that no campaign asks for any more', inCafe(), wake, { ...asked(late), dwellThresholds: () => [900] }],
    ['of a phone that nobody has heard of for too long', inCafe(), wake, asked(SINCE + MAX_SILENCE_MS + 1)],
  ])('is not told %s', (_, state, due, at) => {
    expect(dwellInSilence(state, due, at)).toBeUndefined();
  });

  it('may have been heard of just in time', () => {
    expect(dwellInSilence(inCafe(), wake, asked(SINCE + MAX_SILENCE_MS))).toBeDefined();
  });
});

describe('wake-ups', () => {
  it('are for what is not told yet, at the places that are asked about', () => {
    const state = inCafe({ dwelt: [60] }, {});
    state.visits.push({ placeId: 'mall', since: SINCE });
    const thresholds = (placeId: string) => (placeId === 'cafe' ? [60, 600, 1800] : [60]);
    const wakes = wakesOf(state, { placeIds: new Set(['cafe', 'pier']), dwellThresholds: thresholds, now: SINCE });
    expect(wakes).toEqual([wake, { ...wake, dwellSeconds: 1800 }]);
  });

  it('are not for visits of long ago, as a replayed trace has them', () => {
    const state = inCafe();
    const wakesAt = (now: number) => wakesOf(state, { placeIds: new Set(['cafe']), dwellThresholds: () => [600], now });
    expect(wakesAt(wakeAt(wake) + MAX_SILENCE_MS - 1)).toEqual([wake]);
    expect(wakesAt(wakeAt(wake) + MAX_SILENCE_MS)).toEqual([]);
  });
});

it('whatever the state, the clock adds one threshold to one visit, once, and nothing else', () => {
  const states = fc.record({
    lastAt: fc.integer({ min: SINCE - 3_600_000, max: SINCE + 3_600_000 }),
    visits: fc.uniqueArray(
      fc.record({
        placeId: fc.constantFrom('cafe', 'mall', 'pier'),
        since: fc.constantFrom(SINCE, SINCE + MINUTE),
        dwelt: fc.uniqueArray(fc.constantFrom(60, 600)),
      }),
      { selector: ({ placeId }) => placeId },
    ),
    entering: fc.constant<DeviceState['entering']>([]),
  });
  fc.assert(
    fc.property(states, fc.integer({ min: 0, max: 4 * 60 }), (state, minutes) => {
      const at = asked(SINCE + minutes * MINUTE);
      const told = dwellInSilence(state, wake, at);
      if (!told) return;
      const rest = (one: DeviceState) => one.visits.filter(({ placeId }) => placeId !== 'cafe');
      expect(rest(told.state)).toEqual(rest(state));
      expect(told.state.lastAt).toBe(state.lastAt);
      expect(told.transition.at).toBeGreaterThanOrEqual(SINCE + 600_000);
      expect(dwellInSilence(told.state, wake, at)).toBeUndefined();
    }),
    { numRuns: 300 },
  );
});
