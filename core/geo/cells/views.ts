import { blockWords, HEAD, HEAD_WORDS, levelHead, MAGIC, VERSION } from './format.ts';
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
  blocksAt: number;
  entriesAt: number;
  isWide: boolean;
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
    halves: new Uint16Array(buffer, 0, words.length * 2),
    bytes: Buffer.from(buffer),
    floats: new Float32Array(buffer, 0, words.length),
    doubles: new Float64Array(buffer, 0, words.length >> 1),
    places: head(HEAD.places),
    circles: head(HEAD.circles),
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
    lowRow: bands.south[0] as number,
    highRow: bands.north[0] as number,
    slotsAt: head('slots'),
    shift: head('shift'),
    mask: 2 ** (32 - head('shift')) - 1,
    blocksAt: head('blocks'),
    entriesAt: head('entries'),
    isWide: head('isWide') === 1,
  };
}

/** The number of a block, from 1 on, or 0 for none. */
export function blockAt(words: Uint32Array, { slotsAt, shift, mask }: Level, key: number): number {
  let slot = Math.imul(key, 0x9e3779b1) >>> shift;
  let at = slotsAt + 2 * slot;
  while (words[at] !== key && words[at + 1] !== 0) {
    slot = (slot + 1) & mask;
    at = slotsAt + 2 * slot;
  }
  return words[at + 1] as number;
}

/** Where the entries of a block's cell begin, in entries; those of cell 64 would be the end. */
export function beginOf({ words, halves }: Views, { blocksAt, isWide }: Level, block: number, cell: number): number {
  const start = blocksAt + (block - 1) * blockWords(isWide);
  const begin = isWide ? (words[start + 1 + cell] as number) : (halves[2 * start + 2 + cell] as number);
  return (words[start] as number) + begin;
}
