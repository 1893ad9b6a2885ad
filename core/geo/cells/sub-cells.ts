import { SUB_BITS } from './grid.ts';

export const SUBS = 2 ** SUB_BITS;

/** One row of cells, as far as a shape's box reaches; in units, with x as the shape counts it. */
export type Row = {
  south: number;
  west: number;
  /** Of one sub-cell. */
  width: number;
  height: number;
  /** Sub-cells in a row; there are `SUBS` rows of them. */
  columns: number;
};
/** Writes what is known of a row's sub-cells, from the south-west: 0, `INSIDE` or `TEST`. */
export type Classify = (row: Row, into: Uint8Array) => void;
