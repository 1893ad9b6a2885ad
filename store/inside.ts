import { createHash } from 'node:crypto';
import { ConditionalCheckFailedException, PutItemCommand, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import type { DeviceState } from '#core/geo/detect.ts';
import { type Database, fromItem, type Item, type Key, toItem, toKey } from './client.ts';
import { deleteRows } from './erasure.ts';
import { presenceKeys } from './keys.ts';
import { PRESENCE_TTL_MS } from './presence.ts';
import { type Page, type PageRequest, queryPage } from './read.ts';

/** One place that everybody enters at once takes sixteen times what one partition takes: 16,000 visits begun a second. */
export const INSIDE_SHARDS = 16;

/**
 * A visit that stands, as its row tells it: put when it begins, deleted when it ends, so that a campaign finds who is
 * inside without walking through everybody's state. `since` in epoch milliseconds.
 *
 * The row is a hint and the device's state the truth. A row that was lost in a crash is a person whom no launch finds;
 * one that was left behind is looked at in vain, and gone a day later.
 */
export type Inside = { deviceId: string; placeId: string; since: number };

/** That a campaign has found a visit. `at`: when the phone was last heard of then, epoch ms; `round`: in which look of the launch. */
export type Told = { at: number; round: number };

const toldName = (campaignId: string): string => `told#${campaignId}`;

export const toldOf = (row: Inside, campaignId: string): Told | undefined =>
  (row as unknown as Item)[toldName(campaignId)] as Told | undefined;

const shardOf = (deviceId: string): number =>
  (createHash('sha256').update(deviceId).digest()[0] as number) % INSIDE_SHARDS;

const insideKey = (brand: string, deviceId: string, placeId: string): Key =>
  presenceKeys.inside(brand, shardOf(deviceId), placeId, deviceId);

/** Makes the rows of a device at these places say what its state says. Repeating it changes nothing. */
export async function noteInside(
  db: Database,
  brand: string,
  { deviceId, state, placeIds, now }: { deviceId: string; state: DeviceState; placeIds: Iterable<string>; now: number },
): Promise<void> {
  const sinceOf = new Map(state.visits.map(({ placeId, since }) => [placeId, since]));
  const over: Key[] = [];
  for (const placeId of new Set(placeIds)) {
    const since = sinceOf.get(placeId);
    if (since === undefined) over.push(insideKey(brand, deviceId, placeId));
    else await putInside(db, brand, { deviceId, placeId, since }, now);
  }
  if (over.length > 0) await deleteRows(db, { presence: over });
}

/** A row of the same visit that is there already keeps what campaigns have noted in it. */
async function putInside(db: Database, brand: string, visit: Inside, now: number): Promise<void> {
  const key = insideKey(brand, visit.deviceId, visit.placeId);
  try {
    await db.client.send(
      new PutItemCommand({
        TableName: db.table('presence'),
        Item: toItem({ ...key, ...visit, ttl: Math.floor((now + PRESENCE_TTL_MS) / 1000) }),
        ConditionExpression: 'attribute_not_exists(pk) OR #since <> :since',
        ExpressionAttributeNames: { '#since': 'since' },
        ExpressionAttributeValues: toItem({ ':since': visit.since }),
      }),
    );
  } catch (error) {
    if (!(error instanceof ConditionalCheckFailedException)) throw error;
  }
}

/** A page of one shard's visits: those at one place, or (`placeId` undefined) at any, by place. */
export async function listInside(
  db: Database,
  brand: string,
  { shard, placeId }: { shard: number; placeId: string | undefined },
  page: PageRequest,
): Promise<Page<Inside>> {
  // A place's rows begin as that of a device without a name would.
  const { pk, sk } = presenceKeys.inside(brand, shard, placeId ?? '', '');
  return await queryPage<Inside>(db, 'presence', { pk, skPrefix: placeId === undefined ? '' : sk }, page);
}

/**
 * Notes that a campaign has found a visit. The first note stands, and is what later ones get to know. Undefined where
 * the visit is over.
 */
export async function tellInside(
  db: Database,
  brand: string,
  { deviceId, placeId, since }: Inside,
  { campaignId, told }: { campaignId: string; told: Told },
): Promise<Told | undefined> {
  try {
    const { Attributes } = await db.client.send(
      new UpdateItemCommand({
        TableName: db.table('presence'),
        Key: toKey(insideKey(brand, deviceId, placeId)),
        UpdateExpression: 'SET #told = if_not_exists(#told, :told)',
        ConditionExpression: '#since = :since',
        ExpressionAttributeNames: { '#told': toldName(campaignId), '#since': 'since' },
        ExpressionAttributeValues: toItem({ ':told': told, ':since': since }),
        ReturnValues: 'ALL_NEW',
      }),
    );
    return toldOf(fromItem<Inside>(Attributes ?? {}), campaignId);
  } catch (error) {
    if (error instanceof ConditionalCheckFailedException) return undefined;
    throw error;
  }
}

/** The rows of the visits that a device's state tells of: they go with it. */
export function insideKeysOf(brand: string, deviceId: string, item: Item | undefined): Key[] {
  if (!item) return [];
  const { state } = JSON.parse(item.body as string) as { state: DeviceState };
  return state.visits.map(({ placeId }) => insideKey(brand, deviceId, placeId));
}
