import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Shape, shapeOf } from '#core/geo/geometry.ts';
import { createZoneIndex, type Zone } from '#core/geo/sensitive-zones.ts';
import type { Geometry } from '#core/model/place.ts';
import { distanceToM, gapM } from './edge-samples.ts';

const METRE = 1 / 111_195.08;

/** A star-shaped ring about a point, metres east and north; across the antimeridian as GeoJSON writes it. */
function star(lng: number, lat: number, radiiM: readonly number[]): number[][] {
  const squeeze = Math.max(1e-6, Math.cos((lat * Math.PI) / 180));
  const ring = radiiM.map((radius, i) => {
    const angle = (2 * Math.PI * i) / radiiM.length;
    const x = lng + (radius * METRE * Math.cos(angle)) / squeeze;
    return [x > 180 ? x - 360 : x < -180 ? x + 360 : x, lat + radius * METRE * Math.sin(angle)];
  });
  return [...ring, ring[0] as number[]];
}

const centre = fc.constantFrom<[number, number]>(
  [-77.03, 38.9],
  [121.47, 31.23],
  [0, 0],
  [179.9995, -17],
  [-180, 51.5],
  [25, 71],
  [10, -85],
  [-30, 89],
);
const radii = fc.array(fc.double({ min: 40, max: 300, noNaN: true }), { minLength: 5, maxLength: 14 });
const offsetM = fc.tuple(
  fc.double({ min: -1500, max: 1500, noNaN: true }),
  fc.double({ min: -1500, max: 1500, noNaN: true }),
);

type Drawn = { at: [number, number]; kind: 'circle' | 'polygon' | 'holed' | 'two'; radii: number[]; radiusM: number };
const drawn = (at: fc.Arbitrary<[number, number]>): fc.Arbitrary<Drawn> =>
  fc.record({
    at,
    kind: fc.constantFrom('circle' as const, 'polygon' as const, 'holed' as const, 'two' as const),
    radii,
    radiusM: fc.double({ min: 5, max: 400, noNaN: true }),
  });

function geometryOf({ at: [lng, lat], kind, radii, radiusM }: Drawn): { geometry: Geometry; radiusM?: number } {
  if (kind === 'circle') return { geometry: { type: 'Point', coordinates: [lng, lat] }, radiusM };
  const outer = star(lng, lat, radii);
  if (kind === 'polygon') return { geometry: { type: 'Polygon', coordinates: [outer] } };
  const hole = star(
    lng,
    lat,
    radii.map((radius) => radius * 0.6),
  ).reverse();
  if (kind === 'holed') return { geometry: { type: 'Polygon', coordinates: [outer, hole] } };
  const beside = star(lng, lat + 700 * METRE, radii);
  return { geometry: { type: 'MultiPolygon', coordinates: [[outer], [beside]] } };
}

function moved([lng, lat]: [number, number], [eastM, northM]: readonly [number, number]): [number, number] {
  const y = Math.max(-89.9, Math.min(89.9, lat + northM * METRE));
  const x = lng + (eastM * METRE) / Math.max(1e-3, Math.cos((y * Math.PI) / 180));
  return [x >= 180 ? x - 360 : x < -180 ? x + 360 : x, y];
}

const pair = centre.chain((at) =>
  fc.record({
    zone: drawn(fc.constant(at)),
    fence: fc.tuple(drawn(fc.constant(at)), offsetM).map(([one, by]) => ({ ...one, at: moved(at, by) })),
    point: offsetM.map((by) => moved(at, by)),
    bufferM: fc.constantFrom(0, 100, 533.4, 609.6),
    accuracyM: fc.constantFrom(0, 5, 60, 300),
  }),
);

/** Samples stand a metre or so apart: where the truth is nearer to the limit than they can tell, they say nothing. */
const FINE_M = 0.6;

describe('zones against dense samples of every edge', () => {
  it('a position is within a buffer exactly when some point of the footprint is so near', () => {
    let told = 0;
    fc.assert(
      fc.property(pair, ({ zone, point, bufferM, accuracyM }) => {
        const raw = geometryOf(zone);
        const truth = distanceToM(raw, point);
        const limit = bufferM + accuracyM;
        if (Math.abs(truth - limit) < FINE_M) return;
        told += 1;
        const index = createZoneIndex([{ shape: shapeOf(raw), bufferM }]);
        expect(index.covers(point[0], point[1], accuracyM)).toBe(truth <= limit);
      }),
      { numRuns: 600 },
    );
    expect(told).toBeGreaterThan(500);
  });

  it('a geofence touches a buffer exactly when their edges come so near, or one holds the other', () => {
    let touching = 0;
    fc.assert(
      fc.property(pair, ({ zone, fence, bufferM }) => {
        const [footprint, geofence] = [geometryOf(zone), geometryOf(fence)];
        const truth = gapM(footprint, geofence);
        const touch = createZoneIndex([{ shape: shapeOf(footprint), bufferM }]).touchedBy(shapeOf(geofence));
        if (Math.abs(truth - bufferM) >= FINE_M || truth === 0) expect(touch !== undefined).toBe(truth <= bufferM);
        if (touch) expect(Math.abs(touch.distanceM - truth)).toBeLessThan(FINE_M);
        touching += Number(touch !== undefined);
      }),
      { numRuns: 250 },
    );
    expect(touching).toBeGreaterThan(40);
  });

  it('of many zones it finds what asking each by itself finds', () => {
    const many = fc.tuple(fc.array(pair, { minLength: 2, maxLength: 30 }), pair);
    fc.assert(
      fc.property(many, ([zones, asked]) => {
        const list: Zone[] = zones.map(({ zone, bufferM }) => ({ shape: shapeOf(geometryOf(zone)), bufferM }));
        const [index, singles] = [createZoneIndex(list), list.map((zone) => createZoneIndex([zone]))];
        const [lng, lat] = asked.point;
        const { accuracyM } = asked;
        expect(index.covers(lng, lat, accuracyM)).toBe(singles.some((one) => one.covers(lng, lat, accuracyM)));
        const fence: Shape = shapeOf(geometryOf(asked.fence));
        const nearest = Math.min(...singles.map((one) => one.touchedBy(fence)?.distanceM ?? Infinity));
        expect(index.touchedBy(fence)?.distanceM ?? Infinity).toBe(nearest);
      }),
      { numRuns: 100 },
    );
  });
});

describe('zones at their limits', () => {
  const circle = (lng: number, lat: number, radiusM: number): Shape => ({ kind: 'circle', lng, lat, radiusM });

  it('counts what is exactly as far away as the buffer, and nothing farther', () => {
    const index = createZoneIndex([{ shape: circle(0, 0, 25), bufferM: 609.6 }]);
    const at = (metres: number) => metres * METRE;
    expect(index.covers(at(634.59), 0, 0)).toBe(true);
    expect(index.covers(at(634.61), 0, 0)).toBe(false);
    expect(index.covers(at(650), 0, 15.41)).toBe(true);
    expect(index.covers(at(650), 0, 15.39)).toBe(false);
    expect(index.touchedBy(circle(at(734.59), 0, 100))?.distanceM).toBeCloseTo(609.59, 2);
    expect(index.touchedBy(circle(at(734.61), 0, 100))).toBeUndefined();
  });

  it('measures a long edge as GeoJSON draws it, straight in degrees', () => {
    // At 60 degrees north the great circle between these runs 16 km north of the parallel.
    const coordinates = [
      [
        [0, 59],
        [10, 59],
        [10, 60],
        [0, 60],
        [0, 59],
      ],
    ];
    const index = createZoneIndex([{ shape: shapeOf({ geometry: { type: 'Polygon', coordinates } }), bufferM: 500 }]);
    expect(index.covers(5, 60 + 499.9 * METRE, 0)).toBe(true);
    expect(index.covers(5, 60 + 500.1 * METRE, 0)).toBe(false);
  });

  it('reaches over the pole and over the antimeridian', () => {
    const pole = createZoneIndex([{ shape: circle(0, 89.999, 10), bufferM: 300 }]);
    expect(pole.covers(180, 89.999, 0)).toBe(true);
    expect(pole.covers(180, 89.998, 0)).toBe(false);
    expect(pole.touchedBy(circle(180, 89.997, 150))).toBeDefined();
    const east = createZoneIndex([{ shape: circle(179.999, 0, 10), bufferM: 300 }]);
    expect(east.covers(-179.999, 0, 0)).toBe(true);
    expect(east.covers(180, 0, 0)).toBe(true);
    expect(east.covers(-179.99, 0, 0)).toBe(false);
  });

  it('knows a geofence that holds a zone far from its edges, and one in a zone', () => {
    const box = (half: number): Shape =>
      shapeOf({
        geometry: {
          type: 'Polygon',
          coordinates: [
            [
              [-half, -half],
              [half, -half],
              [half, half],
              [-half, half],
              [-half, -half],
            ],
          ],
        },
      });
    expect(createZoneIndex([{ shape: box(0.001), bufferM: 0 }]).touchedBy(box(1))).toEqual({ zone: 0, distanceM: 0 });
    expect(createZoneIndex([{ shape: box(1), bufferM: 0 }]).touchedBy(box(0.001))).toEqual({ zone: 0, distanceM: 0 });
    expect(createZoneIndex([{ shape: box(1), bufferM: 0 }]).touchedBy(circle(0, 0, 5))).toEqual({
      zone: 0,
      distanceM: 0,
    });
    expect(createZoneIndex([{ shape: box(1), bufferM: 0 }]).covers(0, 0, 0)).toBe(true);
    expect(createZoneIndex([]).covers(0, 0, 1000)).toBe(false);
  });

  it('leaves a courtyard beyond the buffer open', () => {
    const ring = (half: number) => [
      [-half, -half],
      [half, -half],
      [half, half],
      [-half, half],
      [-half, -half],
    ];
    const cloister = { type: 'Polygon' as const, coordinates: [ring(0.02), ring(0.01).reverse()] };
    const index = createZoneIndex([{ shape: shapeOf({ geometry: cloister }), bufferM: 609.6 }]);
    expect(index.covers(0, 0, 0)).toBe(false);
    expect(index.covers(0.005, 0, 0)).toBe(true);
    expect(index.touchedBy(circle(0, 0, 100))).toBeUndefined();
  });
});
