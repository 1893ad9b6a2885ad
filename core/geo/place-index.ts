import type { Place } from '#core/model/place.ts';
import { buildCellIndex } from './cells/build.ts';
import { type CellIndex, openCellIndex } from './cells/index.ts';

export type NearPlace = {
  place: Place;
  /** Signed metres to the edge of the place: negative inside. */
  distanceM: number;
  /** Radius in metres of a circle as large as the place. */
  sizeM: number;
};

/** Which places hold a point, as places: the cell index (`cells/index.ts`) and what its numbers stand for. */
export type PlaceIndex = {
  size: number;
  get(placeId: string): Place | undefined;
  /** The places that hold a point, by `placeId`. Edges: see `shapeContains`. */
  containing(lng: number, lat: number): Place[];
  /** The places whose edge or area is within `withinM` metres, nearest (deepest inside) first, then by `placeId`. */
  near(lng: number, lat: number, withinM: number): NearPlace[];
};

/** Builds an index over places whose geometry `normalisePlaceGeometry` has accepted. */
export function createPlaceIndex(places: readonly Place[]): PlaceIndex {
  const byId = new Map(places.map((place) => [place.placeId, place]));
  const cells = openCellIndex(buildCellIndex(places));
  // By the index's own numbers: no id is decoded in a query.
  const byNumber = Array.from({ length: cells.size }, (_, number) => byId.get(cells.idOf(number)) as Place);
  return { ...indexOver(cells, (number) => byNumber[number] as Place), get: (placeId) => byId.get(placeId) };
}

/** Such places as one buffer: their index, and each of them whole beside it. The same places give the same bytes. */
export function packPlaces(places: readonly Place[]): ArrayBuffer {
  return buildCellIndex(places.map((place) => ({ ...place, traits: JSON.stringify(place) })));
}

/** Opens what `packPlaces` has made; a place is read when it is first found. @throws RangeError as `openCellIndex` */
export function openPlaceIndex(buffer: ArrayBuffer): PlaceIndex & { byteLength: number; all: () => Place[] } {
  const cells = openCellIndex(buffer);
  const read: (Place | undefined)[] = new Array(cells.size);
  const placeOf = (number: number): Place => {
    const place = read[number] ?? (JSON.parse(cells.traitsOf(number)) as Place);
    read[number] = place;
    return place;
  };
  return {
    ...indexOver(cells, placeOf),
    byteLength: buffer.byteLength,
    get(placeId) {
      const number = cells.numberOf(placeId);
      return number === undefined ? undefined : placeOf(number);
    },
    all: () => Array.from({ length: cells.size }, (_, number) => placeOf(number)),
  };
}

/** One index over several; what `admits` refuses of a part is not in it. Of several of one id the first part's counts. */
export function joinPlaceIndexes(
  parts: readonly { index: PlaceIndex; admits: (place: Place) => boolean }[],
): PlaceIndex {
  function first<T>(placeOf: (found: T) => Place, found: (index: PlaceIndex) => T[]): T[] {
    const all = new Map<string, T>();
    for (const { index, admits } of parts) {
      for (const one of found(index)) {
        const place = placeOf(one);
        if (!all.has(place.placeId) && admits(place)) all.set(place.placeId, one);
      }
    }
    return [...all.values()];
  }
  const itself = (place: Place): Place => place;
  return {
    size: parts.reduce((sum, { index }) => sum + index.size, 0),
    get: (placeId) =>
      parts.flatMap(({ index, admits }) => [index.get(placeId)].filter((place) => place && admits(place)))[0],
    containing: (lng, lat) => first(itself, (index) => index.containing(lng, lat)).sort(byId),
    near: (lng, lat, withinM) =>
      first(
        ({ place }: NearPlace) => place,
        (index) => index.near(lng, lat, withinM),
      ).sort((a, b) => a.distanceM - b.distanceM || byId(a.place, b.place)),
  };
}

function indexOver(cells: CellIndex, placeOf: (number: number) => Place): Omit<PlaceIndex, 'get'> {
  return {
    size: cells.size,
    containing(lng, lat) {
      const count = cells.containing(lng, lat);
      if (count === 0) return [];
      return Array.from(cells.found.subarray(0, count), placeOf).sort(byId);
    },
    near: (lng, lat, withinM) =>
      cells.near(lng, lat, withinM).map(({ number, distanceM, sizeM }) => ({
        place: placeOf(number),
        distanceM,
        sizeM,
      })),
  };
}

const byId = (a: Place, b: Place): number => (a.placeId < b.placeId ? -1 : 1);
