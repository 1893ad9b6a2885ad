import { deflateRawSync, inflateRawSync } from 'node:zlib';
import {
  TransactionCanceledException,
  type TransactWriteItem,
  TransactWriteItemsCommand,
} from '@aws-sdk/client-dynamodb';
import { digestId } from '#core/hash.ts';
import type { Behaviour, PastPurchase } from '#core/model/behaviour.ts';
import type { PurchaseInput } from '#core/model/purchase.ts';
import { type Database, type Item, toItem } from './client.ts';
import { behaviourUpdate } from './doings.ts';
import { offerKeys } from './keys.ts';
import type { StoredPerson } from './people.ts';
import { batchGet, type Page, type PageRequest, queryMerged, queryPage } from './read.ts';
import { regionUpdate } from './regions.ts';

/** Baskets are kept one by one as long as coupons after their end: longer than any credit for them is given. */
const PURCHASE_TTL_SECONDS = 400 * 86_400;

/** A purchase of somebody known, as it was taken in. */
export type StoredPurchase = Omit<PurchaseInput, 'person' | 'identifiers' | 'couponCodes'> & {
  recordedAt: string;
  /** Of the brand's coupons, those that paid for a part of it. */
  couponIds: string[];
};

/** What is known of a purchase that has been taken in, whoever's it is: a digest of its content, and the profile it went to. */
export type TakenPurchase = { digest: string; personId?: string };

/** Whether a purchase has been taken in. */
export async function findTakenPurchase(
  db: Database,
  brand: string,
  purchaseId: string,
): Promise<TakenPurchase | undefined> {
  const key = offerKeys.purchaseTaken(brand, purchaseId);
  const found = await batchGet(db, { offers: [key] }, { consistent: true });
  return found.get('offers', key) as TakenPurchase | undefined;
}

/**
 * Takes in a purchase: that it was taken (which is the dedup), the basket beside the signals of whoever bought, what
 * they have done, and what was sold in their region. One write set: all of it happens, once, or nothing. False when
 * something moved, or somebody else has taken it in: look again.
 */
export async function putPurchase(
  db: Database,
  args: {
    brand: string;
    purchase: Omit<StoredPurchase, 'recordedAt'>;
    digest: string;
    /** Whose it is, and what they will have done; absent where nobody is known. */
    buyer: { profile: StoredPerson; behaviour: Behaviour } | undefined;
    /** As it counts for its region; `isNewBuyer` when its buyer counts there for the first time. */
    sale: { past: PastPurchase; isNewBuyer: boolean };
    now: number;
  },
): Promise<boolean> {
  const { brand, purchase, digest, buyer, sale, now } = args;
  const { purchaseId } = purchase;
  const personId = buyer?.profile.person.personId;
  const taken = { ...offerKeys.purchaseTaken(brand, purchaseId), entity: 'purchase-taken', digest, personId };
  const region = regionUpdate(brand, sale);
  const TransactItems: TransactWriteItem[] = [
    {
      Put: {
        TableName: db.table('offers'),
        Item: toItem(taken),
        ConditionExpression: 'attribute_not_exists(pk)',
      },
    },
  ];
  if (personId !== undefined) {
    TransactItems.push({ Put: { TableName: db.table('offers'), Item: toItem(purchaseItem(args, personId)) } });
  }
  if (buyer) {
    const update = behaviourUpdate(brand, buyer.profile, buyer.behaviour);
    TransactItems.push({ Update: { TableName: db.table('people'), ...update } });
  }
  if (region) TransactItems.push({ Update: { TableName: db.table('stock'), ...region } });
  // Makes the SDK's own retry after a lost answer a no-op; `taken` does the same for whoever asks again later.
  const version = String(buyer?.profile.standing.version ?? '');
  const ClientRequestToken = digestId('purchase', brand, digest, personId ?? '', version, String(now));
  try {
    await db.client.send(new TransactWriteItemsCommand({ TransactItems, ClientRequestToken }));
    return true;
  } catch (error) {
    const isMoved =
      error instanceof TransactionCanceledException ||
      ['TransactionInProgressException', 'IdempotentParameterMismatchException'].includes((error as Error).name);
    if (isMoved) return false;
    throw error;
  }
}

/** A basket is deflated: two hundred lines repeat their names. */
function purchaseItem(
  { brand, purchase, now }: { brand: string; purchase: Omit<StoredPurchase, 'recordedAt'>; now: number },
  personId: string,
): Item {
  const { lines, ...facts } = purchase;
  return {
    ...offerKeys.purchase(brand, personId, purchase.at, purchase.purchaseId),
    entity: 'purchase',
    ...facts,
    personId,
    recordedAt: new Date(now).toISOString(),
    body: deflateRawSync(JSON.stringify(lines)),
    ttl: Math.floor(now / 1000) + PURCHASE_TTL_SECONDS,
  };
}

/** What somebody has bought, newest first. */
export async function listPurchases(
  db: Database,
  brand: string,
  profiles: readonly string[],
  page: PageRequest,
): Promise<Page<StoredPurchase>> {
  const partitions = profiles.map((personId) => offerKeys.person(brand, personId));
  const { items, ...rest } = await queryMerged(partitions, page, (pk) =>
    queryPage<Item & { sk: string }>(db, 'offers', { pk, skPrefix: 'Q#', newestFirst: true }, page),
  );
  return { items: items.map(purchaseOf), ...rest };
}

/** A purchase from its item. */
function purchaseOf(item: Item): StoredPurchase {
  const { purchaseId, at, channel, placeId, region, total, currency, couponIds, recordedAt, body } =
    item as StoredPurchase & { body: Uint8Array };
  return {
    purchaseId,
    at,
    channel,
    ...(placeId !== undefined && { placeId }),
    ...(region !== undefined && { region }),
    lines: JSON.parse(inflateRawSync(body).toString()),
    total,
    currency,
    couponIds,
    recordedAt,
  };
}
