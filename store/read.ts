import { BatchGetItemCommand, QueryCommand, type QueryCommandInput } from '@aws-sdk/client-dynamodb';
import type { TableName } from '#functions/routes.ts';
import { type Database, fromItem, type Item, type Key, toKey } from './client.ts';

/** DynamoDB's own limit for one BatchGetItem. */
const MAX_BATCH_KEYS = 100;
const MAX_ROUNDS = 8;
/** Items looked at in one query for the few that have an attribute: about 500 kB of ledger. */
const SPARSE_LIMIT = 1000;

export type Wanted = Partial<Record<TableName, readonly Key[]>>;
export type Found = { get: (table: TableName, key: Key) => Item | undefined };

/**
 * One BatchGetItem over several tables; keys that DynamoDB leaves unprocessed are asked for again, later and later.
 * `consistent` sees every write that was answered before, for twice the read units.
 */
export async function batchGet(db: Database, wanted: Wanted, { consistent = false } = {}): Promise<Found> {
  const items = new Map<string, Item>();
  const names = Object.keys(wanted) as TableName[];
  const tableOf = new Map(names.map((name) => [db.table(name), name]));
  // DynamoDB refuses a request that names one key twice.
  const distinct = new Map(
    names.flatMap((name) =>
      (wanted[name] ?? []).map(
        (key) => [`${name}/${key.pk}/${key.sk}`, { table: db.table(name), key: toKey(key) }] as const,
      ),
    ),
  );
  let pending = [...distinct.values()];
  for (let round = 0; pending.length > 0; round += 1) {
    if (round >= MAX_ROUNDS) throw new Error(`BatchGetItem left ${pending.length} keys unprocessed`);
    if (round > 0) await db.sleep(20 * 2 ** round);
    const request: Record<string, { Keys: ReturnType<typeof toKey>[]; ConsistentRead: boolean }> = {};
    for (const { table, key } of pending.slice(0, MAX_BATCH_KEYS)) {
      request[table] ??= { Keys: [], ConsistentRead: consistent };
      request[table].Keys.push(key);
    }
    const output = await db.client.send(new BatchGetItemCommand({ RequestItems: request }));
    for (const [table, found] of Object.entries(output.Responses ?? {})) {
      for (const item of found) {
        const plain = fromItem<Item>(item);
        items.set(`${tableOf.get(table)}/${plain.pk}/${plain.sk}`, plain);
      }
    }
    const unprocessed = Object.entries(output.UnprocessedKeys ?? {}).flatMap(([table, { Keys = [] }]) =>
      Keys.map((key) => ({ table, key: key as ReturnType<typeof toKey> })),
    );
    pending = [...unprocessed, ...pending.slice(MAX_BATCH_KEYS)];
    // A first request's remainder is not a retry: only unprocessed keys count as one.
    if (unprocessed.length === 0) round = -1;
  }
  return { get: (table, { pk, sk }) => items.get(`${table}/${pk}/${sk}`) };
}

export type Page<T> = { items: T[]; cursor?: string };
/** A partition's items by sort key; with `having`, only those that have that attribute; `consistent` for twice the units. */
type Where = { pk: string; skPrefix: string; newestFirst?: boolean; having?: string; consistent?: boolean };
export type PageRequest = { limit: number; cursor?: string | undefined };

/** A cursor that was not made by this list. */
export class BadCursorError extends Error {
  override name = 'BadCursorError';
  constructor() {
    super('the cursor is not one that this list has given');
  }
}

/**
 * One page of the items of a partition whose sort key begins with `skPrefix`, in order or newest first.
 * The cursor is a sort key: it cannot point outside the partition that the caller may read.
 */
export async function queryPage<T>(db: Database, table: TableName, where: Where, page: PageRequest): Promise<Page<T>> {
  const input: QueryCommandInput = {
    TableName: db.table(table),
    KeyConditionExpression: where.skPrefix ? 'pk = :pk AND begins_with(sk, :sk)' : 'pk = :pk',
    ExpressionAttributeValues: { ':pk': { S: where.pk }, ...(where.skPrefix && { ':sk': { S: where.skPrefix } }) },
    ...(where.having !== undefined && {
      FilterExpression: 'attribute_exists(#having)',
      ExpressionAttributeNames: { '#having': where.having },
    }),
    ScanIndexForward: !where.newestFirst,
    ConsistentRead: where.consistent === true,
    Limit: page.limit,
  };
  if (page.cursor !== undefined) {
    input.ExclusiveStartKey = toKey({ pk: where.pk, sk: decodeCursor(page.cursor, where.skPrefix) });
  }
  const output = await db.client.send(new QueryCommand(input));
  const items = (output.Items ?? []).map((item) => fromItem<T>(item));
  const last = output.LastEvaluatedKey?.sk?.S;
  return last === undefined ? { items } : { items, cursor: encodeCursor(last) };
}

/**
 * One page of several partitions as if they were one: of those whose sort keys are of one kind, merged by them. The
 * cursor is a sort key here too, and means the same in each of them.
 */
export async function queryMerged<T extends { sk: string }>(
  partitions: readonly string[],
  page: PageRequest,
  read: (pk: string) => Promise<Page<T>>,
): Promise<Page<T>> {
  const pages = await Promise.all(partitions.map(read));
  if (pages.length === 1) return pages[0] as Page<T>;
  const merged = pages.flatMap(({ items }) => items).sort((a, b) => (a.sk < b.sk ? 1 : -1));
  // Beyond where a partition has been read to, it may have more that comes before what others have.
  const ends = pages.flatMap(({ cursor }) => (cursor === undefined ? [] : Buffer.from(cursor, 'base64url').toString()));
  const horizon = ends.sort().at(-1) ?? '';
  const sure = merged.filter(({ sk }) => sk >= horizon);
  const last = sure.slice(0, page.limit).at(-1)?.sk;
  // What has the same key in several partitions stays together: the cursor leads past all of it.
  const items = last === undefined ? [] : sure.filter(({ sk }) => sk >= last);
  if (items.length < sure.length && last !== undefined) return { items, cursor: encodeCursor(last) };
  return ends.length > 0 ? { items, cursor: encodeCursor(horizon) } : { items };
}

/** A page of the few items of a partition that have the attribute `having`; it may be short and still have a cursor. */
export async function querySparse<T extends { sk: string }>(
  db: Database,
  table: TableName,
  where: Where & { having: string },
  page: PageRequest,
): Promise<Page<T>> {
  const items: T[] = [];
  let cursor = page.cursor;
  for (let round = 0; round < MAX_ROUNDS; round += 1) {
    const read: Page<T> = await queryPage<T>(db, table, where, { limit: SPARSE_LIMIT, cursor });
    items.push(...read.items);
    const last = items[page.limit - 1];
    if (last && (items.length > page.limit || read.cursor !== undefined)) {
      return { items: items.slice(0, page.limit), cursor: encodeCursor(last.sk) };
    }
    cursor = read.cursor;
    if (cursor === undefined) return { items };
  }
  return cursor === undefined ? { items } : { items, cursor };
}

/** Every item of such a partition, page by page. */
export async function* queryAll<T>(
  db: Database,
  table: TableName,
  where: Pick<Where, 'pk' | 'skPrefix' | 'consistent'>,
): AsyncGenerator<T> {
  let cursor: string | undefined;
  do {
    const page: Page<T> = await queryPage<T>(db, table, where, { limit: 1000, cursor });
    yield* page.items;
    cursor = page.cursor;
  } while (cursor !== undefined);
}

const encodeCursor = (sk: string): string => Buffer.from(sk).toString('base64url');

function decodeCursor(cursor: string, skPrefix: string): string {
  const bytes = Buffer.from(cursor, 'base64url');
  const sk = bytes.toString();
  // 1024 bytes are DynamoDB's limit for a sort key.
  if (!sk.startsWith(skPrefix) || bytes.length > 1024 || encodeCursor(sk) !== cursor) throw new BadCursorError();
  return sk;
}
