import { CIRCLE_DOUBLES, WIDE_POLYGON } from './format.ts';
import { X_SPAN } from './grid.ts';
import { hashOfId } from './ids.ts';
import type { CellPolygon, CellShape } from './shape.ts';

export function encodeCircles(shapes: readonly CellShape[]): Float64Array {
  const data = new Float64Array(shapes.length * CIRCLE_DOUBLES);
  shapes.forEach((shape, index) => {
    if (shape.kind !== 'circle') throw new TypeError('not a circle');
    data.set([shape.x, shape.y, shape.cosLat, shape.limit], index * CIRCLE_DOUBLES);
  });
  return data;
}

/** `starts` has the word of each polygon, and of the end. */
export function encodePolygons(shapes: readonly CellShape[]): { starts: Uint32Array; data: Uint32Array } {
  const starts = new Uint32Array(shapes.length + 1);
  const polygons = shapes.map((shape, index) => {
    if (shape.kind !== 'polygon') throw new TypeError('not a polygon');
    const frame = frameOf(shape);
    starts[index + 1] = (starts[index] as number) + wordsOf(shape, frame);
    return { rings: shape.rings, frame };
  });
  const data = new Uint32Array(starts[shapes.length] as number);
  polygons.forEach(({ rings, frame }, index) => {
    writePolygon(data, starts[index] as number, rings, frame);
  });
  return { starts, data };
}

type Frame = { west: number; south: number; isWide: boolean };

function frameOf({ rings }: CellPolygon): Frame {
  const outer = rings[0] ?? new Float64Array();
  let [west, south, east, north] = [Infinity, Infinity, -Infinity, -Infinity];
  for (let i = 0; i < outer.length; i += 2) {
    const x = outer[i] as number; // in bounds by the loop
    const y = outer[i + 1] as number; // rings hold pairs
    if (x < west) west = x;
    if (x > east) east = x;
    if (y < south) south = y;
    if (y > north) north = y;
  }
  return { west, south, isWide: east - west > 0xffff || north - south > 0xffff };
}

function wordsOf({ rings }: CellPolygon, { isWide }: Frame): number {
  return rings.reduce((words, ring) => words + 1 + (isWide ? ring.length : ring.length / 2), 3);
}

function writePolygon(data: Uint32Array, start: number, rings: readonly Float64Array[], frame: Frame): void {
  const { west, south, isWide } = frame;
  data[start] = west % X_SPAN;
  data[start + 1] = south;
  data[start + 2] = isWide ? rings.length + WIDE_POLYGON : rings.length;
  rings.forEach((ring, index) => {
    data[start + 3 + index] = ring.length / 2;
  });
  let at = start + 3 + rings.length;
  for (const ring of rings) {
    for (let i = 0; i < ring.length; i += 2) {
      const x = (ring[i] as number) - west;
      const y = (ring[i + 1] as number) - south;
      data[at] = isWide ? x : x + y * 0x1_0000;
      at += 1;
      if (!isWide) continue;
      data[at] = y;
      at += 1;
    }
  }
}

export function encodeTexts(texts: readonly string[]): { starts: Uint32Array; bytes: Uint8Array } {
  const encoded = texts.map((text) => Buffer.from(text));
  const starts = new Uint32Array(texts.length + 1);
  encoded.forEach(({ length }, index) => {
    starts[index + 1] = (starts[index] as number) + length;
  });
  return { starts, bytes: Buffer.concat(encoded) };
}

/** Open addressing, at most half full: number + 1, or 0. */
export function encodeIdSlots(ids: readonly string[]): { shift: number; slots: Uint32Array } {
  const bits = Math.max(1, Math.ceil(Math.log2(ids.length * 2 + 1)));
  const shift = 32 - bits;
  const slots = new Uint32Array(2 ** bits);
  ids.forEach((id, number) => {
    let slot = hashOfId(id, shift);
    while (slots[slot] !== 0) slot = (slot + 1) & (slots.length - 1);
    slots[slot] = number + 1;
  });
  return { shift, slots };
}

/** The traits that there are, each once, and which of them each place has. */
export function internTraits(places: readonly { traits?: string }[]): { texts: string[]; traitOf: Uint32Array } {
  const numbers = new Map<string, number>();
  const traitOf = Uint32Array.from(places, ({ traits = '' }) => {
    const number = numbers.get(traits) ?? numbers.size;
    numbers.set(traits, number);
    return number;
  });
  return { texts: [...numbers.keys()], traitOf };
}
