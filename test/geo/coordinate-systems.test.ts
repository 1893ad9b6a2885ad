import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { fromWgs84, geometryToWgs84, toWgs84 } from '#core/geo/coordinate-systems.ts';
import { haversineM } from '#core/geo/sphere.ts';
import { normalisePlaceGeometry } from '#core/geo/validate.ts';
import type { CoordinateSystem } from '#core/model/coordinate-system.ts';
import pairs from '../cases/coordinate-systems.json' with { type: 'json' };

type Degrees = readonly [number, number];
type Pair = { source: string; withinM: number } & Partial<Record<CoordinateSystem, [number, number]>>;

const SYSTEMS = ['wgs84', 'gcj02', 'bd09'] as const;
const metres = (a: Degrees, b: Degrees): number => haversineM(a[0], a[1], b[0], b[1]);
const mainland = fc.tuple(
  fc.double({ min: 97.5, max: 119.5, noNaN: true }),
  fc.double({ min: 22.5, max: 42.5, noNaN: true }),
);

describe('pairs that others have published', () => {
  test.each(pairs as unknown as Pair[])('$source', (pair) => {
    const given = SYSTEMS.flatMap((system) => (pair[system] ? [{ system, position: pair[system] }] : []));
    const [one, other] = given;
    if (!one || !other) throw new Error('a pair names two systems');
    expect(metres(toWgs84(one.system, one.position), toWgs84(other.system, other.position))).toBeLessThan(pair.withinM);
    // And the way in which the pair was made.
    const there = fromWgs84(other.system, toWgs84(one.system, one.position));
    expect(metres(there, other.position)).toBeLessThan(pair.withinM);
  });
});

test.each(['gcj02', 'bd09'] as const)('%s: there and back is where it began, to a tenth of a millimetre', (system) => {
  fc.assert(
    fc.property(mainland, (position) => {
      const there = fromWgs84(system, position);
      const shiftM = metres(there, position);
      expect(shiftM).toBeGreaterThan(5);
      expect(shiftM).toBeLessThan(2500);
      expect(metres(toWgs84(system, there), position)).toBeLessThan(1e-4);
    }),
    { numRuns: 3000 },
  );
});

test.each(['gcj02', 'bd09'] as const)(
  '%s: there and back all over the boxes, on both sides of their border',
  (system) => {
    let [inside, ambiguous] = [0, 0];
    for (let lng = 72.13; lng < 136; lng += 0.217) {
      for (let lat = 17.1; lat < 56; lat += 0.193) {
        const position = [lng, lat] as const;
        const there = fromWgs84(system, position);
        const back = toWgs84(system, there);
        if (there[0] !== lng) {
          inside += 1;
          expect(metres(back, position)).toBeLessThan(1e-4);
        } else if (metres(back, position) > 0) {
          // Unshifted, but its number is that of a shifted neighbour: only where one is so near.
          ambiguous += 1;
          expect(metres(back, position)).toBeLessThan(2500);
          expect(fromWgs84(system, back)).not.toEqual(back);
        }
      }
    }
    expect(inside).toBeGreaterThan(20_000);
    expect(ambiguous).toBeLessThan(inside / 100);
  },
);

test.each([
  ['Shanghai', [121.4737, 31.2304], true],
  ['Lhasa', [91.1172, 29.6469], true],
  ['Harbin', [126.6424, 45.7567], true],
  ['Sanya', [109.5119, 18.2528], true],
  ['Hong Kong', [114.1694, 22.3193], true],
  ['Macau', [113.5439, 22.1987], true],
  ['Taipei', [121.5654, 25.033], false],
  ['Kaohsiung', [120.3014, 22.6273], false],
  ['Seoul', [126.978, 37.5665], false],
  ['Tokyo', [139.6917, 35.6895], false],
  ['Hanoi', [105.8342, 21.0278], false],
  ['Vladivostok', [131.8855, 43.1155], false],
  ['Delhi', [77.209, 28.6139], false],
  ['Liverpool', [-2.9916, 53.4084], false],
] as const)('%s is shifted: %s', (_, position, isShifted) => {
  for (const system of ['gcj02', 'bd09'] as const) {
    expect(fromWgs84(system, position)[0] !== position[0]).toBe(isShifted);
    expect(toWgs84(system, position)[0] !== position[0]).toBe(isShifted);
  }
  expect(toWgs84('wgs84', position)).toEqual(position);
});

describe('a geometry', () => {
  const square = (lng: number, lat: number, side: number): [number, number][] => [
    [lng, lat],
    [lng + side, lat],
    [lng + side, lat + side],
    [lng, lat + side],
    [lng, lat],
  ];

  test('is converted vertex by vertex, and is then as valid as it was', () => {
    const ring = square(121.47, 31.23, 0.004);
    const shifted = ring.map((position) => [...fromWgs84('bd09', position)]);
    const geometry = geometryToWgs84('bd09', { type: 'Polygon' as const, coordinates: [shifted] });
    for (const [i, position] of (geometry.coordinates[0] ?? []).entries()) {
      expect(metres(position as unknown as Degrees, ring[i] ?? [0, 0])).toBeLessThan(1e-4);
    }
    expect(normalisePlaceGeometry({ geometry })).toMatchObject({
      ok: true,
      geometry: { coordinates: [ring.map(([lng, lat]) => [expect.closeTo(lng, 6), expect.closeTo(lat, 6)])] },
    });
  });

  test('on the border is moved as one: its sides stay as long as they were', () => {
    // The eastern side of this one is beyond the box that ends at 124.367395.
    const ring = square(124.36, 29.4, 0.01);
    const geometry = geometryToWgs84('gcj02', { type: 'Polygon', coordinates: [ring] });
    const moved = (geometry.coordinates as unknown as Degrees[][])[0] ?? [];
    for (let i = 1; i < moved.length; i += 1) {
      const was = metres(ring[i] as Degrees, ring[i - 1] as Degrees);
      expect(metres(moved[i] as Degrees, moved[i - 1] as Degrees) / was).toBeCloseTo(1, 1);
    }
    expect(metres(moved[0] as Degrees, ring[0] as Degrees)).toBeGreaterThan(50);
  });

  test.each([
    ['nothing', undefined],
    ['text', 'x'],
    ['an empty ring', [[]]],
    ['positions of text', [[['a', 'b']]]],
    ['one number', [116]],
    ['what is not finite', [Number.NaN, 39]],
    ['the pole', [116, 90]],
    ['far out of range', [1e308, -1e308]],
  ])('of %s stays what it is, for the rules to refuse', (_, coordinates) => {
    expect(geometryToWgs84('gcj02', { type: 'Polygon', coordinates })).toEqual({ type: 'Polygon', coordinates });
  });

  test('keeps an altitude, and a position from out of range is left in its ring', () => {
    const { coordinates } = geometryToWgs84('gcj02', {
      type: 'X',
      coordinates: [
        [116.4, 39.9, 12],
        [999, 39.9],
      ],
    });
    expect(coordinates).toEqual([
      [expect.closeTo(116.3938, 3), expect.closeTo(39.8986, 3), 12],
      [999, 39.9],
    ]);
  });
});
