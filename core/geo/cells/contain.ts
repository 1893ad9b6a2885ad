import { foldLng } from '../sphere.ts';
import { CIRCLE_DOUBLES, ENTRY_WORDS, WIDE_POLYGON } from './format.ts';
import { bandOf, TEST, UNIT_RADIANS, X_SPAN, xOf, Y_SPAN, yOf } from './grid.ts';
import { beginOf, blockAt, type Level, type Views } from './views.ts';

/** Answers which places hold a point, without allocating anything. */
export function createContainment(views: Views) {
  const { words, doubles, places, circles, circlesAt, polygonsAt, polygonDataAt, ownersAt, levels } = views;
  let found = new Uint32Array(64);
  let count = 0;
  let x = 0;
  let y = 0;
  let cosLat = 0;
  let hasPart = false;

  const holds = (shape: number): boolean => {
    if (shape >= circles) {
      return polygonHolds(words, polygonDataAt + (words[polygonsAt + shape - circles] as number), x, y);
    }
    // Wanted by few questions, as most cells say it all.
    if (cosLat < 0) cosLat = Math.cos((y - Y_SPAN / 2) * UNIT_RADIANS);
    const at = circlesAt + shape * CIRCLE_DOUBLES;
    return circleHaversine(doubles, at, x, y, cosLat) <= (doubles[at + 3] as number);
  };

  const has = (place: number): boolean => {
    for (let i = 0; i < count; i += 1) if (found[i] === place) return true;
    return false;
  };

  const note = (shape: number): void => {
    const place = shape < places ? shape : (words[ownersAt + shape - places] as number);
    // A place of several parts is told once, even where its parts overlap.
    hasPart ||= shape >= places;
    if (hasPart && has(place)) return;
    if (count === found.length) found = grown(found);
    found[count] = place;
    count += 1;
  };

  const readLevel = (level: Level, unitX: number, unitY: number): void => {
    const { bits } = level;
    const cellY = unitY >>> bits;
    const blockRow = cellY >>> 3;
    const isPolar = blockRow <= level.lowRow || blockRow >= level.highRow;
    const xBits = isPolar ? bits + bandOf(level.bands, blockRow) : bits;
    const cellX = unitX >>> xBits;
    const block = blockAt(words, level, ((blockRow << 16) | (cellX >>> 3)) >>> 0);
    if (block === 0) return;
    const cell = ((cellY & 7) << 3) | (cellX & 7);
    const last = level.entriesAt + beginOf(views, level, block, cell + 1) * ENTRY_WORDS;
    const bit = (((unitY >>> (bits - 2)) & 3) << 3) | (((unitX >>> (xBits - 2)) & 3) << 1);
    for (let at = level.entriesAt + beginOf(views, level, block, cell) * ENTRY_WORDS; at < last; at += ENTRY_WORDS) {
      const state = ((words[at + 1] as number) >>> bit) & 3;
      if (state !== 0 && (state !== TEST || holds(words[at] as number))) note(words[at] as number);
    }
  };

  return {
    containing(lng: number, lat: number): number {
      x = xOf(foldLng(lng));
      y = yOf(lat);
      count = 0;
      cosLat = -1;
      hasPart = false;
      if (!(x >= 0 && y >= 0 && y <= Y_SPAN)) return 0;
      for (let i = 0; i < levels.length; i += 1) readLevel(levels[i] as Level, x >>> 0, y >>> 0);
      return count;
    },
    get found(): Uint32Array {
      return found;
    },
  };
}

function grown(array: Uint32Array<ArrayBuffer>): Uint32Array<ArrayBuffer> {
  const larger = new Uint32Array(array.length * 2);
  larger.set(array);
  return larger;
}

/** The haversine of the distance from a point to the centre of a circle; `cosLat` is of the point. */
export function circleHaversine(doubles: Float64Array, at: number, x: number, y: number, cosLat: number): number {
  const dy = y - (doubles[at + 1] as number);
  let dx = x - (doubles[at] as number);
  if (dx > X_SPAN / 2) dx -= X_SPAN;
  else if (dx < -X_SPAN / 2) dx += X_SPAN;
  return sin2(dy * (UNIT_RADIANS / 2)) + cosLat * (doubles[at + 2] as number) * sin2(dx * (UNIT_RADIANS / 2));
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
export function polygonHolds(words: Uint32Array, at: number, x: number, y: number): boolean {
  let dx = x - (words[at] as number);
  if (dx < 0) dx += X_SPAN;
  const dy = y - (words[at + 1] as number);
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

/** As `ringContains`: even-odd, half-open; without the division, as whole numbers of this size multiply exactly. */
function ringHolds(words: Uint32Array, at: number, corners: number, x: number, y: number): boolean {
  let inside = false;
  const start = words[at] as number;
  let ax = start & 0xffff;
  let ay = start >>> 16;
  for (let i = at + 1; i < at + corners; i += 1) {
    const word = words[i] as number;
    const bx = word & 0xffff;
    const by = word >>> 16;
    if (ay > y !== by > y) {
      const left = (x - ax) * (by - ay) < (y - ay) * (bx - ax);
      if (left === by > ay) inside = !inside;
    }
    ax = bx;
    ay = by;
  }
  return inside;
}

/** The same of corners of two words. Products stay exact up to 2^53: polygons up to 94 million units (1,000 km) across. */
function wideRingHolds(words: Uint32Array, at: number, corners: number, x: number, y: number): boolean {
  let inside = false;
  let ax = words[at] as number;
  let ay = words[at + 1] as number;
  for (let i = at + 2; i < at + corners * 2; i += 2) {
    const bx = words[i] as number;
    const by = words[i + 1] as number;
    if (ay > y !== by > y) {
      const left = (x - ax) * (by - ay) < (y - ay) * (bx - ax);
      if (left === by > ay) inside = !inside;
    }
    ax = bx;
    ay = by;
  }
  return inside;
}
