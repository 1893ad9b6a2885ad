import type { QueryCommandInput, QueryCommandOutput } from '@aws-sdk/client-dynamodb';
import { consumedBy } from './capacity.ts';
import type { Condition } from './condition.ts';
import { validation } from './errors.ts';
import { bind, filterOf, keyConditionOf, projectedPaths, projectionOf } from './expressions.ts';
import { type KeyRange, keyRange } from './key-condition.ts';
import { isKeyName, keyItem, keyOf, refuseEmptyKeys } from './keys.ts';
import type { Bound } from './operands.ts';
import { resolve } from './paths.ts';
import type { ReadOptions, Tables } from './ports.ts';
import { shown } from './single.ts';
import { readUnits } from './size.ts';
import type { Image, Table } from './table.ts';
import { canonicalItem, compareText, type Item } from './values.ts';

/** DynamoDB's limit for what one Query reads, before the filter. */
const MAX_PAGE_BYTES = 1024 * 1024;

type Page = { images: Image[]; bytes: number; last: string | undefined };
type Scan = { range: KeyRange; limit: number; backwards: boolean; asOf: number | undefined };

/** One page: the limit counts what is read, the filter drops from it, units are those of all that was read. */
export function query(tables: Tables, input: QueryCommandInput, { asOf }: ReadOptions): QueryCommandOutput {
  const table = tables.get(input.TableName);
  const condition = keyConditionOf(input.KeyConditionExpression);
  if (!condition) throw validation('KeyConditionExpression must be specified');
  const filter = filterOf(input.FilterExpression);
  const projection = projectionOf(input.ProjectionExpression);
  const bound = bind(input, [condition, filter, projection]);
  if (filter) refuseKeysIn(filter, bound);
  const limit = input.Limit ?? Number.POSITIVE_INFINITY;
  if (limit < 1) throw validation('Limit must be greater than or equal to 1');
  const backwards = input.ScanIndexForward === false;
  const range = startingAfter(keyRange(condition, bound), input.ExclusiveStartKey as Item | undefined, backwards);
  const page = readPage(table, { range, limit, backwards, asOf: input.ConsistentRead ? undefined : asOf });
  const read = readUnits(page.bytes, input.ConsistentRead ? 'consistent' : 'eventual');
  table.charge('Query', { read }, 1);
  const found = filter ? page.images.filter(({ item }) => filter.test(item, bound)) : page.images;
  const paths = projection && projectedPaths(projection, bound.names);
  type Attributes = NonNullable<QueryCommandOutput['Items']>[number];
  return {
    $metadata: {},
    ...(input.Select !== 'COUNT' && { Items: found.map((image) => shown(image, paths) as Attributes) }),
    Count: found.length,
    ScannedCount: page.images.length,
    ...(page.last !== undefined && { LastEvaluatedKey: keyItem({ pk: range.pk, sk: page.last }) as Attributes }),
    ...consumedBy(input, table, read),
  };
}

/** Ends at the limit, even when nothing follows, or when more follows the item that filled the page. */
function readPage(table: Table, { range, limit, backwards, asOf }: Scan): Page {
  const page: Page = { images: [], bytes: 0, last: undefined };
  let previous: string | undefined;
  for (const { sk, image } of table.scan(range.pk, range, { backwards, asOf })) {
    if (page.images.length >= limit || page.bytes >= MAX_PAGE_BYTES) {
      page.last = previous;
      return page;
    }
    page.images.push(image);
    page.bytes += image.bytes;
    previous = sk;
  }
  if (page.images.length === limit) page.last = previous;
  return page;
}

/** The rest of the range behind a page's last key, which need not be there any more but must lie within it. */
function startingAfter(range: KeyRange, start: Item | undefined, backwards: boolean): KeyRange {
  if (!start) return range;
  const given = canonicalItem(start);
  refuseEmptyKeys(given);
  const { pk, sk } = keyOf(given);
  if (pk !== range.pk || range.isBefore(sk) || range.isAfter(sk))
    throw validation('The provided starting key does not match the range key predicate');
  return backwards
    ? { ...range, isAfter: (other) => compareText(other, sk) >= 0 }
    : { ...range, isBefore: (other) => compareText(other, sk) <= 0 };
}

function refuseKeysIn({ paths }: Condition, { names }: Bound): void {
  for (const path of paths) {
    const [name] = resolve(path, names);
    if (isKeyName(name))
      throw validation(`Filter Expression can only contain non-primary key attributes: Primary key attribute: ${name}`);
  }
}
