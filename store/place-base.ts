import { randomUUID } from 'node:crypto';
import {
  ConditionalCheckFailedException,
  DeleteItemCommand,
  PutItemCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import { type Database, type Item, toItem, toKey } from './client.ts';
import { catalogueKeys, placeBaseKeys, type Tenant } from './keys.ts';
import { queryAll } from './read.ts';

/** Deletions under way. */
const AT_ONCE = 25;

/**
 * A tenant's many places as files that were built once (`functions/build-places`), so that no process has to read them
 * all. The catalogue still has every place; beside it stands which of them have changed since.
 */
export type PlaceBase = {
  /** Where the manifest is: the files by tile. */
  manifest: string;
};

/** Written before a place is, and gone once a base has what the place was then: what has no mark is in the base as it is. */
export type Mark = { placeId: string; stamp: string };

export type Marks = {
  marks: Mark[];
  /** Places of the base that have a sensitive tag, or had one when it was built. */
  taggedIds: string[];
};

/** @param placeIds each once; they are about to be written or deleted */
export const marksOf = (tenant: Tenant, placeIds: readonly string[]): Item[] =>
  placeIds.map((placeId) => ({ ...placeBaseKeys.mark(tenant, placeId), entity: 'place-mark', stamp: randomUUID() }));

export async function putMark(db: Database, tenant: Tenant, placeId: string): Promise<void> {
  for (const mark of marksOf(tenant, [placeId])) {
    await db.client.send(new PutItemCommand({ TableName: db.table('catalogue'), Item: toItem(mark) }));
  }
}

/** Ask for the base after this, or ask again whether it is still the same: a new one takes its marks away. */
export async function readMarks(db: Database, tenant: Tenant): Promise<Marks> {
  const found: Marks = { marks: [], taggedIds: [] };
  const where = { pk: placeBaseKeys.partition(tenant), skPrefix: '', consistent: true };
  for await (const row of queryAll<{ sk: string; stamp?: string; placeIds?: string[] }>(db, 'catalogue', where)) {
    if (row.stamp !== undefined) found.marks.push({ placeId: placeBaseKeys.placeIdOf(row.sk), stamp: row.stamp });
    else found.taggedIds = row.placeIds ?? [];
  }
  return found;
}

/** Takes away the marks of what is in the base now; one that was set again meanwhile stays. */
export async function clearMarks(db: Database, tenant: Tenant, marks: readonly Mark[]): Promise<void> {
  for (let start = 0; start < marks.length; start += AT_ONCE) {
    await Promise.all(marks.slice(start, start + AT_ONCE).map((mark) => clearMark(db, tenant, mark)));
  }
}

async function clearMark(db: Database, tenant: Tenant, { placeId, stamp }: Mark): Promise<void> {
  try {
    await db.client.send(
      new DeleteItemCommand({
        TableName: db.table('catalogue'),
        Key: toKey(placeBaseKeys.mark(tenant, placeId)),
        ConditionExpression: 'stamp = :stamp',
        ExpressionAttributeValues: { ':stamp': { S: stamp } },
      }),
    );
  } catch (error) {
    if (!(error instanceof ConditionalCheckFailedException)) throw error;
  }
}

/** Before the base: a tag too many costs a read, one too few would tell that somebody was at a sensitive place. */
export async function putTagged(db: Database, tenant: Tenant, placeIds: readonly string[]): Promise<void> {
  const Item = toItem({ ...placeBaseKeys.tagged(tenant), entity: 'places-tagged', placeIds: [...placeIds] });
  await db.client.send(new PutItemCommand({ TableName: db.table('catalogue'), Item }));
}

/** Puts a base in the place of `was`, and raises the version by which every process learns of it. False: another was quicker. */
export async function replaceBase(
  db: Database,
  tenant: Tenant,
  { base, was }: { base: PlaceBase; was: PlaceBase | undefined },
): Promise<boolean> {
  try {
    await db.client.send(
      new UpdateItemCommand({
        TableName: db.table('catalogue'),
        Key: toKey(catalogueKeys.meta(tenant)),
        UpdateExpression: 'SET placeBase = :base ADD #version :one',
        ConditionExpression: was ? 'placeBase.manifest = :was' : 'attribute_not_exists(placeBase)',
        ExpressionAttributeNames: { '#version': 'version' },
        ExpressionAttributeValues: toItem({ ':base': base, ':one': 1, ...(was && { ':was': was.manifest }) }),
      }),
    );
    return true;
  } catch (error) {
    if (error instanceof ConditionalCheckFailedException) return false;
    throw error;
  }
}
