import { dwellThresholdsOf } from '#core/decide/dwell.ts';
import type { Place } from '#core/model/place.ts';
import type { Snapshot } from '#store/snapshot.ts';
import type { Runtime } from '../shared/runtime.ts';
import { sensitiveLayerOf } from '../shared/sensitive.ts';

type VisitPlaces = ReadonlyMap<string, Place>;

/** The places of these ids that anybody may be known to be at. */
export async function placesForVisits(snapshot: Snapshot, placeIds: Iterable<string>): Promise<VisitPlaces> {
  const layer = sensitiveLayerOf(snapshot);
  const places = await snapshot.places.some(placeIds);
  return new Map([...places].filter(([, place]) => !layer.silences(place)));
}

/** How long somebody must stay at a place for a live campaign to care: seconds, ascending. */
export function dwellThresholdsIn({ campaigns }: Snapshot, places: VisitPlaces): (placeId: string) => number[] {
  const thresholdsOf = dwellThresholdsOf(campaigns);
  return (placeId) => thresholdsOf(places.get(placeId));
}

/** Which locator a signal that the clock brings about is of. */
export const sourceOf = ({ locator }: Runtime): 'embedded' | 'amazon-location' =>
  locator === 'amazon' ? 'amazon-location' : 'embedded';
