import {
  ConditionalCheckFailedException,
  GetItemCommand,
  PutItemCommand,
  TransactionCanceledException,
  TransactWriteItemsCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import type { Locale } from '#core/model/campaign.ts';
import type { PublicKey } from '#core/model/player.ts';
import type { Tag } from '#core/model/tag.ts';
import { type Database, fromItem, type Item, toItem, toKey } from './client.ts';
import { AddressTakenError, addressItem, freeOrOwn } from './directory.ts';
import { addressKeys, playKeys, signageKeys, type Tenant } from './keys.ts';
import { batchGet, queryAll } from './read.ts';
import { signageItem } from './signage.ts';

/** A player that shows its code and waits for somebody to say which screen it is. */
export type Pairing = { playerId: string; publicKey: PublicKey; expiresAt: number };
export type Player = { playerId: string; owner: Tenant; screenId: string; publicKey: PublicKey };

/** A player of a screen and how it is, as it said last; instants by our clock, epoch milliseconds. */
export type PlayerState = {
  playerId: string;
  pairedAt?: number;
  lastSeenAt?: number;
  health?: Record<string, unknown>;
};
/** What a screen shows for a moment because somebody beside it has got something. Nothing of the person. */
export type Reaction = { creativeId?: string | undefined; words: Partial<Record<Locale, string>>; at: number };

const MAX_TRIES = 4;

/** The code that a player's rotating QR leads to. */
export const qrTagId = (playerId: string): string => `qr-${playerId}`;

/** Keeps a code until it is used or has expired. False when another player shows the same. */
export async function addPairing(db: Database, code: string, pairing: Pairing, now: number): Promise<boolean> {
  const { playerId, publicKey, expiresAt } = pairing;
  const ttl = Math.ceil(expiresAt / 1000);
  try {
    await db.client.send(
      new PutItemCommand({
        TableName: db.table('catalogue'),
        Item: toItem({ ...addressKeys.address('pairing', code), playerId, publicKey, expiresAt, ttl }),
        // DynamoDB takes up to two days to delete what is over.
        ConditionExpression: 'attribute_not_exists(pk) OR expiresAt <= :now',
        ExpressionAttributeValues: { ':now': { N: String(now) } },
      }),
    );
    return true;
  } catch (error) {
    if (!(error instanceof ConditionalCheckFailedException)) throw error;
    return false;
  }
}

/**
 * Makes the player that shows `code` this screen's, and its QR code a tag of the screen: all at once, and the code is
 * used. Undefined where there is no such code, or no longer.
 * @throws AddressTakenError when the player is somebody else's
 */
export async function pairPlayer(
  db: Database,
  { owner, screenId, code, now }: { owner: Tenant; screenId: string; code: string; now: number },
): Promise<Player | undefined> {
  const pairing = await getPairing(db, code);
  if (!pairing || pairing.expiresAt <= now) return undefined;
  const { playerId, publicKey } = pairing;
  const tagId = qrTagId(playerId);
  const tag: Tag = { tagId, kind: 'qr', screenId };
  const address = { ...addressItem('player', playerId, { owner, target: screenId }), publicKey };
  const outcome = await transact(db, [
    {
      Delete: {
        TableName: db.table('catalogue'),
        Key: toKey(addressKeys.address('pairing', code)),
        ConditionExpression: 'playerId = :player',
        ExpressionAttributeValues: { ':player': { S: playerId } },
      },
    },
    { Put: { TableName: db.table('catalogue'), Item: toItem(address), ...freeOrOwn(owner) } },
    {
      Put: {
        TableName: db.table('catalogue'),
        Item: toItem(addressItem('tag', tagId, { owner, target: undefined })),
        ...freeOrOwn(owner),
      },
    },
    {
      Put: {
        TableName: db.table('catalogue'),
        Item: toItem(signageItem(owner, 'tag', tagId, JSON.stringify(tag))),
      },
    },
    {
      Put: {
        TableName: db.table('plays'),
        Item: toItem({ ...playKeys.player(owner, screenId, playerId), playerId, pairedAt: now }),
      },
    },
  ]);
  // Somebody else was faster with the same code.
  if (outcome.failed.includes(0)) return undefined;
  if (!outcome.done) throw new AddressTakenError(`the player ${playerId} belongs to somebody else`);
  return { playerId, owner, screenId, publicKey };
}

/** A player that belongs to a screen. Undefined for one that is not paired, or not any more. */
export async function getPlayer(db: Database, playerId: string): Promise<Player | undefined> {
  const output = await db.client.send(
    new GetItemCommand({ TableName: db.table('catalogue'), Key: toKey(addressKeys.address('player', playerId)) }),
  );
  if (!output.Item) return undefined;
  const { ownerKind, ownerId, target, publicKey } = fromItem<StoredPlayer>(output.Item);
  return { playerId, owner: { kind: ownerKind, id: ownerId }, screenId: target, publicKey };
}
type StoredPlayer = { ownerKind: Tenant['kind']; ownerId: string; target: string; publicKey: PublicKey };

/** Parts a player from its screen, and takes its QR code away. False when it is not that screen's. */
export async function revokePlayer(
  db: Database,
  { owner, screenId, playerId }: { owner: Tenant; screenId: string; playerId: string },
): Promise<boolean> {
  const tagId = qrTagId(playerId);
  const outcome = await transact(db, [
    {
      Delete: {
        TableName: db.table('catalogue'),
        Key: toKey(addressKeys.address('player', playerId)),
        ConditionExpression: 'ownerKind = :kind AND ownerId = :id AND target = :screen',
        ExpressionAttributeValues: { ':kind': { S: owner.kind }, ':id': { S: owner.id }, ':screen': { S: screenId } },
      },
    },
    { Delete: { TableName: db.table('catalogue'), Key: toKey(addressKeys.address('tag', tagId)) } },
    { Delete: { TableName: db.table('catalogue'), Key: toKey(signageKeys.entry(owner, 'tag', tagId)) } },
    { Delete: { TableName: db.table('plays'), Key: toKey(playKeys.player(owner, screenId, playerId)) } },
  ]);
  return outcome.done;
}

export async function putHealth(
  db: Database,
  { owner, screenId, playerId }: Player,
  { health, now }: { health: Record<string, unknown>; now: number },
): Promise<void> {
  await db.client.send(
    new UpdateItemCommand({
      TableName: db.table('plays'),
      Key: toKey(playKeys.player(owner, screenId, playerId)),
      UpdateExpression: 'SET #player = :player, #health = :health, #seen = :now',
      ExpressionAttributeNames: { '#player': 'playerId', '#health': 'health', '#seen': 'lastSeenAt' },
      ExpressionAttributeValues: toItem({ ':player': playerId, ':health': health, ':now': now }),
    }),
  );
}

/** All that are paired with a screen, whether or not they are ever heard of. */
export async function listPlayers(db: Database, owner: Tenant, screenId: string): Promise<PlayerState[]> {
  const where = { pk: playKeys.screen(owner, screenId), skPrefix: 'PLAYER#', consistent: true };
  const rows: PlayerState[] = [];
  for await (const row of queryAll<PlayerState>(db, 'plays', where)) rows.push(row);
  const keyOf = ({ playerId }: PlayerState) => addressKeys.address('player', playerId);
  const found = await batchGet(db, { catalogue: rows.map(keyOf) }, { consistent: true });
  // A player that hangs elsewhere by now has left its row behind.
  return rows.filter((row) => {
    const player = found.get('catalogue', keyOf(row)) as StoredPlayer | undefined;
    return player?.ownerKind === owner.kind && player.ownerId === owner.id && player.target === screenId;
  });
}

/** Lets a screen react; the player that asks next shows it. `at` in epoch milliseconds. */
export async function putReaction(db: Database, owner: Tenant, screenId: string, reaction: Reaction): Promise<void> {
  await db.client.send(
    new UpdateItemCommand({
      TableName: db.table('plays'),
      Key: toKey(playKeys.reaction(owner, screenId)),
      UpdateExpression: 'SET #reaction = :reaction ADD #n :one',
      ExpressionAttributeNames: { '#reaction': 'reaction', '#n': 'n' },
      ExpressionAttributeValues: toItem({ ':reaction': reaction, ':one': 1 }),
    }),
  );
}

/** The screen's last reaction, the `n`-th. */
export async function getReaction(
  db: Database,
  owner: Tenant,
  screenId: string,
): Promise<{ n: number; reaction?: Reaction }> {
  const output = await db.client.send(
    new GetItemCommand({
      TableName: db.table('plays'),
      Key: toKey(playKeys.reaction(owner, screenId)),
      ConsistentRead: true,
    }),
  );
  if (!output.Item) return { n: 0 };
  const { n, reaction } = fromItem<{ n: number; reaction: Reaction }>(output.Item);
  return { n, reaction };
}

async function getPairing(db: Database, code: string): Promise<Pairing | undefined> {
  const output = await db.client.send(
    new GetItemCommand({
      TableName: db.table('catalogue'),
      Key: toKey(addressKeys.address('pairing', code)),
      ConsistentRead: true,
    }),
  );
  return output.Item && fromItem<Pairing & Item>(output.Item);
}

type Writes = NonNullable<ConstructorParameters<typeof TransactWriteItemsCommand>[0]['TransactItems']>;

/** All of it or nothing; of nothing, whose conditions did not hold. */
async function transact(db: Database, TransactItems: Writes): Promise<{ done: boolean; failed: number[] }> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      await db.client.send(new TransactWriteItemsCommand({ TransactItems }));
      return { done: true, failed: [] };
    } catch (error) {
      if (!(error instanceof TransactionCanceledException)) throw error;
      const reasons = (error.CancellationReasons ?? []).map(({ Code }) => Code);
      const failed = reasons.flatMap((reason, index) => (reason === 'ConditionalCheckFailed' ? [index] : []));
      if (failed.length > 0) return { done: false, failed };
      if (attempt >= MAX_TRIES) throw error;
      // Two at once at the same code or screen: one of them is through by now.
      await db.sleep(10 * 2 ** attempt);
    }
  }
}
