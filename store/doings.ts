import {
  ConditionalCheckFailedException,
  GetItemCommand,
  TransactionCanceledException,
  type TransactWriteItem,
  TransactWriteItemsCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import type { Behaviour } from '#core/model/behaviour.ts';
import { storedBehaviour } from './behaviour.ts';
import { type Database, fromItem, type Item, toItem, toKey } from './client.ts';
import { offerKeys, peopleKeys } from './keys.ts';
import { personOf, type StoredPerson } from './people.ts';

/** One profile as it is at this moment, by itself: whatever others it is linked to. */
export async function readOwnProfile(db: Database, brand: string, personId: string): Promise<StoredPerson | undefined> {
  const output = await db.client.send(
    new GetItemCommand({
      TableName: db.table('people'),
      Key: toKey(peopleKeys.person(brand, personId)),
      ConsistentRead: true,
    }),
  );
  return output.Item && personOf(fromItem<Item>(output.Item));
}

/** Remembers in a profile what its owner has done, as long as nobody has changed it since it was read. */
export function behaviourUpdate(
  brand: string,
  { person, standing }: StoredPerson,
  behaviour: Behaviour,
): Omit<NonNullable<TransactWriteItem['Update']>, 'TableName'> & { UpdateExpression: string } {
  return {
    Key: toKey(peopleKeys.person(brand, person.personId)),
    UpdateExpression: 'SET behaviour = :behaviour, #version = :next',
    ConditionExpression: '#version = :version',
    ExpressionAttributeNames: { '#version': 'version' },
    ExpressionAttributeValues: toItem({
      ':behaviour': storedBehaviour(behaviour),
      ':version': standing.version,
      ':next': standing.version + 1,
    }),
  };
}

/** A coupon that some redemption has used up, or that this one has not. */
export type WhileCoupon = { couponKey: string; redemptionId: string; isRedeemed: boolean };

/**
 * Writes what somebody has done. `changed` when their profile is not as it was read: look again; `moot` when the coupon
 * is no longer so, and whoever has changed it will say what holds. One unit for each kB of the profile, twice that and
 * two with a coupon.
 */
export async function putBehaviour(
  db: Database,
  brand: string,
  args: { profile: StoredPerson; behaviour: Behaviour; whileCoupon?: WhileCoupon | undefined },
): Promise<'written' | 'changed' | 'moot'> {
  const { profile, behaviour, whileCoupon } = args;
  const update = behaviourUpdate(brand, profile, behaviour);
  try {
    if (!whileCoupon) {
      await db.client.send(new UpdateItemCommand({ TableName: db.table('people'), ...update }));
      return 'written';
    }
    const TransactItems = [
      { Update: { TableName: db.table('people'), ...update } },
      { ConditionCheck: { TableName: db.table('offers'), ...couponCheck(brand, whileCoupon) } },
    ];
    await db.client.send(new TransactWriteItemsCommand({ TransactItems }));
    return 'written';
  } catch (error) {
    if (error instanceof ConditionalCheckFailedException) return 'changed';
    // A transaction is changing the profile at this moment.
    if ((error as Error).name === 'TransactionConflictException') return 'changed';
    if (!(error instanceof TransactionCanceledException)) throw error;
    return error.CancellationReasons?.[1]?.Code === 'ConditionalCheckFailed' ? 'moot' : 'changed';
  }
}

function couponCheck(brand: string, { couponKey, redemptionId, isRedeemed }: WhileCoupon) {
  const isSo = '#state = :redeemed AND redemption.redemptionId = :id';
  return {
    Key: toKey(offerKeys.coupon(brand, couponKey)),
    ConditionExpression: isRedeemed ? isSo : `NOT (${isSo})`,
    ExpressionAttributeNames: { '#state': 'state' },
    ExpressionAttributeValues: toItem({ ':redeemed': 'redeemed', ':id': redemptionId }),
  };
}
