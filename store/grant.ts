import {
  type CancellationReason,
  TransactionCanceledException,
  type TransactWriteItem,
  TransactWriteItemsCommand,
} from '@aws-sdk/client-dynamodb';
import { keptPastOffers } from '#core/decide/caps.ts';
import type { CampaignDecision } from '#core/decide/decide.ts';
import type { Facts } from '#core/decide/facts.ts';
import { digestId } from '#core/hash.ts';
import type { Campaign } from '#core/model/campaign.ts';
import { type Database, type Item, type Key, toItem, toKey } from './client.ts';
import { drawChecks, drawWrites, isCounted, type Scope } from './counters.ts';
import { couponKeyOf, newCoupon } from './coupons.ts';
import { offerKeys, peopleKeys, type Tenant } from './keys.ts';
import { ledgerItem, putOnce } from './ledger.ts';
import { storedOffers } from './people.ts';

/** Past offers kept beyond those that a cap counts now, within the longest window of any: what a shorter cap, set later, can look back on. */
const MAX_PAST_OFFERS = 20;

/** Where a counted coupon's unit comes from: a lease, then it is the coupon `unit`; or else the counters of the scope. */
export type UnitSource = { scope: Scope; unit?: string };
type Decided = CampaignDecision & { couponId?: string };

type Role = 'ledger' | 'person' | 'counter' | 'coupon';
type Part = { role: Role; campaignId?: string; write: TransactWriteItem };

/** What stood in the way of a write set, of which nothing was done. */
export type Failure = { role: Role; campaignId?: string | undefined; why: 'condition' | 'busy' };
/** `recorded`: done, now or by an earlier delivery. `changed`: nothing was done; look again, and then decide again. */
export type GrantResult = { outcome: 'recorded'; earlier: boolean } | { outcome: 'changed'; failures: Failure[] };

/**
 * The decisions on one signal, and all that an offer entails, in one write set: the ledger entry (which is the dedup),
 * the person (caps, and with their version their consents), the unit of stock, the coupon with its message.
 * Either all of it happens, once, or nothing.
 *
 * | of the write set                        | means                                            | outcome  |
 * |-----------------------------------------|--------------------------------------------------|----------|
 * | succeeded                               | granted                                          | recorded |
 * | ledger entry exists                     | an earlier delivery decided                      | recorded |
 * | the person has another version          | a consent, a cap or a profile moved              | changed  |
 * | a counter's condition failed            | sold out, paused, or what is left is leased      | changed  |
 * | the coupon exists, a leased unit        | the unit was taken back from this process        | changed  |
 * | the coupon exists, from the counters    | the signal was granted, to another owner of its device | recorded |
 * | conflict or throttle on any of them     | others are writing; try later, perhaps by lease  | changed  |
 * | the same token is still in progress     | an earlier try of this very set is being applied | changed  |
 * | no answer, or 5xx, after the SDK's tries, which carry one token | not known; the ledger entry tells the next delivery | throws |
 */
export async function recordDecisions(
  db: Database,
  args: {
    facts: Facts;
    decisions: readonly CampaignDecision[];
    allCampaigns: readonly Campaign[];
    sources: ReadonlyMap<string, UnitSource>;
    couponSecret: string;
    /** Whose the screen of the signal is. */
    screenOwner: Tenant | undefined;
  },
): Promise<GrantResult> {
  const { facts, sources, screenOwner } = args;
  const { signal, person, now } = facts;
  const decided: Decided[] = args.decisions.map((decision) =>
    decision.outcome === 'offered'
      ? { ...decision, couponId: couponIdOf(facts, decision.campaignId, sources.get(decision.campaignId)) }
      : decision,
  );
  const counted = decided.filter(({ outcome }) => outcome !== 'skipped');
  const entry = ledgerItem(signal, {
    personId: person.personId,
    now,
    decisions: decided,
    campaigns: args.allCampaigns,
    screenOwner,
  });
  if (counted.length === 0) return { outcome: 'recorded', earlier: await putOnce(db, entry) };
  const parts: Part[] = [
    { role: 'ledger', write: putNew(db, entry) },
    { role: 'person', write: personUpdate(db, facts, counted, args.allCampaigns) },
    ...othersChecks(db, facts),
    ...counted.flatMap((decision) => grantParts(db, args, decision)),
  ];
  return await transact(db, args, parts);
}

function couponIdOf({ signal }: Facts, campaignId: string, source: UnitSource | undefined): string {
  if (source?.unit !== undefined) return source.unit;
  return digestId('coupon', signal.brand, signal.signalId, new Date(signal.occurredAt).toISOString(), campaignId);
}

function grantParts(
  db: Database,
  args: {
    facts: Facts;
    sources: ReadonlyMap<string, UnitSource>;
    couponSecret: string;
    screenOwner: Tenant | undefined;
  },
  { campaignId, outcome, couponId, channel }: Decided,
): Part[] {
  const { facts, sources, couponSecret, screenOwner } = args;
  const { signal, person, now } = facts;
  const campaign = facts.campaigns.find((candidate) => candidate.campaignId === campaignId);
  if (!campaign) throw new Error(`a decision about ${campaignId}, which was not asked about`);
  const source = sources.get(campaignId);
  // What is counted is never given without being counted.
  if (!source && isCounted(campaign)) throw new Error(`a decision to give of ${campaignId} without a unit of stock`);
  const draw = source && { scope: source.scope, units: 1, now, leased: source.unit !== undefined };
  const counterPart = (write: TransactWriteItem): Part => ({ role: 'counter', campaignId, write });
  const couponPart = (write: TransactWriteItem): Part => ({ role: 'coupon', campaignId, write });
  if (outcome === 'held-out') {
    const checks = draw ? drawChecks(db, signal.brand, campaign, draw).map(counterPart) : [];
    // Only who could have had this very unit is a fair comparison.
    if (source?.unit === undefined) return checks;
    const key = offerKeys.coupon(signal.brand, couponKeyOf(couponSecret, signal.brand, source.unit));
    return [...checks, couponPart(checkAbsent(db, key))];
  }
  if (!couponId || !channel) throw new Error(`an offer of ${campaignId} without coupon or channel`);
  const { personId } = person;
  const coupon = newCoupon({ signal, couponSecret, couponId, campaign, personId, channel, now, screenOwner });
  const draws = draw ? drawWrites(db, signal.brand, campaign, draw).map(counterPart) : [];
  return [...draws, couponPart(putNew(db, coupon))];
}

const checkAbsent = (db: Database, key: Key): TransactWriteItem => ({
  ConditionCheck: {
    TableName: db.table('offers'),
    Key: toKey(key),
    ConditionExpression: 'attribute_not_exists(pk)',
  },
});

const putNew = (db: Database, item: Item): TransactWriteItem => ({
  Put: { TableName: db.table('offers'), Item: toItem(item), ConditionExpression: 'attribute_not_exists(pk)' },
});

/** Fails when any other profile of the person has changed: a withdrawal, an offer, or that it is theirs at all. */
const othersChecks = (db: Database, { signal, standing: { others = [] } }: Facts): Part[] =>
  others.map(({ personId, version }) => ({
    role: 'person',
    write: {
      ConditionCheck: {
        TableName: db.table('people'),
        Key: toKey(peopleKeys.person(signal.brand, personId)),
        ConditionExpression: '#version = :version',
        ExpressionAttributeNames: { '#version': 'version' },
        ExpressionAttributeValues: toItem({ ':version': version }),
      },
    },
  }));

/** Fails when anything that was read of the person has changed: a consent, a cap, another offer. */
function personUpdate(
  db: Database,
  { signal, person, standing, now, brand }: Facts,
  counted: readonly CampaignDecision[],
  campaigns: readonly Campaign[],
): TransactWriteItem {
  const { placeId } = signal;
  const added = counted.map(({ campaignId }) => ({ campaignId, at: now, ...(placeId !== undefined && { placeId }) }));
  const pastOffers = keptPastOffers([...(standing.ownPastOffers ?? standing.pastOffers), ...added], {
    campaigns,
    brand,
    now,
    most: MAX_PAST_OFFERS,
  });
  return {
    Update: {
      TableName: db.table('people'),
      Key: toKey(peopleKeys.person(signal.brand, person.personId)),
      UpdateExpression: 'SET pastOffers = :past, #version = :next',
      ConditionExpression: '#version = :version',
      ExpressionAttributeNames: { '#version': 'version' },
      ExpressionAttributeValues: toItem({
        ':past': storedOffers(pastOffers),
        ':version': standing.version,
        ':next': standing.version + 1,
      }),
    },
  };
}

async function transact(
  db: Database,
  { facts: { signal, person, standing, now }, sources }: { facts: Facts; sources: ReadonlyMap<string, UnitSource> },
  parts: readonly Part[],
): Promise<GrantResult> {
  // The token makes the SDK's own retry after a lost answer a no-op for the ten minutes that DynamoDB remembers it;
  // all that the write set depends on is in it, so that no other set ever carries the same one.
  const ClientRequestToken = digestId(
    'grant',
    signal.brand,
    person.personId,
    signal.occurredAt,
    signal.signalId,
    String(standing.version),
    JSON.stringify(standing.others ?? []),
    String(now),
    JSON.stringify([...sources]),
  );
  try {
    await db.client.send(
      new TransactWriteItemsCommand({ TransactItems: parts.map(({ write }) => write), ClientRequestToken }),
    );
    return { outcome: 'recorded', earlier: false };
  } catch (error) {
    if (error instanceof TransactionCanceledException)
      return outcomeOf(parts, error.CancellationReasons ?? [], sources);
    const { name } = error as Error;
    if (name === 'TransactionInProgressException' || name === 'IdempotentParameterMismatchException') {
      return { outcome: 'changed', failures: [] };
    }
    throw error;
  }
}

function outcomeOf(
  parts: readonly Part[],
  reasons: readonly CancellationReason[],
  sources: ReadonlyMap<string, UnitSource>,
): GrantResult {
  const failures = parts.flatMap(({ role, campaignId }, index): Failure[] => {
    const code = reasons[index]?.Code ?? 'None';
    if (code === 'None') return [];
    return [{ role, campaignId, why: code === 'ConditionalCheckFailed' ? 'condition' : 'busy' }];
  });
  const isDone = failures.some(
    ({ role, campaignId = '', why }) =>
      why === 'condition' && (role === 'ledger' || (role === 'coupon' && sources.get(campaignId)?.unit === undefined)),
  );
  if (isDone) {
    return { outcome: 'recorded', earlier: true };
  }
  return { outcome: 'changed', failures };
}
