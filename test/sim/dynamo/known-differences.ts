import type { Command } from './database.ts';

export type Engine = 'dynoxide' | 'DynamoDB Local';

type Known = { engine: Engine; reason: string };

/**
 * Where an implementation does not do what DynamoDB documents or does. Operations that would meet one of these are not
 * compared with that engine, but are with the other: each row names the one that is wrong.
 */
export const KNOWN_DIFFERENCES = {
  'literal without order': {
    engine: 'dynoxide',
    reason: '<, <=, > and >= take S, N and B: another literal is a ValidationException, not false',
  },
  'same operand twice': {
    engine: 'dynoxide',
    reason: 'a comparison of an attribute with itself is a ValidationException',
  },
  'unknown type name': {
    engine: 'dynoxide',
    reason: 'attribute_type with a name that is none of the ten types is a ValidationException',
  },
  'size of a constant': { engine: 'dynoxide', reason: 'size takes any operand' },
  'operand in parentheses': { engine: 'dynoxide', reason: 'an operand may stand in parentheses' },
  'upper-case function': { engine: 'dynoxide', reason: 'names of functions are met in lower case only' },
  'beyond the end of a list': {
    engine: 'dynoxide',
    reason: 'SET beyond the end of a list appends, without NULLs between (developer guide, "Update expressions")',
  },
  'new image of a removed element': {
    engine: 'dynoxide',
    reason: 'UPDATED_NEW does not tell of a list for an element that is not there any more',
  },
  'removal below nothing': {
    engine: 'dynoxide',
    reason: 'REMOVE or DELETE below something that is not there, or no document, is an invalid document path',
  },
  'old image of a new item': {
    engine: 'dynoxide',
    reason: 'ALL_OLD of an item that was not there is nothing; dynoxide gives its keys',
  },
  'malformed condition': {
    engine: 'dynoxide',
    reason: 'undefined and unused placeholders are refused even when the condition fails before they matter',
  },
  'malformed filter': {
    engine: 'dynoxide',
    reason: 'constants of the wrong type or order are refused in a FilterExpression as in a condition',
  },
  'start key of elsewhere': {
    engine: 'dynoxide',
    reason: 'ExclusiveStartKey must lie within the partition and range that the query names',
  },
  'query key of the wrong type': {
    engine: 'dynoxide',
    reason: 'the value of a key condition must be of the key’s type',
  },
  'empty query key': { engine: 'dynoxide', reason: 'a key condition does not take an empty string' },
  'projection in TransactGetItems': {
    engine: 'dynoxide',
    reason: 'a projection gives what it names and costs the whole item; dynoxide adds the keys and counts the part',
  },
  'malformed expression in a transaction': {
    engine: 'dynoxide',
    reason: 'what is wrong whatever the items hold is a ValidationException of the request, not a cancellation',
  },
  'updated part of a map': {
    engine: 'DynamoDB Local',
    reason: 'UPDATED_OLD and UPDATED_NEW give of a map the parts that were named',
  },
  'page that ends with the range': {
    engine: 'DynamoDB Local',
    reason: 'a page that ends by its limit has a LastEvaluatedKey, even where the range admits no further key',
  },
  'query that finds nothing': { engine: 'DynamoDB Local', reason: 'the least that a read costs is one unit, or half' },
  'one item twice in a transaction': {
    engine: 'DynamoDB Local',
    reason: 'a request that names an item twice is refused before its conditions are looked at',
  },
  'wrong key in a transaction': {
    engine: 'DynamoDB Local',
    reason: 'a key that does not match the schema cancels with ValidationError',
  },
  'operand of the wrong type in a transaction': {
    engine: 'DynamoDB Local',
    reason: 'what an item does not allow cancels with ValidationError (API reference, TransactionCanceledException)',
  },
} as const satisfies Record<string, Known>;

export type Quirk = keyof typeof KNOWN_DIFFERENCES;

/** Whether an engine counts the units of an operation as DynamoDB does. */
export function countsUnits(engine: Engine, { command, repeats }: { command: Command; repeats: boolean }): boolean {
  const { input } = command;
  const { name } = command.constructor;
  if (engine === 'DynamoDB Local') {
    // It rounds up over all items together, DynamoDB for each.
    return !/^(TransactWriteItems|TransactGetItems|BatchGetItem|BatchWriteItem)Command$/.test(name);
  }
  // It counts what a projection leaves of an item, and a repeated transaction as its items were then.
  return !repeats && !(name === 'GetItemCommand' && 'ProjectionExpression' in input);
}

/** A change as an engine's stream tells it: DynamoDB Local leaves empty lists and maps out of their values. */
export function asStreamed(engine: Engine, json: string): string {
  return engine === 'DynamoDB Local' ? json.replaceAll('{"L":[]}', '{}').replaceAll('{"M":{}}', '{}') : json;
}
