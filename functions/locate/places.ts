import { dwellThresholdsOf } from '#core/decide/dwell.ts';
import { createPlaceIndex, type PlaceIndex } from '#core/geo/place-index.ts';
import type { Snapshot } from '#store/snapshot.ts';

export type PlacesView = { index: PlaceIndex; dwellThresholds: (placeId: string) => number[] };

const views = new WeakMap<Snapshot, PlacesView>();

/** What locating needs of a catalogue, made once for each version of it. */
export function placesView(snapshot: Snapshot): PlacesView {
  let view = views.get(snapshot);
  if (!view) {
    const places = [...snapshot.places.values()];
    view = { index: createPlaceIndex(places), dwellThresholds: dwellThresholdsOf(places, snapshot.campaigns) };
    views.set(snapshot, view);
  }
  return view;
}
