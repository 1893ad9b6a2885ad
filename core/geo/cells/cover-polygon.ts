import { INSIDE, TEST } from './grid.ts';
import type { CellPolygon } from './shape.ts';
import { type Classify, type Row, SUBS } from './sub-cells.ts';

/** While a row is read: from this sub-cell on, what was outside is inside and the other way round. */
const FLIP = 4;

/**
 * A sub-cell that an edge passes through, or passes within a unit of, is to be tested; every other is wholly inside or
 * wholly outside, as its centre is (even-odd along the middle of its row).
 */
export function polygonClassifier({ rings }: CellPolygon): Classify {
  return (row, into) => {
    into.fill(0, 0, row.columns * SUBS);
    for (const ring of rings) readRing(ring, row, into);
    for (let y = 0; y < SUBS; y += 1) settle(into, y * row.columns, row.columns);
  };
}

function readRing(ring: Float64Array, row: Row, into: Uint8Array): void {
  const south = row.south - 1;
  const north = row.south + SUBS * row.height + 1;
  for (let i = 2; i < ring.length; i += 2) {
    const ay = ring[i - 1] as number; // in bounds by the loop
    const by = ring[i + 1] as number; // rings hold pairs
    if ((ay < south && by < south) || (ay > north && by > north)) continue;
    if (ay < by) readEdge(ring, i - 2, i, row, into);
    else readEdge(ring, i, i - 2, row, into);
  }
}

/** Reads one edge into the rows of sub-cells that it passes; `a` and `b` are where its southern and northern ends begin. */
function readEdge(ring: Float64Array, a: number, b: number, row: Row, into: Uint8Array): void {
  const { west, width, height, columns } = row;
  const ax = ring[a] as number; // an edge of the ring, as are the next three
  const ay = ring[a + 1] as number;
  const bx = ring[b] as number;
  const by = ring[b + 1] as number;
  const slope = by === ay ? 0 : (bx - ax) / (by - ay);
  const first = Math.max(0, Math.floor((ay - 1 - row.south) / height));
  const last = Math.min(SUBS - 1, Math.floor((by + 1 - row.south) / height));
  for (let y = first; y <= last; y += 1) {
    const south = row.south + y * height;
    const from = ay < south - 1 ? ax + (south - 1 - ay) * slope : ax;
    const to = by > south + height + 1 ? ax + (south + height + 1 - ay) * slope : bx;
    const left = Math.max(0, Math.floor((Math.min(from, to) - 1 - west) / width));
    const right = Math.min(columns - 1, Math.floor((Math.max(from, to) + 1 - west) / width));
    for (let x = left; x <= right; x += 1) into[y * columns + x] = (into[y * columns + x] as number) | TEST;
    const centre = south + height / 2;
    if (ay > centre === by > centre) continue;
    const flip = Math.max(0, Math.ceil((ax + (centre - ay) * slope - west) / width - 0.5));
    if (flip < columns) into[y * columns + flip] = (into[y * columns + flip] as number) ^ FLIP;
  }
}

function settle(into: Uint8Array, from: number, columns: number): void {
  let inside = 0;
  for (let at = from; at < from + columns; at += 1) {
    const state = into[at] as number;
    inside ^= state & FLIP;
    into[at] = (state & TEST) !== 0 ? TEST : inside !== 0 ? INSIDE : 0;
  }
}
