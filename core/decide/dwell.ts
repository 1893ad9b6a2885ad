import type { Campaign } from '../model/campaign.ts';
import type { Place } from '../model/place.ts';
import { belongsTo } from './at-place.ts';

/** For each place, how long somebody must stay for a live campaign to care: seconds, ascending. */
export function dwellThresholdsOf(
  places: Iterable<Place>,
  campaigns: readonly Campaign[],
): (placeId: string) => number[] {
  const dwelling = campaigns.filter(({ state, trigger }) => state === 'live' && trigger.on.includes('geofence.dwell'));
  const thresholds = new Map([...places].map((place) => [place.placeId, secondsAt(place, dwelling)]));
  return (placeId) => thresholds.get(placeId) ?? [];
}

function secondsAt(place: Place, campaigns: readonly Campaign[]): number[] {
  const seconds = campaigns
    .filter(({ trigger }) => belongsTo(trigger, place))
    .map(({ trigger }) => trigger.dwellSeconds);
  return [...new Set(seconds)].sort((left, right) => left - right);
}
