import {
  BatchWriteItemCommand,
  ConditionalCheckFailedException,
  GetItemCommand,
  PutItemCommand,
  TransactionCanceledException,
  type TransactWriteItem,
  TransactWriteItemsCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import type { Identifier } from '#core/model/person.ts';
import { type Database, fromItem, type Item, type Key, toItem, toKey } from './client.ts';
import { couponTtl, type StoredCoupon, voidedUnit } from './coupons.ts';
import { peopleKeys, tombstoneKeys } from './keys.ts';
import { listShard } from './people.ts';
import type { Receipt } from './tombstones.ts';

const BATCH_WRITE_ITEMS = 25;
/** DynamoDB's limit is 100 writes in a transaction: of each profile its item and its line in the list, and the receipt. */
export const MAX_PROFILES = 49;

/** A profile as an erasure finds it: what leads to the rest. `isBlank`: another erasure has been here, and nobody since. */
export type DoomedProfile = {
  personId: string;
  identifiers: Identifier[];
  group: string[];
  version: number;
  isBlank: boolean;
};

/** A profile as it lies there, read consistently. */
export async function readProfile(db: Database, brand: string, personId: string): Promise<DoomedProfile | undefined> {
  const output = await db.client.send(
    new GetItemCommand({
      TableName: db.table('people'),
      Key: toKey(peopleKeys.person(brand, personId)),
      ConsistentRead: true,
    }),
  );
  if (!output.Item) return undefined;
  const item = fromItem<Item>(output.Item) as Partial<DoomedProfile>;
  const { identifiers = [], group = [], version = 0, isBlank = false } = item;
  return { personId, identifiers, group, version, isBlank };
}

/**
 * Takes out of a profile all that a decision could be made with, and keeps what leads to the rest of it: from now on
 * nobody is offered or sent anything, and whoever is deciding has read a version that is no more. False when the profile
 * is not as it was read.
 */
export async function blankProfile(
  db: Database,
  brand: string,
  { personId, identifiers, group, version }: DoomedProfile,
): Promise<boolean> {
  const blank = {
    ...peopleKeys.person(brand, personId),
    entity: 'person',
    personId,
    identifiers,
    attributes: {},
    consents: {},
    pastOffers: [],
    version: version + 1,
    isBlank: true,
    ...(group.length > 0 && { group }),
  };
  try {
    await db.client.send(
      new PutItemCommand({
        TableName: db.table('people'),
        Item: toItem(blank),
        ConditionExpression: '#version = :version',
        ExpressionAttributeNames: { '#version': 'version' },
        ExpressionAttributeValues: toItem({ ':version': version }),
      }),
    );
    return true;
  } catch (error) {
    if (error instanceof ConditionalCheckFailedException) return false;
    throw error;
  }
}

/** Lets go of the profiles themselves and says in the receipt that it is done, all at once. False when one has changed. */
export async function deleteProfiles(
  db: Database,
  receipt: Receipt,
  profiles: readonly DoomedProfile[],
): Promise<boolean> {
  const { brand, receiptId } = receipt;
  const TransactItems: TransactWriteItem[] = profiles.flatMap(({ personId, version }) => [
    {
      Delete: {
        TableName: db.table('people'),
        Key: toKey(peopleKeys.person(brand, personId)),
        ConditionExpression: '#version = :version',
        ExpressionAttributeNames: { '#version': 'version' },
        ExpressionAttributeValues: toItem({ ':version': version }),
      },
    },
    {
      Delete: {
        TableName: db.table('people'),
        Key: toKey(peopleKeys.listed(brand, listShard(personId), personId)),
      },
    },
  ]);
  TransactItems.push({
    Update: {
      TableName: db.table('tombstones'),
      Key: toKey(tombstoneKeys.receipt(brand, receiptId)),
      UpdateExpression: 'SET #state = :done',
      ExpressionAttributeNames: { '#state': 'state' },
      ExpressionAttributeValues: toItem({ ':done': 'done' }),
    },
  });
  try {
    await db.client.send(new TransactWriteItemsCommand({ TransactItems }));
    return true;
  } catch (error) {
    if (error instanceof TransactionCanceledException) return false;
    throw error;
  }
}

/** Rows that go, of one table each. */
export type DoomedRows = Partial<Record<'people' | 'offers' | 'presence', readonly Key[]>>;

/** Deletes rows, of which any may be gone already. */
export async function deleteRows(db: Database, rows: DoomedRows): Promise<void> {
  const requestsOf = (keys: readonly Key[]) => keys.map((key) => ({ DeleteRequest: { Key: toKey(key) } }));
  const { people = [], offers = [], presence = [] } = rows;
  for (let start = 0; start < Math.max(people.length, offers.length, presence.length); start += BATCH_WRITE_ITEMS) {
    const part = (keys: readonly Key[]) => requestsOf(keys.slice(start, start + BATCH_WRITE_ITEMS));
    await sendAll(db, part(people), async (requests) => {
      const table = db.table('people');
      return await db.client.send(new BatchWriteItemCommand({ RequestItems: { [table]: requests } }));
    });
    await sendAll(db, part(offers), async (requests) => {
      const table = db.table('offers');
      return await db.client.send(new BatchWriteItemCommand({ RequestItems: { [table]: requests } }));
    });
    await sendAll(db, part(presence), async (requests) => {
      const table = db.table('presence');
      return await db.client.send(new BatchWriteItemCommand({ RequestItems: { [table]: requests } }));
    });
  }
}

type DeleteRequests = { DeleteRequest: { Key: ReturnType<typeof toKey> } }[];
type Answer = { UnprocessedItems?: Record<string, unknown[]> | undefined };

async function sendAll(
  db: Database,
  requests: DeleteRequests,
  ask: (requests: DeleteRequests) => Promise<Answer>,
): Promise<void> {
  let pending = requests;
  for (let round = 0; pending.length > 0; round += 1) {
    if (round > 8) throw new Error(`BatchWriteItem left ${pending.length} rows to be deleted`);
    if (round > 0) await db.sleep(20 * 2 ** round);
    const { UnprocessedItems = {} } = await ask(pending);
    pending = Object.values(UnprocessedItems).flat() as DeleteRequests;
  }
}

/**
 * Puts a voided unit in a coupon's place, so that its stock stays issued: a lease that is still open would take a unit
 * without a coupon back, and one more would be given out. It stays for as long as the coupon would have. False when
 * there is no such coupon of this person's.
 */
export async function voidCoupon(
  db: Database,
  brand: string,
  { couponKey, personId, expiresAt }: Pick<StoredCoupon, 'couponKey' | 'personId' | 'expiresAt'>,
): Promise<boolean> {
  try {
    await db.client.send(
      new PutItemCommand({
        TableName: db.table('offers'),
        Item: toItem({ ...voidedUnit(brand, couponKey, 0), ttl: couponTtl(expiresAt) }),
        ConditionExpression: 'entity = :coupon AND personId = :person',
        ExpressionAttributeValues: toItem({ ':coupon': 'coupon', ':person': personId }),
      }),
    );
    return true;
  } catch (error) {
    if (error instanceof ConditionalCheckFailedException) return false;
    throw error;
  }
}

/** Forgets whose a purchase was. That it was taken in stays, under a digest of its number: it must not count again. */
export async function forgetBuyer(db: Database, key: Key): Promise<void> {
  try {
    await db.client.send(
      new UpdateItemCommand({
        TableName: db.table('offers'),
        Key: toKey(key),
        UpdateExpression: 'REMOVE personId',
        ConditionExpression: 'attribute_exists(pk)',
      }),
    );
  } catch (error) {
    if (!(error instanceof ConditionalCheckFailedException)) throw error;
  }
}
