import { deflateRawSync, inflateRawSync } from 'node:zlib';
import {
  ConditionalCheckFailedException,
  PutItemCommand,
  TransactionCanceledException,
  type TransactWriteItem,
  TransactWriteItemsCommand,
} from '@aws-sdk/client-dynamodb';
import type { CampaignDecision } from '#core/decide/decide.ts';
import type { Facts, PastOffer } from '#core/decide/facts.ts';
import { digestId } from '#core/hash.ts';
import type { Campaign } from '#core/model/campaign.ts';
import { durationMs } from '#core/model/common.ts';
import type { Signal } from '#core/model/signal.ts';
import { type Database, type Item, toItem, toKey } from './client.ts';
import { newCoupon } from './coupons.ts';
import { offerKeys, peopleKeys } from './keys.ts';
import { newMessage } from './messages.ts';
import { type Page, type PageRequest, queryPage } from './read.ts';
import { isCounted, takeStock } from './stock.ts';

/** Ledger entries are kept for half a year: longer than any complaint, shorter than for ever. */
const LEDGER_TTL_SECONDS = 180 * 86_400;
/** A person's past offers that windows may still count; more would be a runaway. */
const MAX_PAST_OFFERS = 200;

/** Why a signal had no campaign to be judged against. */
export type SkipReason = 'unknown-person' | 'no-live-campaign';

/** What became of one signal. */
export type LedgerEntry = {
  signalId: string;
  personId?: string;
  kind: string;
  placeId?: string;
  at: string;
  decidedAt: string;
  outcome: 'decided' | 'skipped';
  reason?: SkipReason;
  decisions: (CampaignDecision & { couponId?: string })[];
};

/** `recorded`: done, now or by an earlier delivery. `changed`: the facts moved between reading and writing; look again. */
export type RecordResult = 'recorded' | 'changed';

/** A signal that ends without decisions. The first record stands. */
export async function recordSkip(
  db: Database,
  skip: { signal: Signal; personId: string | undefined; reason: SkipReason; now: number },
): Promise<void> {
  const item = ledgerItem(skip.signal, skip.personId, skip.now, [], skip.reason);
  await putOnce(db, item);
}

/**
 * The decisions on one signal, and all that an offer entails, in one write set: the ledger entry (which is the dedup),
 * the person's standing (caps, and with its version their consents), stock and budget, coupon, message.
 * Either all of it happens, once, or nothing.
 */
export async function recordDecisions(
  db: Database,
  args: { facts: Facts; decisions: CampaignDecision[]; allCampaigns: readonly Campaign[]; couponSecret: string },
): Promise<RecordResult> {
  const { facts, decisions } = args;
  const { signal, person, now } = facts;
  const counted = decisions.filter(({ outcome }) => outcome !== 'skipped');
  const withCoupons = decisions.map((decision) =>
    decision.outcome === 'offered' ? { ...decision, couponId: couponIdOf(signal, decision.campaignId) } : decision,
  );
  const entry = ledgerItem(signal, person.personId, now, withCoupons);
  if (counted.length === 0) {
    await putOnce(db, entry);
    return 'recorded';
  }
  const TransactItems: TransactWriteItem[] = [
    { Put: { TableName: db.table('offers'), Item: toItem(entry), ConditionExpression: 'attribute_not_exists(pk)' } },
    standingUpdate(db, facts, counted, args.allCampaigns),
  ];
  for (const decision of withCoupons) {
    if (decision.outcome === 'offered') TransactItems.push(...grantWrites(db, args, decision));
  }
  return await transact(db, facts, TransactItems);
}

export async function listSignals(
  db: Database,
  brand: string,
  personId: string,
  page: PageRequest,
): Promise<Page<LedgerEntry>> {
  const where = { pk: offerKeys.person(brand, personId), skPrefix: 'S#', newestFirst: true };
  const { items, ...rest } = await queryPage<Item>(db, 'offers', where, page);
  return { items: items.map(entryOf), ...rest };
}

/** A ledger entry from its item; `body` is the decisions, deflated: thirteen gates repeat their names. */
export function entryOf(item: Item): LedgerEntry {
  const { signalId, personId, kind, placeId, at, decidedAt, outcome, reason, body } = item as LedgerEntry & {
    body?: Uint8Array;
  };
  const decisions = body ? JSON.parse(inflateRawSync(body).toString()) : [];
  return {
    signalId,
    kind,
    at,
    decidedAt,
    outcome,
    decisions,
    ...(personId && { personId }),
    ...(placeId && { placeId }),
    ...(reason && { reason }),
  };
}

/** A client may use a signal's id again for another moment: that is another cause. `at` as the ledger entry has it. */
export const decisionIdOf = (signalId: string, at: string, campaignId: string): string =>
  digestId('decision', signalId, at, campaignId);
const couponIdOf = (signal: Signal, campaignId: string): string =>
  digestId('coupon', signal.brand, signal.signalId, momentOf(signal), campaignId);

const momentOf = ({ occurredAt }: Signal): string => new Date(occurredAt).toISOString();

function grantWrites(
  db: Database,
  { facts, allCampaigns, couponSecret }: { facts: Facts; allCampaigns: readonly Campaign[]; couponSecret: string },
  { campaignId, couponId, channel }: CampaignDecision & { couponId?: string },
): TransactWriteItem[] {
  const campaign = allCampaigns.find((candidate) => candidate.campaignId === campaignId);
  if (!campaign || !couponId || !channel)
    throw new Error(`an offer of ${campaignId} without campaign, coupon or channel`);
  const { signal, person, now } = facts;
  const expiresAt = now + durationMs(campaign.offer.expiresAfter);
  const coupon = newCoupon({ signal, couponSecret, couponId, campaign, personId: person.personId, now, expiresAt });
  const message = newMessage({
    signal,
    campaign,
    personId: person.personId,
    couponId,
    couponKey: coupon.couponKey,
    channel,
    now,
    expiresAt,
  });
  const TableName = db.table('offers');
  const put = (item: Item): TransactWriteItem => ({
    Put: { TableName, Item: toItem(item), ConditionExpression: 'attribute_not_exists(pk)' },
  });
  return [...(isCounted(campaign) ? [takeStock(db, signal.brand, campaign)] : []), put(coupon), put(message)];
}

/** Fails when anything that was read of the person's standing has changed: a consent, a cap, another offer. */
function standingUpdate(
  db: Database,
  { signal, person, standing, now }: Facts,
  counted: readonly CampaignDecision[],
  campaigns: readonly Campaign[],
): TransactWriteItem {
  const windows = campaigns.map(({ limits }) => (limits.perPerson ? durationMs(limits.perPerson.window) : 0));
  const horizon = now - Math.max(...windows, 0);
  const pastOffers: PastOffer[] = [
    ...standing.pastOffers.filter(({ at }) => at > horizon),
    ...counted.map(({ campaignId }) => ({ campaignId, at: now })),
  ].slice(-MAX_PAST_OFFERS);
  return {
    Update: {
      TableName: db.table('people'),
      Key: toKey(peopleKeys.standing(signal.brand, person.personId)),
      UpdateExpression: 'SET pastOffers = :past, #version = :next',
      ConditionExpression: '#version = :version',
      ExpressionAttributeNames: { '#version': 'version' },
      ExpressionAttributeValues: toItem({
        ':past': pastOffers.map(({ campaignId, at }) => ({ c: campaignId, t: at })),
        ':version': standing.version,
        ':next': standing.version + 1,
      }),
    },
  };
}

function ledgerItem(
  signal: Signal,
  personId: string | undefined,
  now: number,
  decisions: LedgerEntry['decisions'],
  reason?: SkipReason,
): Item {
  const at = momentOf(signal);
  const key =
    personId === undefined
      ? offerKeys.anonymousSignal(signal.brand, at, signal.signalId)
      : offerKeys.signal(signal.brand, personId, at, signal.signalId);
  return {
    ...key,
    entity: 'signal',
    signalId: signal.signalId,
    personId,
    kind: signal.kind,
    placeId: signal.placeId,
    at,
    decidedAt: new Date(now).toISOString(),
    outcome: reason ? 'skipped' : 'decided',
    reason,
    body: decisions.length > 0 ? deflateRawSync(JSON.stringify(decisions)) : undefined,
    ttl: Math.floor(now / 1000) + LEDGER_TTL_SECONDS,
  };
}

async function putOnce(db: Database, item: Item): Promise<void> {
  try {
    await db.client.send(
      new PutItemCommand({
        TableName: db.table('offers'),
        Item: toItem(item),
        ConditionExpression: 'attribute_not_exists(pk)',
      }),
    );
  } catch (error) {
    // Delivered before, or our own first try whose answer was lost: either way it is recorded.
    if (!(error instanceof ConditionalCheckFailedException)) throw error;
  }
}

async function transact(
  db: Database,
  { signal, standing: { version }, now }: Facts,
  TransactItems: TransactWriteItem[],
): Promise<RecordResult> {
  try {
    // The token makes the SDK's own retry after a lost answer a no-op for the ten minutes that DynamoDB remembers it.
    const ClientRequestToken = digestId('grant', signal.signalId, String(version), String(now));
    await db.client.send(new TransactWriteItemsCommand({ TransactItems, ClientRequestToken }));
    return 'recorded';
  } catch (error) {
    if (!(error instanceof TransactionCanceledException)) {
      // Another try of ours is still being applied: look again.
      if ((error as Error).name === 'TransactionInProgressException') return 'changed';
      throw error;
    }
    const [ledger] = error.CancellationReasons ?? [];
    return ledger?.Code === 'ConditionalCheckFailed' ? 'recorded' : 'changed';
  }
}
