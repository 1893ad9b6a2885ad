import type {
  BatchGetItemCommandInput,
  BatchGetItemCommandOutput,
  BatchWriteItemCommandInput,
  BatchWriteItemCommandOutput,
  KeysAndAttributes,
  WriteRequest,
} from '@aws-sdk/client-dynamodb';
import { addUnits, consumedByEach } from './capacity.ts';
import { validation } from './errors.ts';
import { bind, projectedPaths, projectionOf } from './expressions.ts';
import { type Key, keyOf, keyText, refuseEmptyKeys } from './keys.ts';
import type { ReadOptions, Tables } from './ports.ts';
import { shown } from './single.ts';
import { type ReadMode, readUnits } from './size.ts';
import type { Table } from './table.ts';
import { canonicalItem, type Item } from './values.ts';
import { nextImage, readWrite, unitsOf, type Write } from './writes.ts';

/** DynamoDB's limits for one BatchGetItem and one BatchWriteItem. */
const MAX_GETS = 100;
const MAX_WRITES = 25;
const MAX_ANSWER_BYTES = 16 * 1024 * 1024;

type Reading = {
  table: Table;
  wanted: KeysAndAttributes;
  keys: Key[];
  paths: ReturnType<typeof projectedPaths> | undefined;
};
type Attributes = NonNullable<NonNullable<BatchGetItemCommandOutput['Responses']>[string]>[number];

/** Items in the order of their keys; what would make the answer too large is left unprocessed. */
export function batchGet(
  tables: Tables,
  input: BatchGetItemCommandInput,
  { asOf }: ReadOptions,
): BatchGetItemCommandOutput {
  const readings = Object.entries(input.RequestItems ?? {}).map(([name, wanted]) => readWanted(tables, name, wanted));
  const count = readings.reduce((sum, { keys }) => sum + keys.length, 0);
  if (count === 0) throw validation('BatchGetItem must have some keys');
  if (count > MAX_GETS) throw validation('Too many items requested for the BatchGetItem call');
  const units = new Map<Table, number>();
  const Responses: Record<string, Attributes[]> = {};
  const UnprocessedKeys: Record<string, KeysAndAttributes> = {};
  let bytes = 0;
  for (const { table, wanted, keys, paths } of readings) {
    const mode: ReadMode = wanted.ConsistentRead ? 'consistent' : 'eventual';
    const found: Attributes[] = [];
    for (const [index, { pk, sk }] of keys.entries()) {
      const image = table.get(pk, sk, wanted.ConsistentRead ? undefined : asOf);
      bytes += image?.bytes ?? 0;
      if (bytes > MAX_ANSWER_BYTES) {
        UnprocessedKeys[table.name] = { ...wanted, Keys: wanted.Keys?.slice(index) };
        break;
      }
      addUnits(units, table, readUnits(image?.bytes ?? 0, mode));
      if (image) found.push(shown(image, paths) as Attributes);
    }
    Responses[table.name] = found;
  }
  for (const [table, read] of units) table.charge('BatchGetItem', { read }, 1);
  return { $metadata: {}, Responses, UnprocessedKeys, ...consumedByEach(input, units) };
}

function readWanted(tables: Tables, name: string, wanted: KeysAndAttributes): Reading {
  const table = tables.get(name);
  const projection = projectionOf(wanted.ProjectionExpression);
  const bound = bind({ ExpressionAttributeNames: wanted.ExpressionAttributeNames }, [projection]);
  if (!wanted.Keys?.length) throw validation('The list of keys in RequestItems for BatchGetItem is required');
  const keys = wanted.Keys.map((given) => {
    const item = canonicalItem(given as Item);
    refuseEmptyKeys(item);
    return keyOf(item);
  });
  refuseDuplicates(keys);
  return { table, wanted, keys, paths: projection && projectedPaths(projection, bound.names) };
}

/** Puts and deletes, each by itself; all are read before the first is carried out. */
export function batchWrite(tables: Tables, input: BatchWriteItemCommandInput): BatchWriteItemCommandOutput {
  const perTable = Object.entries(input.RequestItems ?? {});
  const count = perTable.reduce((sum, [, requests]) => sum + (requests?.length ?? 0), 0);
  if (perTable.length === 0 || perTable.some(([, requests]) => !requests?.length))
    throw validation('The batch write request list for a table cannot be null or empty');
  if (count > MAX_WRITES) throw validation('Too many items requested for the BatchWriteItem call');
  const writes = perTable.flatMap(([name, requests]) => {
    const table = tables.get(name);
    const ofTable = requests.map((request) => readRequest(table, request));
    refuseDuplicates(ofTable.map(({ key }) => key));
    return ofTable;
  });
  const units = new Map<Table, number>();
  for (const write of writes) {
    const { table, key } = write;
    const old = table.get(key.pk, key.sk);
    const next = nextImage(write, old);
    addUnits(units, table, unitsOf(write, old, next));
    table.write(key, next, tables.now());
  }
  for (const [table, write] of units) table.charge('BatchWriteItem', { write }, 1);
  return { $metadata: {}, UnprocessedItems: {}, ...consumedByEach(input, units) };
}

function readRequest(table: Table, { PutRequest, DeleteRequest }: WriteRequest): Write {
  if (PutRequest && DeleteRequest) throw validation('A write request is either a put or a delete');
  if (PutRequest) return readWrite('Put', table, PutRequest);
  if (DeleteRequest) return readWrite('Delete', table, DeleteRequest);
  throw validation('A write request must be a put or a delete');
}

function refuseDuplicates(keys: readonly Key[]): void {
  if (new Set(keys.map(keyText)).size < keys.length) throw validation('Provided list of item keys contains duplicates');
}
