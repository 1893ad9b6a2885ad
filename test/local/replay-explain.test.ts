import { describe, expect, test } from 'vitest';
import type { Fix } from '#core/geo/detect.ts';
import { createPlaceIndex } from '#core/geo/place-index.ts';
import { createExplainer } from '#local/replay-explain.ts';
import { aPlace, fixAt } from '#test/geo/build.ts';
import { goldenTest, sharedJson } from '#test/geo/shared-data.ts';

const FENCES = 'liverpool_golden_geofence_events.json';
const BUSES = 'liverpool_bus_route14.json';

/** A circle of 100 m about [0, 0], and one device. */
function explained(fixes: Fix[], placeChange: Parameters<typeof aPlace>[0] = { placeId: 's1' }) {
  const explainer = createExplainer(createPlaceIndex([aPlace(placeChange)]));
  explainer.read('d1', fixes);
  const { plain, confirmed } = explainer.counts();
  const differences = explainer.differences();
  const of = (kind: string) => differences.filter(({ difference }) => difference === kind).length;
  // Nothing is lost: what the one said is what the other said, but for the differences.
  expect(plain - of('missing') + of('extra')).toBe(confirmed);
  return differences.map(
    ({ difference, kind, reason }) => `${difference} ${kind.slice('geofence.'.length)}: ${reason}`,
  );
}
/** Half a minute apart, at metres east of the middle. */
const walk = (metres: number[], accuracyM = 5): Fix[] => metres.map((eastM, i) => fixAt(30 * i, eastM, 0, accuracyM));

describe('in what confirmed detection differs from plain containment', () => {
  test('a visit that both have seen is told later, and no more', () => {
    expect(explained(walk([600, 600, 400, 200, 0, 0, 0, 0, 200, 400, 600, 800]))).toEqual(
      expect.arrayContaining(['later enter: confirmation']),
    );
  });

  test('one fix inside is no visit: it was not confirmed, and so there is nothing to leave', () => {
    expect(explained(walk([300, 250, 95, 250, 300, 350]))).toEqual([
      'missing enter: unconfirmed',
      'missing exit: never-entered',
    ]);
  });

  test('a fix that is too inaccurate is told by the machine’s own word', () => {
    const fixes = [...walk([600, 500, 400]), fixAt(90, 0, 0, 5000), ...walk([0, 0, 0, 0, 400, 500, 600]).slice(4)];
    expect(explained(fixes)).toEqual(['missing enter: inaccurate', 'missing exit: never-entered']);
  });

  test('a jump and back is told by the machine’s own word', () => {
    const still = Array.from({ length: 5 }, (_, i) => fixAt(15 * i, 0));
    const away = [fixAt(76, 30_000), fixAt(77, 30_000)];
    const back = Array.from({ length: 5 }, (_, i) => fixAt(90 + 15 * i, 0));
    const differences = explained([...still, ...away, ...back]);
    expect(differences).toEqual(expect.arrayContaining(['missing exit: impossible-jump', 'missing enter: never-left']));
  });

  test('of plain places there is none', () => {
    expect(explained(walk([300, 0, 300, 0, 300, 0]), { placeId: 's1', detection: 'plain' })).toEqual([]);
  });

  const golden = goldenTest([FENCES, BUSES]);
  golden('on eight real buses: each difference has a reason, and together they are all', () => {
    type Fences = { fences: { id: string; center: [number, number]; radius: number }[]; events: unknown[] };
    type Buses = {
      points: [at: string, lng: number, lat: number, bearing: number, deviceId: string, tripId: string][];
    };
    const { fences, events } = sharedJson<Fences>(FENCES);
    const places = fences.map(({ id, center, radius }) =>
      aPlace({ placeId: id, geometry: { type: 'Point', coordinates: center }, radiusM: radius }),
    );
    const explainer = createExplainer(createPlaceIndex(places));
    for (const [at, lng, lat, , deviceId] of sharedJson<Buses>(BUSES).points) {
      explainer.read(deviceId, [{ at: Date.parse(at), lng, lat }]);
    }
    const differences = explainer.differences();
    const { plain, confirmed } = explainer.counts();
    // Plain containment is what the golden file has, to the event.
    expect(plain).toBe(events.length);
    const missing = differences.filter(({ difference }) => difference === 'missing');
    expect(plain - missing.length).toBe(confirmed);
    // Most visits are seen by both.
    expect(confirmed).toBeGreaterThan(0.75 * plain);
    for (const one of differences) {
      expect(one.reason, JSON.stringify(one)).toMatch(/^[a-z-]+$/);
      expect(one.reason, JSON.stringify(one)).not.toBe('unclear');
      if (one.difference === 'later') expect(one.secondsLater, JSON.stringify(one)).toBeGreaterThan(0);
      if (one.dropped?.[one.reason]) expect(one.dropped[one.reason]).toBeGreaterThan(one.fixes / 2);
    }
  });
});
