import { dwellThresholdsOf } from '#core/decide/dwell.ts';
import { createPlaceIndex, type PlaceIndex } from '#core/geo/place-index.ts';
import type { SensitiveLayer } from '#core/geo/sensitive-layer.ts';
import type { Snapshot } from '#store/snapshot.ts';
import { sensitiveLayerOf } from '../shared/sensitive.ts';

export type PlacesView = {
  index: PlaceIndex;
  dwellThresholds: (placeId: string) => number[];
  layer: SensitiveLayer;
};

const views = new WeakMap<Snapshot, PlacesView>();

/** What locating needs of a catalogue, made once for each version of it. */
export function placesView(snapshot: Snapshot): PlacesView {
  let view = views.get(snapshot);
  if (!view) {
    const layer = sensitiveLayerOf(snapshot);
    // Nobody is ever seen to be at a sensitive place, or at one that touches its buffer.
    const places = [...snapshot.places.values()].filter((place) => !layer.silences(place));
    view = { index: createPlaceIndex(places), dwellThresholds: dwellThresholdsOf(places, snapshot.campaigns), layer };
    views.set(snapshot, view);
  }
  return view;
}
