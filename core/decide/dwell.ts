import type { Campaign } from '../model/campaign.ts';
import type { Place } from '../model/place.ts';
import { belongsTo } from './at-place.ts';

/** How long somebody must stay at a place for a live campaign to care: seconds, ascending. Found once for each place. */
export function dwellThresholdsOf(campaigns: readonly Campaign[]): (place: Place | undefined) => number[] {
  const dwelling = campaigns.filter(({ state, trigger }) => state === 'live' && trigger.on.includes('geofence.dwell'));
  const thresholds = new WeakMap<Place, number[]>();
  return (place) => {
    if (!place) return [];
    const known = thresholds.get(place) ?? secondsAt(place, dwelling);
    thresholds.set(place, known);
    return known;
  };
}

function secondsAt(place: Place, campaigns: readonly Campaign[]): number[] {
  const seconds = campaigns
    .filter(({ trigger }) => belongsTo(trigger, place))
    .map(({ trigger }) => trigger.dwellSeconds);
  return [...new Set(seconds)].sort((left, right) => left - right);
}
