import { ConditionalCheckFailedException, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { type Database, toItem } from './client.ts';
import { doorKeys } from './keys.ts';

/** Marks a handed-over token as used; false when it was. `expiresAt` in epoch milliseconds: then it is of no use anyway. */
export async function spendHandover(
  db: Database,
  brand: string,
  { tokenId, expiresAt }: { tokenId: string; expiresAt: number },
): Promise<boolean> {
  try {
    await db.client.send(
      new PutItemCommand({
        TableName: db.table('plays'),
        Item: toItem({ ...doorKeys.handover({ kind: 'brand', id: brand }, tokenId), ttl: Math.ceil(expiresAt / 1000) }),
        ConditionExpression: 'attribute_not_exists(pk)',
      }),
    );
    return true;
  } catch (error) {
    if (!(error instanceof ConditionalCheckFailedException)) throw error;
    return false;
  }
}
