import type { Facts } from '#core/decide/facts.ts';
import type { Campaign } from '#core/model/campaign.ts';
import type { Signal } from '#core/model/signal.ts';
import type { Key } from '#store/client.ts';
import { peopleKeys, type Tenant } from '#store/keys.ts';
import { offeredSince, type SkipReason } from '#store/ledger.ts';
import { findPersonId, personOf, type StoredPerson, withOthers } from '#store/people.ts';
import type { Found } from '#store/read.ts';
import type { Snapshot } from '#store/snapshot.ts';
import { knowingRegion } from '../shared/regions.ts';
import type { Runtime } from '../shared/runtime.ts';
import { type CounterPlan, planCounters, stockLevels } from './levels.ts';
import { campaignIndexOf, isHushed, type Occasion, occasionOf } from './occasion.ts';
import { onAirOf } from './on-air-of.ts';
import type { Seen } from './visit.ts';

export type Gathered =
  /** At a sensitive place: nothing may be recorded, not even that. */
  | { hushed: true }
  | { facts: Facts; allCampaigns: readonly Campaign[]; screenOwner: Tenant | undefined; seen: Seen }
  | {
      skip: SkipReason;
      signal: Signal;
      personId: string | undefined;
      screenOwner: Tenant | undefined;
      seen?: Seen;
    };

const NOTHING: ReadonlySet<string> = new Set();
const NOTHING_PLANNED: CounterPlan = { keys: [], held: new Map(), asked: new Set() };

/**
 * Everything that decides about a signal: whose it is (one read by identifier), then the person, stock and the
 * catalogue's version in one BatchGetItem. The catalogue itself is in memory, compiled. A signal at a screen that does
 * not say what was on air costs one query more, where a campaign asks for it.
 */
export async function gather(runtime: Runtime, received: Signal, now: number): Promise<Gathered> {
  const { brand } = received;
  const personId = await findPersonId(runtime.db, brand, received.subject);
  const personKey = peopleKeys.person(brand, personId ?? '');
  const wanted = personId === undefined ? undefined : [personKey];
  const { snapshot, found, plan } = await readFor(runtime, received, now, wanted);
  const occasion = await occasionOf(received, snapshot);
  if (isHushed(occasion, snapshot)) return { hushed: true };
  const { signal } = occasion;
  const screenOwner = snapshot.screens.get(signal.screenId ?? '')?.owner;
  const item = personId === undefined ? undefined : found.get('people', personKey);
  if (!item) return { skip: 'unknown-person', signal, personId: undefined, screenOwner };
  const profile = personOf(item);
  const stored = await withOthers(runtime.db, brand, profile);
  const { person, standing } = stored;
  const { personId: owner } = profile.person;
  const { place } = occasion;
  // Asked again at every try: of an enter that is being decided at this moment, the person's version tells.
  const offered = signal.visit ? await offeredSince(runtime.db, { brand, personId: owner, ...signal.visit }) : NOTHING;
  if (offered.size > 0 && listeners(occasion, snapshot).every(({ campaignId }) => offered.has(campaignId))) {
    return { skip: 'already-offered', signal, personId, screenOwner };
  }
  const seen = { signal, place, personId: owner, profile, person, standing, brand: snapshot.meta.rules, now };
  const facts = await factsOf(runtime, { occasion, snapshot, found, plan, stored, offered, now });
  if (!facts) return { skip: 'no-live-campaign', signal, personId, screenOwner, seen };
  return { facts, allCampaigns: snapshot.campaigns, screenOwner, seen };
}

/**
 * The same for somebody whom the brand does not know yet: what it would decide if they were `imagined`. Nothing is
 * recorded anywhere. Undefined where no live campaign listens, and at a sensitive place.
 */
export async function gatherImagined(
  runtime: Runtime,
  signal: Signal,
  imagined: StoredPerson,
  now: number,
): Promise<Facts | undefined> {
  const { snapshot, found, plan } = await readFor(runtime, signal, now, []);
  const occasion = await occasionOf(signal, snapshot);
  if (isHushed(occasion, snapshot)) return undefined;
  return await factsOf(runtime, {
    occasion,
    snapshot,
    found,
    plan,
    stored: imagined,
    now,
  });
}

/** The campaigns that a signal is for: a launch tells it to one, and to no other. */
function listeners(occasion: Occasion & { memberships?: ReadonlySet<string> }, snapshot: Snapshot): Campaign[] {
  const { visit, kind } = occasion.signal;
  if (visit?.campaignId === undefined) return campaignIndexOf(snapshot).shortlist(occasion);
  return snapshot.campaigns.filter(
    ({ campaignId, state, trigger }) =>
      campaignId === visit.campaignId && state === 'live' && trigger.on.includes(kind),
  );
}

type Read = { snapshot: Snapshot; found: Found; plan: CounterPlan };

/** The catalogue, and with it the people and the counters that may matter; without people, nothing else matters. */
async function readFor(runtime: Runtime, received: Signal, now: number, people: Key[] | undefined): Promise<Read> {
  let plan = NOTHING_PLANNED;
  const read = await runtime.catalogue.read(received.brand, async (current) => {
    if (!people) return {};
    const occasion = await occasionOf(received, current);
    const campaigns = listeners(occasion, current);
    plan = planCounters(runtime, { ...occasion, campaigns, now, catalogueVersion: current.meta.version });
    return { people, stock: plan.keys };
  });
  return { ...read, plan };
}

async function factsOf(
  runtime: Runtime,
  args: Read & { occasion: Occasion; stored: StoredPerson; offered?: ReadonlySet<string>; now: number },
): Promise<Facts | undefined> {
  const { snapshot, found, plan, offered = NOTHING, now } = args;
  const index = campaignIndexOf(snapshot);
  if (!index.listens(args.occasion.signal.kind)) return undefined;
  const stored = { ...args.stored, person: await knowingRegion(runtime, snapshot, args.stored.person) };
  const occasion = await withOnAir(runtime, args.occasion, snapshot);
  const memberships = index.membershipsOf(stored.person, now);
  const heard = listeners({ ...occasion, memberships }, snapshot);
  const campaigns = heard.filter(({ campaignId }) => !offered.has(campaignId));
  if (campaigns.length === 0) return undefined;
  const { segments, meta } = snapshot;
  const judged = { ...occasion, campaigns, now, catalogueVersion: meta.version };
  const stock = await stockLevels(runtime, judged, plan, found);
  return { ...judged, brand: meta.rules, ...stored, memberships, segments, stock, channels: runtime.channels };
}

/** A signal at a screen of which nobody has asked yet what was on air: asks, where a campaign wants to know. */
async function withOnAir(runtime: Runtime, occasion: Occasion, { screens, campaigns }: Snapshot): Promise<Occasion> {
  const { signal } = occasion;
  const screen = screens.get(signal.screenId ?? '');
  if (!screen || signal.onAir) return occasion;
  const isAsked = campaigns.some(
    ({ state, trigger }) => state === 'live' && trigger.creativeIds.length > 0 && trigger.on.includes(signal.kind),
  );
  return isAsked ? { ...occasion, signal: { ...signal, onAir: await onAirOf(runtime, signal, screen) } } : occasion;
}
