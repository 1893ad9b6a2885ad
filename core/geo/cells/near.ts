import { circleBoxes, EARTH_RADIUS_M, foldLng } from '../sphere.ts';
import { circleHaversine, type Point, polygonHolds } from './contain.ts';
import { CIRCLE_DOUBLES, ENTRY_WORDS, HEAD, MANY, NO_BLOCK, SLOT_WORDS, WIDE_POLYGON } from './format.ts';
import { bandOf, UNIT_RADIANS, X_SPAN, xOf, Y_SPAN, yOf } from './grid.ts';
import { cellIn, type Level, slotAt, type Views } from './views.ts';

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
export function nearPlaces(views: Views, lng: number, lat: number, withinM: number): Near[] {
  const { words, places, ownersAt, floats } = views;
  const y = yOf(lat);
  const point = Float64Array.of(xOf(foldLng(lng)), y, Math.cos((y - Y_SPAN / 2) * UNIT_RADIANS));
  const distances = new Map<number, number>();
  for (const shape of shapesAround(views, lng, lat, withinM)) {
    const distanceM = shapeDistanceM(views, shape, point);
    if (!(distanceM <= withinM)) continue;
    const place = shape < places ? shape : (words[ownersAt + shape - places] as number);
    distances.set(place, Math.min(distanceM, distances.get(place) ?? Infinity));
  }
  const sizesAt = words[HEAD.sizesAt] as number;
  return [...distances].map(([number, distanceM]) => ({
    number,
    distanceM,
    sizeM: floats[sizesAt + number] as number,
  }));
}

/** The shapes of the cells that a circle's boxes touch. */
function shapesAround(views: Views, lng: number, lat: number, withinM: number): Set<number> {
  const shapes = new Set<number>();
  for (const { west, south, east, north } of circleBoxes(foldLng(lng), lat, withinM)) {
    const box = {
      west: Math.max(0, Math.floor(xFrom(west)) - 1),
      east: Math.min(X_SPAN - 1, Math.ceil(xFrom(east)) + 1),
      south: Math.max(0, Math.floor(yOf(south)) - 1),
      north: Math.min(Y_SPAN, Math.ceil(yOf(north)) + 1),
    };
    for (const level of views.levels) collectLevel(views, level, box, shapes);
  }
  return shapes;
}

/** Unlike `xOf`, 180 stays east. */
const xFrom = (lng: number): number => (lng + 180) * (X_SPAN / 360);

type Box = { west: number; east: number; south: number; north: number };

function collectLevel(views: Views, level: Level, { west, east, south, north }: Box, into: Set<number>): void {
  const { ints } = views;
  const { bits, bands, slotsAt, mask } = level;
  const rowUnits = 2 ** (bits + 3);
  const lastRow = Math.floor(north / rowUnits);
  const firstRow = Math.floor(south / rowUnits);
  const range = (row: number): [firstCol: number, lastCol: number, xUnits: number] => {
    const xUnits = rowUnits * 2 ** bandOf(bands, row);
    return [Math.floor(west / xUnits), Math.floor(east / xUnits), xUnits];
  };
  const read = (slot: number, row: number, col: number): void => {
    const xCell = range(row)[2] / 8;
    const yCell = rowUnits / 8;
    const [fromX, toX] = [Math.floor(west / xCell) - col * 8, Math.floor(east / xCell) - col * 8];
    const [fromY, toY] = [Math.floor(south / yCell) - row * 8, Math.floor(north / yCell) - row * 8];
    for (let cellY = Math.max(0, fromY); cellY <= Math.min(7, toY); cellY += 1) {
      for (let cellX = Math.max(0, fromX); cellX <= Math.min(7, toX); cellX += 1) {
        addShapes(views, level, cellIn(ints, slot, cellY * 8 + cellX), into);
      }
    }
  };
  const [firstCol, lastCol] = range((firstRow + lastRow) >> 1);
  if ((lastRow - firstRow + 1) * (lastCol - firstCol + 1) > mask) {
    // More blocks are asked for than there are.
    for (let slot = 0; slot <= mask; slot += 1) {
      const at = slotsAt + SLOT_WORDS * slot;
      if (ints[at] === NO_BLOCK) continue;
      const [row, col] = [(ints[at] as number) >>> 16, (ints[at] as number) & 0xffff];
      const [from, to] = range(row);
      if (row >= firstRow && row <= lastRow && col >= from && col <= to) read(at, row, col);
    }
    return;
  }
  for (let row = firstRow; row <= lastRow; row += 1) {
    const [from, to] = range(row);
    for (let col = from; col <= to; col += 1) {
      const slot = slotAt(ints, level, (row << 16) | col);
      if (slot >= 0) read(slot, row, col);
    }
  }
}

function addShapes({ words }: Views, { entriesAt }: Level, cell: number, into: Set<number>): void {
  if (cell < 0) return;
  const at = entriesAt + cell * ENTRY_WORDS;
  const [shape, mask] = [words[at] as number, words[at + 1] as number];
  if (mask % 4 !== MANY) into.add(shape);
  else for (let i = 0; i < mask >>> 2; i += 1) into.add(words[entriesAt + (shape + i) * ENTRY_WORDS] as number);
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
  let [ax, ay] = [0, 0];
  for (let i = 0; i < corners; i += 1) {
    const word = words[isWide ? at + 2 * i : at + i] as number;
    const bx = isWide ? word : word & 0xffff;
    const by = isWide ? (words[at + 2 * i + 1] as number) : word >>> 16;
    const [ux, uy] = [(bx - ax) * cos, by - ay];
    const [vx, vy] = [(px - ax) * cos, py - ay];
    const length2 = ux * ux + uy * uy;
    const t = length2 > 0 ? Math.max(0, Math.min(1, (vx * ux + vy * uy) / length2)) : 0;
    const distance2 = (vx - t * ux) ** 2 + (vy - t * uy) ** 2;
    if (i > 0 && distance2 < nearest.distance2) {
      nearest.distance2 = distance2;
      nearest.x = ax + t * (bx - ax);
      nearest.y = ay + t * (by - ay);
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
