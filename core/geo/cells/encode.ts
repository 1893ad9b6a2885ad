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
  const encoded = shapes.map((shape) => {
    if (shape.kind !== 'polygon') throw new TypeError('not a polygon');
    return encodePolygon(shape);
  });
  encoded.forEach(({ length }, index) => {
    starts[index + 1] = (starts[index] as number) + length;
  });
  const data = new Uint32Array(starts[shapes.length] as number);
  encoded.forEach((words, index) => {
    data.set(words, starts[index]);
  });
  return { starts, data };
}

function encodePolygon({ rings }: CellPolygon): Uint32Array {
  const outer = rings[0] ?? new Float64Array();
  let [west, south, east, north] = [Infinity, Infinity, -Infinity, -Infinity];
  for (let i = 0; i < outer.length; i += 2) {
    west = Math.min(west, outer[i] as number);
    east = Math.max(east, outer[i] as number);
    south = Math.min(south, outer[i + 1] as number);
    north = Math.max(north, outer[i + 1] as number);
  }
  const isWide = east - west > 0xffff || north - south > 0xffff;
  const words = [west % X_SPAN, south, isWide ? rings.length + WIDE_POLYGON : rings.length];
  for (const ring of rings) words.push(ring.length / 2);
  for (const ring of rings) {
    for (let i = 0; i < ring.length; i += 2) {
      const x = (ring[i] as number) - west;
      const y = (ring[i + 1] as number) - south;
      if (isWide) words.push(x, y);
      else words.push(x + y * 0x1_0000);
    }
  }
  return Uint32Array.from(words);
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
