import { ConditionalCheckFailedException, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
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
