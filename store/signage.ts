import { GetItemCommand, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { putItems } from './catalogue.ts';
import { type Database, fromItem, type Item, toItem, toKey } from './client.ts';
import { type SignageKind, signageKeys, type Tenant } from './keys.ts';
import { type Page, type PageRequest, queryPage } from './read.ts';

/** An entry is one JSON document; DynamoDB takes items of 400 kB, keys and names included. */
const MAX_ENTRY_BYTES = 380_000;

type StoredEntry = { sk: string; body: string };

/** Creates or replaces what a tenant has at its screens and doors. @throws RangeError when it is too large */
export async function putSignage(
  db: Database,
  owner: Tenant,
  kind: SignageKind,
  id: string,
  body: unknown,
): Promise<void> {
  const text = JSON.stringify(body);
  if (Buffer.byteLength(text) > MAX_ENTRY_BYTES)
    throw new RangeError(`the ${kind} is larger than ${MAX_ENTRY_BYTES} bytes`);
  await db.client.send(
    new PutItemCommand({ TableName: db.table('catalogue'), Item: toItem(signageItem(owner, kind, id, text)) }),
  );
}

/** Many small ones of one kind, no two with one id. */
export function putManySignage(
  db: Database,
  owner: Tenant,
  kind: SignageKind,
  entries: readonly { id: string; body: unknown }[],
): Promise<void> {
  return putItems(
    db,
    entries.map(({ id, body }) => signageItem(owner, kind, id, JSON.stringify(body))),
  );
}

/** `body` is the entry as JSON. */
export const signageItem = (owner: Tenant, kind: SignageKind, id: string, body: string): Item => ({
  ...signageKeys.entry(owner, kind, id),
  entity: kind,
  body,
});

export async function getSignage<T>(
  db: Database,
  owner: Tenant,
  kind: SignageKind,
  id: string,
): Promise<T | undefined> {
  const output = await db.client.send(
    new GetItemCommand({
      TableName: db.table('catalogue'),
      Key: toKey(signageKeys.entry(owner, kind, id)),
      ConsistentRead: true,
    }),
  );
  return output.Item && (JSON.parse(fromItem<StoredEntry>(output.Item).body) as T);
}

/** Whether it is there, without reading what may be a picture. */
export async function hasSignage(db: Database, owner: Tenant, kind: SignageKind, id: string): Promise<boolean> {
  const output = await db.client.send(
    new GetItemCommand({
      TableName: db.table('catalogue'),
      Key: toKey(signageKeys.entry(owner, kind, id)),
      ProjectionExpression: 'pk',
      ConsistentRead: true,
    }),
  );
  return output.Item !== undefined;
}

export async function listSignage<T>(
  db: Database,
  owner: Tenant,
  kind: SignageKind,
  page: PageRequest,
): Promise<Page<T>> {
  const where = { pk: signageKeys.partition(owner), skPrefix: `${kind}#` };
  const { items, ...rest } = await queryPage<StoredEntry>(db, 'catalogue', where, page);
  return { items: items.map(({ body }) => JSON.parse(body) as T), ...rest };
}
