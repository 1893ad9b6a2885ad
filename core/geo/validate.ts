import { type Geometry, MAX_RADIUS_M } from '#core/model/place.ts';
import { checkPolygon, type Problem } from './polygon-rules.ts';

export type NormalisedGeometry =
  | { ok: true; geometry: Geometry; radiusM?: number }
  | { ok: false; problems: Problem[] };

/** More than any district has; the self-crossing check takes 0.3 s for as many. */
export const MAX_VERTICES = 100_000;
/** Exteriors and holes together: what Amazon Location takes in one geofence. */
export const MAX_RINGS = 250;
/** A place smaller than 10 m by 10 m is a slip of the mouse. Parts of a MultiPolygon count together: a kiosk may be one. */
const MIN_AREA_M2 = 100;
/** After so many problems the file is wrong, not the point. */
const MAX_PROBLEMS = 20;

/** One place's geometry as written: anything that JSON can say. */
export type RawGeometry = { geometry: Geometry; radiusM?: number | undefined };

/**
 * Checks a place's geometry and brings it into one form: 7 decimals (1 cm), no altitude, no repeated points, exterior
 * rings counter-clockwise and holes clockwise (RFC 7946 section 3.1.6). Idempotent. Never throws, whatever is passed.
 *
 * A polygon whose edges jump more than 180 degrees crosses the antimeridian and is kept as one ring; RFC 7946 section
 * 3.1.9 would cut it in two, but then the cut would read as an edge of the place. `unwrapRing` is how to read it.
 */
export function normalisePlaceGeometry({ geometry, radiusM }: RawGeometry): NormalisedGeometry {
  const problems: Problem[] = [];
  const { type, coordinates }: { type?: unknown; coordinates?: unknown } = geometry ?? {};
  if (type === 'Point') {
    const point = readPosition(coordinates, '/geometry/coordinates', problems);
    if (radiusM === undefined) problems.push({ pointer: '/radiusM', message: 'is required with a Point' });
    else if (!(radiusM > 0 && radiusM <= MAX_RADIUS_M)) {
      problems.push({ pointer: '/radiusM', message: `must be more than 0 and at most ${MAX_RADIUS_M} metres` });
    }
    if (!point || radiusM === undefined || problems.length > 0) return { ok: false, problems };
    return { ok: true, geometry: { type, coordinates: point }, radiusM };
  }

  if (radiusM !== undefined) problems.push({ pointer: '/radiusM', message: 'belongs to a Point only' });
  if (type === 'Polygon') {
    const polygon = readPolygons([coordinates], () => '/geometry/coordinates', problems)?.[0];
    return polygon ? { ok: true, geometry: { type, coordinates: polygon } } : { ok: false, problems };
  }
  if (type === 'MultiPolygon' && Array.isArray(coordinates)) {
    const polygons = readPolygons(coordinates, (i) => `/geometry/coordinates/${i}`, problems);
    return polygons ? { ok: true, geometry: { type, coordinates: polygons } } : { ok: false, problems };
  }
  problems.push({ pointer: '/geometry', message: 'must be a GeoJSON Point, Polygon or MultiPolygon' });
  return { ok: false, problems };
}

type Positions = number[][];

function readPolygons(
  polygons: unknown[],
  pointerOf: (i: number) => string,
  problems: Problem[],
): Positions[][] | undefined {
  const size = measure(polygons);
  const pointer = '/geometry/coordinates';
  if (size.rings === 0) problems.push({ pointer, message: 'has no ring' });
  if (size.rings > MAX_RINGS) problems.push({ pointer, message: `has ${size.rings} rings; at most ${MAX_RINGS}` });
  if (size.vertices > MAX_VERTICES) {
    problems.push({ pointer, message: `has ${size.vertices} points; at most ${MAX_VERTICES}: simplify it` });
  }
  if (problems.length > 0) return undefined;

  const read: Positions[][] = [];
  let areaM2 = 0;
  polygons.forEach((polygon, i) => {
    if (problems.length >= MAX_PROBLEMS) return;
    if (!Array.isArray(polygon) || polygon.length === 0) {
      problems.push({ pointer: pointerOf(i), message: 'has no ring' });
      return;
    }
    const before = problems.length;
    const rings = polygon.map((ring, r) => readRing(ring, `${pointerOf(i)}/${r}`, problems));
    if (problems.length > before) return;
    const checked = checkPolygon(rings, pointerOf(i));
    if (!checked.ok) {
      problems.push(...checked.problems);
      return;
    }
    read.push(checked.rings);
    areaM2 += checked.areaM2;
  });
  if (problems.length === 0 && areaM2 < MIN_AREA_M2) {
    problems.push({ pointer, message: `has an area of ${areaM2.toFixed(1)} m²; at least ${MIN_AREA_M2} m²` });
  }
  return problems.length === 0 ? read : undefined;
}

/** Counts before anything is walked, so that a hostile size costs nothing. */
function measure(polygons: unknown[]): { rings: number; vertices: number } {
  const rings = polygons.flatMap((polygon) => (Array.isArray(polygon) ? polygon : []));
  let vertices = 0;
  for (const ring of rings) if (Array.isArray(ring)) vertices += ring.length;
  return { rings: rings.length, vertices };
}

function readRing(ring: unknown, pointer: string, problems: Problem[]): Positions {
  if (!Array.isArray(ring)) {
    problems.push({ pointer, message: 'must be a list of positions' });
    return [];
  }
  const positions: Positions = [];
  for (let i = 0; i < ring.length && problems.length < MAX_PROBLEMS; i++) {
    const position = readPosition(ring[i], `${pointer}/${i}`, problems);
    if (position) positions.push(position);
  }
  return positions;
}

function readPosition(position: unknown, pointer: string, problems: Problem[]): number[] | undefined {
  const [lng, lat]: unknown[] = Array.isArray(position) ? position : [];
  // JSON has no NaN or Infinity, but 1e999 parses to one.
  const message =
    typeof lng !== 'number' || typeof lat !== 'number' || !Number.isFinite(lng) || !Number.isFinite(lat)
      ? 'must be [longitude, latitude] in finite degrees'
      : Math.abs(lng) > 180
        ? `longitude ${lng} is not between -180 and 180`
        : Math.abs(lat) > 90
          ? `latitude ${lat} is not between -90 and 90${Math.abs(lng) <= 90 ? ' (GeoJSON has longitude first)' : ''}`
          : undefined;
  if (message) {
    problems.push({ pointer, message });
    return undefined;
  }
  return [round7(lng as number), round7(lat as number)]; // numbers, or there was a message
}

/** Seven decimals; the sum turns -0 into 0. */
function round7(degrees: number): number {
  return Math.round(degrees * 1e7) / 1e7 + 0;
}
