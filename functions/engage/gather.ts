import { passesSignalGates } from '#core/decide/decide.ts';
import type { Facts, StockLevel } from '#core/decide/facts.ts';
import { byPriority } from '#core/decide/gates/priority.ts';
import { isSensitive } from '#core/decide/sensitive.ts';
import type { Campaign } from '#core/model/campaign.ts';
import type { Place } from '#core/model/place.ts';
import type { Signal } from '#core/model/signal.ts';
import { peopleKeys, stockKeys } from '#store/keys.ts';
import type { SkipReason } from '#store/ledger.ts';
import { findPersonId, personOf } from '#store/people.ts';
import type { Snapshot } from '#store/snapshot.ts';
import { isCounted, levelOf } from '#store/stock.ts';
import type { Runtime } from '../shared/runtime.ts';

/** Campaigns judged, and recorded, for one signal. The rest, of lowest priority, are not considered: a brand with more
 * live campaigns at one door than this has a marketing problem that no engine solves. */
const MAX_CAMPAIGNS = 100;

export type Gathered =
  | { facts: Facts; allCampaigns: readonly Campaign[] }
  | { skip: SkipReason; signal: Signal; personId: string | undefined };

/**
 * Everything that decides about a signal: whose it is (one read by identifier), then person, standing, stock and the
 * catalogue's version in one BatchGetItem. The catalogue itself is in memory.
 */
export async function gather(runtime: Runtime, received: Signal, now: number): Promise<Gathered> {
  const { brand } = received;
  const personId = await findPersonId(runtime.db, brand, received.subject);
  const profileKey = peopleKeys.profile(brand, personId ?? '');
  const standingKey = peopleKeys.standing(brand, personId ?? '');
  const { snapshot, found } = await runtime.catalogue.read(brand, (current) =>
    personId === undefined
      ? {}
      : {
          people: [profileKey, standingKey],
          stock: countedCampaigns(occasionOf(received, current), now).map((id) => stockKeys.campaign(brand, id)),
        },
  );
  const occasion = occasionOf(received, snapshot);
  const { signal, campaigns } = occasion;
  const profile = personId === undefined ? undefined : found.get('people', profileKey);
  if (!profile) return { skip: 'unknown-person', signal, personId: undefined };
  if (campaigns.length === 0) return { skip: 'no-live-campaign', signal, personId };
  const stock = new Map<string, StockLevel>();
  for (const campaignId of countedCampaigns(occasion, now)) {
    const level = levelOf(found.get('stock', stockKeys.campaign(brand, campaignId)));
    if (level) stock.set(campaignId, level);
  }
  const { segments, campaigns: allCampaigns } = snapshot;
  const facts = {
    ...occasion,
    now,
    ...personOf(profile, found.get('people', standingKey)),
    segments,
    stock,
    channels: runtime.channels,
  };
  return { facts, allCampaigns };
}

/** What a signal means before anybody is known: where it happened, and which campaigns listen. */
type Occasion = { signal: Signal; place: Place | undefined; insidePlaces: Place[]; campaigns: Campaign[] };

function occasionOf(received: Signal, snapshot: Snapshot): Occasion {
  const located = atItsPlace(received, snapshot);
  const place = located.placeId === undefined ? undefined : snapshot.places.get(located.placeId);
  // From here on everything may be recorded: that somebody was at a clinic must not be.
  const signal = place && isSensitive(place) ? { ...located, placeId: undefined, screenId: undefined } : located;
  return {
    signal,
    place,
    insidePlaces: insidePlaces(signal, place, snapshot),
    campaigns: liveCampaigns(snapshot, signal),
  };
}

/** Campaigns whose counters may matter: those that the signal alone does not already rule out. */
function countedCampaigns({ signal, place, campaigns }: Occasion, now: number): string[] {
  return campaigns
    .filter((campaign) => isCounted(campaign) && passesSignalGates({ signal, place, now, campaign }))
    .map(({ campaignId }) => campaignId);
}

/** A signal names a place, or a screen or tag that is mounted at one. */
function atItsPlace(signal: Signal, { screens, tags }: Snapshot): Signal {
  if (signal.placeId !== undefined) return signal;
  const screen = (signal.tagId && tags.get(signal.tagId)) || (signal.screenId && screens.get(signal.screenId));
  return screen ? { ...signal, screenId: screen.screenId, placeId: screen.placeId } : signal;
}

function liveCampaigns({ campaigns }: Snapshot, { kind }: Signal): Campaign[] {
  return campaigns
    .filter(({ state, trigger }) => state === 'live' && trigger.on.includes(kind))
    .sort(byPriority)
    .slice(0, MAX_CAMPAIGNS);
}

function insidePlaces({ insidePlaceIds = [] }: Signal, place: Place | undefined, { places }: Snapshot): Place[] {
  const others = insidePlaceIds.flatMap((placeId) => places.get(placeId) ?? []);
  return place ? [place, ...others] : others;
}
