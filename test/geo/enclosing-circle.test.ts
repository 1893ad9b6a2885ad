import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { enclosingCircle } from '#core/geo/enclosing-circle.ts';
import { shapeContains, shapeOf } from '#core/geo/geometry.ts';
import { EARTH_RADIUS_M, haversineM, RADIANS } from '#core/geo/sphere.ts';
import type { Geometry } from '#core/model/place.ts';
import { aPlace } from './build.ts';

describe('a circle round a place', () => {
  test('is the place itself where that is one', () => {
    const circle = { geometry: { type: 'Point' as const, coordinates: [121.47, 31.23] }, radiusM: 60 };
    expect(enclosingCircle(circle)).toEqual({ lng: 121.47, lat: 31.23, radiusM: 60 });
  });

  test('lies across the antimeridian where the place does', () => {
    const ring = [
      [179.99, 10],
      [-179.99, 10],
      [-179.99, 10.01],
      [179.99, 10.01],
      [179.99, 10],
    ];
    const { lng, lat, radiusM } = enclosingCircle({ geometry: { type: 'Polygon', coordinates: [ring] } });
    expect(Math.abs(lng)).toBeCloseTo(180, 6);
    expect([lat, radiusM]).toEqual([expect.closeTo(10.005, 6), expect.toSatisfy((m: number) => m > 1200 && m < 1300)]);
  });

  test('has every part of a MultiPolygon', () => {
    const square = (lng: number) => [
      [lng, 50],
      [lng + 0.01, 50],
      [lng + 0.01, 50.01],
      [lng, 50.01],
      [lng, 50],
    ];
    const parts = [[square(-0.2)], [square(0.2)]];
    const { lng, radiusM } = enclosingCircle({ geometry: { type: 'MultiPolygon', coordinates: parts } });
    expect(lng).toBeCloseTo(0.005, 9);
    expect(radiusM).toBeGreaterThan(haversineM(0, 50, 0.2, 50));
  });
});

test('no point of a place is outside its circle, and the circle is not much larger than the place', () => {
  const anywhere = fc.record({
    lng: fc.double({ min: -180, max: 179.9, noNaN: true }),
    lat: fc.double({ min: -80, max: 80, noNaN: true }),
    sizeM: fc.constantFrom(30, 300, 30_000, 150_000),
    corners: fc.array(fc.double({ min: 0.2, max: 1, noNaN: true }), { minLength: 3, maxLength: 24 }),
    probes: fc.array(
      fc.tuple(fc.double({ min: -1, max: 1, noNaN: true }), fc.double({ min: -1, max: 1, noNaN: true })),
      {
        minLength: 20,
        maxLength: 20,
      },
    ),
  });
  let inside = 0;
  fc.assert(
    fc.property(anywhere, ({ lng, lat, sizeM, corners, probes }) => {
      const degrees = sizeM / EARTH_RADIUS_M / RADIANS;
      const at = (east: number, north: number): [number, number] => {
        const x = lng + (east * degrees) / Math.cos(lat * RADIANS);
        return [x >= 180 ? x - 360 : x < -180 ? x + 360 : x, lat + north * degrees];
      };
      // A star: no two of its edges cross.
      const ring = corners.map((reach, i) => {
        const angle = (2 * Math.PI * i) / corners.length;
        return at(reach * Math.cos(angle), reach * Math.sin(angle));
      });
      const geometry: Geometry = { type: 'Polygon', coordinates: [[...ring, ring[0] as [number, number]]] };
      const circle = enclosingCircle({ geometry });
      expect(circle.radiusM).toBeLessThan(1.6 * sizeM + 2);
      const shape = shapeOf(aPlace({ placeId: 'p', geometry }));
      for (const probe of [...probes.map(([east, north]) => at(east, north)), ...ring]) {
        if (!shapeContains(shape, probe[0], probe[1])) continue;
        inside += 1;
        expect(haversineM(circle.lng, circle.lat, probe[0], probe[1])).toBeLessThanOrEqual(circle.radiusM);
      }
    }),
    { numRuns: 300 },
  );
  expect(inside).toBeGreaterThan(500);
});
