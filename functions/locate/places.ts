import { createPlaceIndex, type PlaceIndex } from '#core/geo/place-index.ts';
import type { Campaign } from '#core/model/campaign.ts';
import type { Place } from '#core/model/place.ts';
import type { Snapshot } from '#store/snapshot.ts';

export type PlacesView = { index: PlaceIndex; dwellThresholds: (placeId: string) => number[] };

const views = new WeakMap<Snapshot, PlacesView>();

/** What locating needs of a catalogue, made once for each version of it. */
export function placesView(snapshot: Snapshot): PlacesView {
  let view = views.get(snapshot);
  if (!view) {
    const dwelling = snapshot.campaigns.filter(
      ({ state, trigger }) => state === 'live' && trigger.on.includes('geofence.dwell'),
    );
    const thresholds = new Map(
      [...snapshot.places.values()].map((place) => [place.placeId, thresholdsOf(place, dwelling)]),
    );
    view = {
      index: createPlaceIndex([...snapshot.places.values()]),
      dwellThresholds: (placeId) => thresholds.get(placeId) ?? [],
    };
    views.set(snapshot, view);
  }
  return view;
}

/** How long somebody must stay at a place for a live campaign to care, in seconds, ascending. */
function thresholdsOf({ placeId, tags }: Place, campaigns: readonly Campaign[]): number[] {
  const seconds = campaigns
    .filter(({ trigger: { placeIds, placeTags } }) => {
      const anywhere = placeIds.length === 0 && placeTags.length === 0;
      return anywhere || placeIds.includes(placeId) || tags.some((tag) => placeTags.includes(tag));
    })
    .map(({ trigger }) => trigger.dwellSeconds);
  return [...new Set(seconds)].sort((left, right) => left - right);
}
