import { GetItemCommand, type TransactWriteItem } from '@aws-sdk/client-dynamodb';
import type { Behaviour } from '#core/model/behaviour.ts';
import { storedBehaviour } from './behaviour.ts';
import { type Database, fromItem, type Item, toItem, toKey } from './client.ts';
import { peopleKeys } from './keys.ts';
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
