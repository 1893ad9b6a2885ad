import { LEVEL_BITS } from './grid.ts';

/**
 * The index is one buffer of 32-bit words in the machine's order (little-endian wherever Lambda and Node run), opened by
 * laying views on it. Everything is found by word offsets in its head.
 *
 * - circles, first: x, y, cosine of the latitude, limit, four doubles each
 * - polygons: where each begins; west, south, rings and width, the count of each ring's corners, corners from west and
 *   south: one word each where the polygon is less than 2^16 units wide and high (730 m), otherwise two
 * - owners: whose the parts of places of several parts are, beyond the first
 * - of each level: a hash table of blocks, open addressing (key, which of the 64 cells are there, in two words, and the
 *   number of the first of them); entries, of each block its cells (shape, mask), or of a cell that several shapes reach
 *   (first entry, count and `MANY`), and then those lists (shape, mask)
 * - of each place: its size in metres (32-bit float), and which of the traits it has
 * - ids: where each begins, and their bytes; a hash table of them (number + 1); traits: likewise, without a table
 */
export const MAGIC = 0x42_47_49_31;
/** Of this layout, and of the levels of the grid. */
export const VERSION = 1;
export const HEAD_WORDS = 64;
const LEVEL_AT = 32;
const LEVEL_WORDS = 6;

export const HEAD = {
  magic: 0,
  version: 1,
  /** Of the whole buffer. */
  words: 2,
  places: 3,
  circles: 4,
  traits: 5,
  idShift: 6,
  /** How many parts there are of places of several, beyond the first. */
  parts: 7,
  circlesAt: 8,
  polygonsAt: 9,
  polygonDataAt: 10,
  ownersAt: 11,
  sizesAt: 12,
  traitOfAt: 13,
  idsAt: 14,
  idBytesAt: 15,
  idSlotsAt: 16,
  traitsAt: 17,
  traitBytesAt: 18,
} as const;

export const levelHead = (level: number) => {
  const at = LEVEL_AT + level * LEVEL_WORDS;
  return { count: at, shift: at + 1, slots: at + 2, entries: at + 3, most: at + 4 };
};
export const LEVELS = LEVEL_BITS.length;

export const SLOT_WORDS = 4;
/** The key of an empty slot; a row has 15 bits. */
export const NO_BLOCK = -1;
/** Of a cell, and of an entry. */
export const ENTRY_WORDS = 2;
/** Where a mask would be: both bits of a sub-cell, which no mask has. */
export const MANY = 3;
export const CIRCLE_DOUBLES = 4;
/** In the word that has a polygon's number of rings: its corners take two words. */
export const WIDE_POLYGON = 0x8000_0000;
