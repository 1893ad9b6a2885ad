import { dwellThresholdsOf } from '#core/decide/dwell.ts';
import { LARGE_TILE, tilesAround } from '#core/geo/cells/tiles.ts';
import { createPlaceIndex, joinPlaceIndexes, type PlaceIndex } from '#core/geo/place-index.ts';
import type { SensitiveLayer } from '#core/geo/sensitive-layer.ts';
import type { Place } from '#core/model/place.ts';
import { ConflictError } from '#store/conflict.ts';
import type { PlaceBook } from '#store/places.ts';
import type { Snapshot } from '#store/snapshot.ts';
import { MissingFileError, type PlaceFiles } from '../shared/place-files.ts';
import { placesLost } from '../shared/places-changed.ts';
import type { Runtime } from '../shared/runtime.ts';
import { sensitiveLayerOf } from '../shared/sensitive.ts';

type Point = { lng: number; lat: number; withinM: number };

/** What a catalogue has in memory of its places, indexed once for each version of it. */
type PlacesView = {
  layer: SensitiveLayer;
  dwellSeconds: (place: Place | undefined) => readonly number[];
  /** Of each book. Nobody is ever seen to be at a sensitive place, or at one that touches its buffer: these are not in it. */
  indexOf: (book: PlaceBook) => PlaceIndex;
  /** Of all, where all are in memory. */
  whole: PlaceIndex | undefined;
};

const views = new WeakMap<Snapshot, PlacesView>();

export function placesView(snapshot: Snapshot): PlacesView {
  const made = views.get(snapshot) ?? makeView(snapshot);
  views.set(snapshot, made);
  return made;
}

function makeView(snapshot: Snapshot): PlacesView {
  const layer = sensitiveLayerOf(snapshot);
  const { books, inMemory } = snapshot.places;
  const heard = (places: Iterable<Place | null>): Place[] =>
    [...places].filter((place): place is Place => place !== null && !layer.silences(place));
  const indexes = new Map(inMemory ? [] : books.map((book) => [book, createPlaceIndex(heard(book.known.values()))]));
  return {
    layer,
    dwellSeconds: dwellThresholdsOf(snapshot.campaigns),
    indexOf: (book) => indexes.get(book) as PlaceIndex,
    whole: inMemory && createPlaceIndex(heard(inMemory.values())),
  };
}

/**
 * The places within reach of some points, whosever they are, and `named` wherever they are; of other places nothing is known
 * to be true or false. All that is not in memory is fetched before the index is asked anything.
 * @throws ConflictError when files are missing: they are made again
 */
export async function placesAround(
  runtime: Runtime,
  { snapshot, points, named }: { snapshot: Snapshot; points: readonly Point[]; named?: ReadonlyMap<string, Place> },
  files: PlaceFiles | undefined,
): Promise<PlaceIndex> {
  const { whole, layer, indexOf } = placesView(snapshot);
  if (whole) return whole;
  const { books } = snapshot.places;
  const wanted = [
    ...new Set([LARGE_TILE, ...points.flatMap(({ lng, lat, withinM }) => tilesAround(lng, lat, withinM))]),
  ];
  const parts = await Promise.all(
    books.map(async (book, position) => {
      const own = { index: indexOf(book), admits: (_: Place) => true };
      const tiles = await openTiles(runtime, book, wanted, files);
      const standing = (place: Place): boolean => !book.known.has(place.placeId) && !layer.silences(place);
      const all = [own, ...tiles.map((index) => ({ index, admits: standing }))];
      const hidden = await hiddenBy(books.slice(0, position), snapshot, {
        points,
        indexes: all.map(({ index }) => index),
      });
      return all.map(({ index, admits }) => ({
        index,
        admits: (place: Place) => !hidden.has(place.placeId) && admits(place),
      }));
    }),
  );
  const joined = joinPlaceIndexes(parts.flat());
  return { ...joined, get: (placeId) => named?.get(placeId) ?? joined.get(placeId) };
}

/** Which of the places near some points have the id of a place that goes before them. */
async function hiddenBy(
  earlier: readonly PlaceBook[],
  { places }: Snapshot,
  { points, indexes }: { points: readonly Point[]; indexes: readonly PlaceIndex[] },
): Promise<ReadonlyMap<string, Place>> {
  if (earlier.length === 0) return new Map();
  const near = indexes.flatMap((index) => points.flatMap(({ lng, lat, withinM }) => index.near(lng, lat, withinM)));
  return await places.some(
    near.map(({ place }) => place.placeId),
    earlier,
  );
}

async function openTiles(
  runtime: Runtime,
  { tenant, base }: PlaceBook,
  tiles: readonly number[],
  files: PlaceFiles | undefined,
): Promise<PlaceIndex[]> {
  if (!base) return [];
  if (!files) throw new Error('this function may not read the files of places');
  try {
    return await files.open(base, tiles);
  } catch (error) {
    if (!(error instanceof MissingFileError)) throw error;
    await placesLost(runtime, tenant);
    throw new ConflictError('the files of places are made again', { cause: error });
  }
}
