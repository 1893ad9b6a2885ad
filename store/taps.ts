import { ConditionalCheckFailedException, PutItemCommand, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { digestId } from '#core/hash.ts';
import { type Database, fromItem, toItem, toKey } from './client.ts';
import { doorKeys, type Tenant } from './keys.ts';

/**
 * A chip that signs counts its reads, and the counter only rises: whoever brings a higher one than ever before has just
 * been there, and whoever brings it again has not. One conditional write, so that of any number at once one is the tap.
 * The counter is kept for good, in a table that is backed up: a link from years ago must not become a tap because its
 * memory ran out. It is the chip's, not the tag's: a new chip in an old place begins anew, an old one elsewhere goes on.
 * @returns whether this is the tap; saying the same tap again is
 */
export async function riseCounter(
  db: Database,
  owner: Tenant,
  uid: string,
  { counter, tapId }: { counter: number; tapId: string },
): Promise<boolean> {
  try {
    await db.client.send(
      new UpdateItemCommand({
        TableName: db.table('plays'),
        Key: toKey(doorKeys.tagCounter(owner, uid)),
        UpdateExpression: 'SET lastCounter = :counter, tapId = :tap',
        ConditionExpression: 'attribute_not_exists(pk) OR lastCounter < :counter',
        ExpressionAttributeValues: toItem({ ':counter': counter, ':tap': tapId }),
        ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
      }),
    );
    return true;
  } catch (error) {
    if (!(error instanceof ConditionalCheckFailedException)) throw error;
    // Our own first try, whose answer was lost.
    return error.Item !== undefined && fromItem<{ tapId?: string }>(error.Item).tapId === tapId;
  }
}

/** Longer than the session of a tap, which is a day. */
const TAKER_TTL_SECONDS = 2 * 86_400;

/**
 * Makes a tap one person's, to one brand: somebody stood there once, so of all who bring it (a phone that forgot who it
 * was, tokens of an app, a copied cookie) the first has it. Only a digest is kept: the row is the tag owner's, and
 * whose people they are is the brand's. `at`: when it was tapped, epoch milliseconds.
 * @returns whether it is theirs; asking again is no harm
 */
export async function takeTap(
  db: Database,
  owner: Tenant,
  { tapId, at }: { tapId: string; at: number },
  { brand, personId }: { brand: string; personId: string },
): Promise<boolean> {
  const taker = digestId('taker', tapId, brand, personId);
  try {
    await db.client.send(
      new PutItemCommand({
        TableName: db.table('plays'),
        Item: toItem({ ...doorKeys.tap(owner, tapId, brand), taker, ttl: Math.ceil(at / 1000) + TAKER_TTL_SECONDS }),
        ConditionExpression: 'attribute_not_exists(pk) OR taker = :taker',
        ExpressionAttributeValues: toItem({ ':taker': taker }),
      }),
    );
    return true;
  } catch (error) {
    if (!(error instanceof ConditionalCheckFailedException)) throw error;
    return false;
  }
}

/** A code of a screen lives two minutes; the count of who used it, a day. */
const STRANGERS_TTL_SECONDS = 86_400;

/**
 * Counts a stranger who claims with a code that many can read at once. Whoever forgets their cookies is a new stranger,
 * so that without a limit one photograph of a screen would be any number of people standing before it.
 * @returns whether there was room for one more
 */
export async function admitStranger(
  db: Database,
  owner: Tenant,
  { tagId, slot, most, now }: { tagId: string; slot: number; most: number; now: number },
): Promise<boolean> {
  try {
    await db.client.send(
      new UpdateItemCommand({
        TableName: db.table('plays'),
        Key: toKey(doorKeys.strangers(owner, tagId, slot)),
        UpdateExpression: 'SET admitted = if_not_exists(admitted, :zero) + :one, #ttl = :ttl',
        ConditionExpression: 'attribute_not_exists(admitted) OR admitted < :most',
        ExpressionAttributeNames: { '#ttl': 'ttl' },
        ExpressionAttributeValues: toItem({
          ':zero': 0,
          ':one': 1,
          ':most': most,
          ':ttl': Math.ceil(now / 1000) + STRANGERS_TTL_SECONDS,
        }),
      }),
    );
    return true;
  } catch (error) {
    if (!(error instanceof ConditionalCheckFailedException)) throw error;
    return false;
  }
}
