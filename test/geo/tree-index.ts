import Flatbush from 'flatbush';
import { type Shape, shapeBoxes, shapeContains, shapeOf, shapeSizeM, signedDistanceM } from '#core/geo/geometry.ts';
import type { NearPlace, PlaceIndex } from '#core/geo/place-index.ts';
import { type Box, circleBoxes, foldLng } from '#core/geo/sphere.ts';
import type { Place } from '#core/model/place.ts';

type Entry = { place: Place; shape: Shape; sizeM: number };

/** What the cell index is held against: a tree of boxes, and each candidate tested by `geometry.ts`. */
export function createTreeIndex(places: readonly Place[]): PlaceIndex {
  const entries: Entry[] = places.map((place) => {
    const shape = shapeOf(place);
    return { place, shape, sizeM: shapeSizeM(shape) };
  });
  // An entry's ordinal is its place in the answer, so answers need only a sort of small integers.
  entries.sort((a, b) => compareIds(a.place.placeId, b.place.placeId));
  const byId = new Map(entries.map(({ place }) => [place.placeId, place]));
  const candidates = boxSearch(entries.map(({ shape }) => shapeBoxes(shape)));

  return {
    size: entries.length,
    get: (placeId) => byId.get(placeId),
    containing(lng, lat) {
      const x = foldLng(lng);
      const found: Place[] = [];
      for (const ordinal of candidates({ west: x, south: lat, east: x, north: lat })) {
        const entry = entries[ordinal];
        if (entry && shapeContains(entry.shape, x, lat)) found.push(entry.place);
      }
      return found;
    },
    near(lng, lat, withinM) {
      const x = foldLng(lng);
      const ordinals = new Set(circleBoxes(x, lat, withinM).flatMap(candidates));
      const found: NearPlace[] = [];
      for (const ordinal of ordinals) {
        const entry = entries[ordinal];
        if (!entry) continue;
        const distanceM = signedDistanceM(entry.shape, x, lat);
        if (distanceM <= withinM) found.push({ place: entry.place, distanceM, sizeM: entry.sizeM });
      }
      return found.sort((a, b) => a.distanceM - b.distanceM || compareIds(a.place.placeId, b.place.placeId));
    },
  };
}

/** From a box to the ascending ordinals of the entries that have a box touching it. */
function boxSearch(boxesOf: Box[][]): (box: Box) => number[] {
  const owners = boxesOf.flatMap((boxes, ordinal) => boxes.map(() => ordinal));
  // Flatbush refuses to be empty.
  if (owners.length === 0) return () => [];
  const tree = new Flatbush(owners.length);
  for (const { west, south, east, north } of boxesOf.flat()) tree.add(west, south, east, north);
  tree.finish();
  return ({ west, south, east, north }) => {
    const hits = tree.search(west, south, east, north).map((hit) => owners[hit] ?? 0);
    if (hits.length < 2) return hits;
    // A place of several parts has several boxes.
    return [...new Set(hits)].sort((a, b) => a - b);
  };
}

/** Code-unit order: the same on every machine, whatever its locale. */
function compareIds(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
