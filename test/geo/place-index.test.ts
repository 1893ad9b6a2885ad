import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createPlaceIndex } from '#core/geo/place-index.ts';
import { EARTH_RADIUS_M, foldLng, haversineM } from '#core/geo/sphere.ts';
import type { Place } from '#core/model/place.ts';
import { aPlace } from './build.ts';

const ids = (places: Place[]) => places.map(({ placeId }) => placeId);

/** Offsets from a centre in units of 1e-7 degrees, at most 2.2 degrees: the plane on which the oracle works, exactly. */
type Offset = [x: number, y: number];
const offset = fc.tuple(fc.integer({ min: -22e6, max: 22e6 }), fc.integer({ min: -22e6, max: 22e6 }));
const centre = fc.record({
  lng: fc.oneof(fc.constantFrom(-180, -179.5, 0, 178.9, 179.9999999, 180), fc.integer({ min: -180, max: 179 })),
  lat: fc.integer({ min: -80, max: 80 }),
});

/** A star around the centre: simple, whatever its radii. */
const star = fc.array(fc.integer({ min: 1e6, max: 2e7 }), { minLength: 3, maxLength: 12 }).map((radii) =>
  radii.map((r, i): Offset => {
    const angle = (2 * Math.PI * i) / radii.length;
    return [Math.round(r * Math.cos(angle)), Math.round(r * Math.sin(angle))];
  }),
);

/** Even-odd on whole numbers; undefined on an edge, where `ringContains` has its own rule. */
function oracleContains(ring: Offset[], [x, y]: Offset): boolean | undefined {
  let inside = false;
  for (const [i, [ax, ay]] of ring.entries()) {
    const [bx, by] = ring[(i + 1) % ring.length] as Offset;
    const side = (bx - ax) * (y - ay) - (by - ay) * (x - ax);
    if (Math.abs(side) < 1e8 && Math.min(ax, bx) <= x + 10 && x - 10 <= Math.max(ax, bx)) return undefined;
    if (ay > y !== by > y && side > 0 === by > ay) inside = !inside;
  }
  return inside;
}

const place = (at: { lng: number; lat: number }, [x, y]: Offset): [number, number] => [
  Math.round(foldLng(at.lng + x / 1e7) * 1e7) / 1e7,
  Math.round((at.lat + y / 1e7) * 1e7) / 1e7,
];

test('containing() is even-odd with holes, anywhere on Earth', () => {
  fc.assert(
    fc.property(
      centre,
      fc.array(star, { minLength: 1, maxLength: 4 }),
      fc.array(offset, { minLength: 20, maxLength: 20 }),
      (at, stars, points) => {
        const holes = stars.map((ring) => ring.map(([x, y]): Offset => [Math.round(x / 3), Math.round(y / 3)]));
        const closed = (ring: Offset[]) => [...ring, ring[0] as Offset].map((o) => place(at, o));
        const index = createPlaceIndex(
          stars.map((ring, i) =>
            aPlace({
              placeId: `p${i}`,
              geometry: { type: 'Polygon', coordinates: [closed(ring), closed(holes[i] ?? [])] },
            }),
          ),
        );
        for (const point of points) {
          const wanted = stars.map(
            (ring, i) => [oracleContains(ring, point), oracleContains(holes[i] ?? [], point)] as const,
          );
          if (wanted.flat().includes(undefined)) continue;
          const [lng, lat] = place(at, point);
          const inside = wanted.flatMap(([outer, hole], i) => (outer && !hole ? [`p${i}`] : []));
          expect(ids(index.containing(lng, lat))).toEqual(inside);
          const near = index.near(lng, lat, 0.001).filter(({ distanceM }) => distanceM <= 0);
          expect(near.map(({ place }) => place.placeId).sort()).toEqual(inside);
        }
      },
    ),
    { numRuns: 300 },
  );
});

const square = (west: number, south: number, size = 1) => [
  [west, south],
  [west + size, south],
  [west + size, south + size],
  [west, south + size],
  [west, south],
];

test('of neighbours that share an edge exactly one has the point on it', () => {
  const tiles = [0, 1, 2].flatMap((x) => [0, 1, 2].map((y) => ({ x, y })));
  const index = createPlaceIndex(
    tiles.map(({ x, y }) =>
      aPlace({ placeId: `t${x}${y}`, geometry: { type: 'Polygon', coordinates: [square(x, y)] } }),
    ),
  );
  expect(ids(index.containing(1, 1))).toEqual(['t11']);
  expect(ids(index.containing(1, 0.3))).toEqual(['t10']);
  expect(ids(index.containing(0.3, 1))).toEqual(['t01']);
  expect(ids(index.containing(0, 0))).toEqual(['t00']);
  expect(ids(index.containing(3, 3))).toEqual([]);
});

test('of neighbours along a slanting border exactly one has each point of it, whichever way their rings run', () => {
  const degree = fc.integer({ min: -9_000_000, max: 9_000_000 }).map((units) => units / 1e7);
  const share = fc.double({ min: 0.01, max: 0.99, noNaN: true });
  fc.assert(
    fc.property(degree, degree, share, fc.boolean(), (southX, northX, t, reverse) => {
      const border = [
        [southX, -1],
        [northX, 1],
      ];
      const west = [[-1, -1], ...border, [-1, 1], [-1, -1]];
      const east = [[1, 1], ...border.toReversed(), [1, -1], [1, 1]];
      const index = createPlaceIndex([
        aPlace({ placeId: 'west', geometry: { type: 'Polygon', coordinates: [west] } }),
        aPlace({ placeId: 'east', geometry: { type: 'Polygon', coordinates: [reverse ? east.toReversed() : east] } }),
      ]);
      expect(index.containing(southX + t * (northX - southX), 2 * t - 1)).toHaveLength(1);
    }),
    // One whose products do not fit a double.
    { numRuns: 2000, examples: [[0.8797469, -0.8999987, 0.05331730452689595, false]] },
  );
});

test('a MultiPolygon is inside when any part is, and 180 is -180', () => {
  const index = createPlaceIndex([
    aPlace({
      placeId: 'fiji',
      geometry: { type: 'MultiPolygon', coordinates: [[square(179, -17)], [square(-180, -17)]] },
    }),
  ]);
  for (const lng of [179.5, 180, -180, -179.5]) expect(ids(index.containing(lng, -16.5))).toEqual(['fiji']);
  expect(index.containing(178.9, -16.5)).toEqual([]);
  expect(index.containing(-178.9, -16.5)).toEqual([]);
});

test('distance to an edge is within 0.5 % of a dense sampling of it, up to 20 km and 70 degrees', () => {
  const lat = fc.double({ min: -70, max: 70, noNaN: true });
  const edge = fc.record({
    lng: fc.constantFrom(0, 179.98, -179.99),
    lat,
    dx: fc.double({ min: -0.15, max: 0.15, noNaN: true }),
  });
  fc.assert(
    fc.property(
      edge,
      fc.tuple(fc.double({ min: -0.1, max: 0.1, noNaN: true }), fc.double({ min: -0.1, max: 0.1, noNaN: true })),
      (at, [qx, qy]) => {
        const corners = [
          [0, 0],
          [at.dx || 0.1, 0.03],
          [0.02, 0.1],
          [0, 0],
        ].map(([x = 0, y = 0]) => [x, y] as const);
        const geometry = {
          type: 'Polygon' as const,
          coordinates: [corners.map(([x, y]) => [foldLng(at.lng + x), at.lat + y])],
        };
        const [found] = createPlaceIndex([aPlace({ placeId: 'p', geometry })]).near(at.lng + qx, at.lat + qy, 20_000);
        let sampled = Infinity;
        for (const [i, [ax, ay]] of corners.slice(0, 3).entries()) {
          const [bx, by] = corners[i + 1] ?? [0, 0];
          for (let t = 0; t <= 1; t += 0.0005) {
            sampled = Math.min(
              sampled,
              haversineM(at.lng + qx, at.lat + qy, at.lng + ax + t * (bx - ax), at.lat + ay + t * (by - ay)),
            );
          }
        }
        if (sampled > 19_900) return;
        // Samples are up to 8.5 m apart.
        expect(Math.abs(Math.abs(found?.distanceM ?? Infinity) - sampled)).toBeLessThan(0.005 * sampled + 8.5);
      },
    ),
    { numRuns: 100 },
  );
});

describe('circles', () => {
  /** Angle between unit vectors: another formula than the one under test. */
  const vectorDistanceM = (a: { lng: number; lat: number }, b: { lng: number; lat: number }) => {
    const unit = ({ lng, lat }: { lng: number; lat: number }) => {
      const [x, y] = [(lng * Math.PI) / 180, (lat * Math.PI) / 180];
      return [Math.cos(y) * Math.cos(x), Math.cos(y) * Math.sin(x), Math.sin(y)] as const;
    };
    const [[ax, ay, az], [bx, by, bz]] = [unit(a), unit(b)];
    const cross = Math.hypot(ay * bz - az * by, az * bx - ax * bz, ax * by - ay * bx);
    return EARTH_RADIUS_M * Math.atan2(cross, ax * bx + ay * by + az * bz);
  };
  const degree = (limit: number) => fc.double({ min: -limit, max: limit, noNaN: true });
  const anywhere = fc.record({
    lng: fc.oneof(fc.constantFrom(-180, 180, 179.9999, -179.9), degree(180)),
    lat: fc.oneof(fc.constantFrom(90, -90, 89.9, -89.99, 0), degree(90)),
  });

  test('containing() and near() agree with brute force, over the poles and the antimeridian', () => {
    const circle = fc.record({ at: anywhere, radiusM: fc.integer({ min: 1, max: 100_000 }) });
    const nudge = fc.tuple(degree(1.5), degree(1.5));
    fc.assert(
      fc.property(
        fc.array(circle, { maxLength: 20 }),
        fc.array(nudge, { maxLength: 10 }),
        fc.integer({ min: 0, max: 50_000 }),
        (circles, nudges, withinM) => {
          const places = circles.map(({ at, radiusM }, i) =>
            aPlace({
              placeId: `c${String(i).padStart(2, '0')}`,
              geometry: { type: 'Point', coordinates: [at.lng, at.lat] },
              radiusM,
            }),
          );
          const index = createPlaceIndex(places.toReversed());
          const queries = nudges.map(([x, y], i) => {
            const at = circles[i]?.at ?? { lng: 0, lat: 0 };
            return { lng: foldLng(at.lng + x), lat: Math.max(-90, Math.min(90, at.lat + y)) };
          });
          for (const query of queries) {
            const edges = circles.map(({ at, radiusM }) => vectorDistanceM(query, at) - radiusM);
            if (edges.some((d) => Math.abs(d) < 1e-3 || Math.abs(d - withinM) < 1e-3)) continue;
            expect(ids(index.containing(query.lng, query.lat))).toEqual(
              ids(places.filter((_, i) => (edges[i] ?? 0) < 0)),
            );
            const near = index.near(query.lng, query.lat, withinM);
            expect(ids(near.map(({ place }) => place)).sort()).toEqual(
              ids(places.filter((_, i) => (edges[i] ?? 0) < withinM)),
            );
            for (const { place, distanceM } of near)
              expect(distanceM).toBeCloseTo(edges[places.indexOf(place)] ?? Number.NaN, 2);
          }
        },
      ),
      { numRuns: 500 },
    );
  });

  test('a point on the circle itself is inside', () => {
    const radiusM = haversineM(0, 51, 0.001, 51);
    const index = createPlaceIndex([
      aPlace({ placeId: 'c', geometry: { type: 'Point', coordinates: [0, 51] }, radiusM }),
    ]);
    expect(ids(index.containing(0.001, 51))).toEqual(['c']);
    expect(index.near(0.001, 51, 0)[0]?.distanceM).toBe(0);
  });
});

test('an index of nothing answers nothing', () => {
  const index = createPlaceIndex([]);
  expect(index.containing(0, 0)).toEqual([]);
  expect(index.near(0, 0, 1000)).toEqual([]);
  expect(index.get('p')).toBeUndefined();
});
