import type { Facts } from '#core/decide/facts.ts';
import type { Campaign } from '#core/model/campaign.ts';
import type { Signal } from '#core/model/signal.ts';
import { peopleKeys, type Tenant } from '#store/keys.ts';
import type { SkipReason } from '#store/ledger.ts';
import { findPersonId, personOf } from '#store/people.ts';
import type { Runtime } from '../shared/runtime.ts';
import { type CounterPlan, planCounters, stockLevels } from './levels.ts';
import { campaignIndexOf, occasionOf } from './occasion.ts';

export type Gathered =
  | { facts: Facts; allCampaigns: readonly Campaign[]; screenOwner: Tenant | undefined }
  | { skip: SkipReason; signal: Signal; personId: string | undefined; screenOwner: Tenant | undefined };

const NOTHING_PLANNED: CounterPlan = { keys: [], held: new Map(), asked: new Set() };

/**
 * Everything that decides about a signal: whose it is (one read by identifier), then the person, stock and the
 * catalogue's version in one BatchGetItem. The catalogue itself is in memory, compiled.
 */
export async function gather(runtime: Runtime, received: Signal, now: number): Promise<Gathered> {
  const { brand } = received;
  const personId = await findPersonId(runtime.db, brand, received.subject);
  const personKey = peopleKeys.person(brand, personId ?? '');
  let plan = NOTHING_PLANNED;
  const { snapshot, found } = await runtime.catalogue.read(brand, (current) => {
    if (personId === undefined) return {};
    const occasion = occasionOf(received, current);
    const campaigns = campaignIndexOf(current).shortlist(occasion);
    plan = planCounters(runtime, { ...occasion, campaigns, now, catalogueVersion: current.meta.version });
    return { people: [personKey], stock: plan.keys };
  });
  const occasion = occasionOf(received, snapshot);
  const { signal } = occasion;
  const screenOwner = snapshot.screens.get(signal.screenId ?? '')?.owner;
  const item = personId === undefined ? undefined : found.get('people', personKey);
  if (!item) return { skip: 'unknown-person', signal, personId: undefined, screenOwner };
  const stored = personOf(item);
  const index = campaignIndexOf(snapshot);
  const memberships = index.membershipsOf(stored.person, now);
  const campaigns = index.shortlist({ ...occasion, memberships });
  if (campaigns.length === 0) return { skip: 'no-live-campaign', signal, personId, screenOwner };
  const { segments, campaigns: allCampaigns, meta } = snapshot;
  const judged = { ...occasion, campaigns, now, catalogueVersion: meta.version };
  const stock = await stockLevels(runtime, judged, plan, found);
  const facts: Facts = {
    ...judged,
    brand: meta.rules,
    ...stored,
    memberships,
    segments,
    stock,
    channels: runtime.channels,
  };
  return { facts, allCampaigns, screenOwner };
}
