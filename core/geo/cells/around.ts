import { circleBoxes, foldLng } from '../sphere.ts';
import { ENTRY_WORDS, MANY, NO_BLOCK, SLOT_WORDS } from './format.ts';
import { BLOCK_BITS, bandOf, SUB_BITS, X_SPAN, Y_SPAN, yOf } from './grid.ts';
import { cellIn, type Level, slotAt, type Views } from './views.ts';

/** In whole units: 32 bits without a sign, so that cells are found by shifting. */
type Box = { west: number; east: number; south: number; north: number };

/** The shapes that reach a sub-cell which a circle's boxes touch: all that come within `withinM`, and some others. */
export function shapesAround(views: Views, lng: number, lat: number, withinM: number): Set<number> {
  const shapes = new Set<number>();
  for (const { west, south, east, north } of circleBoxes(foldLng(lng), lat, withinM)) {
    const box = {
      west: Math.max(0, Math.floor(xFrom(west)) - 1),
      east: Math.min(X_SPAN - 1, Math.ceil(xFrom(east)) + 1),
      south: Math.max(0, Math.floor(yOf(south)) - 1),
      north: Math.min(Y_SPAN, Math.ceil(yOf(north)) + 1),
    };
    // No place on Earth: a latitude beyond a pole.
    if (!(box.north >= box.south && box.east >= box.west)) continue;
    for (const level of views.levels) readLevel(views, level, box, shapes);
  }
  return shapes;
}

/** Unlike `xOf`, 180 stays east. */
const xFrom = (lng: number): number => (lng + 180) * (X_SPAN / 360);

function readLevel(views: Views, level: Level, box: Box, into: Set<number>): void {
  const { ints } = views;
  const rowBits = level.bits + BLOCK_BITS;
  const firstRow = box.south >>> rowBits;
  const lastRow = box.north >>> rowBits;
  const colBitsOf = (row: number): number => rowBits + bandOf(level.bands, row);
  const columns = ((box.east - box.west) >>> colBitsOf((firstRow + lastRow) >> 1)) + 1;
  if ((lastRow - firstRow + 1) * columns > level.mask) {
    // More blocks are asked for than there are.
    for (let at = level.slotsAt; at <= level.slotsAt + level.mask * SLOT_WORDS; at += SLOT_WORDS) {
      const key = ints[at] as number;
      if (key === NO_BLOCK || key >>> 16 < firstRow || key >>> 16 > lastRow) continue;
      readBlock(views, level, at, { row: key >>> 16, col: key & 0xffff, colBits: colBitsOf(key >>> 16) }, box, into);
    }
    return;
  }
  for (let row = firstRow; row <= lastRow; row += 1) {
    const colBits = colBitsOf(row);
    for (let col = box.west >>> colBits; col <= box.east >>> colBits; col += 1) {
      const slot = slotAt(ints, level, (row << 16) | col);
      if (slot >= 0) readBlock(views, level, slot, { row, col, colBits }, box, into);
    }
  }
}

type Block = { row: number; col: number; colBits: number };

/** A block has 32 by 32 sub-cells. */
function readBlock(views: Views, level: Level, slot: number, block: Block, box: Box, into: Set<number>): void {
  const { row, col, colBits } = block;
  const subColBits = colBits - BLOCK_BITS - SUB_BITS;
  const subRowBits = level.bits - SUB_BITS;
  const west = Math.max(0, (box.west >>> subColBits) - col * 32);
  const east = Math.min(31, (box.east >>> subColBits) - col * 32);
  const south = Math.max(0, (box.south >>> subRowBits) - row * 32);
  const north = Math.min(31, (box.north >>> subRowBits) - row * 32);
  for (let y = south >> 2; y <= north >> 2; y += 1) {
    for (let x = west >> 2; x <= east >> 2; x += 1) {
      const cell = cellIn(views.ints, slot, y * 8 + x);
      if (cell < 0) continue;
      readCell(
        views.ints,
        level.entriesAt,
        cell,
        touched(west - 4 * x, east - 4 * x, south - 4 * y, north - 4 * y),
        into,
      );
    }
  }
}

/** The mask of a cell's sub-cells from `west` to `east` and `south` to `north`, of which 0 to 3 are its own. */
function touched(west: number, east: number, south: number, north: number): number {
  const columns = (0xff << (2 * Math.max(0, west))) & (0xff >>> (2 * Math.max(0, 3 - east)));
  const rows = (-1 << (8 * Math.max(0, south))) & (-1 >>> (8 * Math.max(0, 3 - north)));
  return Math.imul(columns, 0x0101_0101) & rows;
}

function readCell(ints: Int32Array, entriesAt: number, cell: number, reach: number, into: Set<number>): void {
  let at = entriesAt + cell * ENTRY_WORDS;
  const mask = ints[at + 1] as number;
  const isMany = (mask & 3) === MANY;
  const size = isMany ? mask >>> 2 : 1;
  if (isMany) at = entriesAt + (ints[at] as number) * ENTRY_WORDS;
  for (let i = 0; i < size; i += 1) {
    if (((ints[at + 1] as number) & reach) !== 0) into.add(ints[at] as number);
    at += ENTRY_WORDS;
  }
}
