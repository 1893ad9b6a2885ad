import { passesSignalGates } from '#core/decide/decide.ts';
import type { Facts, StockLevel } from '#core/decide/facts.ts';
import { byPriority } from '#core/decide/gates/priority.ts';
import { isSensitive } from '#core/decide/sensitive.ts';
import type { Campaign } from '#core/model/campaign.ts';
import type { Place } from '#core/model/place.ts';
import type { Signal } from '#core/model/signal.ts';
import type { Key } from '#store/client.ts';
import { counterKeysOf, isCounted, levelOf, scopeOf } from '#store/counters.ts';
import { peopleKeys } from '#store/keys.ts';
import type { SkipReason } from '#store/ledger.ts';
import { findPersonId, personOf } from '#store/people.ts';
import type { Found } from '#store/read.ts';
import type { Snapshot } from '#store/snapshot.ts';
import type { Runtime } from '../shared/runtime.ts';
import { heldLevel } from './units.ts';

/** Campaigns judged, and recorded, for one signal. The rest, of lowest priority, are not considered: a brand with more
 * live campaigns at one door than this has a marketing problem that no engine solves. */
const MAX_CAMPAIGNS = 100;

export type Gathered =
  | { facts: Facts; allCampaigns: readonly Campaign[] }
  | { skip: SkipReason; signal: Signal; personId: string | undefined };

/**
 * Everything that decides about a signal: whose it is (one read by identifier), then the person, stock and the
 * catalogue's version in one BatchGetItem. The catalogue itself is in memory.
 */
export async function gather(runtime: Runtime, received: Signal, now: number): Promise<Gathered> {
  const { brand } = received;
  const personId = await findPersonId(runtime.db, brand, received.subject);
  const personKey = peopleKeys.person(brand, personId ?? '');
  let plan: CounterPlan = { keys: [], held: new Map() };
  const { snapshot, found } = await runtime.catalogue.read(brand, (current) => {
    if (personId === undefined) return {};
    plan = planCounters(runtime, occasionOf(received, current), now);
    return { people: [personKey], stock: plan.keys };
  });
  const occasion = occasionOf(received, snapshot);
  const { signal, campaigns } = occasion;
  const item = personId === undefined ? undefined : found.get('people', personKey);
  if (!item) return { skip: 'unknown-person', signal, personId: undefined };
  if (campaigns.length === 0) return { skip: 'no-live-campaign', signal, personId };
  const { segments, campaigns: allCampaigns, meta } = snapshot;
  const facts = {
    ...occasion,
    now,
    brand: meta.rules,
    ...personOf(item),
    segments,
    stock: stockLevels(occasion, now, found, plan),
    channels: runtime.channels,
  };
  return { facts, allCampaigns };
}

/** Counters to read, and what is known without reading from leases in hand; others may use those up while we read. */
type CounterPlan = { keys: Key[]; held: Map<string, StockLevel> };

function planCounters(runtime: Runtime, occasion: Occasion, now: number): CounterPlan {
  const { signal, place } = occasion;
  const plan: CounterPlan = { keys: [], held: new Map() };
  for (const campaign of countedCampaigns(occasion, now)) {
    const level = heldLevel(runtime, { signal, place, now }, campaign);
    if (level) plan.held.set(campaign.campaignId, level);
    else plan.keys.push(...counterKeysOf(signal.brand, campaign.campaignId, scopeOf(campaign, place, now)));
  }
  return plan;
}

function stockLevels(occasion: Occasion, now: number, found: Found, { held }: CounterPlan): Map<string, StockLevel> {
  const { signal, place } = occasion;
  const levels = new Map<string, StockLevel>();
  for (const campaign of countedCampaigns(occasion, now)) {
    const { campaignId } = campaign;
    const level = held.get(campaignId) ?? levelOf(found, signal.brand, campaignId, scopeOf(campaign, place, now));
    if (level) levels.set(campaignId, level);
  }
  return levels;
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
function countedCampaigns({ signal, place, campaigns }: Occasion, now: number): Campaign[] {
  return campaigns.filter((campaign) => isCounted(campaign) && passesSignalGates({ signal, place, now, campaign }));
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
