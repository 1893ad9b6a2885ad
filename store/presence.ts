import { ConditionalCheckFailedException, PutItemCommand } from '@aws-sdk/client-dynamodb';
import type { DeviceState, Transition } from '#core/geo/detect.ts';
import { type Database, type Item, toItem } from './client.ts';
import { presenceKeys } from './keys.ts';

/** Precise positions live at most a day, whatever DynamoDB's own sweeper does. */
export const PRESENCE_TTL_MS = 24 * 3_600_000;
/** Transitions stay with the state for as long as their cause may be delivered again. */
const PENDING_MS = 15 * 60_000;

/**
 * What is known of a device. `pending` are the transitions whose signals may not have been published: they are written
 * with the state that they follow from, and published again whenever the fixes that caused them are delivered again.
 */
export type Presence = {
  version: number;
  state: DeviceState;
  pending: { transition: Transition /** Epoch ms of the write. */; writtenAt: number }[];
  writtenAt: number;
};

/** Presence from its item; one that has outlived its day counts as gone, whether or not it has been swept. */
export function presenceOf(item: Item | undefined, now: number): Presence | undefined {
  if (!item || (item.writtenAt as number) + PRESENCE_TTL_MS <= now) return undefined;
  const { state, pending } = JSON.parse(item.body as string) as Pick<Presence, 'state' | 'pending'>;
  return { version: item.version as number, state, pending, writtenAt: item.writtenAt as number };
}

/** The transitions whose signals may still have to be published. */
export const pendingOf = (presence: Presence | undefined, now: number): Presence['pending'] =>
  (presence?.pending ?? []).filter(({ writtenAt }) => writtenAt > now - PENDING_MS);

/** Writes the next version; false when another worker wrote one first. */
export async function putPresence(db: Database, brand: string, deviceId: string, presence: Presence): Promise<boolean> {
  const { version, state, pending, writtenAt } = presence;
  try {
    await db.client.send(
      new PutItemCommand({
        TableName: db.table('presence'),
        Item: toItem({
          ...presenceKeys.device(brand, deviceId),
          version,
          writtenAt,
          body: JSON.stringify({ state, pending }),
          ttl: Math.floor((writtenAt + PRESENCE_TTL_MS) / 1000),
        }),
        // An expired item may still lie there: its version is not ours to continue.
        ConditionExpression: 'attribute_not_exists(pk) OR #version = :before OR writtenAt <= :dead',
        ExpressionAttributeNames: { '#version': 'version' },
        ExpressionAttributeValues: toItem({ ':before': version - 1, ':dead': writtenAt - PRESENCE_TTL_MS }),
      }),
    );
    return true;
  } catch (error) {
    if (error instanceof ConditionalCheckFailedException) return false;
    throw error;
  }
}
