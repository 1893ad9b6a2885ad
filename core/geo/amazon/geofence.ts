import type { Place } from '#core/model/place.ts';
import { checkPolygon } from '../polygon-rules.ts';
import { cutAtAntimeridian, type Positions } from './antimeridian.ts';
import { toGeobuf } from './geobuf.ts';
import { GEOBUF, MAX_PARTS, MAX_RADIUS_M, MAX_VERTICES } from './limits.ts';

/** `GeofenceGeometry` of the service: exactly one of these. */
export type GeofenceGeometry =
  | { Circle: { Center: number[]; Radius: number } }
  | { Polygon: Positions[] }
  | { MultiPolygon: Positions[][] }
  | { Geobuf: Uint8Array };

export type GeofenceShape = { ok: true; geometry: GeofenceGeometry } | { ok: false; reason: string };

/**
 * A place's geometry as Amazon Location takes it, or why it does not. Rings go closed, exteriors counter-clockwise and
 * holes clockwise; more than 1,000 vertices go as Geobuf, whose 6 decimals move a corner by at most 8 cm; what crosses
 * the antimeridian goes in two pieces. Everything else goes as it is: nothing is simplified.
 */
export function geofenceShapeOf({ geometry, radiusM }: Pick<Place, 'geometry' | 'radiusM'>): GeofenceShape {
  if (geometry.type === 'Point') {
    if (radiusM === undefined || !(radiusM > 0 && radiusM <= MAX_RADIUS_M)) {
      return refuse(`its radius is not more than 0 and at most ${MAX_RADIUS_M} m`);
    }
    const [lng = 0, lat = 0] = geometry.coordinates;
    return { ok: true, geometry: { Circle: { Center: [lng, lat], Radius: radiusM } } };
  }
  const pieces: Positions[][] = [];
  for (const rings of geometry.type === 'Polygon' ? [geometry.coordinates] : geometry.coordinates) {
    const cut = cutAtAntimeridian(rings.map((ring) => ring.map(([lng = 0, lat = 0]) => [lng, lat])));
    if (!cut.ok) return cut;
    pieces.push(...cut.polygons);
  }
  return fits(pieces) ? plainly(pieces) : compactly(pieces);
}

const vertexCount = (polygons: readonly Positions[][]): number =>
  polygons.reduce((sum, rings) => sum + rings.reduce((count, ring) => count + ring.length, 0), 0);

const fits = (polygons: readonly Positions[][]): boolean =>
  vertexCount(polygons) <= MAX_VERTICES &&
  polygons.length <= MAX_PARTS &&
  polygons.every((rings) => rings.length <= MAX_PARTS);

function plainly(polygons: readonly Positions[][]): GeofenceShape {
  const checked = checkAll(polygons);
  if (!checked.ok) return checked;
  const [only, ...others] = checked.polygons;
  if (only && others.length === 0) return { ok: true, geometry: { Polygon: only } };
  return { ok: true, geometry: { MultiPolygon: checked.polygons } };
}

function compactly(polygons: readonly Positions[][]): GeofenceShape {
  const vertices = vertexCount(polygons);
  if (vertices > GEOBUF.maxVertices) return refuse(`it has ${vertices} vertices; at most ${GEOBUF.maxVertices}`);
  if (polygons.length > GEOBUF.maxPolygons) return refuse(`it has more than ${GEOBUF.maxPolygons} polygons`);
  if (polygons.some((rings) => rings.length > GEOBUF.maxRings)) {
    return refuse(`a polygon of it has more than ${GEOBUF.maxRings} rings`);
  }
  const checked = checkAll(polygons.map((rings) => rings.map((ring) => ring.map(roundedForGeobuf))));
  if (!checked.ok) return checked;
  const bytes = toGeobuf(checked.polygons);
  // Whether the limit is of the bytes or of their base64 is not said: of the longer.
  if (Math.ceil(bytes.length / 3) * 4 > GEOBUF.maxBytes)
    return refuse(`as Geobuf it has more than ${GEOBUF.maxBytes} characters`);
  return { ok: true, geometry: { Geobuf: bytes } };
}

/** Closed, in the service's directions, and by its rules, which are those of a place: only rounding and cuts can break them. */
function checkAll(
  polygons: readonly Positions[][],
): { ok: true; polygons: Positions[][] } | { ok: false; reason: string } {
  const ready: Positions[][] = [];
  for (const rings of polygons) {
    const checked = checkPolygon(rings, '');
    if (!checked.ok)
      return refuse(`as Amazon Location takes it, ${checked.problems[0]?.message ?? 'it is no polygon'}`);
    ready.push(checked.rings);
  }
  return { ok: true, polygons: ready };
}

const roundedForGeobuf = ([lng = 0, lat = 0]: number[]): number[] => [
  Math.round(lng * 1e6) / 1e6,
  Math.round(lat * 1e6) / 1e6,
];

const refuse = (reason: string): { ok: false; reason: string } => ({ ok: false, reason });
