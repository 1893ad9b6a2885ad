import type {
  CancellationReason,
  DynamoDBServiceException,
  TransactGetItemsCommandInput,
  TransactGetItemsCommandOutput,
  TransactWriteItem,
  TransactWriteItemsCommandInput,
  TransactWriteItemsCommandOutput,
} from '@aws-sdk/client-dynamodb';
import { addUnits, consumedByEach } from './capacity.ts';
import { cancelled, isValidation, tokenMismatch, validation } from './errors.ts';
import { bind, projectedPaths, projectionOf } from './expressions.ts';
import { type Key, keyOf, keyText, refuseEmptyKeys } from './keys.ts';
import type { Tables } from './ports.ts';
import { shown } from './single.ts';
import { readUnits } from './size.ts';
import type { Image, Table } from './table.ts';
import { canonicalItem, copyItem, type Item } from './values.ts';
import {
  judge,
  locate,
  nextImage,
  readBody,
  sameWrites,
  type Unlocated,
  unitsOf,
  type Write,
  type WriteKind,
} from './writes.ts';

/** DynamoDB's limits for one transaction. */
const MAX_ITEMS = 100;
const MAX_TOKEN_LENGTH = 36;
/** How long DynamoDB remembers the token of a transaction that has been carried out. */
const TOKEN_MEMORY_MS = 10 * 60_000;
/** A transaction prepares and commits: both cost. */
const TRANSACTION_PRICE = 2;
const KINDS: readonly WriteKind[] = ['ConditionCheck', 'Put', 'Update', 'Delete'];

type Judged = { write: Write; old: Image | undefined; next: Image | undefined; reason: CancellationReason };
type Remembered = { at: number; writes: readonly Write[] };
const HELD: CancellationReason = { Code: 'None' };

/** The tokens of the transactions of the last ten minutes, oldest first. */
export type TokenMemory = Map<string, Remembered>;

/** All writes or none; the reasons for none come in the order of the writes. */
export function transactWrite(
  tables: Tables,
  tokens: TokenMemory,
  input: TransactWriteItemsCommandInput,
): TransactWriteItemsCommandOutput {
  const items = input.TransactItems ?? [];
  refuseCount(items.length);
  const token = input.ClientRequestToken;
  if (token !== undefined && token.length > MAX_TOKEN_LENGTH) throw validation('The client request token is too long');
  const bodies = items.map((item) => readOne(tables, item));
  const located = inEach(bodies, locate);
  const writes = located.filter((one): one is Write => !isValidation(one));
  refuseTwice(writes.map(({ table, key }) => `${table.name}/${keyText(key)}`));
  const now = tables.now();
  if (token && wasDone(tokens, token, writes, now)) return repeated(input, writes);
  const judged = writes.map(judgeInTransaction);
  if (judged.length < located.length) throw cancelled(reasonsWithFaults(located, judged));
  const units = new Map<Table, number>();
  for (const { write, old, next } of judged)
    addUnits(units, write.table, TRANSACTION_PRICE * unitsOf(write, old, next));
  for (const [table, write] of units) table.charge('TransactWriteItems', { write }, 1);
  if (judged.some(({ reason }) => reason !== HELD)) throw cancelled(judged.map(({ reason }) => ({ ...reason })));
  for (const { write, next } of judged) if (write.kind !== 'ConditionCheck') write.table.write(write.key, next, now);
  if (token) tokens.set(token, { at: now, writes });
  return { $metadata: {}, ...consumedByEach(input, units, 'WriteCapacityUnits') };
}

/** All items as they are at one moment. */
export function transactGet(tables: Tables, input: TransactGetItemsCommandInput): TransactGetItemsCommandOutput {
  const items = input.TransactItems ?? [];
  refuseCount(items.length);
  const gets = items.map(({ Get }) => {
    if (!Get) throw validation('A TransactGetItem must have a Get');
    const table = tables.get(Get.TableName);
    const projection = projectionOf(Get.ProjectionExpression);
    const bound = bind({ ExpressionAttributeNames: Get.ExpressionAttributeNames }, [projection]);
    const given = canonicalItem(Get.Key as Item);
    refuseEmptyKeys(given);
    return { table, given, paths: projection && projectedPaths(projection, bound.names) };
  });
  const keys = inEach(gets, ({ given }) => keyOf(given));
  refuseTwice(keys.flatMap((key, index) => (isValidation(key) ? [] : `${gets[index]?.table.name}/${keyText(key)}`)));
  if (keys.some(isValidation)) throw cancelled(keys.map((key) => (isValidation(key) ? reasonOf(key) : { ...HELD })));
  const units = new Map<Table, number>();
  const Responses = gets.map(({ table, paths }, index) => {
    const { pk, sk } = keys[index] as Key;
    const image = table.get(pk, sk);
    addUnits(units, table, readUnits(image?.bytes ?? 0, 'transactional'));
    type Attributes = NonNullable<NonNullable<TransactGetItemsCommandOutput['Responses']>[number]['Item']>;
    return image ? { Item: shown(image, paths) as Attributes } : {};
  });
  for (const [table, read] of units) table.charge('TransactGetItems', { read }, 1);
  return { $metadata: {}, Responses, ...consumedByEach(input, units, 'ReadCapacityUnits') };
}

function readOne(tables: Tables, item: TransactWriteItem): Unlocated {
  const [kind, another] = KINDS.filter((name) => item[name]);
  const input = kind && item[kind];
  if (!kind || !input || another)
    throw validation('TransactItems can only contain one of Check, Put, Update or Delete');
  return readBody(kind, tables.get(input.TableName), input);
}

/** What the item refuses, in a transaction, is a reason and not an error of the request. */
function judgeInTransaction(write: Write): Judged {
  const { old, holds } = judge(write);
  if (!holds) {
    const Item = write.returnsOld && old ? (copyItem(old.item) as CancellationReason['Item']) : undefined;
    const reason = { Code: 'ConditionalCheckFailed', Message: 'The conditional request failed', ...(Item && { Item }) };
    return { write, old, next: undefined, reason };
  }
  try {
    return { write, old, next: nextImage(write, old), reason: HELD };
  } catch (error) {
    if (!isValidation(error)) throw error;
    return { write, old, next: undefined, reason: reasonOf(error) };
  }
}

/** The reasons in the order of the request, when some of its keys were none. */
function reasonsWithFaults(
  located: readonly (Write | DynamoDBServiceException)[],
  judged: readonly Judged[],
): CancellationReason[] {
  const reasons = new Map(judged.map(({ write, reason }) => [write, reason]));
  return located.map((one) => (isValidation(one) ? reasonOf(one) : { ...(reasons.get(one) ?? HELD) }));
}

const reasonOf = ({ message }: DynamoDBServiceException): CancellationReason => ({
  Code: 'ValidationError',
  Message: message,
});

/** A result for each, or why there is none. */
function inEach<From, To>(all: readonly From[], act: (one: From) => To): (To | DynamoDBServiceException)[] {
  return all.map((one) => {
    try {
      return act(one);
    } catch (error) {
      if (!isValidation(error)) throw error;
      return error;
    }
  });
}

/** Whether the token's transaction has been carried out; a different one under the same token is refused. */
function wasDone(tokens: TokenMemory, token: string, writes: readonly Write[], now: number): boolean {
  for (const [old, { at }] of tokens) {
    if (now - at < TOKEN_MEMORY_MS) break;
    tokens.delete(old);
  }
  const before = tokens.get(token);
  if (before && !sameWrites(before.writes, writes)) throw tokenMismatch();
  return before !== undefined;
}

/** A repeated transaction changes nothing, and costs what reading its items costs. */
function repeated(input: TransactWriteItemsCommandInput, writes: readonly Write[]): TransactWriteItemsCommandOutput {
  const units = new Map<Table, number>();
  for (const { table, key } of writes)
    addUnits(units, table, readUnits(table.get(key.pk, key.sk)?.bytes ?? 0, 'transactional'));
  for (const [table, read] of units) table.charge('TransactWriteItems', { read }, 1);
  return { $metadata: {}, ...consumedByEach(input, units, 'ReadCapacityUnits') };
}

function refuseCount(count: number): void {
  if (count < 1 || count > MAX_ITEMS) throw validation(`A transaction has between 1 and ${MAX_ITEMS} operations`);
}

function refuseTwice(places: readonly string[]): void {
  if (new Set(places).size < places.length)
    throw validation('Transaction request cannot include multiple operations on one item');
}
