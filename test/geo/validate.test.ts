import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createPlaceIndex } from '#core/geo/place-index.ts';
import { MAX_RINGS, MAX_VERTICES, normalisePlaceGeometry } from '#core/geo/validate.ts';
import type { Geometry } from '#core/model/place.ts';
import { aPlace } from './build.ts';

const polygon = (...coordinates: number[][][]): Geometry => ({ type: 'Polygon', coordinates });
const normalise = (geometry: Geometry, radiusM?: number) => normalisePlaceGeometry({ geometry, radiusM });

/** Read as text: a module loader would not keep 1e999. */
const cases: { name: string; place: { geometry: Geometry; radiusM?: number }; pointer: string; message: string }[] =
  JSON.parse(readFileSync(new URL('../cases/bad-geometry.json', import.meta.url), 'utf8'));

describe('refuses', () => {
  test.each(cases)('$name', ({ place, pointer, message }) => {
    expect(normalisePlaceGeometry(place)).toEqual({
      ok: false,
      problems: [{ pointer, message: expect.stringContaining(message) }],
    });
  });

  test('every bad position by its pointer, but no more than twenty', () => {
    const ring = Array.from({ length: 100 }, (_, i) => (i === 3 || i > 50 ? [999, 0] : [i, 0]));
    const found = normalise(polygon(ring));
    expect(found).toMatchObject({
      ok: false,
      problems: { 0: { pointer: '/geometry/coordinates/0/3' }, 1: { pointer: '/geometry/coordinates/0/51' } },
    });
    expect(found.ok || found.problems.length).toBe(20);
  });

  test('too many vertices, too many rings', () => {
    const ring = Array.from({ length: MAX_VERTICES + 1 }, (): number[] => [0, 0]);
    expect(normalise(polygon(ring))).toEqual({
      ok: false,
      problems: [{ pointer: '/geometry/coordinates', message: 'has 100001 points; at most 100000: simplify it' }],
    });
    const rings = Array.from({ length: MAX_RINGS + 1 }, () => [[0, 0]]);
    expect(normalise(polygon(...rings))).toMatchObject({
      ok: false,
      problems: [{ message: 'has 251 rings; at most 250' }],
    });
  });
});

describe('brings into one form', () => {
  const square = [
    [0, 0],
    [1, 0],
    [1, 1],
    [0, 1],
    [0, 0],
  ];

  test('exterior counter-clockwise, holes clockwise, first position kept', () => {
    const hole = [
      [0.2, 0.2],
      [0.4, 0.2],
      [0.4, 0.4],
      [0.2, 0.2],
    ];
    const found = normalise(polygon(square.toReversed(), hole));
    expect(found).toEqual({ ok: true, geometry: polygon(square, hole.toReversed()) });
    expect(normalise(polygon(square, hole.toReversed()))).toEqual(found);
  });

  test('seven decimals, no altitude, no repeated positions, no minus zero', () => {
    const found = normalise(
      polygon([
        [-0.00000001, 0, 30],
        [1.123456789, 0],
        [1.12345679, 0],
        [1, 1],
        [0, 0],
      ]),
    );
    expect(found).toEqual({
      ok: true,
      geometry: polygon([
        [0, 0],
        [1.1234568, 0],
        [1, 1],
        [0, 0],
      ]),
    });
    // JSON writes -0 as 0, but the engine would keep it apart.
    expect(found.ok && Object.is(found.geometry.coordinates.flat(2)[0], 0)).toBe(true);
    expect(normalise({ type: 'Point', coordinates: [1.23456789, 2, 100] }, 50)).toEqual({
      ok: true,
      geometry: { type: 'Point', coordinates: [1.2345679, 2] },
      radiusM: 50,
    });
  });

  test('small parts of a MultiPolygon count together', () => {
    const kiosk = (x: number) => [square.map(([a = 0, b = 0]) => [x + a * 0.00006, b * 0.00006])];
    expect(normalise({ type: 'MultiPolygon', coordinates: [kiosk(0)] })).toMatchObject({ ok: false });
    expect(normalise({ type: 'MultiPolygon', coordinates: [kiosk(0), kiosk(1), kiosk(2)] })).toMatchObject({
      ok: true,
    });
  });

  test('over the antimeridian, in one ring, with its hole, in either direction and either name of 180', () => {
    const ring = [
      [179, 0],
      [180, 0],
      [-179, 0],
      [-179, 2],
      [180, 2],
      [179, 2],
      [179, 0],
    ];
    const hole = [
      [-179.8, 0.5],
      [-179.2, 0.5],
      [-179.2, 1],
      [-179.8, 0.5],
    ];
    for (const exterior of [ring, ring.toReversed(), ring.map(([x, y = 0]) => [x === 180 ? -180 : (x ?? 0), y])]) {
      const found = normalise(polygon(exterior, hole));
      if (!found.ok) throw new Error(JSON.stringify(found.problems));
      const index = createPlaceIndex([aPlace({ placeId: 'taveuni', geometry: found.geometry })]);
      const inside = (lng: number, lat: number) => index.containing(lng, lat).length === 1;
      expect([inside(179.5, 1), inside(180, 1), inside(-180, 1), inside(-179.1, 1)]).toEqual([true, true, true, true]);
      expect([inside(178.9, 1), inside(0, 1), inside(-178.9, 1), inside(-179.3, 0.6)]).toEqual([
        false,
        false,
        false,
        false,
      ]);
      expect(index.near(180, 1, 1e5)[0]?.distanceM).toBeLessThan(-20_000);
    }
  });
});

test('never throws, whatever JSON says, and is idempotent', () => {
  const number = fc.oneof(
    fc.integer({ min: -3, max: 3 }),
    fc.double(),
    fc.constantFrom(180, -180, 179.9, -179.9, 90, -90),
  );
  const position = fc.oneof(
    { weight: 20, arbitrary: fc.array(number, { minLength: 2, maxLength: 3 }) },
    { weight: 1, arbitrary: fc.jsonValue() },
  );
  const open = fc.array(position, { maxLength: 8 });
  const ring = fc.oneof(
    open.map((ring) => (ring[0] === undefined ? ring : [...ring, ring[0]])),
    open,
    fc.jsonValue(),
  );
  const rings = fc.array(ring, { maxLength: 3 });
  const coordinates = fc.oneof(position, rings, fc.array(rings, { maxLength: 3 }), fc.jsonValue());
  const type = fc.constantFrom('Point', 'Polygon', 'MultiPolygon', 'LineString', undefined);
  let accepted = 0;
  fc.assert(
    fc.property(type, coordinates, fc.option(fc.double(), { nil: undefined }), (type, coordinates, radiusM) => {
      const found = normalisePlaceGeometry({ geometry: { type, coordinates } as Geometry, radiusM });
      if (!found.ok) {
        expect(found.problems.length).toBeGreaterThan(0);
        return;
      }
      accepted++;
      expect(normalisePlaceGeometry(found)).toEqual(found);
      createPlaceIndex([aPlace({ placeId: 'p', ...found })]).near(0, 0, 1000);
    }),
    { numRuns: 5000 },
  );
  expect(accepted).toBeGreaterThan(10);
});

/** Edge against edge these are five billion pairs: minutes, where the sweep takes a tenth of a second. */
test('100,000 vertices are checked before anybody loses patience', () => {
  const n = MAX_VERTICES - 1;
  const ring = Array.from({ length: n }, (_, i) => {
    const angle = (2 * Math.PI * i) / n;
    const radius = i % 2 === 0 ? 1 : 2;
    return [121 + radius * Math.cos(angle), 31 + radius * Math.sin(angle)];
  });
  ring.push(ring[0] ?? []);
  ring[n - 1] = [121.9, 31];
  expect(normalise(polygon(ring))).toMatchObject({ ok: true });
});
