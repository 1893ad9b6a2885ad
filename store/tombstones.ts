import { createHmac } from 'node:crypto';
import {
  ConditionalCheckFailedException,
  PutItemCommand,
  type TransactWriteItem,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import type { Identifier } from '#core/model/person.ts';
import { type Database, fromItem, type Item, type Key, toItem, toKey } from './client.ts';
import { tombstoneKeys } from './keys.ts';
import { batchGet, type Page, type PageRequest, queryPage } from './read.ts';

/** What an erasure remembers: a person by their id, and each handle of theirs by itself. */
export type Subject = { personId: string } | Identifier;

/**
 * What stands for somebody who was erased. It says nothing about who it was but to whoever asks about that very id or
 * handle, and holds the secret: the key is HMAC-SHA256 under a key derived from `linkSecret`, by brand.
 */
export type Tombstone = {
  subject: Subject;
  /** Epoch milliseconds. Only what they agree to after it lets them come back. */
  erasedAt: number;
  receiptId: string;
  /** Since when they are back, by a consent of after the erasure: nothing is refused any more. */
  returnedAt?: number;
};

/** What an erasure did, without a word about whom: proof for the person's file, and the progress of an unfinished one. */
export type Receipt = {
  receiptId: string;
  brand: string;
  /** ISO 8601, UTC. */
  erasedAt: string;
  /** Who asked: `api`, or a connector's name. */
  source: string;
  /** `erasing`: something was left over, and repeating the request goes on. */
  state: 'erasing' | 'done';
  /** Rows and messages that went, by store. One that a crash interrupted may be counted low. */
  counts: Record<string, number>;
};

/** Where the tombstone of a subject lies, whether there is one or not: to be read together with other things. */
export function tombstoneKey(linkSecret: string, brand: string, subject: Subject): Key {
  const key = createHmac('sha256', linkSecret).update(`tombstones/${brand}`).digest();
  const name = 'personId' in subject ? `person/${subject.personId}` : `identifier/${subject.kind}/${subject.value}`;
  return tombstoneKeys.tombstone(brand, createHmac('sha256', key).update(name).digest('base64url'));
}

/** Whether an item read at a `tombstoneKey` means that its subject is gone, and has not come back. */
export const isStanding = (item: Item | undefined): boolean => item !== undefined && item.returnedAt === undefined;

/** The tombstones of any of these, also of who has come back since; identifiers normalised. A hundred subjects are one read. */
export async function allTombstones(
  db: Database,
  brand: string,
  linkSecret: string,
  subjects: readonly Subject[],
): Promise<Tombstone[]> {
  const keys = subjects.map((subject) => tombstoneKey(linkSecret, brand, subject));
  if (keys.length === 0) return [];
  const found = await batchGet(db, { tombstones: keys }, { consistent: true });
  return subjects.flatMap((subject, index) => {
    const item = found.get('tombstones', keys[index] as Key) as Omit<Tombstone, 'subject'> | undefined;
    if (!item) return [];
    const { erasedAt, receiptId, returnedAt } = item;
    return [{ subject, erasedAt, receiptId, ...(returnedAt !== undefined && { returnedAt }) }];
  });
}

/** Those of them that stand: nobody of these has come back. */
export async function findTombstones(
  db: Database,
  brand: string,
  linkSecret: string,
  subjects: readonly Subject[],
): Promise<Tombstone[]> {
  return (await allTombstones(db, brand, linkSecret, subjects)).filter(({ returnedAt }) => returnedAt === undefined);
}

/** Sets a tombstone, or again the one of somebody who had come back. Repeating it changes nothing. */
export async function putTombstone(
  db: Database,
  brand: string,
  linkSecret: string,
  { subject, erasedAt, receiptId }: Tombstone,
): Promise<void> {
  const key = tombstoneKey(linkSecret, brand, subject);
  await db.client.send(
    new PutItemCommand({
      TableName: db.table('tombstones'),
      Item: toItem({ ...key, entity: 'tombstone', erasedAt, receiptId }),
    }),
  );
}

/** Notes that somebody is back. It stays known when they were erased: an older backup must not bring back what was. */
export async function noteReturn(
  db: Database,
  brand: string,
  linkSecret: string,
  { subject, erasedAt }: Tombstone,
  now: number,
): Promise<void> {
  try {
    await db.client.send(
      new UpdateItemCommand({
        TableName: db.table('tombstones'),
        Key: toKey(tombstoneKey(linkSecret, brand, subject)),
        UpdateExpression: 'SET returnedAt = :now',
        ConditionExpression: 'erasedAt = :erased',
        ExpressionAttributeValues: toItem({ ':now': now, ':erased': erasedAt }),
      }),
    );
  } catch (error) {
    // Erased again meanwhile: that stands.
    if (!(error instanceof ConditionalCheckFailedException)) throw error;
  }
}

/** Part of a transaction that brings somebody new: it fails where they were erased, and after their last consent. */
export function erasureCheck(
  db: Database,
  brand: string,
  linkSecret: string,
  { personId, agreedAt }: { personId: string; agreedAt: number },
): TransactWriteItem {
  return {
    ConditionCheck: {
      TableName: db.table('tombstones'),
      Key: toKey(tombstoneKey(linkSecret, brand, { personId })),
      ConditionExpression: 'attribute_not_exists(pk) OR attribute_exists(returnedAt) OR erasedAt < :agreed',
      ExpressionAttributeValues: toItem({ ':agreed': agreedAt }),
    },
  };
}

/** Begins a receipt; one that is there stays as it is. */
export async function beginReceipt(db: Database, receipt: Receipt): Promise<void> {
  try {
    await db.client.send(
      new PutItemCommand({
        TableName: db.table('tombstones'),
        Item: toItem({ ...tombstoneKeys.receipt(receipt.brand, receipt.receiptId), entity: 'receipt', ...receipt }),
        ConditionExpression: 'attribute_not_exists(pk)',
      }),
    );
  } catch (error) {
    if (!(error instanceof ConditionalCheckFailedException)) throw error;
  }
}

/** Adds to a receipt what has gone, and says how far it is. */
export async function addToReceipt(
  db: Database,
  { brand, receiptId }: Pick<Receipt, 'brand' | 'receiptId'>,
  { counts, state }: Pick<Receipt, 'counts' | 'state'>,
): Promise<Receipt> {
  const names = Object.keys(counts);
  const { Attributes } = await db.client.send(
    new UpdateItemCommand({
      TableName: db.table('tombstones'),
      Key: toKey(tombstoneKeys.receipt(brand, receiptId)),
      UpdateExpression: `SET ${['#state = :state', ...names.map((_, index) => `counts.#n${index} = if_not_exists(counts.#n${index}, :zero) + :n${index}`)].join(', ')}`,
      ExpressionAttributeNames: {
        '#state': 'state',
        ...Object.fromEntries(names.map((name, index) => [`#n${index}`, name])),
      },
      ExpressionAttributeValues: toItem({
        ':state': state,
        ...(names.length > 0 && { ':zero': 0 }),
        ...Object.fromEntries(names.map((name, index) => [`:n${index}`, counts[name]])),
      }),
      ReturnValues: 'ALL_NEW',
    }),
  );
  return receiptOf(fromItem<Item>(Attributes ?? {}));
}

export async function getReceipt(db: Database, brand: string, receiptId: string): Promise<Receipt | undefined> {
  const key = tombstoneKeys.receipt(brand, receiptId);
  const item = (await batchGet(db, { tombstones: [key] }, { consistent: true })).get('tombstones', key);
  return item && receiptOf(item);
}

/** A brand's receipts, by their ids, which begin with the time. */
export async function listReceipts(db: Database, brand: string, page: PageRequest): Promise<Page<Receipt>> {
  const { pk } = tombstoneKeys.receipt(brand, '');
  const { items, ...rest } = await queryPage<Item>(db, 'tombstones', { pk, skPrefix: '', newestFirst: true }, page);
  return { items: items.map(receiptOf), ...rest };
}

const receiptOf = ({ receiptId, brand, erasedAt, source, state, counts }: Item): Receipt =>
  ({ receiptId, brand, erasedAt, source, state, counts }) as Receipt;

/** What an identifier or a person's id that comes in must not be: gone, without a word of theirs since. */
export type Admission = { linkSecret: string; now: number };

/** Somebody who was erased, and has agreed to nothing since. */
export class ErasedError extends Error {
  override name = 'ErasedError';
  readonly subject: Subject;
  constructor(subject: Subject) {
    super('who this is about was erased, and has agreed to nothing since');
    this.subject = subject;
  }
}

/**
 * The tombstones that end when these are written: those of somebody who has agreed to something after it, at `agreedAt`.
 * @throws ErasedError for one that stands
 */
export async function tombstonesLeft(
  db: Database,
  brand: string,
  { linkSecret }: Admission,
  { subjects, agreedAt }: { subjects: readonly Subject[]; agreedAt: number },
): Promise<Tombstone[]> {
  const tombstones = await findTombstones(db, brand, linkSecret, subjects);
  const standing = tombstones.find(({ erasedAt }) => agreedAt <= erasedAt);
  if (standing) throw new ErasedError(standing.subject);
  return tombstones;
}
