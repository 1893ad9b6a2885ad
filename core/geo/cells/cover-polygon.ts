import { INSIDE, TEST } from './grid.ts';
import type { CellPolygon } from './shape.ts';
import { type Classify, type Row, SUBS } from './sub-cells.ts';

/**
 * A sub-cell that an edge passes through, or passes within a unit of, is to be tested; every other is wholly inside or
 * wholly outside, as its centre is.
 */
export function polygonClassifier({ rings }: CellPolygon): Classify {
  let crossings = new Float64Array(64);
  let count = 0;
  const note = (crossing: number): void => {
    if (count === crossings.length) crossings = grown(crossings);
    crossings[count] = crossing;
    count += 1;
  };
  const readRing = (ring: Float64Array, into: Uint8Array, row: Row, y: number): void => {
    const centre = row.south + (y + 0.5) * row.height;
    for (let i = 2; i < ring.length; i += 2) {
      const ax = ring[i - 2] as number; // in bounds by the loop, as are the next three
      const ay = ring[i - 1] as number;
      const bx = ring[i] as number;
      const by = ring[i + 1] as number;
      markEdge(into, row, y, ay < by ? [ax, ay, bx, by] : [bx, by, ax, ay]);
      if (ay > centre !== by > centre) note(ax + ((centre - ay) * (bx - ax)) / (by - ay));
    }
  };
  return (row, into) => {
    into.fill(0, 0, row.columns * SUBS);
    for (let y = 0; y < SUBS; y += 1) {
      count = 0;
      for (const ring of rings) readRing(ring, into, row, y);
      fillRow(into, row, y, crossings.subarray(0, count).sort());
    }
  };
}

function grown(array: Float64Array<ArrayBuffer>): Float64Array<ArrayBuffer> {
  const larger = new Float64Array(array.length * 2);
  larger.set(array);
  return larger;
}

/** Marks the sub-cells of one row that an edge, given from its southern end, comes within a unit of. */
function markEdge(into: Uint8Array, row: Row, y: number, [ax, ay, bx, by]: [number, number, number, number]): void {
  const south = row.south + y * row.height - 1;
  const north = row.south + (y + 1) * row.height + 1;
  if (by < south || ay > north) return;
  const slope = by === ay ? 0 : (bx - ax) / (by - ay);
  const from = ay < south ? ax + (south - ay) * slope : ax;
  const to = by > north ? ax + (north - ay) * slope : bx;
  const first = Math.max(0, Math.floor((Math.min(from, to) - 1 - row.west) / row.width));
  const last = Math.min(row.columns - 1, Math.floor((Math.max(from, to) + 1 - row.west) / row.width));
  if (first <= last) into.fill(TEST, y * row.columns + first, y * row.columns + last + 1);
}

/** Even-odd along the row's middle. */
function fillRow(into: Uint8Array, { west, width, columns }: Row, y: number, crossings: Float64Array): void {
  let passed = 0;
  for (let x = 0; x < columns; x += 1) {
    const centre = west + (x + 0.5) * width;
    while (passed < crossings.length && (crossings[passed] as number) <= centre) passed += 1;
    const at = y * columns + x;
    if (into[at] !== TEST && passed % 2 === 1) into[at] = INSIDE;
  }
}
