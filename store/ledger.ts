import { deflateRawSync, inflateRawSync } from 'node:zlib';
import { ConditionalCheckFailedException, PutItemCommand } from '@aws-sdk/client-dynamodb';
import type { CampaignDecision } from '#core/decide/decide.ts';
import { digestId } from '#core/hash.ts';
import type { Campaign } from '#core/model/campaign.ts';
import { durationMs } from '#core/model/common.ts';
import type { Signal } from '#core/model/signal.ts';
import { creditedCreative } from '#core/screens/credit.ts';
import { type Database, type Item, toItem } from './client.ts';
import { couponTtl } from './coupons.ts';
import { offerKeys, type Tenant } from './keys.ts';
import { batchGet, type Page, type PageRequest, queryMerged, queryPage, querySparse } from './read.ts';

/** Ledger entries are kept for half a year: longer than any complaint, shorter than for ever. */
const LEDGER_TTL_SECONDS = 180 * 86_400;
/** Why a signal had no campaign to be judged against; `already-offered`: all of them, earlier in the same visit. */
export type SkipReason = 'unknown-person' | 'no-live-campaign' | 'already-offered';
/** Entries of one visit that are read at a time. */
const VISIT_PAGE = 25;

/** What became of one signal. */
export type LedgerEntry = {
  signalId: string;
  personId?: string;
  kind: string;
  placeId?: string;
  /** At a screen: which one, and which of the brand's creatives was most likely on air. */
  screenId?: string;
  creativeId?: string;
  at: string;
  decidedAt: string;
  outcome: 'decided' | 'skipped';
  reason?: SkipReason;
  decisions: (CampaignDecision & { couponId?: string })[];
};

/** A signal that ends without decisions. The first record stands. */
export async function recordSkip(
  db: Database,
  skip: {
    signal: Signal;
    personId: string | undefined;
    reason: SkipReason;
    now: number;
    screenOwner: Tenant | undefined;
  },
): Promise<void> {
  await putOnce(db, ledgerItem(skip.signal, { ...skip, decisions: [], campaigns: [] }));
}

/** The ids of a person's coupons, newest first: those of the signals of any of their profiles that led to one. */
export async function listCouponIds(
  db: Database,
  brand: string,
  profiles: readonly string[],
  page: PageRequest,
): Promise<Page<string>> {
  const { items, ...rest } = await queryMerged(partitionsOf(brand, profiles), page, (pk) => {
    const where = { pk, skPrefix: 'S#', newestFirst: true, having: 'couponIds' };
    return querySparse<{ sk: string; couponIds: string[] }>(db, 'offers', where, page);
  });
  return { items: items.flatMap(({ couponIds }) => couponIds), ...rest };
}

export async function listSignals(
  db: Database,
  brand: string,
  profiles: readonly string[],
  page: PageRequest,
): Promise<Page<LedgerEntry>> {
  const { items, ...rest } = await queryMerged(partitionsOf(brand, profiles), page, (pk) =>
    queryPage<Item & { sk: string }>(db, 'offers', { pk, skPrefix: 'S#', newestFirst: true }, page),
  );
  return { items: items.map(entryOf), ...rest };
}

/** The campaigns that have made somebody an offer, or a ghost offer, on a signal of `since` (ISO 8601, UTC) or later. */
export async function offeredSince(
  db: Database,
  { brand, personId, since }: { brand: string; personId: string; since: string },
): Promise<Set<string>> {
  const where = { pk: offerKeys.person(brand, personId), skPrefix: 'S#', newestFirst: true, consistent: true };
  const campaignIds = new Set<string>();
  let cursor: string | undefined;
  do {
    const page: Page<Item> = await queryPage<Item>(db, 'offers', where, { limit: VISIT_PAGE, cursor });
    for (const { at, decisions } of page.items.map(entryOf)) {
      if (at < since) return campaignIds;
      for (const { campaignId, outcome } of decisions) if (outcome !== 'skipped') campaignIds.add(campaignId);
    }
    cursor = page.cursor;
  } while (cursor !== undefined);
  return campaignIds;
}

const partitionsOf = (brand: string, profiles: readonly string[]): string[] =>
  profiles.map((personId) => offerKeys.person(brand, personId));

/** What became of one signal of a person's, as soon as it is recorded; `at` is when it happened. */
export async function findSignal(
  db: Database,
  { brand, personId, at, signalId }: { brand: string; personId: string; at: number; signalId: string },
): Promise<LedgerEntry | undefined> {
  const key = offerKeys.signal(brand, personId, new Date(at).toISOString(), signalId);
  const found = await batchGet(db, { offers: [key] }, { consistent: true });
  const item = found.get('offers', key);
  return item && entryOf(item);
}

/** A ledger entry from its item; `body` is the decisions, deflated: thirteen gates repeat their names. */
export function entryOf(item: Item): LedgerEntry {
  const { signalId, personId, kind, placeId, screenId, creativeId, at, decidedAt, outcome, reason, body } =
    item as LedgerEntry & { body?: Uint8Array };
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
    ...(screenId && { screenId }),
    ...(creativeId && { creativeId }),
    ...(reason && { reason }),
  };
}

/** A client may use a signal's id again for another moment: that is another cause. `at` as the ledger entry has it. */
export const decisionIdOf = (signalId: string, at: string, campaignId: string): string =>
  digestId('decision', signalId, at, campaignId);
const momentOf = ({ occurredAt }: Signal): string => new Date(occurredAt).toISOString();

/** The ledger entry of a signal. It outlives the coupons that it led to, because it is how a person's coupons are found. */
export function ledgerItem(
  signal: Signal,
  {
    personId,
    now,
    decisions,
    campaigns,
    reason,
    screenOwner,
  }: {
    personId: string | undefined;
    now: number;
    decisions: LedgerEntry['decisions'];
    campaigns: readonly Campaign[];
    reason?: SkipReason;
    screenOwner: Tenant | undefined;
  },
): Item {
  const at = momentOf(signal);
  const key =
    personId === undefined
      ? offerKeys.anonymousSignal(signal.brand, at, signal.signalId)
      : offerKeys.signal(signal.brand, personId, at, signal.signalId);
  const couponIds = decisions.flatMap(({ couponId }) => couponId ?? []);
  const lifetimes = decisions.flatMap(({ couponId, campaignId }) => {
    const campaign = couponId === undefined ? undefined : campaigns.find((one) => one.campaignId === campaignId);
    return campaign ? [couponTtl(now + durationMs(campaign.offer.expiresAfter))] : [];
  });
  return {
    ...key,
    entity: 'signal',
    signalId: signal.signalId,
    personId,
    kind: signal.kind,
    placeId: signal.placeId,
    ...(signal.screenId !== undefined &&
      screenOwner && { screenId: signal.screenId, screenOwner, creativeId: creditedCreative(signal.onAir) }),
    at,
    decidedAt: new Date(now).toISOString(),
    outcome: reason ? 'skipped' : 'decided',
    reason,
    couponIds: couponIds.length > 0 ? couponIds : undefined,
    body: decisions.length > 0 ? deflateRawSync(JSON.stringify(decisions)) : undefined,
    ttl: Math.max(Math.floor(now / 1000) + LEDGER_TTL_SECONDS, ...lifetimes),
  };
}

/** Records an entry that nothing else commits with; true when an earlier delivery had. */
export async function putOnce(db: Database, item: Item): Promise<boolean> {
  try {
    await db.client.send(
      new PutItemCommand({
        TableName: db.table('offers'),
        Item: toItem(item),
        ConditionExpression: 'attribute_not_exists(pk)',
      }),
    );
    return false;
  } catch (error) {
    // Delivered before, or our own first try whose answer was lost: either way it is recorded.
    if (!(error instanceof ConditionalCheckFailedException)) throw error;
    return true;
  }
}
