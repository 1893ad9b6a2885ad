import { foldLng } from '../sphere.ts';
import { blockWords, CIRCLE_DOUBLES, ENTRY_WORDS, HEAD, LEVELS, levelHead, MAGIC, WIDE_POLYGON } from './format.ts';
import { bandOf, bandsOf, hashOf, LEVEL_BITS, TEST, UNIT_RADIANS, X_SPAN, xOf, Y_SPAN, yOf } from './grid.ts';

export type CellIndex = {
  readonly size: number;
  /** The id of a place by its number. */
  idOf(number: number): string;
  /** How many places hold a point; their numbers are then in `found`, which the next question overwrites. */
  containing(lng: number, lat: number): number;
  readonly found: Uint32Array;
};

/** Opens what `buildCellIndex` has made: views on the buffer, nothing is read or copied. @throws RangeError for other bytes */
export function openCellIndex(buffer: ArrayBuffer): CellIndex {
  const words = new Uint32Array(buffer, 0, buffer.byteLength >> 2);
  if (words[HEAD.magic] !== MAGIC || words[HEAD.words] !== words.length) throw new RangeError('not a place index');
  const halves = new Uint16Array(buffer, 0, buffer.byteLength >> 1);
  const doubles = new Float64Array(buffer, 0, buffer.byteLength >> 3);
  const head = (at: number): number => words[at] as number;
  const places = head(HEAD.places);
  const circles = head(HEAD.circles);
  const circlesAt = head(HEAD.circlesAt) >> 1;
  const polygonsAt = head(HEAD.polygonsAt);
  const polygonDataAt = head(HEAD.polygonDataAt);
  const ownersAt = head(HEAD.ownersAt);
  const levels = LEVEL_BITS.map((bits, level) => {
    const at = levelHead(level);
    const [slotsAt, shift, blocksAt, entriesAt] = [head(at.slots), head(at.shift), head(at.blocks), head(at.entries)];
    const bands = bandsOf(bits);
    // Between these rows, up to 60 degrees, lies what is asked for most.
    const [lowRow, highRow] = [bands.south[0] as number, bands.north[0] as number];
    return {
      bits,
      bands,
      lowRow,
      highRow,
      slotsAt,
      shift,
      blocksAt,
      entriesAt,
      isWide: head(at.isWide) === 1,
      count: head(at.count),
    };
  }).filter(({ count }) => count > 0);
  let found = new Uint32Array(64);

  /** The first entry of a cell and the one after its last: a pair packed in two variables, as nothing may be allocated. */
  let first = 0;
  let last = 0;

  const circleHolds = (circle: number, x: number, y: number, cosLat: number): boolean => {
    const at = circlesAt + circle * CIRCLE_DOUBLES;
    const dy = (y - (doubles[at + 1] as number)) * (UNIT_RADIANS / 2);
    let dx = x - (doubles[at] as number);
    if (dx > X_SPAN / 2) dx -= X_SPAN;
    else if (dx < -X_SPAN / 2) dx += X_SPAN;
    return (
      sin2(dy) + cosLat * (doubles[at + 2] as number) * sin2(dx * (UNIT_RADIANS / 2)) <= (doubles[at + 3] as number)
    );
  };

  const polygonHolds = (polygon: number, x: number, y: number): boolean => {
    let at = polygonDataAt + (words[polygonsAt + polygon] as number);
    let dx = x - (words[at] as number);
    if (dx < 0) dx += X_SPAN;
    const dy = y - (words[at + 1] as number);
    const ringWord = words[at + 2] as number;
    const rings = ringWord & 0x7fff_ffff;
    at += 3;
    let corner = at + rings;
    let inside = false;
    for (let ring = 0; ring < rings; ring += 1) {
      const corners = words[at + ring] as number;
      if (ringWord >= WIDE_POLYGON) {
        if (wideRingHolds(corner, corners, dx, dy)) inside = !inside;
        corner += corners * 2;
      } else {
        if (ringHolds(corner, corners, dx, dy)) inside = !inside;
        corner += corners;
      }
    }
    return inside;
  };

  /** As `ringContains`: even-odd, half-open; without the division, as whole numbers of this size multiply exactly. */
  const ringHolds = (at: number, corners: number, x: number, y: number): boolean => {
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
  };

  const wideRingHolds = (at: number, corners: number, x: number, y: number): boolean => {
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
  };

  const containing = (lng: number, lat: number): number => {
    const x = xOf(foldLng(lng));
    const y = yOf(lat);
    if (!(x >= 0 && y >= 0 && y <= Y_SPAN)) return 0;
    const unitX = x >>> 0;
    const unitY = y >>> 0;
    let count = 0;
    let cosLat = -1;
    for (let l = 0; l < levels.length; l += 1) {
      const level = levels[l] as (typeof levels)[number];
      const { bits } = level;
      const cellY = unitY >>> bits;
      const blockRow = cellY >>> 3;
      const isWide = blockRow <= level.lowRow || blockRow >= level.highRow;
      const xBits = isWide ? bits + bandOf(level.bands, blockRow) : bits;
      const cellX = unitX >>> xBits;
      const key = ((blockRow << 16) | (cellX >>> 3)) >>> 0;
      const slotMask = (1 << (32 - level.shift)) - 1;
      let slot = hashOf(key, level.shift);
      let at = level.slotsAt + 2 * slot;
      while (words[at] !== key && words[at + 1] !== 0) {
        slot = (slot + 1) & slotMask;
        at = level.slotsAt + 2 * slot;
      }
      const block = words[at + 1] as number;
      if (block === 0) continue;
      const cell = ((cellY & 7) << 3) | (cellX & 7);
      if (level.isWide) {
        const start = level.blocksAt + (block - 1) * blockWords(true);
        first = (words[start] as number) + (words[start + 1 + cell] as number);
        last = (words[start] as number) + (words[start + 2 + cell] as number);
      } else {
        const start = level.blocksAt + (block - 1) * 34;
        const base = words[start] as number;
        const half = 2 * start + 2 + cell;
        first = base + (halves[half] as number);
        last = base + (halves[half + 1] as number);
      }
      const bit = 2 * ((((unitY >>> (bits - 2)) & 3) << 2) | ((unitX >>> (xBits - 2)) & 3));
      for (
        let entry = level.entriesAt + first * ENTRY_WORDS;
        entry < level.entriesAt + last * ENTRY_WORDS;
        entry += ENTRY_WORDS
      ) {
        const state = ((words[entry + 1] as number) >>> bit) & 3;
        if (state === 0) continue;
        const shape = words[entry] as number;
        if (state === TEST) {
          if (shape < circles) {
            if (cosLat < 0) cosLat = Math.cos((y - Y_SPAN / 2) * UNIT_RADIANS);
            if (!circleHolds(shape, x, y, cosLat)) continue;
          } else if (!polygonHolds(shape - circles, x, y)) continue;
        }
        if (count === found.length) found = grown(found);
        if (shape < places) {
          found[count] = shape;
          count += 1;
        } else count = withOwner(words[ownersAt + shape - places] as number, count);
      }
    }
    return count;
  };

  /** A place of several parts is told once. */
  const withOwner = (owner: number, count: number): number => {
    for (let i = 0; i < count; i += 1) if (found[i] === owner) return count;
    found[count] = owner;
    return count + 1;
  };

  return {
    size: places,
    idOf: (number) => {
      const starts = head(HEAD.idsAt) + number;
      const bytes = head(HEAD.idBytesAt) * 4;
      return new TextDecoder().decode(new Uint8Array(buffer, bytes + head(starts), head(starts + 1) - head(starts)));
    },
    containing,
    get found() {
      return found;
    },
  };
}

function grown(array: Uint32Array<ArrayBuffer>): Uint32Array<ArrayBuffer> {
  const larger = new Uint32Array(array.length * 2);
  larger.set(array);
  return larger;
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
