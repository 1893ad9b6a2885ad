import { describe, expect, test } from 'vitest';
import { world } from '#bench/geofence/data.ts';
import { buildCellIndex } from '#core/geo/cells/build.ts';
import { type CellIndex, openCellIndex } from '#core/geo/cells/index.ts';
import type { Located } from '#core/geo/cells/located.ts';
import { LARGE_TILE, tileOf, tilesAround, tilesOfPlace } from '#core/geo/cells/tiles.ts';

const indexOf = (places: readonly Located[]): CellIndex => openCellIndex(buildCellIndex(places));
const holding = (index: CellIndex, lng: number, lat: number): string[] =>
  Array.from(index.found.subarray(0, index.containing(lng, lat)), index.idOf).sort();
const nearIds = (index: CellIndex, lng: number, lat: number, withinM: number): string[] =>
  index.near(lng, lat, withinM).map(({ number }) => index.idOf(number));

const rounded = (degrees: number): number => Math.round(degrees * 1e7) / 1e7;
const circle = (placeId: string, lng: number, lat: number, radiusM: number): Located => ({
  placeId,
  geometry: { type: 'Point', coordinates: [rounded(lng), rounded(lat)] },
  radiusM,
});

describe('tiles', () => {
  const { fences, points } = world(2000, 600, 23);
  const seams = [-180, 179.999, 0].flatMap((lng) =>
    [-89.99, -60, 0, 60, 75.5, 89.995].map((lat) => [lng, lat] as const),
  );
  const places: Located[] = [
    ...fences,
    ...seams.flatMap(([lng, lat], i) => [circle(`seam${i}`, lng, lat, 150), circle(`wide${i}`, lng, lat, 9000)]),
    ...Array.from({ length: 40 }, (_, i) => circle(`huge${i}`, i * 9 - 180, i * 3 - 60, 100_000)),
  ];
  const whole = indexOf(places);
  const byTile = new Map<number, Located[]>();
  for (const place of places) {
    for (const tile of tilesOfPlace(place)) byTile.set(tile, [...(byTile.get(tile) ?? []), place]);
  }
  const tiles = new Map([...byTile].map(([tile, its]) => [tile, indexOf(its)]));
  const asked = [
    ...Array.from({ length: 600 }, (_, i) => [points[2 * i] as number, points[2 * i + 1] as number] as const),
    ...seams.flatMap(([lng, lat]) =>
      [-0.08, -0.002, 0, 0.001, 0.09].map((d) => [lng + d, Math.min(90, lat + d / 2)] as const),
    ),
  ];
  const of = (numbers: readonly number[]): CellIndex[] => numbers.flatMap((number) => tiles.get(number) ?? []);
  const unique = (ids: string[]): string[] => [...new Set(ids)].sort();

  test('the tile of a point, and that of large places, have all that hold it, and all within the margin', () => {
    for (const [lng, lat] of asked) {
      const two = of([tileOf(lng, lat), LARGE_TILE]);
      expect(unique(two.flatMap((index) => holding(index, lng, lat)))).toEqual(holding(whole, lng, lat));
      const near = two.flatMap((index) => nearIds(index, lng, lat, 300));
      expect(unique(near)).toEqual(nearIds(whole, lng, lat, 300).sort());
    }
  });

  test('the tiles around a point have all that is near', () => {
    for (const [lng, lat] of asked.filter((_, i) => i % 4 === 0)) {
      for (const withinM of [400, 2000, 15_000]) {
        const near = of([...tilesAround(lng, lat, withinM), LARGE_TILE]).flatMap((index) =>
          nearIds(index, lng, lat, withinM),
        );
        expect(unique(near)).toEqual(nearIds(whole, lng, lat, withinM).sort());
      }
    }
  });

  test('one place is in few tiles, or in that of large ones', () => {
    expect(tilesOfPlace(circle('a', 121.47, 31.23, 100)).length).toBeLessThanOrEqual(4);
    expect(tilesOfPlace(circle('b', 121.47, 31.23, 20_000)).length).toBeGreaterThan(4);
    expect(tilesOfPlace(circle('c', 121.47, 31.23, 100_000))).toEqual([LARGE_TILE]);
    expect(tileOf(180, 31)).toBe(tileOf(-180, 31));
    expect(tilesAround(121.47, 31.23, 100)).toEqual([tileOf(121.47, 31.23)]);
  });

  test('are 11.7 km high, and 11 to 24 km wide wherever people live', () => {
    for (const lat of [0, 31, 45, 59, 61, 70]) {
      const width = sideM((d) => [10 + d, lat]) * Math.cos((lat * Math.PI) / 180);
      expect(width).toBeGreaterThan(11_000);
      expect(width).toBeLessThan(24_000);
    }
    expect(sideM((d) => [10, 31 + d])).toBeCloseTo(11_660, -2);
  });

  /** From one change of tile to the next, in metres of a meridian. */
  function sideM(at: (degrees: number) => readonly [number, number]): number {
    const changes: number[] = [];
    for (let d = 0; changes.length < 2; d += 0.0005) {
      if (tileOf(...at(d)) !== tileOf(...at(d + 0.0005))) changes.push(d);
    }
    return ((changes[1] as number) - (changes[0] as number)) * 111_195;
  }
});
