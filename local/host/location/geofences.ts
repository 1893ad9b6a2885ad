import { fromGeobuf } from '#core/geo/amazon/geobuf.ts';
import { GEOBUF, MAX_GEOFENCES } from '#core/geo/amazon/limits.ts';
import { type Shape, shapeContains, shapeOf } from '#core/geo/geometry.ts';
import { checkPolygon } from '#core/geo/polygon-rules.ts';
import { ringAreaM2, unwrapPolygon } from '#core/geo/rings.ts';
import type { GeofenceEntryBody, GeometryBody } from './requests.ts';

type Rings = number[][][];
export type Item = { Code: string; Message: string };

export type StoredGeofence = GeofenceEntryBody & {
  createdAt: number;
  updatedAt: number;
  /** Searched from then on. */
  activeAt: number;
  shape: Shape;
};

/** A geofence collection: what it takes, refuses and holds. */
export function createCollection({ now, activateMs }: { now: () => number; activateMs: number }) {
  const all = new Map<string, StoredGeofence>();
  return {
    all,
    /** @returns why it is refused */
    put(entry: GeofenceEntryBody): Item | undefined {
      const before = all.get(entry.GeofenceId);
      if (!before && all.size >= MAX_GEOFENCES) return { Code: 'ValidationError', Message: 'the collection is full' };
      const read = readGeometry(entry.Geometry);
      if ('wrong' in read) return { Code: 'ValidationError', Message: read.wrong };
      const updatedAt = now();
      const createdAt = before?.createdAt ?? updatedAt;
      all.set(entry.GeofenceId, {
        ...entry,
        createdAt,
        updatedAt,
        activeAt: updatedAt + activateMs,
        shape: read.shape,
      });
      return undefined;
    },
    remove: (id: string): Item | undefined =>
      all.delete(id) ? undefined : { Code: 'ResourceNotFoundError', Message: 'there is no such geofence' },
    statusOf: ({ activeAt }: StoredGeofence): 'ACTIVE' | 'PENDING' => (activeAt <= now() ? 'ACTIVE' : 'PENDING'),
    containing: (lng: number, lat: number): StoredGeofence[] =>
      [...all.values()].filter(({ activeAt, shape }) => activeAt <= now() && shapeContains(shape, lng, lat)),
  };
}
export type Collection = ReturnType<typeof createCollection>;

function readGeometry({ Circle, Polygon, MultiPolygon, Geobuf }: GeometryBody): { shape: Shape } | { wrong: string } {
  if (Circle) {
    return { shape: shapeOf({ geometry: { type: 'Point', coordinates: Circle.Center }, radiusM: Circle.Radius }) };
  }
  let polygons: Rings[];
  try {
    polygons = Geobuf === undefined ? (MultiPolygon ?? [Polygon ?? []]) : fromGeobuf(Buffer.from(Geobuf, 'base64'));
  } catch {
    return { wrong: 'the Geobuf cannot be read' };
  }
  const vertices = polygons.flat().reduce((sum, ring) => sum + ring.length, 0);
  if (vertices > GEOBUF.maxVertices || polygons.length > GEOBUF.maxPolygons)
    return { wrong: 'the Geobuf is too large' };
  for (const polygon of polygons) {
    const wrong = wrongWith(polygon);
    if (wrong !== undefined) return { wrong };
  }
  return { shape: shapeOf({ geometry: { type: 'MultiPolygon', coordinates: polygons } }) };
}

/** Rings closed, in their directions, touching nothing, on one side of the antimeridian. */
function wrongWith(polygon: Rings): string | undefined {
  for (const ring of polygon) {
    const jumps = ring.some(([lng = 0], i) => i > 0 && Math.abs(lng - (ring[i - 1]?.[0] ?? 0)) > 180);
    if (jumps) return 'polygons that cross the antimeridian are not supported';
  }
  const checked = checkPolygon(polygon, '');
  if (!checked.ok) return checked.problems[0]?.message ?? 'the polygon is not valid';
  const isTurned = unwrapPolygon(polygon).some((ring, i) => ringAreaM2(ring) > 0 !== (i === 0));
  return isTurned ? 'exterior rings must be counter-clockwise, interior rings clockwise' : undefined;
}
