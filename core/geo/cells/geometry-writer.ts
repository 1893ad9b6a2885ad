import { CIRCLE_DOUBLES, WIDE_POLYGON } from './format.ts';
import { X_SPAN } from './grid.ts';
import type { CellPolygon, CellShape } from './shape.ts';

/** Circles, then polygons, in the order of their numbers; `polygonStarts` has the word of each polygon, and of the end. */
export function createGeometry() {
  const circles = createGrowing((size) => new Float64Array(size));
  const starts = createGrowing((size) => new Uint32Array(size));
  const data = createGrowing((size) => new Uint32Array(size));
  return {
    add(shape: CellShape): void {
      if (shape.kind === 'circle') {
        const at = circles.grow(CIRCLE_DOUBLES);
        circles.array[at] = shape.x;
        circles.array[at + 1] = shape.y;
        circles.array[at + 2] = shape.cosLat;
        circles.array[at + 3] = shape.limit;
        return;
      }
      const frame = frameOf(shape);
      const at = data.grow(wordsOf(shape, frame));
      writePolygon(data.array, at, shape.rings, frame);
      const index = starts.grow(1);
      starts.array[index] = at;
    },
    sections() {
      const end = starts.grow(1);
      starts.array[end] = data.length;
      return {
        circleCount: circles.length / CIRCLE_DOUBLES,
        circles: circles.array.subarray(0, circles.length),
        polygonStarts: starts.array.subarray(0, starts.length),
        polygonData: data.array.subarray(0, data.length),
      };
    },
  };
}

/** An array that doubles when it is full; `grow` answers where the new elements begin. */
function createGrowing<T extends Float64Array | Uint32Array>(make: (size: number) => T) {
  const growing = {
    array: make(1024),
    length: 0,
    grow(by: number): number {
      const at = growing.length;
      growing.length += by;
      if (growing.length > growing.array.length) {
        const larger = make(growing.length * 2);
        larger.set(growing.array);
        growing.array = larger;
      }
      return at;
    },
  };
  return growing;
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
