import { EARTH_RADIUS_M, RADIANS } from './sphere.ts';

/** A closed ring as x0, y0, x1, y1, ...: degrees, with longitudes continuous across the antimeridian (so beyond 180). */
export type Ring = Float64Array;

/**
 * A GeoJSON ring with continuous longitudes. An edge that jumps by more than 180 degrees is taken as the short way round,
 * across the antimeridian: places are neighbourhoods, and none is half a world wide.
 * The westernmost longitude comes out in [-180, 180).
 */
function unwrapRing(positions: readonly (readonly number[])[]): Ring {
  const ring = new Float64Array(positions.length * 2);
  let previous = 0;
  let turns = 0;
  let west = Infinity;
  positions.forEach(([lng = 0, lat = 0], i) => {
    if (i > 0 && lng - previous > 180) turns -= 1;
    else if (i > 0 && lng - previous < -180) turns += 1;
    previous = lng;
    const x = lng + 360 * turns;
    ring[2 * i] = x;
    ring[2 * i + 1] = lat;
    if (x < west) west = x;
  });
  shiftRing(ring, -360 * Math.floor((west + 180) / 360));
  return ring;
}

/** A polygon's rings in one frame of longitudes: each hole is moved by whole turns to where its exterior is. */
export function unwrapPolygon(rings: readonly (readonly (readonly number[])[])[]): Ring[] {
  const unwrapped = rings.map(unwrapRing);
  const exterior = unwrapped[0];
  if (!exterior) return [];
  const [west, east] = lngRange(exterior);
  for (const hole of unwrapped.slice(1)) {
    const [holeWest, holeEast] = lngRange(hole);
    const turns = Math.round(((west + east) / 2 - (holeWest + holeEast) / 2) / 360);
    shiftRing(hole, 360 * turns);
  }
  return unwrapped;
}

/** Whether a ring runs round a pole: its longitudes do not come back to where they began. */
export function encirclesPole(ring: Ring): boolean {
  return Math.abs((ring[ring.length - 2] ?? 0) - (ring[0] ?? 0)) > 180;
}

/**
 * Signed area of a ring in square metres on the sphere: positive when counter-clockwise.
 * Source: Chamberlain and Duquette 2007, "Some algorithms for polygons on a sphere" (JPL 07-03), with latitudes taken
 * from the first vertex, so that a small ring far from the equator loses no digits.
 */
export function ringAreaM2(ring: Ring): number {
  const sinOrigin = Math.sin((ring[1] ?? 0) * RADIANS);
  let sum = 0;
  for (let i = 0; i + 3 < ring.length; i += 2) {
    const dLng = ((ring[i + 2] ?? 0) - (ring[i] ?? 0)) * RADIANS;
    const sinA = Math.sin((ring[i + 1] ?? 0) * RADIANS) - sinOrigin;
    const sinB = Math.sin((ring[i + 3] ?? 0) * RADIANS) - sinOrigin;
    sum -= dLng * (sinA + sinB);
  }
  return (sum * EARTH_RADIUS_M * EARTH_RADIUS_M) / 2;
}

/**
 * Even-odd point in ring, planar on degrees. Half-open: a point on a western or southern edge is inside, on an eastern
 * or northern edge outside, so that of two neighbours that share an edge exactly one has the point.
 * Each edge is computed from its southern end, whichever way it runs, so both neighbours round alike.
 */
export function ringContains(ring: Ring, x: number, y: number): boolean {
  let inside = false;
  let ax = ring[0] ?? 0;
  let ay = ring[1] ?? 0;
  for (let i = 2; i < ring.length; i += 2) {
    const bx = ring[i] as number; // in bounds by the loop
    const by = ring[i + 1] as number; // rings hold pairs
    if (ay > y !== by > y) {
      const crossing = ay < by ? ax + ((y - ay) * (bx - ax)) / (by - ay) : bx + ((y - by) * (ax - bx)) / (ay - by);
      if (x < crossing) inside = !inside;
    }
    ax = bx;
    ay = by;
  }
  return inside;
}

function shiftRing(ring: Ring, degrees: number): void {
  if (degrees === 0) return;
  for (let i = 0; i < ring.length; i += 2) ring[i] = (ring[i] ?? 0) + degrees;
}

/** Westernmost and easternmost longitude of a ring. */
export function lngRange(ring: Ring): [west: number, east: number] {
  let west = Infinity;
  let east = -Infinity;
  for (let i = 0; i < ring.length; i += 2) {
    const x = ring[i] ?? 0;
    if (x < west) west = x;
    if (x > east) east = x;
  }
  return [west, east];
}
