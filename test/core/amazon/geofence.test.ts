import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fromGeobuf } from '#core/geo/amazon/geobuf.ts';
import { type GeofenceGeometry, geofenceShapeOf } from '#core/geo/amazon/geofence.ts';
import { shapeContains, shapeOf } from '#core/geo/geometry.ts';
import { ringAreaM2, unwrapPolygon } from '#core/geo/rings.ts';
import { foldLng } from '#core/geo/sphere.ts';
import { normalisePlaceGeometry } from '#core/geo/validate.ts';
import type { Geometry } from '#core/model/place.ts';

const square = (west: number, south: number, east: number, north: number): number[][] => [
  [west, south],
  [east, south],
  [east, north],
  [west, north],
  [west, south],
];

/** A wobbly ring of `count` corners about a point, as placed by whoever draws by hand: clockwise. */
const star = (lng: number, lat: number, count: number, radius = 0.01): number[][] => {
  const ring = Array.from({ length: count }, (_, i) => {
    const angle = (-2 * Math.PI * i) / count;
    const r = radius * (i % 2 === 0 ? 1 : 0.8);
    return [lng + r * Math.cos(angle), lat + r * Math.sin(angle)];
  });
  return [...ring, [...(ring[0] as number[])]];
};

/** As the API stores it. */
const stored = (geometry: Geometry, radiusM?: number) => {
  const result = normalisePlaceGeometry({ geometry, ...(radiusM !== undefined && { radiusM }) });
  if (!result.ok) throw new Error(result.problems[0]?.message);
  return result;
};
const told = (geometry: Geometry, radiusM?: number): GeofenceGeometry => {
  const shape = geofenceShapeOf(stored(geometry, radiusM));
  if (!shape.ok) throw new Error(shape.reason);
  return shape.geometry;
};
const polygonsOf = (geometry: GeofenceGeometry): number[][][][] => {
  if ('Polygon' in geometry) return [geometry.Polygon];
  if ('MultiPolygon' in geometry) return geometry.MultiPolygon;
  if ('Geobuf' in geometry) return fromGeobuf(geometry.Geobuf);
  return [];
};

describe('a place as Amazon Location takes it', () => {
  it('is a circle, a polygon with its holes, or a multipolygon', () => {
    expect(told({ type: 'Point', coordinates: [121.47, 31.23] }, 60)).toEqual({
      Circle: { Center: [121.47, 31.23], Radius: 60 },
    });
    const rings = [square(0, 0, 1, 1), square(0.4, 0.4, 0.6, 0.6)];
    const polygon = told({ type: 'Polygon', coordinates: rings });
    expect('Polygon' in polygon && polygon.Polygon.length).toBe(2);
    const parts = told({ type: 'MultiPolygon', coordinates: [[square(0, 0, 1, 1)], [square(2, 0, 3, 1)]] });
    expect('MultiPolygon' in parts && parts.MultiPolygon.length).toBe(2);
  });

  it('has its exteriors counter-clockwise and its holes clockwise, however they were drawn', () => {
    const turned = [square(0, 0, 1, 1).reverse(), square(0.4, 0.4, 0.6, 0.6)];
    for (const polygon of polygonsOf(told({ type: 'Polygon', coordinates: turned }))) {
      expect(unwrapPolygon(polygon).map((ring) => ringAreaM2(ring) > 0)).toEqual([true, false]);
    }
  });

  it.each([
    [999, 'Polygon'],
    [1000, 'Geobuf'],
    [1500, 'Geobuf'],
    [9000, 'Geobuf'],
  ])('of %i corners, and the first again, goes as %s', (corners, as) => {
    expect(Object.keys(told({ type: 'Polygon', coordinates: [star(13.4, 52.5, corners)] }))).toEqual([as]);
  });

  it('as Geobuf moves no corner by more than 8 cm, and keeps its holes and directions', () => {
    const rings = [star(13.4, 52.5, 1500), square(13.399, 52.499, 13.401, 52.501)];
    const { geometry } = stored({ type: 'Polygon', coordinates: rings });
    const [polygon] = polygonsOf(told(geometry));
    expect(polygon?.map((ring) => ring.length)).toEqual([1501, 5]);
    const before = (geometry.coordinates as number[][][]).flat();
    polygon?.flat().forEach(([lng = 0, lat = 0], i) => {
      const [x = 0, y = 0] = before[i] ?? [];
      expect(Math.hypot((lng - x) * Math.cos((lat * Math.PI) / 180), lat - y) * 111_195).toBeLessThan(0.08);
    });
    expect(unwrapPolygon(polygon ?? []).map((ring) => ringAreaM2(ring) > 0)).toEqual([true, false]);
  });
});

describe('a place across the antimeridian', () => {
  const across: Geometry = {
    type: 'Polygon',
    coordinates: [
      [
        [179.9, -17],
        [-179.8, -17],
        [-179.8, -16.7],
        [179.9, -16.7],
        [179.9, -17],
      ],
      [
        [179.92, -16.95],
        [179.92, -16.9],
        [179.95, -16.9],
        [179.95, -16.95],
        [179.92, -16.95],
      ],
    ],
  };

  it('goes in two pieces, none of which crosses it, and holds the same points', () => {
    const geometry = told(across);
    const polygons = polygonsOf(geometry);
    expect(polygons).toHaveLength(2);
    for (const ring of polygons.flat()) {
      ring.forEach(([lng = 0], i) => {
        expect(Math.abs(lng)).toBeLessThanOrEqual(180);
        if (i > 0) expect(Math.abs(lng - (ring[i - 1]?.[0] ?? 0))).toBeLessThan(180);
      });
    }
    const before = shapeOf(stored(across));
    const after = shapeOf({ geometry: { type: 'MultiPolygon', coordinates: polygons } });
    fc.assert(
      fc.property(
        fc.double({ min: 179.8, max: 180.3, noNaN: true }),
        fc.double({ min: -17.1, max: -16.6, noNaN: true }),
        (lng, lat) => {
          if (Math.abs(lng - 180) < 1e-6) return;
          expect(shapeContains(after, foldLng(lng), lat)).toBe(shapeContains(before, foldLng(lng), lat));
        },
      ),
      { numRuns: 500 },
    );
  });

  it('is refused where that is more than one cut', () => {
    const zigzag = [
      [179, 0],
      [-179, 0],
      [-179, 1],
      [179.5, 1],
      [179.5, 2],
      [-179, 2],
      [-179, 3],
      [179, 3],
      [179, 0],
    ];
    expect(geofenceShapeOf(stored({ type: 'Polygon', coordinates: [zigzag] }))).toEqual({
      ok: false,
      reason: 'it crosses the antimeridian more than once',
    });
    const holed = {
      ...across,
      coordinates: [across.coordinates[0], square(179.99, -16.9, -179.99, -16.8)],
    } as Geometry;
    expect(geofenceShapeOf(stored(holed))).toEqual({ ok: false, reason: 'a hole of it crosses the antimeridian' });
  });

  it('that only touches it stays whole', () => {
    expect(polygonsOf(told({ type: 'Polygon', coordinates: [square(179, 0, 180, 1)] }))).toHaveLength(1);
    expect(polygonsOf(told({ type: 'Polygon', coordinates: [square(-180, 0, -179, 1)] }))).toHaveLength(1);
  });
});
