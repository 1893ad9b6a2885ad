import {
  QueryCommand,
  type QueryCommandInput,
  TransactGetItemsCommand,
  TransactWriteItemsCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import type { Answer } from './answers.ts';
import type { Command, InProcessDynamoDb } from './database.ts';
import { isValidation } from './errors.ts';
import { updateOf } from './expressions.ts';
import type { Quirk } from './known-differences.ts';
import { child, type Names, readPath, type Steps } from './paths.ts';
import { updatedPaths } from './update.ts';
import type { Item } from './values.ts';

type UpdateInput = {
  TableName?: string | undefined;
  Key?: unknown;
  UpdateExpression?: string | undefined;
  ReturnValues?: string | undefined;
  ExpressionAttributeNames?: Names | undefined;
};

/** The known differences that an operation would meet in what the tables hold now. */
export function stateQuirks(command: Command, own: InProcessDynamoDb): Quirk[] {
  if (command instanceof UpdateItemCommand) return updateQuirks(command.input, own);
  if (!(command instanceof TransactWriteItemsCommand)) return [];
  return (command.input.TransactItems ?? []).flatMap(({ Update }) => (Update ? updateQuirks(Update, own) : []));
}

/** The known differences that an operation has met, as our own answer to it shows. */
export function answerQuirks(command: Command, answer: Answer): Quirk[] {
  const { error, json } = answer;
  if (command instanceof QueryCommand) return queryQuirks(command.input, answer);
  if (command instanceof TransactWriteItemsCommand || command instanceof TransactGetItemsCommand) {
    if (error === 'ValidationException') return ['malformed expression in a transaction'];
    return json.includes('"ValidationError"') ? ['operand of the wrong type in a transaction'] : [];
  }
  const isConditional = 'ConditionExpression' in command.input && command.input.ConditionExpression !== undefined;
  return error === 'ValidationException' && isConditional ? ['malformed condition'] : [];
}

function queryQuirks(input: QueryCommandInput, { error, json, lastKey }: Answer): Quirk[] {
  if (error === 'ValidationException' && input.FilterExpression) return ['malformed filter'];
  if (json.includes('"ScannedCount":0')) return ['query that finds nothing'];
  const last = (lastKey as Item | undefined)?.sk?.S;
  const bounds = Object.values(input.ExpressionAttributeValues ?? {}).map(({ S }) => S);
  return last !== undefined && bounds.includes(last) ? ['page that ends with the range'] : [];
}

function updateQuirks(input: UpdateInput, own: InProcessDynamoDb): Quirk[] {
  const { pk, sk } = input.Key as Item;
  const paths = pathsOf(input);
  if (input.TableName === 'nowhere' || pk?.S === undefined || sk?.S === undefined) return [];
  const old = own.table(input.TableName ?? '').get(pk.S, sk.S)?.item;
  if (!old && input.ReturnValues === 'ALL_OLD') return ['old image of a new item'];
  const hasElements = paths.some((steps) => typeof steps.at(-1) === 'number');
  if (hasElements && input.ReturnValues === 'UPDATED_NEW' && input.UpdateExpression?.includes('REMOVE'))
    return ['new image of a removed element'];
  const item = old ?? {};
  return paths.flatMap((steps): Quirk[] => [
    ...(isBeyondList(item, steps) ? ['beyond the end of a list' as const] : []),
    ...(hasNoParent(item, steps) ? ['removal below nothing' as const] : []),
  ]);
}

function pathsOf({ UpdateExpression, ExpressionAttributeNames }: UpdateInput): Steps[] {
  if (!UpdateExpression) return [];
  try {
    const update = updateOf(UpdateExpression);
    return update ? updatedPaths(update, ExpressionAttributeNames ?? {}) : [];
  } catch (error) {
    if (!isValidation(error)) throw error;
    return [];
  }
}

function isBeyondList(item: Item, steps: Steps): boolean {
  const last = steps.at(-1);
  if (typeof last !== 'number') return false;
  const list = readPath(item, steps.slice(0, -1))?.L;
  return list !== undefined && child({ L: list }, last) === undefined;
}

function hasNoParent(item: Item, steps: Steps): boolean {
  if (steps.length === 1) return false;
  const parent = readPath(item, steps.slice(0, -1));
  return typeof steps.at(-1) === 'number' ? !parent?.L : !parent?.M;
}
