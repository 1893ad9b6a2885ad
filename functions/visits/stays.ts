import { dwellThresholdsOf } from '#core/decide/dwell.ts';
import type { Place } from '#core/model/place.ts';
import type { Snapshot } from '#store/snapshot.ts';
import type { Runtime } from '../shared/runtime.ts';
import { sensitiveLayerOf } from '../shared/sensitive.ts';

/** The place, if it is one that anybody may be known to be at. */
export function placeForVisits(snapshot: Snapshot, placeId: string): Place | undefined {
  const place = snapshot.places.get(placeId);
  return place && !sensitiveLayerOf(snapshot).silences(place) ? place : undefined;
}

/** How long somebody must stay at a place for a live campaign to care: seconds, ascending. */
export const dwellThresholdsIn =
  (snapshot: Snapshot) =>
  (placeId: string): number[] => {
    const place = placeForVisits(snapshot, placeId);
    return place ? dwellThresholdsOf([place], snapshot.campaigns)(placeId) : [];
  };

/** Which locator a signal that the clock brings about is of. */
export const sourceOf = ({ locator }: Runtime): 'embedded' | 'amazon-location' =>
  locator === 'amazon' ? 'amazon-location' : 'embedded';
