import type { Place } from '#core/model/place.ts';
import { buildCellIndex } from './cells/build.ts';
import { openCellIndex } from './cells/index.ts';

export type NearPlace = {
  place: Place;
  /** Signed metres to the edge of the place: negative inside. */
  distanceM: number;
  /** Radius in metres of a circle as large as the place. */
  sizeM: number;
};

/** Which places hold a point, as places: the cell index (`cells/index.ts`) over a catalogue that is in memory. */
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
  return {
    size: cells.size,
    get: (placeId) => byId.get(placeId),
    containing(lng, lat) {
      const count = cells.containing(lng, lat);
      if (count === 0) return [];
      const found = Array.from(cells.found.subarray(0, count), (number) => byNumber[number] as Place);
      return found.sort((a, b) => (a.placeId < b.placeId ? -1 : 1));
    },
    near: (lng, lat, withinM) =>
      cells.near(lng, lat, withinM).map(({ number, distanceM, sizeM }) => ({
        place: byNumber[number] as Place,
        distanceM,
        sizeM,
      })),
  };
}
