import { createContainment } from './contain.ts';
import { createIds } from './ids.ts';
import { type Near, nearPlaces } from './near.ts';
import { viewsOf } from './views.ts';

export type { Near };

/**
 * Which places hold a point, and which are near. Places are told by their numbers in this index: whole numbers from 0 on,
 * in no meaningful order, and others in the next index that is built.
 */
export type CellIndex = {
  /** How many places; their numbers are below it. */
  readonly size: number;
  readonly byteLength: number;
  /**
   * How many places hold a point (`shapeContains` says what of their edges); their numbers, in no order and each once,
   * are then at the front of `found`, until the next question. Nothing is allocated. Degrees WGS-84.
   */
  containing(lng: number, lat: number): number;
  readonly found: Uint32Array;
  /** The places whose edge or area is within `withinM` metres, nearest (deepest inside) first, then by `placeId`. */
  near(lng: number, lat: number, withinM: number): Near[];
  /** The `limit` nearest, likewise; fewer where the index has fewer. */
  nearest(lng: number, lat: number, limit: number): Near[];
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
  const containment = createContainment(views);
  const ids = createIds(views);
  const near = (lng: number, lat: number, withinM: number): Near[] =>
    nearPlaces(views, lng, lat, withinM).sort(
      (a, b) => a.distanceM - b.distanceM || compareIds(ids.idOf(a.number), ids.idOf(b.number)),
    );
  return {
    size: views.places,
    byteLength: buffer.byteLength,
    containing: containment.containing,
    get found() {
      return containment.found;
    },
    near,
    nearest: (lng, lat, limit) => {
      for (let withinM = FIRST_REACH_M; ; withinM *= REACH_GROWTH) {
        const found = near(lng, lat, withinM);
        if (found.length >= limit || withinM > HALF_ROUND_M) return found.slice(0, limit);
      }
    },
    ...ids,
  };
}

const FIRST_REACH_M = 1000;
const REACH_GROWTH = 4;
/** Nothing on Earth is farther than that. */
const HALF_ROUND_M = 20_100_000;

/** Code-unit order: the same on every machine, whatever its locale. */
function compareIds(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
