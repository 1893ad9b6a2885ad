import { EARTH_RADIUS_M, foldLng } from '../sphere.ts';
import { shapesAround } from './around.ts';
import { circleHaversine, type Point, polygonHolds } from './contain.ts';
import { CIRCLE_DOUBLES, HEAD, WIDE_POLYGON } from './format.ts';
import { UNIT_RADIANS, X_SPAN, xOf, Y_SPAN, yOf } from './grid.ts';
import type { Views } from './views.ts';

export type Near = {
  number: number;
  /** Signed metres to the edge: negative inside. */
  distanceM: number;
  /** Radius in metres of a circle as large as the place. */
  sizeM: number;
};

/**
 * The places whose edge or area is within `withinM` metres of a point, in no order. Distances as `signedDistanceM`
 * measures them: by haversine, of polygons to the point of their edge that is nearest on a plane.
 */
export function createNear(views: Views) {
  const { words, places, ownersAt, floats } = views;
  const sizesAt = words[HEAD.sizesAt] as number;
  const point: Point = new Float64Array(3);
  return (lng: number, lat: number, withinM: number): Near[] => {
    const near: Near[] = [];
    const shapes = shapesAround(views, lng, lat, withinM);
    // Most fixes in the world are far from every place.
    if (shapes.size === 0) return near;
    const y = yOf(lat);
    point[0] = xOf(foldLng(lng));
    point[1] = y;
    point[2] = Math.cos((y - Y_SPAN / 2) * UNIT_RADIANS);
    let hasParts = false;
    for (const shape of shapes) {
      const distanceM = shapeDistanceM(views, shape, point);
      if (!(distanceM <= withinM)) continue;
      const isPart = shape >= places;
      const number = isPart ? (words[ownersAt + shape - places] as number) : shape;
      near.push({ number, distanceM, sizeM: floats[sizesAt + number] as number });
      hasParts ||= isPart;
    }
    return hasParts ? withoutParts(near) : near;
  };
}

/** Of a place of several parts the nearest. */
function withoutParts(near: readonly Near[]): Near[] {
  const nearest = new Map<number, Near>();
  for (const part of near) {
    const other = nearest.get(part.number);
    if (!other || part.distanceM < other.distanceM) nearest.set(part.number, part);
  }
  return [...nearest.values()];
}

/** Signed metres to the edge of one circle or polygon: negative inside, at most 0 exactly where `containing` has it. */
function shapeDistanceM(views: Views, shape: number, point: Point): number {
  const { words, doubles, circles, circlesAt, polygonsAt, polygonDataAt } = views;
  if (shape < circles) {
    const at = circlesAt + shape * CIRCLE_DOUBLES;
    const limit = doubles[at + CIRCLE_DOUBLES - 1] as number;
    const haversine = circleHaversine(doubles, at, point);
    const distanceM = metresOf(haversine) - metresOf(limit);
    return haversine <= limit ? Math.min(0, distanceM) : Math.max(Number.MIN_VALUE, distanceM);
  }
  const at = polygonDataAt + (words[polygonsAt + shape - circles] as number);
  const edgeM = edgeDistanceM(words, at, point);
  // On an edge that the half-open rule leaves outside, the distance must not read as inside.
  return polygonHolds(words, at, point) ? -edgeM : Math.max(edgeM, Number.MIN_VALUE);
}

/** Rounding can lift a haversine a hair above 1 for antipodes. */
const metresOf = (haversine: number): number => 2 * EARTH_RADIUS_M * Math.asin(Math.sqrt(Math.min(1, haversine)));

/** As `edgeDistanceM` of `geometry.ts`: metres to the nearest edge, which is found on a plane. */
function edgeDistanceM(words: Uint32Array, at: number, point: Point): number {
  const [x, y, cos] = point as unknown as [number, number, number];
  const isWide = (words[at + 2] as number) >= WIDE_POLYGON;
  const rings = (words[at + 2] as number) & 0x7fff_ffff;
  // The short way round.
  const dx = x - (words[at] as number);
  const px = dx - X_SPAN * Math.round((dx - middleOf(words, at, isWide)) / X_SPAN);
  const py = y - (words[at + 1] as number);
  const nearest = { px, py, cos, distance2: Infinity, x: 0, y: 0 };
  let corner = at + 3 + rings;
  for (let ring = 0; ring < rings; ring += 1) {
    const corners = words[at + 3 + ring] as number;
    nearestOfRing(words, corner, { corners, isWide }, nearest);
    corner += isWide ? corners * 2 : corners;
  }
  const sinLat = Math.sin(((py - nearest.y) * UNIT_RADIANS) / 2);
  const sinLng = Math.sin(((px - nearest.x) * UNIT_RADIANS) / 2);
  const edgeCos = Math.cos((y - py + nearest.y - Y_SPAN / 2) * UNIT_RADIANS);
  return metresOf(sinLat * sinLat + cos * edgeCos * sinLng * sinLng);
}

/** From a point `px`, `py`, the nearest point of the edges so far; in units, the square in units of latitude. */
type Nearest = { px: number; py: number; cos: number; distance2: number; x: number; y: number };

function nearestOfRing(
  words: Uint32Array,
  at: number,
  { corners, isWide }: { corners: number; isWide: boolean },
  nearest: Nearest,
): void {
  const { px, py, cos } = nearest;
  let ax = 0;
  let ay = 0;
  for (let i = 0; i < corners; i += 1) {
    const word = words[isWide ? at + 2 * i : at + i] as number;
    const bx = isWide ? word : word & 0xffff;
    const by = isWide ? (words[at + 2 * i + 1] as number) : word >>> 16;
    if (i > 0) {
      const ux = (bx - ax) * cos;
      const uy = by - ay;
      const vx = (px - ax) * cos;
      const vy = py - ay;
      const along = vx * ux + vy * uy;
      const length2 = ux * ux + uy * uy;
      // Beyond the far end the next edge begins, and is asked itself; the ring is closed.
      const t = along <= 0 || along > length2 ? 0 : along / length2;
      const ox = vx - t * ux;
      const oy = vy - t * uy;
      const distance2 = ox * ox + oy * oy;
      if (distance2 < nearest.distance2) {
        nearest.distance2 = distance2;
        nearest.x = ax + t * (bx - ax);
        nearest.y = ay + t * uy;
      }
    }
    ax = bx;
    ay = by;
  }
}

/** Half the width of a polygon in units: of a narrow one any number below 2^16 will do. */
function middleOf(words: Uint32Array, at: number, isWide: boolean): number {
  if (!isWide) return 0;
  const corners = words[at + 3] as number;
  const first = at + 3 + ((words[at + 2] as number) & 0x7fff_ffff);
  let east = 0;
  for (let i = 0; i < corners; i += 1) east = Math.max(east, words[first + 2 * i] as number);
  return east / 2;
}
