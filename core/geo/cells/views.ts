import { HEAD, HEAD_WORDS, levelHead, MAGIC, NO_BLOCK, SLOT_WORDS, VERSION } from './format.ts';
import { type Bands, bandsOf, LEVEL_BITS } from './grid.ts';

/** One level of the grid, and where its tables begin; `mask` is of the number of a slot. */
export type Level = {
  bits: number;
  bands: Bands;
  /** Between these block rows, up to 60 degrees, lies what is asked for most; there cells are not widened. */
  lowRow: number;
  highRow: number;
  slotsAt: number;
  shift: number;
  mask: number;
  entriesAt: number;
  /** Shapes in the cell that has the most. */
  most: number;
};

/** What lies in a buffer that `buildCellIndex` has made: views on it and numbers from its head; nothing is copied. */
export type Views = ReturnType<typeof viewsOf>;

/** @throws RangeError for bytes that are not an index, are cut short, or are of another version */
export function viewsOf(buffer: ArrayBuffer) {
  const words = new Uint32Array(buffer, 0, buffer.byteLength >> 2);
  const head = (at: number): number => words[at] as number;
  if (words.length < HEAD_WORDS || head(HEAD.magic) !== MAGIC) throw new RangeError('not an index of places');
  if (head(HEAD.version) !== VERSION) {
    throw new RangeError(`an index of places of version ${head(HEAD.version)}, where ${VERSION} is read`);
  }
  if (head(HEAD.words) * 4 !== buffer.byteLength) {
    throw new RangeError(`an index of places of ${head(HEAD.words) * 4} bytes, of which ${buffer.byteLength} are here`);
  }
  for (let at = HEAD.circlesAt; at < HEAD_WORDS; at += 1) {
    if (head(at) > words.length) throw new RangeError('an index of places whose head points beyond its end');
  }
  const levels: Level[] = [];
  LEVEL_BITS.forEach((bits, level) => {
    const at = levelHead(level);
    if (head(at.count) > 0) levels.push(levelOf(bits, (name) => head(at[name])));
  });
  return {
    words,
    ints: new Int32Array(buffer, 0, words.length),
    bytes: Buffer.from(buffer),
    floats: new Float32Array(buffer, 0, words.length),
    doubles: new Float64Array(buffer, 0, words.length >> 1),
    places: head(HEAD.places),
    circles: head(HEAD.circles),
    parts: head(HEAD.parts),
    /** In doubles. */
    circlesAt: head(HEAD.circlesAt) >> 1,
    polygonsAt: head(HEAD.polygonsAt),
    polygonDataAt: head(HEAD.polygonDataAt),
    ownersAt: head(HEAD.ownersAt),
    levels,
  };
}

function levelOf(bits: number, head: (name: keyof ReturnType<typeof levelHead>) => number): Level {
  const bands = bandsOf(bits);
  return {
    bits,
    bands,
    lowRow: (bands.south[0] as number) | 0,
    highRow: (bands.north[0] as number) | 0,
    slotsAt: head('slots'),
    shift: head('shift'),
    mask: 2 ** (32 - head('shift')) - 1,
    entriesAt: head('entries'),
    most: head('most'),
  };
}

/** Where the slot of a block is, in words, or -1 for none. */
export function slotAt(ints: Int32Array, { slotsAt, shift, mask }: Level, key: number): number {
  let slot = Math.imul(key, 0x9e3779b1) >>> shift;
  for (;;) {
    const at = slotsAt + SLOT_WORDS * slot;
    const there = ints[at] as number;
    if (there === key) return at;
    if (there === NO_BLOCK) return -1;
    slot = (slot + 1) & mask;
  }
}

/** The entry of one of a block's cells, or -1 where nothing reaches it. */
export function cellIn(ints: Int32Array | Uint32Array, slot: number, cell: number): number {
  const isUpper = cell >>> 5;
  const half = ints[slot + 1 + isUpper] as number;
  const bit = 1 << (cell & 31);
  if ((half & bit) === 0) return -1;
  // Without a branch, of which a processor would guess half wrongly.
  return (ints[slot + 3] as number) + bitsOf(half & (bit - 1)) + (bitsOf(ints[slot + 1] as number) & -isUpper);
}

/** How many bits of 32 are set (Warren, Hacker's Delight, 5-1). */
export function bitsOf(word: number): number {
  const pairs = word - ((word >>> 1) & 0x5555_5555);
  const fours = (pairs & 0x3333_3333) + ((pairs >>> 2) & 0x3333_3333);
  return Math.imul((fours + (fours >>> 4)) & 0x0f0f_0f0f, 0x0101_0101) >>> 24;
}
