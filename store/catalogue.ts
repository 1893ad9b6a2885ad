import {
  BatchWriteItemCommand,
  ConditionalCheckFailedException,
  DeleteItemCommand,
  GetItemCommand,
  PutItemCommand,
  type TransactWriteItem,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import { type BrandInput, type BrandRules, DEFAULT_BRAND_RULES } from '#core/model/brand.ts';
import { type Database, fromItem, type Item, toItem, toKey } from './client.ts';
import { type CatalogueKind, catalogueKeys, type Tenant } from './keys.ts';
import { marksOf, type PlaceBase, putMark } from './place-base.ts';
import { type Page, type PageRequest, queryAll, queryPage } from './read.ts';

/** An entry is one JSON document; DynamoDB takes items of 400 kB, keys and names included. */
const MAX_ENTRY_BYTES = 380_000;
const BATCH_WRITE_ITEMS = 25;

export class EntryTooLargeError extends Error {
  override name = 'EntryTooLargeError';
}

/** What a tenant is, what a brand asks of every decision, and the version that every change of the catalogue raises. */
export type CatalogueMeta = {
  version: number;
  timeZone: string;
  venues: string[];
  rules: BrandRules;
  /** Of a tenant with many places. */
  placeBase?: PlaceBase | undefined;
};
export type Entry<T> = { id: string; body: T };
type StoredEntry = { sk: string; body: string };

/** Somebody else has changed the entry since it was read. */
export class EntryChangedError extends Error {
  override name = 'EntryChangedError';
}

/**
 * Creates or replaces the entry, then raises the version by which every process learns of it.
 * @throws EntryChangedError when `was` is given and is not what is there (undefined: nothing is there)
 */
export async function putEntry(
  db: Database,
  tenant: Tenant,
  kind: CatalogueKind,
  entry: Entry<unknown>,
  was?: { body: unknown },
): Promise<void> {
  if (kind === 'place') await putMark(db, tenant, entry.id);
  try {
    await db.client.send(
      new PutItemCommand({
        TableName: db.table('catalogue'),
        Item: toItem(storedEntry(tenant, kind, entry)),
        ...(was && unchangedSince(was.body)),
      }),
    );
  } catch (error) {
    if (!(error instanceof ConditionalCheckFailedException)) throw error;
    throw new EntryChangedError(`the ${kind} ${entry.id} has changed`, { cause: error });
  }
  await raiseVersion(db, tenant);
}

/** The condition that an entry is what it was when it was read (undefined: that there is none). */
function unchangedSince(body: unknown) {
  if (body === undefined) return { ConditionExpression: 'attribute_not_exists(pk)' };
  return {
    ConditionExpression: 'body = :was',
    ExpressionAttributeValues: { ':was': { S: JSON.stringify(body) } },
  };
}

/** Many entries of one kind, and one new version. A failure half-way leaves a prefix; the same call again completes it. */
export async function putEntries(
  db: Database,
  tenant: Tenant,
  kind: CatalogueKind,
  entries: Entry<unknown>[],
): Promise<void> {
  const items = entries.map((entry) => storedEntry(tenant, kind, entry));
  const placeIds = kind === 'place' ? entries.map(({ id }) => id) : [];
  // All marks before any place: a batch is carried out in no order.
  await putItems(db, marksOf(tenant, placeIds));
  await putItems(db, items);
  await raiseVersion(db, tenant);
}

/** Many items, in order; no two have one key. A failure half-way leaves a prefix. */
export async function putItems(db: Database, items: readonly Item[]): Promise<void> {
  const table = db.table('catalogue');
  const puts = items.map((item) => ({ PutRequest: { Item: toItem(item) } }));
  for (let start = 0; start < puts.length; start += BATCH_WRITE_ITEMS) {
    let request = puts.slice(start, start + BATCH_WRITE_ITEMS);
    for (let round = 0; request.length > 0; round += 1) {
      if (round > 8) throw new Error(`BatchWriteItem left ${request.length} entries unprocessed`);
      if (round > 0) await db.sleep(20 * 2 ** round);
      const output = await db.client.send(new BatchWriteItemCommand({ RequestItems: { [table]: request } }));
      request = (output.UnprocessedItems?.[table] ?? []) as typeof request;
    }
  }
}

export async function getEntry<T>(
  db: Database,
  tenant: Tenant,
  kind: CatalogueKind,
  id: string,
): Promise<T | undefined> {
  const output = await db.client.send(
    new GetItemCommand({
      TableName: db.table('catalogue'),
      Key: toKey(catalogueKeys.entry(tenant, kind, id)),
      ConsistentRead: true,
    }),
  );
  return output.Item && parseEntry<T>(fromItem<StoredEntry>(output.Item)).body;
}

/** Every entry of a kind as of now. */
export async function allEntries<T>(db: Database, tenant: Tenant, kind: CatalogueKind): Promise<T[]> {
  const where = { pk: catalogueKeys.partition(tenant), skPrefix: `${kind}#`, consistent: true };
  const entries: T[] = [];
  for await (const stored of queryAll<StoredEntry>(db, 'catalogue', where)) entries.push(parseEntry<T>(stored).body);
  return entries;
}

/** Takes an entry away, then raises the version. False where there is none. */
export async function deleteEntry(db: Database, tenant: Tenant, kind: CatalogueKind, id: string): Promise<boolean> {
  if (kind === 'place') await putMark(db, tenant, id);
  try {
    await db.client.send(
      new DeleteItemCommand({
        TableName: db.table('catalogue'),
        Key: toKey(catalogueKeys.entry(tenant, kind, id)),
        ConditionExpression: 'attribute_exists(pk)',
      }),
    );
  } catch (error) {
    if (error instanceof ConditionalCheckFailedException) return false;
    throw error;
  }
  await raiseVersion(db, tenant);
  return true;
}

export async function listEntries<T>(
  db: Database,
  tenant: Tenant,
  kind: CatalogueKind,
  page: PageRequest,
): Promise<Page<T>> {
  const where = { pk: catalogueKeys.partition(tenant), skPrefix: `${kind}#` };
  const { items, ...rest } = await queryPage<StoredEntry>(db, 'catalogue', where, page);
  return { items: items.map((item) => parseEntry<T>(item).body), ...rest };
}

export async function getMeta(db: Database, tenant: Tenant): Promise<CatalogueMeta> {
  const output = await db.client.send(
    new GetItemCommand({
      TableName: db.table('catalogue'),
      Key: toKey(catalogueKeys.meta(tenant)),
      ConsistentRead: true,
    }),
  );
  return metaOf(output.Item && fromItem(output.Item));
}

/**
 * Names, for a brand, the venues at whose places it may run campaigns; and a tenant's zone, unless it has one: whoever
 * starts a host again must not undo what a marketer has set.
 */
export async function putMeta(
  db: Database,
  tenant: Tenant,
  { timeZone, venues }: Pick<CatalogueMeta, 'timeZone' | 'venues'>,
): Promise<void> {
  await changeMeta(db, tenant, {
    set: '#timeZone = if_not_exists(#timeZone, :zone), venues = :venues',
    values: { ':zone': timeZone, ':venues': venues },
  });
}

/** Settings and the new version in one write: who sees the version has the settings. Venues stay as they are. */
export async function putBrandSettings(db: Database, brandId: string, settings: BrandInput): Promise<void> {
  const { timeZone, ...rules } = settings;
  await changeMeta(
    db,
    { kind: 'brand', id: brandId },
    { set: '#timeZone = :zone, brandRules = :rules', values: { ':zone': timeZone, ':rules': rules } },
  );
}

async function changeMeta(
  db: Database,
  tenant: Tenant,
  { set, values }: { set: string; values: Record<string, unknown> },
): Promise<void> {
  await db.client.send(
    new UpdateItemCommand({
      TableName: db.table('catalogue'),
      Key: toKey(catalogueKeys.meta(tenant)),
      UpdateExpression: `SET ${set} ADD #version :one`,
      ExpressionAttributeNames: { '#version': 'version', '#timeZone': 'timeZone' },
      ExpressionAttributeValues: toItem({ ...values, ':one': 1 }),
    }),
  );
}

export function metaOf(item: Record<string, unknown> | undefined): CatalogueMeta {
  // RULES, like TIMEZONE, is one of DynamoDB's reserved words.
  const meta = (item ?? {}) as Partial<Omit<CatalogueMeta, 'rules'> & { brandRules: BrandRules }>;
  const { version = 0, timeZone = 'UTC', venues = [], brandRules: rules = DEFAULT_BRAND_RULES, placeBase } = meta;
  return { version, timeZone, venues, rules, placeBase };
}

export function parseEntry<T>({ sk, body }: StoredEntry): { kind: CatalogueKind; id: string; body: T } {
  const separator = sk.indexOf('#');
  return { kind: sk.slice(0, separator) as CatalogueKind, id: sk.slice(separator + 1), body: JSON.parse(body) };
}

/** Why an entry cannot be stored, in words. */
export const entryRefusal = (body: unknown): string | undefined =>
  Buffer.byteLength(JSON.stringify(body)) > MAX_ENTRY_BYTES ? 'is too large to store; simplify it' : undefined;

function storedEntry(tenant: Tenant, kind: CatalogueKind, { id, body }: Entry<unknown>) {
  const text = JSON.stringify(body);
  if (Buffer.byteLength(text) > MAX_ENTRY_BYTES) {
    throw new EntryTooLargeError(`the ${kind} ${id} is larger than ${MAX_ENTRY_BYTES} bytes`);
  }
  return { ...catalogueKeys.entry(tenant, kind, id), entity: kind, body: text };
}

/** An entry and its new version as parts of a transaction; the entry, which may have changed, comes first. */
export function entryWrites(
  db: Database,
  tenant: Tenant,
  kind: CatalogueKind,
  { entry, was }: { entry: Entry<unknown>; was: unknown },
): [TransactWriteItem, TransactWriteItem] {
  const Item = toItem(storedEntry(tenant, kind, entry));
  return [
    { Put: { TableName: db.table('catalogue'), Item, ...unchangedSince(was) } },
    { Update: { TableName: db.table('catalogue'), ...versionRaise(tenant) } },
  ];
}

/** After the entry, never before: a reader that sees the new version must find the new entry. */
async function raiseVersion(db: Database, tenant: Tenant): Promise<void> {
  await db.client.send(new UpdateItemCommand({ TableName: db.table('catalogue'), ...versionRaise(tenant) }));
}

const versionRaise = (tenant: Tenant) => ({
  Key: toKey(catalogueKeys.meta(tenant)),
  UpdateExpression: 'ADD #version :one',
  ExpressionAttributeNames: { '#version': 'version' },
  ExpressionAttributeValues: { ':one': { N: '1' } },
});
