import { createHmac } from 'node:crypto';
import { ConditionalCheckFailedException, PutItemCommand, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { macOf } from '#core/model/connector.ts';
import type { Visits } from '#core/signals/visit-window.ts';
import { type Database, toItem, toKey } from './client.ts';
import { doorKeys, type Tenant } from './keys.ts';
import { batchGet } from './read.ts';

const DAY_MS = 86_400_000;
/** A station is its guest's for at most a day, and its pepper is gone the day after. */
const LINK_MS = DAY_MS;

/** A network whose stations we may link to its guests: a connector's, which is the portal's and the controller's. */
export type Network = { owner: Tenant; connectorId: string; venueSecret: string };

/** A network address that a guest has logged in with, and what was told of them since. */
export type LinkedStation = { mac: string; stationHash: string; guestId: string; visits: Visits; version: number };

/**
 * What stands for a MAC address on one day, on one network: HMAC-SHA256 under a pepper of the owner's and the day's.
 * Nobody finds the same phone again on the next day or next door, and without our secret nobody finds it at all.
 */
function stationHashOf({ owner, connectorId, venueSecret }: Network, mac: string, day: number): string {
  const pepper = createHmac('sha256', venueSecret).update(`station-pepper/${owner.kind}/${owner.id}/${day}`).digest();
  return createHmac('sha256', pepper).update(`${connectorId}/${mac}`).digest('base64url');
}

const dayOf = (now: number): number => Math.floor(now / DAY_MS);

/** Remembers for a day at most that a station is a guest's: called when they log in. An address that is none is left. */
export async function linkStation(
  db: Database,
  network: Network,
  { mac, guestId, now }: { mac: string; guestId: string; now: number },
): Promise<void> {
  const address = macOf(mac);
  if (address === undefined) return;
  const stationHash = stationHashOf(network, address, dayOf(now));
  const key = doorKeys.station(network.owner, stationHash);
  const ttl = Math.ceil((now + LINK_MS) / 1000);
  // First, so that no station is a guest's and cannot be found by who they are.
  const mark = { pk: doorKeys.stationsOf(network.owner, guestId), sk: stationHash, ttl };
  await db.client.send(new PutItemCommand({ TableName: db.table('presence'), Item: toItem(mark) }));
  await db.client.send(
    new UpdateItemCommand({
      TableName: db.table('presence'),
      Key: toKey(key),
      UpdateExpression: 'SET guestId = :guest, expiresAt = :expires, #ttl = :ttl ADD #version :one',
      ExpressionAttributeNames: { '#ttl': 'ttl', '#version': 'version' },
      ExpressionAttributeValues: toItem({
        ':guest': guestId,
        ':expires': now + LINK_MS,
        ':ttl': ttl,
        ':one': 1,
      }),
    }),
  );
}

/** Of these addresses those that are a guest's now, by address. Nothing is written, and nothing is kept of the others. */
export async function findGuests(
  db: Database,
  network: Network,
  macs: readonly string[],
  now: number,
): Promise<Map<string, LinkedStation>> {
  const candidates = macs.map((mac) => ({
    mac,
    hashes: [dayOf(now), dayOf(now) - 1].map((day) => stationHashOf(network, mac, day)),
  }));
  const keyOf = (hash: string) => doorKeys.station(network.owner, hash);
  const keys = candidates.flatMap(({ hashes }) => hashes.map(keyOf));
  if (keys.length === 0) return new Map();
  const found = await batchGet(db, { presence: keys }, { consistent: true });
  const linked = new Map<string, LinkedStation>();
  for (const { mac, hashes } of candidates) {
    for (const stationHash of hashes) {
      const item = found.get('presence', keyOf(stationHash)) as StoredStation | undefined;
      // DynamoDB takes up to two days to delete what is over.
      if (!item || item.expiresAt <= now || linked.has(mac)) continue;
      const { guestId, version, visits } = item;
      linked.set(mac, { mac, stationHash, guestId, version, visits: visits?.of === guestId ? visits.at : {} });
    }
  }
  return linked;
}

type StoredStation = { guestId: string; expiresAt: number; version: number; visits?: { of: string; at: Visits } };

/** Notes what has been told of a guest. False when somebody has noted something meanwhile: then look again. */
export async function saveVisits(
  db: Database,
  owner: Tenant,
  { stationHash, guestId, version }: LinkedStation,
  visits: Visits,
): Promise<boolean> {
  try {
    await db.client.send(
      new UpdateItemCommand({
        TableName: db.table('presence'),
        Key: toKey(doorKeys.station(owner, stationHash)),
        UpdateExpression: 'SET visits = :visits ADD #version :one',
        ConditionExpression: '#version = :before',
        ExpressionAttributeNames: { '#version': 'version' },
        ExpressionAttributeValues: toItem({
          ':visits': { of: guestId, at: visits },
          ':before': version,
          ':one': 1,
        }),
      }),
    );
    return true;
  } catch (error) {
    if (error instanceof ConditionalCheckFailedException) return false;
    throw error;
  }
}
