import { sizeOfRings } from '../geometry.ts';
import { unwrapPolygon } from '../rings.ts';
import { EARTH_RADIUS_M, foldLng } from '../sphere.ts';
import { UNIT_RADIANS, unitsOf, X_SPAN, xOf, Y_SPAN, yOf } from './grid.ts';
import type { Located } from './located.ts';

/**
 * A circle in units. A point is in it when the haversine of its distance is at most `limit`, which is
 * `sin(radius / 2) ** 2`: no inverse is needed, and the square of a sine is a polynomial at such distances.
 */
export type CellCircle = { kind: 'circle'; x: number; y: number; cosLat: number; limit: number };
/** One polygon with its holes: rings of x, y pairs, closed, with x continuous and so perhaps beyond the span. */
export type CellPolygon = { kind: 'polygon'; rings: Float64Array[] };
export type CellShape = CellCircle | CellPolygon;

/** In units; `west` within the span, `east` perhaps beyond it. */
export type UnitBox = { west: number; east: number; south: number; north: number };

/** Radians from the equator. */
export const latOf = (y: number): number => (y - Y_SPAN / 2) * UNIT_RADIANS;

function circleOf(x: number, y: number, radiusM: number): CellCircle {
  const half = Math.sin(radiusM / EARTH_RADIUS_M / 2);
  return { kind: 'circle', x, y, cosLat: Math.cos(latOf(y)), limit: half * half };
}

/**
 * A circle, or the polygons of a place, in whole units, since `normalisePlaceGeometry` rounds to them; and how large it is
 * (see `shapeSizeM`).
 */
export function shapesOf({ geometry, radiusM }: Located): { shapes: CellShape[]; sizeM: number } {
  if (geometry.type === 'Point') {
    const [lng = 0, lat = 0] = geometry.coordinates;
    if (radiusM === undefined) throw new RangeError('a place that is a Point needs radiusM');
    return { shapes: [circleOf(xOf(foldLng(lng)), yOf(lat), radiusM)], sizeM: radiusM };
  }
  const polygons = (geometry.type === 'Polygon' ? [geometry.coordinates] : geometry.coordinates).map(unwrapPolygon);
  const sizeM = sizeOfRings(polygons);
  return { shapes: polygons.map((rings) => ({ kind: 'polygon', rings: rings.map(toUnits) })), sizeM };
}

/** In place: a ring that was unwrapped for nobody else. Rounded, for whoever has not normalised the geometry. */
function toUnits(ring: Float64Array): Float64Array {
  for (let i = 0; i < ring.length; i += 2) {
    ring[i] = Math.round(unitsOf((ring[i] as number) + 180));
    ring[i + 1] = Math.round(unitsOf((ring[i + 1] as number) + 90));
  }
  return ring;
}

/** Holds the shape with a unit to spare on each side; a circle round a pole spans all longitudes (see `circleBoxes`). */
export function boxOf(shape: CellShape): UnitBox {
  if (shape.kind === 'polygon') return polygonBox(shape.rings[0] ?? new Float64Array());
  const reach = 2 * Math.asin(Math.sqrt(shape.limit));
  const reachY = reach / UNIT_RADIANS + 1;
  const south = Math.max(0, shape.y - reachY);
  const north = Math.min(Y_SPAN, shape.y + reachY);
  const reachX = Math.asin(Math.min(1, Math.sin(reach) / shape.cosLat)) / UNIT_RADIANS + 1;
  // Round a pole, or nearly: every longitude.
  if (south === 0 || north === Y_SPAN || reachX > X_SPAN / 4) return { west: 0, east: X_SPAN - 1, south, north };
  return inSpan({ west: shape.x - reachX, east: shape.x + reachX, south, north });
}

function polygonBox(ring: Float64Array): UnitBox {
  let [west, east, south, north] = [Infinity, -Infinity, Infinity, -Infinity];
  for (let i = 0; i < ring.length; i += 2) {
    west = Math.min(west, ring[i] as number);
    east = Math.max(east, ring[i] as number);
    south = Math.min(south, ring[i + 1] as number);
    north = Math.max(north, ring[i + 1] as number);
  }
  // A ring is counted from the antimeridian on, and so is its box: nothing of it lies before that.
  return inSpan({
    west: west === 0 ? 0 : west - 1,
    east: east + 1,
    south: Math.max(0, south - 1),
    north: Math.min(Y_SPAN, north + 1),
  });
}

function inSpan(box: UnitBox): UnitBox {
  const shift = -X_SPAN * Math.floor(box.west / X_SPAN);
  return { ...box, west: box.west + shift, east: box.east + shift };
}
