import { foldLng } from '../sphere.ts';
import { CIRCLE_DOUBLES, ENTRY_WORDS, MANY, WIDE_POLYGON } from './format.ts';
import { bandOf, INSIDE, TEST, UNIT_RADIANS, X_SPAN, xOf, Y_SPAN, yOf } from './grid.ts';
import { cellIn, type Level, slotAt, type Views } from './views.ts';

/**
 * A point in units, and the cosine of its latitude (negative: not known yet). An array, since a fraction in a variable of a
 * closure, or given to a function that is not inlined, would be a new object each time.
 */
export type Point = Float64Array;

/**
 * Answers which places hold a point, without allocating anything. What a processor would guess wrongly as often as not is
 * counted rather than asked: each wrong guess costs as much as the rest of a question.
 */
export function createContainment(views: Views) {
  const { words, ints, doubles, places, circles, circlesAt, polygonsAt, polygonDataAt, ownersAt, levels } = views;
  const hasParts = views.parts > 0;
  // As many as one cell of each level can tell.
  const found = new Uint32Array(levels.reduce((sum, { most }) => sum + most, 0));
  const point: Point = new Float64Array(3);

  const holds = (shape: number): boolean => {
    if (shape >= circles) {
      return polygonHolds(words, polygonDataAt + (words[polygonsAt + shape - circles] as number), point);
    }
    // Wanted by few questions, as most cells say it all.
    if ((point[2] as number) < 0) point[2] = Math.cos(((point[1] as number) - Y_SPAN / 2) * UNIT_RADIANS);
    const at = circlesAt + shape * CIRCLE_DOUBLES;
    return circleHaversine(doubles, at, point) <= (doubles[at + 3] as number);
  };

  /** Adds the shapes of one level to the `count` that are found, and answers how many those are then. */
  const readLevel = (level: Level, unitX: number, unitY: number, before: number): number => {
    const { bits } = level;
    const cellY = unitY >>> bits;
    const blockRow = cellY >>> 3;
    const isPolar = blockRow <= level.lowRow || blockRow >= level.highRow;
    const xBits = isPolar ? bits + bandOf(level.bands, blockRow) : bits;
    const cellX = unitX >>> xBits;
    const slot = slotAt(ints, level, (blockRow << 16) | (cellX >>> 3));
    if (slot < 0) return before;
    const cell = cellIn(ints, slot, ((cellY & 7) << 3) | (cellX & 7));
    if (cell < 0) return before;
    let at = (level.entriesAt + cell * ENTRY_WORDS) | 0;
    const mask = ints[at + 1] as number;
    const isMany = (mask & 3) === MANY;
    const size = isMany ? mask >>> 2 : 1;
    if (isMany) at = (level.entriesAt + (ints[at] as number) * ENTRY_WORDS) | 0;
    const bit = (((unitY >>> (bits - 2)) & 3) << 3) | (((unitX >>> (xBits - 2)) & 3) << 1);
    let count = before;
    for (let i = 0; i < size; i += 1) {
      const shape = ints[at] as number;
      const state = ((ints[at + 1] as number) >>> bit) & 3;
      found[count] = shape;
      // Stays where the state is `INSIDE`; otherwise the next one overwrites it.
      count += state & INSIDE;
      if (state === TEST && holds(shape)) count += 1;
      at += ENTRY_WORDS;
    }
    return count;
  };

  /** A place of several parts is told once, even where its parts overlap. */
  const withoutParts = (count: number): number => {
    let kept = 0;
    for (let i = 0; i < count; i += 1) {
      const shape = found[i] as number; // below the count
      const place = shape < places ? shape : (words[ownersAt + shape - places] as number);
      const before = found.indexOf(place);
      if (before >= 0 && before < kept) continue;
      found[kept] = place;
      kept += 1;
    }
    return kept;
  };

  return {
    containing(lng: number, lat: number): number {
      const x = xOf(foldLng(lng));
      const y = yOf(lat);
      if (!(x >= 0 && y >= 0 && y <= Y_SPAN)) return 0;
      point[0] = x;
      point[1] = y;
      point[2] = -1;
      let count = 0;
      for (let i = 0; i < levels.length; i += 1) count = readLevel(levels[i] as Level, x >>> 0, y >>> 0, count);
      return hasParts ? withoutParts(count) : count;
    },
    found,
  };
}

/** The haversine of the distance from a point to the centre of a circle. */
export function circleHaversine(doubles: Float64Array, at: number, point: Point): number {
  const dy = (point[1] as number) - (doubles[at + 1] as number);
  let dx = (point[0] as number) - (doubles[at] as number);
  if (dx > X_SPAN / 2) dx -= X_SPAN;
  else if (dx < -X_SPAN / 2) dx += X_SPAN;
  const across = (point[2] as number) * (doubles[at + 2] as number) * sin2(dx * (UNIT_RADIANS / 2));
  return sin2(dy * (UNIT_RADIANS / 2)) + across;
}

/** Beyond it the polynomial would be wrong in its last digits. */
const SMALL = 0.02;

/** The square of a sine; of small angles by its series, whose next term is below 1e-19 of the first. */
function sin2(angle: number): number {
  if (angle > SMALL || angle < -SMALL) {
    const sine = Math.sin(angle);
    return sine * sine;
  }
  const square = angle * angle;
  return square * (1 - square * (1 / 3 - square * (2 / 45 - square * (1 / 315 - square * (2 / 14_175)))));
}

/** Even-odd over the rings of the polygon whose words begin at `at`. */
export function polygonHolds(words: Uint32Array, at: number, point: Point): boolean {
  let dx = (point[0] as number) - (words[at] as number);
  if (dx < 0) dx += X_SPAN;
  const dy = (point[1] as number) - (words[at + 1] as number);
  const ringWord = words[at + 2] as number;
  const rings = ringWord & 0x7fff_ffff;
  let corner = at + 3 + rings;
  let inside = false;
  for (let ring = 0; ring < rings; ring += 1) {
    const corners = words[at + 3 + ring] as number;
    if (ringWord >= WIDE_POLYGON) {
      if (wideRingHolds(words, corner, corners, dx, dy)) inside = !inside;
      corner += corners * 2;
    } else {
      if (ringHolds(words, corner, corners, dx, dy)) inside = !inside;
      corner += corners;
    }
  }
  return inside;
}

/**
 * As `ringContains`: even-odd, half-open; without the division, as whole numbers of this size multiply exactly. An edge is
 * crossed where one end is above the point and the other is not: that alone is asked of most, and in whole numbers. A
 * point on an edge is not left of it, whichever way the edge runs, so that of two neighbours exactly one has the point.
 */
function ringHolds(words: Uint32Array, at: number, corners: number, x: number, y: number): boolean {
  const floor = Math.floor(y);
  let inside = false;
  let wasAbove = (words[at] as number) >>> 16 > floor;
  for (let i = at + 1; i < at + corners; i += 1) {
    const word = words[i] as number;
    const isAbove = word >>> 16 > floor;
    if (isAbove === wasAbove) continue;
    wasAbove = isAbove;
    const before = words[i - 1] as number;
    const ax = before & 0xffff;
    const ay = before >>> 16;
    const across = (x - ax) * ((word >>> 16) - ay);
    const along = (y - ay) * ((word & 0xffff) - ax);
    if (across < along === isAbove && across !== along) inside = !inside;
  }
  return inside;
}

/**
 * The same of corners of two words, of which products may be rounded: each edge is measured from its lower end, so that
 * they are rounded alike for the neighbour whose edge runs the other way, and one of the two has the point.
 */
function wideRingHolds(words: Uint32Array, at: number, corners: number, x: number, y: number): boolean {
  let inside = false;
  let ax = words[at] as number;
  let ay = words[at + 1] as number;
  for (let i = at + 2; i < at + corners * 2; i += 2) {
    const bx = words[i] as number;
    const by = words[i + 1] as number;
    if (ay > y !== by > y) {
      const isUp = by > ay;
      const across = isUp ? (x - ax) * (by - ay) : (x - bx) * (ay - by);
      const along = isUp ? (y - ay) * (bx - ax) : (y - by) * (ax - bx);
      if (across < along) inside = !inside;
    }
    ax = bx;
    ay = by;
  }
  return inside;
}
