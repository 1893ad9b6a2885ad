import { foldLng } from '../sphere.ts';
import { encodeIdSlots, encodeTexts, internTraits } from './encode.ts';
import { HEAD, HEAD_WORDS, levelHead, MAGIC, VERSION } from './format.ts';
import { createGeometry } from './geometry-writer.ts';
import { xOf, yOf } from './grid.ts';
import { curveOrder } from './hilbert.ts';
import type { Located } from './located.ts';
import { type CellShape, shapesOf } from './shape.ts';
import { createTables } from './table.ts';

/**
 * One buffer that says which places hold a point, of places whose geometry `normalisePlaceGeometry` has accepted: built
 * once, opened by `openCellIndex`. The same places in the same order give the same bytes.
 */
export function buildCellIndex(places: readonly Located[]): ArrayBuffer {
  const inOrder = numberPlaces(places);
  const geometry = createGeometry();
  const tables = createTables();
  const sizes = new Float32Array(places.length);
  // Prepared one by one and let go: a million places at once would take gigabytes.
  const furtherParts: { shape: CellShape; owner: number }[] = [];
  inOrder.forEach((place, number) => {
    const { shapes, sizeM } = shapesOf(place);
    sizes[number] = sizeM;
    shapes.forEach((shape, part) => {
      if (part > 0) furtherParts.push({ shape, owner: number });
      else {
        geometry.add(shape);
        tables.add(shape, number);
      }
    });
  });
  furtherParts.forEach(({ shape }, index) => {
    geometry.add(shape);
    tables.add(shape, places.length + index);
  });
  return assemble(inOrder, (head, add) => {
    const { circles, circleCount, polygonStarts, polygonData } = geometry.sections();
    head[HEAD.circles] = circleCount;
    head[HEAD.parts] = furtherParts.length;
    head[HEAD.circlesAt] = add(circles);
    head[HEAD.polygonsAt] = add(polygonStarts);
    head[HEAD.polygonDataAt] = add(polygonData);
    head[HEAD.ownersAt] = add(Uint32Array.from(furtherParts, ({ owner }) => owner));
    head[HEAD.sizesAt] = add(sizes);
    tables.finish().forEach((table, level) => {
      const at = levelHead(level);
      head[at.count] = table.count;
      head[at.shift] = table.shift;
      head[at.most] = table.most;
      head[at.slots] = add(table.slots);
      head[at.entries] = add(table.entries);
    });
  });
}

/**
 * Circles before polygons, so that a shape's number tells which it is; along a curve, so that neighbours are neighbours
 * (of a polygon its first corner says well enough where it is).
 */
function numberPlaces(places: readonly Located[]): Located[] {
  const order = Float64Array.from(places, ({ geometry }) => {
    let corner: unknown = geometry.coordinates;
    while (Array.isArray(corner) && Array.isArray(corner[0])) corner = corner[0];
    const [lng = 0, lat = 0] = corner as number[];
    return (geometry.type === 'Point' ? 0 : 2 ** 32) + curveOrder(xOf(foldLng(lng)), yOf(lat));
  });
  const numbers = Uint32Array.from(places, (_, index) => index).sort(
    (a, b) => (order[a] as number) - (order[b] as number),
  );
  return Array.from(numbers, (index) => places[index] as Located);
}

/** Writes one section, and answers at which word it begins. */
type Add = (section: ArrayBufferView) => number;

function assemble(places: readonly Located[], writeShapes: (head: Uint32Array, add: Add) => void): ArrayBuffer {
  const head = new Uint32Array(HEAD_WORDS);
  const sections: Uint8Array[] = [];
  let words = HEAD_WORDS;
  const add: Add = (section) => {
    const at = words;
    sections.push(new Uint8Array(section.buffer, section.byteOffset, section.byteLength));
    // Doubles want to begin at even words.
    words += Math.ceil(section.byteLength / 8) * 2;
    return at;
  };
  writeShapes(head, add);
  const ids = places.map(({ placeId }) => placeId);
  const idTexts = encodeTexts(ids);
  const idTable = encodeIdSlots(ids);
  const traits = internTraits(places);
  const traitTexts = encodeTexts(traits.texts);
  head[HEAD.magic] = MAGIC;
  head[HEAD.version] = VERSION;
  head[HEAD.places] = places.length;
  head[HEAD.idsAt] = add(idTexts.starts);
  head[HEAD.idBytesAt] = add(idTexts.bytes);
  head[HEAD.idShift] = idTable.shift;
  head[HEAD.idSlotsAt] = add(idTable.slots);
  head[HEAD.traitOfAt] = add(traits.traitOf);
  head[HEAD.traitsAt] = add(traitTexts.starts);
  head[HEAD.traitBytesAt] = add(traitTexts.bytes);
  head[HEAD.words] = words;
  const bytes = new Uint8Array(words * 4);
  bytes.set(new Uint8Array(head.buffer), 0);
  let at = HEAD_WORDS * 4;
  for (const section of sections) {
    bytes.set(section, at);
    at += Math.ceil(section.byteLength / 8) * 8;
  }
  return bytes.buffer;
}
