import type { Condition } from './condition.ts';
import { validation } from './errors.ts';
import { bind, conditionOf, type Given, updateOf } from './expressions.ts';
import { isKeyName, type Key, keyIn, keyItem, keyOf, refuseEmptyKeys } from './keys.ts';
import type { Bound } from './operands.ts';
import { checkedBytes, writeUnits } from './size.ts';
import type { Image, Table } from './table.ts';
import { applyUpdate, type Update, updatedPaths } from './update.ts';
import { canonicalItem, equalItems, type Item } from './values.ts';

export type WriteKind = 'Put' | 'Update' | 'Delete' | 'ConditionCheck';
/** The fields that PutItem, UpdateItem, DeleteItem and the operations of a transaction share. */
export type WriteInput = Given & {
  TableName?: string | undefined;
  Key?: unknown;
  Item?: unknown;
  ConditionExpression?: string | undefined;
  UpdateExpression?: string | undefined;
  ReturnValuesOnConditionCheckFailure?: string | undefined;
};

/** One write that has been read and bound, and may be carried out or refused as one of several. */
export type Write = {
  kind: WriteKind;
  table: Table;
  key: Key;
  bound: Bound;
  condition: Condition | undefined;
  update: Update | undefined;
  /** The image of a Put. */
  put: Image | undefined;
  returnsOld: boolean;
  /** What the request says, for telling two requests with one token apart. */
  texts: readonly (string | undefined)[];
};

/** A write of which the key has not been looked for yet; `given` is its item, or its key. */
export type Unlocated = Omit<Write, 'key'> & { given: Item };

/** Reads one write. Throws a ValidationException for what is wrong whatever the table holds. */
export const readWrite = (kind: WriteKind, table: Table, input: WriteInput): Write =>
  locate(readBody(kind, table, input));

/** Apart from the rest, for a transaction answers a wrong key with a cancellation. Throws a ValidationException. */
export function locate(body: Unlocated): Write {
  return { ...body, key: body.kind === 'Put' ? keyIn(body.given) : keyOf(body.given) };
}

export function readBody(kind: WriteKind, table: Table, input: WriteInput): Unlocated {
  const given = canonicalItem((kind === 'Put' ? input.Item : input.Key) as Item);
  refuseEmptyKeys(given);
  const condition = conditionOf(input.ConditionExpression);
  const update = kind === 'Update' ? updateOf(input.UpdateExpression) : undefined;
  if (kind === 'ConditionCheck' && !condition) throw validation('A ConditionCheck needs a ConditionExpression');
  return {
    kind,
    table,
    given,
    bound: bind(input, [condition, update]),
    condition,
    update,
    put: kind === 'Put' ? { item: given, bytes: checkedBytes(given, 'Item size') } : undefined,
    returnsOld: input.ReturnValuesOnConditionCheckFailure === 'ALL_OLD',
    texts: [input.ConditionExpression, input.UpdateExpression, input.ReturnValuesOnConditionCheckFailure],
  };
}

/** What is there now, and whether the write may go on. */
export function judge({ table, key, condition, bound }: Write): { old: Image | undefined; holds: boolean } {
  const old = table.get(key.pk, key.sk);
  return { old, holds: !condition || condition.test(old?.item ?? NOTHING, bound) };
}

/** What is to be there afterwards. Throws a ValidationException where the item does not allow the update. */
export function nextImage({ kind, key, put, update, bound }: Write, old: Image | undefined): Image | undefined {
  if (kind === 'Put') return put;
  if (kind === 'Delete') return undefined;
  if (kind === 'ConditionCheck') return old;
  if (update) refuseKeyChange(update, bound);
  if (!update && old) return old;
  // Where nothing is, an update finds its keys already there; a condition does not.
  const before = old?.item ?? keyItem(key);
  const item = update ? applyUpdate(update, before, bound) : before;
  return { item, bytes: checkedBytes(item, 'Item size to update') };
}

/** Write units: of the larger of the item before and after; a refused write costs what it would have. */
export const unitsOf = ({ put }: Write, old: Image | undefined, next?: Image): number =>
  writeUnits(old?.bytes ?? 0, (next ?? put)?.bytes ?? 0);

/** Whether two lists of writes ask for the same. */
export function sameWrites(some: readonly Write[], others: readonly Write[]): boolean {
  return some.length === others.length && some.every((write, index) => sameWrite(write, others[index] as Write));
}

const NOTHING: Item = Object.freeze({});

function sameWrite(a: Write, b: Write): boolean {
  return (
    a.kind === b.kind &&
    a.table === b.table &&
    a.key.pk === b.key.pk &&
    a.key.sk === b.key.sk &&
    a.texts.every((text, index) => text === b.texts[index]) &&
    equalItems(a.put?.item ?? NOTHING, b.put?.item ?? NOTHING) &&
    equalItems(a.bound.values, b.bound.values) &&
    sameNames(a.bound.names, b.bound.names)
  );
}

function sameNames(a: Readonly<Record<string, string>>, b: Readonly<Record<string, string>>): boolean {
  const names = Object.keys(a);
  return names.length === Object.keys(b).length && names.every((name) => a[name] === b[name]);
}

function refuseKeyChange(update: Update, { names }: Bound): void {
  for (const [name] of updatedPaths(update, names)) {
    if (isKeyName(name))
      throw validation(
        `One or more parameter values were invalid: Cannot update attribute ${name}. This attribute is part of the key`,
      );
  }
}
