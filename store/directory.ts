import { ConditionalCheckFailedException, GetItemCommand, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { type Database, fromItem, type Item, toItem, toKey } from './client.ts';
import { type AddressKind, addressKeys, type Tenant } from './keys.ts';

/** The id is another tenant's. */
export class AddressTakenError extends Error {
  override name = 'AddressTakenError';
}

/** What a stranger's id leads to: whose it is, and what of theirs. */
export type Address = { owner: Tenant; target?: string | undefined };

export const addressItem = (kind: AddressKind, id: string, { owner, target }: Address): Item => ({
  ...addressKeys.address(kind, id),
  ownerKind: owner.kind,
  ownerId: owner.id,
  target,
});

/** The condition that an address is nobody's yet, or this owner's. */
export const freeOrOwn = ({ kind, id }: Tenant) => ({
  ConditionExpression: 'attribute_not_exists(pk) OR (ownerKind = :kind AND ownerId = :id)',
  ExpressionAttributeValues: { ':kind': { S: kind }, ':id': { S: id } },
});

/**
 * Makes an id that strangers name (a tag's, a connector's, a player's) lead to its owner. Saying it twice is once.
 * @throws AddressTakenError
 */
export async function claimAddress(
  db: Database,
  kind: AddressKind,
  id: string,
  { owner, target }: Address,
): Promise<void> {
  try {
    await db.client.send(
      new PutItemCommand({
        TableName: db.table('catalogue'),
        Item: toItem(addressItem(kind, id, { owner, target })),
        ...freeOrOwn(owner),
      }),
    );
  } catch (error) {
    if (!(error instanceof ConditionalCheckFailedException)) throw error;
    throw new AddressTakenError(`the ${kind} ${id} belongs to somebody else`, { cause: error });
  }
}

export async function findAddress(db: Database, kind: AddressKind, id: string): Promise<Address | undefined> {
  const output = await db.client.send(
    new GetItemCommand({ TableName: db.table('catalogue'), Key: toKey(addressKeys.address(kind, id)) }),
  );
  if (!output.Item) return undefined;
  const { ownerKind, ownerId, target } = fromItem<{ ownerKind: Tenant['kind']; ownerId: string; target?: string }>(
    output.Item,
  );
  return { owner: { kind: ownerKind, id: ownerId }, target };
}
