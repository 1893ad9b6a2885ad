import type { Facts } from '#core/decide/facts.ts';
import { type CampaignIndex, compileCampaigns } from '#core/decide/shortlist.ts';
import type { Signal } from '#core/model/signal.ts';
import type { Snapshot } from '#store/snapshot.ts';
import { sensitiveLayerOf } from '../shared/sensitive.ts';

/** What a signal means before anybody is known: where it happened. */
export type Occasion = Pick<Facts, 'signal' | 'place' | 'insidePlaces'>;

export async function occasionOf(received: Signal, snapshot: Snapshot): Promise<Occasion> {
  const signal = atItsPlace(received, snapshot);
  const { placeId = '', insidePlaceIds = [] } = signal;
  const places = await snapshot.places.some([placeId, ...insidePlaceIds]);
  return { signal, place: places.get(placeId), insidePlaces: [...places.values()] };
}

/** Whether an occasion must leave no trace: somebody is at a sensitive place, or at one that touches its buffer. */
export function isHushed({ signal, insidePlaces }: Occasion, snapshot: Snapshot): boolean {
  const layer = sensitiveLayerOf(snapshot);
  const named = [signal.placeId ?? '', ...(signal.insidePlaceIds ?? [])];
  const known = new Set(insidePlaces.map(({ placeId }) => placeId));
  return insidePlaces.some((place) => layer.silences(place)) || named.some((id) => layer.names(id) && !known.has(id));
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
