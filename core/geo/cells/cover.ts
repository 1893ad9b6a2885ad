import { circleClassifier } from './cover-circle.ts';
import { polygonClassifier } from './cover-polygon.ts';
import { type Bands, BLOCK_BITS, bandOf, bandsOf, LEVEL_BITS, X_SPAN } from './grid.ts';
import { boxOf, type CellShape, type UnitBox } from './shape.ts';
import { type Classify, SUBS } from './sub-cells.ts';

/** Tells of one cell that a shape reaches: `mask` has two bits for each sub-cell, by rows from the south-west. */
export type Emit = (level: number, blockRow: number, blockCol: number, cell: number, mask: number) => void;

/** A shape lies on the finest level on which it needs no more cells than this. */
const MAX_CELLS = 100;
const CELLS = 2 ** BLOCK_BITS;
const BANDS: readonly Bands[] = LEVEL_BITS.map(bandsOf);

let states = new Uint8Array(4096);

/** The cells that a shape reaches, each once. */
export function coverShape(shape: CellShape, emit: Emit): void {
  const box = boxOf(shape);
  const level = levelOf(box);
  const classify = shape.kind === 'circle' ? circleClassifier(shape) : polygonClassifier(shape);
  // What runs over the antimeridian is covered in two pieces: the columns of cells begin anew there.
  coverPiece({ ...box, east: Math.min(box.east, X_SPAN - 1) }, { level, offset: 0, classify, emit });
  if (box.east < X_SPAN) return;
  coverPiece({ ...box, west: 0, east: box.east - X_SPAN }, { level, offset: X_SPAN, classify, emit });
}

type Piece = { level: number; offset: number; classify: Classify; emit: Emit };

function coverPiece({ west, east, south, north }: UnitBox, { level, offset, classify, emit }: Piece): void {
  const bits = LEVEL_BITS[level] as number;
  const size = 2 ** bits;
  const lastRow = Math.floor(north / size);
  for (let cellRow = Math.floor(south / size); cellRow <= lastRow; cellRow += 1) {
    const blockRow = cellRow >> BLOCK_BITS;
    const width = 2 ** (bits + bandOf(BANDS[level] as Bands, blockRow));
    const firstCell = Math.floor(west / width);
    const cells = Math.floor(east / width) - firstCell + 1;
    const columns = cells * SUBS;
    if (states.length < columns * SUBS) states = new Uint8Array(columns * SUBS * 2);
    const row = {
      south: cellRow * size,
      west: firstCell * width + offset,
      width: width / SUBS,
      height: size / SUBS,
      columns,
    };
    classify(row, states);
    for (let index = 0; index < cells; index += 1) {
      const mask = maskAt(index, columns);
      if (mask === 0) continue;
      const col = firstCell + index;
      const cell = (cellRow & (CELLS - 1)) * CELLS + (col & (CELLS - 1));
      emit(level, blockRow, col >> BLOCK_BITS, cell, mask);
    }
  }
}

function maskAt(cell: number, columns: number): number {
  let mask = 0;
  for (let y = 0; y < SUBS; y += 1) {
    for (let x = 0; x < SUBS; x += 1) {
      mask |= (states[y * columns + cell * SUBS + x] as number) << (2 * (y * SUBS + x));
    }
  }
  return mask >>> 0;
}

function levelOf({ west, east, south, north }: UnitBox): number {
  for (let level = 0; level < LEVEL_BITS.length - 1; level += 1) {
    const bits = LEVEL_BITS[level] as number;
    const rows = Math.floor(north / 2 ** bits) - Math.floor(south / 2 ** bits) + 1;
    const middle = Math.floor((south + north) / 2 / 2 ** (bits + BLOCK_BITS));
    const columns = Math.floor((east - west) / 2 ** (bits + bandOf(BANDS[level] as Bands, middle))) + 2;
    if (rows * columns <= MAX_CELLS) return level;
  }
  return LEVEL_BITS.length - 1;
}
