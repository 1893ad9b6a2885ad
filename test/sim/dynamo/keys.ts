import { validation } from './errors.ts';
import { textBytes } from './size.ts';
import type { Item } from './values.ts';

export type Key = { pk: string; sk: string };
/** DynamoDB's limits for the two keys, in bytes. */
const MAX_BYTES = { pk: 2048, sk: 1024 } as const;
const KEY_NAMES = ['pk', 'sk'] as const;

export const isKeyName = (name: unknown): boolean => name === 'pk' || name === 'sk';

/** The key that a request names: both attributes and nothing else. Throws a ValidationException. */
export function keyOf(given: Item | undefined): Key {
  if (!given) throw validation('The provided key element does not match the schema');
  if (Object.keys(given).length !== KEY_NAMES.length || given.pk?.S === undefined || given.sk?.S === undefined)
    throw validation('The provided key element does not match the schema');
  return keyIn(given);
}

/** The key within an item. Throws a ValidationException. */
export function keyIn(item: Item): Key {
  const [pk, sk] = KEY_NAMES.map((name) => {
    const text = item[name]?.S;
    if (text === undefined)
      throw validation(`One or more parameter values were invalid: Missing the key ${name} in the item, or its type`);
    if (textBytes(text) > MAX_BYTES[name])
      throw validation(
        `One or more parameter values were invalid: Size of ${name} has exceeded the maximum size limit`,
      );
    return text;
  });
  return { pk: pk as string, sk: sk as string };
}

/** Empty keys are refused before anything else is looked at, in transactions too. */
export function refuseEmptyKeys(item: Item | undefined): void {
  for (const name of KEY_NAMES) {
    if (item?.[name]?.S === '')
      throw validation(
        `One or more parameter values are not valid. The AttributeValue for a key attribute cannot contain an empty string value. Key: ${name}`,
      );
  }
}

export const keyItem = ({ pk, sk }: Key): Item => ({ pk: { S: pk }, sk: { S: sk } });
/** One text for one key: lengths keep two keys from reading as one. */
export const keyText = ({ pk, sk }: Key): string => `${pk.length}:${pk}${sk}`;
