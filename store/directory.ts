import {
  ConditionalCheckFailedException,
  GetItemCommand,
  PutItemCommand,
  TransactionCanceledException,
  TransactWriteItemsCommand,
} from '@aws-sdk/client-dynamodb';
import { type Database, fromItem, type Item, toItem, toKey } from './client.ts';
import { type AddressKind, addressKeys, type Tenant } from './keys.ts';

/** DynamoDB's own limit for one transaction. */
const MAX_TOGETHER = 100;

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

/** The same for many. @returns the ids that belong to somebody else; all others are claimed */
export async function claimAddresses(
  db: Database,
  kind: AddressKind,
  addresses: ReadonlyMap<string, Address>,
): Promise<Set<string>> {
  const all = [...addresses];
  const taken = new Set<string>();
  for (let start = 0; start < all.length; start += MAX_TOGETHER) {
    const some = all.slice(start, start + MAX_TOGETHER);
    const puts = some.map(([id, address]) => ({
      Put: {
        TableName: db.table('catalogue'),
        Item: toItem(addressItem(kind, id, address)),
        ...freeOrOwn(address.owner),
      },
    }));
    try {
      await db.client.send(new TransactWriteItemsCommand({ TransactItems: puts }));
    } catch (error) {
      if (!(error instanceof TransactionCanceledException)) throw error;
      // One of them is somebody else's, or is being claimed at this very moment: each by itself, then.
      const claim = ([id, address]: [string, Address]) =>
        claimAddress(db, kind, id, address).catch((cause: unknown) => {
          if (!(cause instanceof AddressTakenError)) throw cause;
          taken.add(id);
        });
      await Promise.all(some.map(claim));
    }
  }
  return taken;
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
