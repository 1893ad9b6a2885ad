import type { Facts } from '#core/decide/facts.ts';
import { isSensitive } from '#core/decide/sensitive.ts';
import { type CampaignIndex, compileCampaigns } from '#core/decide/shortlist.ts';
import type { Place } from '#core/model/place.ts';
import type { Signal } from '#core/model/signal.ts';
import type { Snapshot } from '#store/snapshot.ts';

/** What a signal means before anybody is known: where it happened, as far as that may be recorded. */
export type Occasion = Pick<Facts, 'signal' | 'place' | 'insidePlaces'>;

export function occasionOf(received: Signal, snapshot: Snapshot): Occasion {
  const located = atItsPlace(received, snapshot);
  const place = located.placeId === undefined ? undefined : snapshot.places.get(located.placeId);
  // From here on everything may be recorded: that somebody was at a clinic must not be.
  const signal = place && isSensitive(place) ? { ...located, placeId: undefined, screenId: undefined } : located;
  return { signal, place, insidePlaces: insidePlaces(signal, place, snapshot) };
}

const indexes = new WeakMap<Snapshot, CampaignIndex>();

/** The campaigns of a catalogue, compiled once for each version of it. */
export function campaignIndexOf(snapshot: Snapshot): CampaignIndex {
  const index = indexes.get(snapshot) ?? compileCampaigns(snapshot.campaigns, snapshot.segments);
  indexes.set(snapshot, index);
  return index;
}

/** A signal names a place, or a screen or tag that is mounted at one. */
function atItsPlace(signal: Signal, { screens, tags }: Snapshot): Signal {
  if (signal.placeId !== undefined) return signal;
  const screen = (signal.tagId && tags.get(signal.tagId)) || (signal.screenId && screens.get(signal.screenId));
  return screen ? { ...signal, screenId: screen.screenId, placeId: screen.placeId } : signal;
}

function insidePlaces({ insidePlaceIds = [] }: Signal, place: Place | undefined, { places }: Snapshot): Place[] {
  const others = insidePlaceIds.flatMap((placeId) => places.get(placeId) ?? []);
  return place ? [place, ...others] : others;
}
