import { encodeCircles, encodeIdSlots, encodePolygons, encodeTexts, internTraits } from './encode.ts';
import { HEAD, HEAD_WORDS, levelHead, MAGIC, VERSION } from './format.ts';
import { UNITS_PER_TURN } from './grid.ts';
import { curveOrder } from './hilbert.ts';
import type { Located } from './located.ts';
import { boxOf, type CellShape, shapesOf } from './shape.ts';
import { tablesOf } from './table.ts';

/** One circle or polygon; `owner` counts the given places. */
type Part = { shape: CellShape; owner: number; order: number };

/**
 * One buffer that says which places hold a point, of places whose geometry `normalisePlaceGeometry` has accepted: built
 * once, opened by `openCellIndex`.
 */
export function buildCellIndex(places: readonly Located[]): ArrayBuffer {
  const firsts: Part[] = [];
  const others: Part[] = [];
  const sizes = new Float32Array(places.length);
  places.forEach((place, owner) => {
    const { shapes, sizeM } = shapesOf(place);
    sizes[owner] = sizeM;
    shapes.forEach((shape, index) => {
      const { west, east, south, north } = boxOf(shape);
      const order = curveOrder(((west + east) / 2) % UNITS_PER_TURN, (south + north) / 2);
      (index === 0 ? firsts : others).push({ shape, owner, order });
    });
  });
  // Circles before polygons, so that a shape's number tells which it is; along a curve, so that neighbours are neighbours.
  firsts.sort((a, b) => kindOf(a) - kindOf(b) || a.order - b.order);
  const circles = firsts.filter(({ shape }) => shape.kind === 'circle').length;
  const numberOf = new Uint32Array(places.length);
  firsts.forEach(({ owner }, number) => {
    numberOf[owner] = number;
  });
  const shapes = [...firsts, ...others].map(({ shape }) => shape);
  const inOrder = firsts.map(({ owner }) => places[owner] as Located);
  const ids = inOrder.map(({ placeId }) => placeId);
  const texts = encodeTexts(ids);
  const idTable = encodeIdSlots(ids);
  const traits = internTraits(inOrder);
  const polygons = encodePolygons(shapes.slice(circles));
  const head = new Uint32Array(HEAD_WORDS);
  const sections: Uint8Array[] = [];
  let words = HEAD_WORDS;
  const add = (section: ArrayBufferView): number => {
    const at = words;
    sections.push(new Uint8Array(section.buffer, section.byteOffset, section.byteLength));
    // Doubles want to begin at even words.
    words += Math.ceil(section.byteLength / 8) * 2;
    return at;
  };
  head[HEAD.magic] = MAGIC;
  head[HEAD.version] = VERSION;
  head[HEAD.places] = firsts.length;
  head[HEAD.circles] = circles;
  head[HEAD.circlesAt] = add(encodeCircles(shapes.slice(0, circles)));
  head[HEAD.polygonsAt] = add(polygons.starts);
  head[HEAD.polygonDataAt] = add(polygons.data);
  head[HEAD.ownersAt] = add(Uint32Array.from(others, ({ owner }) => numberOf[owner] as number));
  head[HEAD.sizesAt] = add(Float32Array.from(firsts, ({ owner }) => sizes[owner] as number));
  head[HEAD.idsAt] = add(texts.starts);
  head[HEAD.idBytesAt] = add(texts.bytes);
  head[HEAD.idShift] = idTable.shift;
  head[HEAD.idSlotsAt] = add(idTable.slots);
  head[HEAD.traits] = traits.texts.length;
  const traitTexts = encodeTexts(traits.texts);
  head[HEAD.traitOfAt] = add(traits.traitOf);
  head[HEAD.traitsAt] = add(traitTexts.starts);
  head[HEAD.traitBytesAt] = add(traitTexts.bytes);
  tablesOf(shapes).forEach((table, level) => {
    const at = levelHead(level);
    head[at.count] = table.count;
    head[at.shift] = table.shift;
    head[at.slots] = add(table.slots);
    head[at.cells] = add(table.cells);
    head[at.entries] = add(table.entries);
  });
  head[HEAD.words] = words;
  const bytesOut = new Uint8Array(words * 4);
  bytesOut.set(new Uint8Array(head.buffer), 0);
  let at = HEAD_WORDS * 4;
  for (const section of sections) {
    bytesOut.set(section, at);
    at += Math.ceil(section.byteLength / 8) * 8;
  }
  return bytesOut.buffer;
}

const kindOf = ({ shape }: Part): number => (shape.kind === 'circle' ? 0 : 1);
