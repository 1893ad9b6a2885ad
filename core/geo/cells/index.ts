import { createContainment } from './contain.ts';
import { createIds } from './ids.ts';
import { createNear, type Near } from './near.ts';
import { viewsOf } from './views.ts';

export type { Near };

/**
 * Which places hold a point, and which are near. Places are told by their numbers in this index, which mean nothing
 * outside it, and are others in the next index that is built.
 */
export type CellIndex = {
  /** How many places; all numbers are below it. */
  readonly size: number;
  readonly byteLength: number;
  /**
   * How many places hold a point (`shapeContains` says what of their edges); their numbers, in no order and each once,
   * are then at the front of `found`, which is always the same array, until the next question. Nothing is allocated. Degrees WGS-84.
   */
  containing(lng: number, lat: number): number;
  readonly found: Uint32Array;
  /** The places whose edge or area is within `withinM` metres, nearest (deepest inside) first, then by `placeId`. */
  near(lng: number, lat: number, withinM: number): Near[];
  /** The id of a place by its number. */
  idOf(number: number): string;
  /** The number of a place by its id. */
  numberOf(placeId: string): number | undefined;
  /** What `buildCellIndex` was told of the place as `traits`; '' where nothing. Equal traits are one and the same string. */
  traitsOf(number: number): string;
};

/**
 * Opens what `buildCellIndex` has made: views are laid on the buffer, nothing is read or copied, so that a million places
 * open in less than a millisecond. The buffer must stay as it is.
 * @throws RangeError for bytes that are not an index, are cut short, or are of another version
 */
export function openCellIndex(buffer: ArrayBuffer): CellIndex {
  const views = viewsOf(buffer);
  const ids = createIds(views);
  const nearInAnyOrder = createNear(views);
  const nearestFirst = byDistance(ids.idOf);
  const near = (lng: number, lat: number, withinM: number): Near[] =>
    nearInAnyOrder(lng, lat, withinM).sort(nearestFirst);
  return {
    size: views.places,
    byteLength: buffer.byteLength,
    ...createContainment(views),
    near,
    ...ids,
  };
}

/** Nearest first; ids are compared by code units, the same on every machine, whatever its locale. */
function byDistance(idOf: (number: number) => string): (a: Near, b: Near) => number {
  return (a, b) => a.distanceM - b.distanceM || (idOf(a.number) < idOf(b.number) ? -1 : 1);
}
