import type { Geometry } from '#core/model/place.ts';
import { lngRange, type Ring, ringAreaM2, ringContains, unwrapPolygon } from './rings.ts';
import { type Box, circleBoxes, DEGREE_M, haversineM, RADIANS, splitBox } from './sphere.ts';

/** A place's area, prepared for many questions. */
export type Shape = Circle | Polygons;
type Circle = { kind: 'circle'; lng: number; lat: number; radiusM: number };
type Polygons = { kind: 'polygons'; parts: Part[] };
/** One polygon: its exterior ring, then its holes. Longitudes may run past 180 (see `unwrapRing`). */
type Part = Box & { rings: Ring[] };

/** Prepares a geometry that `normalisePlaceGeometry` has accepted. */
export function shapeOf({ geometry, radiusM }: { geometry: Geometry; radiusM?: number | undefined }): Shape {
  if (geometry.type === 'Point') {
    if (radiusM === undefined) throw new RangeError('a place that is a Point needs radiusM');
    return { kind: 'circle', lng: geometry.coordinates[0] ?? 0, lat: geometry.coordinates[1] ?? 0, radiusM };
  }
  const polygons = geometry.type === 'Polygon' ? [geometry.coordinates] : geometry.coordinates;
  return { kind: 'polygons', parts: polygons.map(partOf) };
}

function partOf(coordinates: number[][][]): Part {
  const rings = unwrapPolygon(coordinates);
  const exterior = rings[0] ?? new Float64Array();
  const [west, east] = lngRange(exterior);
  let south = Infinity;
  let north = -Infinity;
  for (let i = 1; i < exterior.length; i += 2) {
    south = Math.min(south, exterior[i] ?? 0);
    north = Math.max(north, exterior[i] ?? 0);
  }
  return { rings, west, south, east, north };
}

/** Boxes within [-180, 180] that together hold the shape. */
export function shapeBoxes(shape: Shape): Box[] {
  if (shape.kind === 'circle') return circleBoxes(shape.lng, shape.lat, shape.radiusM);
  return shape.parts.flatMap(({ west, south, east, north }) => splitBox({ west, south, east, north }));
}

/**
 * How large the shape is: the radius in metres of a circle of the same area. An accuracy circle larger than this
 * cannot tell whether a device is inside.
 */
export function shapeSizeM(shape: Shape): number {
  if (shape.kind === 'circle') return shape.radiusM;
  return sizeOfRings(shape.parts.map(({ rings }) => rings));
}

/** The same of polygons, each its exterior ring and its holes. */
export function sizeOfRings(polygons: readonly Ring[][]): number {
  let areaM2 = 0;
  for (const rings of polygons) {
    rings.forEach((ring, i) => {
      areaM2 += (i === 0 ? 1 : -1) * Math.abs(ringAreaM2(ring));
    });
  }
  return Math.sqrt(Math.max(0, areaM2) / Math.PI);
}

/**
 * Whether a point is inside. A circle includes its edge (haversine distance <= radius); a polygon is even-odd on
 * degrees with holes, half-open at its edges (see `ringContains`). `lng` must be in [-180, 180).
 */
export function shapeContains(shape: Shape, lng: number, lat: number): boolean {
  if (shape.kind === 'circle') return haversineM(lng, lat, shape.lng, shape.lat) <= shape.radiusM;
  return shape.parts.some((part) => partContains(part, lng, lat));
}

function partContains(part: Part, lng: number, lat: number): boolean {
  if (lat < part.south || lat > part.north) return false;
  const x = lng < part.west ? lng + 360 : lng;
  if (x < part.west || x > part.east) return false;
  let inside = false;
  for (const ring of part.rings) if (ringContains(ring, x, lat)) inside = !inside;
  return inside;
}

/** Signed metres from a point to the shape's edge: negative inside, and at most 0 exactly where `shapeContains`. */
export function signedDistanceM(shape: Shape, lng: number, lat: number): number {
  if (shape.kind === 'circle') return haversineM(lng, lat, shape.lng, shape.lat) - shape.radiusM;
  let nearest = Infinity;
  for (const part of shape.parts) {
    const edge = edgeDistanceM(part, lng, lat);
    // On an edge that the half-open rule leaves outside, the distance must not read as inside.
    const signed = partContains(part, lng, lat) ? -edge : Math.max(edge, Number.MIN_VALUE);
    nearest = Math.min(nearest, signed);
  }
  return nearest;
}

/**
 * Metres to the nearest edge of a polygon. The nearest point is found on a plane that touches the sphere at the query
 * point (as in mapbox/cheap-ruler), and its distance is then measured by haversine: within 0.5 % up to 20 km away and
 * 70 degrees of latitude, and exact in the limit at the edge, where detection asks.
 */
function edgeDistanceM(part: Part, lng: number, lat: number): number {
  const x = lng + 360 * Math.round(((part.west + part.east) / 2 - lng) / 360);
  const metresPerLng = DEGREE_M * Math.cos(lat * RADIANS);
  let best = Infinity;
  let bestX = x;
  let bestY = lat;
  for (const ring of part.rings) {
    for (let i = 0; i + 3 < ring.length; i += 2) {
      const ax = ring[i] as number; // in bounds by the loop, as are the next three
      const ay = ring[i + 1] as number;
      const dx = (ring[i + 2] as number) - ax;
      const dy = (ring[i + 3] as number) - ay;
      const ux = dx * metresPerLng;
      const uy = dy * DEGREE_M;
      const px = (x - ax) * metresPerLng;
      const py = (lat - ay) * DEGREE_M;
      const length2 = ux * ux + uy * uy;
      const t = length2 > 0 ? Math.max(0, Math.min(1, (px * ux + py * uy) / length2)) : 0;
      const ox = px - t * ux;
      const oy = py - t * uy;
      const distance2 = ox * ox + oy * oy;
      if (distance2 < best) {
        best = distance2;
        bestX = ax + t * dx;
        bestY = ay + t * dy;
      }
    }
  }
  return haversineM(x, lat, bestX, bestY);
}
