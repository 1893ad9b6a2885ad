import fc from 'fast-check';
import { expect, test } from 'vitest';
import { detect, type Fix } from '#core/geo/detect.ts';
import { createPlaceIndex } from '#core/geo/place-index.ts';
import { aPlace, device, fixAt, inBatches } from './build.ts';

const shop = aPlace({ placeId: 'shop' });
const plainShop = aPlace({ placeId: 'plain', detection: 'plain' });

/** 10 m standard deviation (Irwin-Hall of 12), which a phone reports as 15 m (68 %). */
const jitter = fc
  .array(fc.double({ min: -0.5, max: 0.5, noNaN: true }), { minLength: 12, maxLength: 12 })
  .map((u) => 10 * u.reduce((a, b) => a + b));

const places = [shop, plainShop, aPlace({ placeId: 'mall', radiusM: 400 })];
const index = createPlaceIndex(places);
/** Walks with every trouble: jumps, missing and wild accuracies, fixes that share a time. */
const walk = fc
  .array(
    fc.record({
      gap: fc.constantFrom(0, 1, 3, 15, 60),
      east: fc.oneof(
        { weight: 8, arbitrary: fc.integer({ min: -700, max: 700 }) },
        { weight: 1, arbitrary: fc.constant(500_000) },
      ),
      accuracyM: fc.constantFrom(undefined, 3, 15, 80, 300, 4000),
    }),
    { maxLength: 60 },
  )
  .map((steps) => {
    let seconds = 0;
    return steps.map(({ gap, east, accuracyM }) => {
      seconds += gap;
      return { ...fixAt(seconds, east), accuracyM };
    });
  });

test('any cut into batches, each delivered twice, says what one batch says', () => {
  fc.assert(
    fc.property(walk, fc.integer({ min: 1, max: 10 }), (fixes, size) => {
      const whole = device(index, { thresholds: [30, 120] }).read(fixes);
      const phone = device(index, { thresholds: [30, 120] });
      const pieces = inBatches(fixes, size).flatMap((batch) => {
        const first = phone.read(batch);
        const again = phone.read(batch);
        expect(again.transitions).toEqual([]);
        expect(again.changed).toBe(false);
        return first.transitions;
      });
      expect(pieces).toEqual(whole.transitions);
    }),
    { numRuns: 500 },
  );
});

test('a crash before the state is written repeats exactly the same transitions', () => {
  fc.assert(
    fc.property(walk, fc.nat(60), fc.integer({ min: 1, max: 10 }), (fixes, written, size) => {
      const phone = device(index, { thresholds: [30] });
      phone.read(fixes.slice(0, written));
      const stored = phone.state();
      const lost = inBatches(fixes.slice(written), size).flatMap((batch) => phone.read(batch).transitions);
      const again = detect({ state: stored, fixes: fixes.slice(written), index, dwellThresholds: () => [30] });
      expect(again.transitions).toEqual(lost);
    }),
  );
});

test('enter and exit alternate, and dwell lies between them', () => {
  fc.assert(
    fc.property(walk, (fixes) => {
      const on = new Map<string, number>();
      for (const { kind, placeId, at, dwellSeconds, insidePlaceIds } of device(index, { thresholds: [30] }).read(fixes)
        .transitions) {
        expect(on.has(placeId)).toBe(kind !== 'geofence.enter');
        expect(insidePlaceIds.includes(placeId)).toBe(kind !== 'geofence.exit');
        if (kind === 'geofence.enter') on.set(placeId, at);
        if (kind === 'geofence.exit') on.delete(placeId);
        if (kind === 'geofence.dwell')
          expect(at - (on.get(placeId) ?? at)).toBeGreaterThanOrEqual((dwellSeconds ?? Infinity) * 1000);
      }
    }),
  );
});

test.each([
  ['a standard deviation inside', 40, 90, 1],
  ['three outside', 130, 200, 0],
])('a phone at rest %s enters once at most, and never exits', (_, from, to, most) => {
  const fix = fc.record({ x: jitter, y: jitter, gap: fc.constantFrom(1, 5, 30) });
  fc.assert(
    fc.property(
      fc.integer({ min: from, max: to }),
      fc.array(fix, { minLength: 30, maxLength: 150 }),
      (eastM, jitters) => {
        let seconds = 0;
        const fixes = jitters.map(({ x, y, gap }) => {
          seconds += gap;
          return fixAt(seconds, eastM + x, y, 15);
        });
        const kinds = device([shop])
          .read(fixes)
          .transitions.map(({ kind }) => kind);
        expect(kinds.length).toBeLessThanOrEqual(most);
        expect(kinds).not.toContain('geofence.exit');
      },
    ),
    { numRuns: 300 },
  );
});

test('random teleports of one fix never enter', () => {
  const home = { lng: 10, lat: 10 };
  const spot = fc.record({
    lng: fc.double({ min: -170, max: 0, noNaN: true }),
    lat: fc.double({ min: -80, max: 0, noNaN: true }),
  });
  fc.assert(
    fc.property(fc.array(spot, { minLength: 1, maxLength: 20 }), (spots) => {
      const at = (i: number, { lng, lat }: { lng: number; lat: number }): Fix => ({ ...fixAt(i * 60, 0), lng, lat });
      const places = spots.map((s, i) =>
        aPlace({ placeId: `p${i}`, geometry: { type: 'Point', coordinates: [s.lng, s.lat] }, radiusM: 5000 }),
      );
      const fixes = spots.flatMap((s, i) => [at(2 * i, home), at(2 * i + 1, s)]);
      const found = device(places).read(fixes);
      expect(found.transitions).toEqual([]);
      expect(found.dropped).toHaveLength(spots.length);
    }),
  );
});

test('a visit on foot is one enter and one exit, whatever honest noise', () => {
  const noise = fc.array(fc.tuple(jitter, jitter), { minLength: 60, maxLength: 60 });
  fc.assert(
    fc.property(noise, fc.constantFrom(10, 15, 20), fc.integer({ min: -60, max: 60 }), (offsets, gap, north) => {
      // 1.4 m/s along a street from 400 m west of the shop to 400 m east of it.
      const fixes = offsets.map(([x, y], i) => fixAt(i * gap, -400 + i * 1.4 * gap + x, north + y, 15));
      const kinds = device([shop])
        .read(fixes)
        .transitions.map(({ kind }) => kind);
      expect(kinds).toEqual(['geofence.enter', 'geofence.exit']);
    }),
  );
});

test('no honest traveller up to 300 km/h is taken for a jump', () => {
  const leg = fc.record({
    mps: fc.integer({ min: 0, max: 83 }),
    gap: fc.integer({ min: 1, max: 600 }),
    x: jitter,
    y: jitter,
  });
  fc.assert(
    fc.property(fc.array(leg, { maxLength: 50 }), (legs) => {
      let [seconds, east] = [0, 0];
      const fixes = legs.map(({ mps, gap, x, y }) => {
        seconds += gap;
        east += mps * gap;
        return fixAt(seconds, east + x, y, 30);
      });
      // Surprising it may be; then it is believed a little later.
      const { dropped } = device([shop]).read(fixes);
      expect(dropped.filter(({ reason }) => reason !== 'sudden-move')).toEqual([]);
    }),
  );
});
