import { digitPairs } from './decimal.ts';
import { validation } from './errors.ts';
import { checkDepth, type Item, type Value } from './values.ts';

/** DynamoDB's limit for one item, names included. */
const MAX_ITEM_BYTES = 400 * 1024;
const READ_UNIT_BYTES = 4096;
const WRITE_UNIT_BYTES = 1024;
/** What a list or a map costs by itself, and each of its elements besides its content. */
const DOCUMENT_BYTES = 3;
const ELEMENT_BYTES = 1;

export type ReadMode = 'eventual' | 'consistent' | 'transactional';
const READ_PRICE: Record<ReadMode, number> = { eventual: 0.5, consistent: 1, transactional: 2 };

/** Read units of one item, or of one page of a query: each begun 4 KB; what is not there costs one. */
export const readUnits = (bytes: number, mode: ReadMode): number =>
  Math.max(1, Math.ceil(bytes / READ_UNIT_BYTES)) * READ_PRICE[mode];

/** Write units: each begun KB of the larger of the item before and after. */
export const writeUnits = (before: number, after: number): number =>
  Math.max(1, Math.ceil(Math.max(before, after) / WRITE_UNIT_BYTES));

/** Bytes of an item as DynamoDB counts them: names and values in UTF-8. Throws for documents nested too deep. */
export function itemBytes(item: Item, depth = 0): number {
  let bytes = 0;
  for (const name in item) bytes += textBytes(name) + valueBytes(item[name] as Value, depth);
  return bytes;
}

export function checkedBytes(item: Item, what: string): number {
  const bytes = itemBytes(item);
  if (bytes > MAX_ITEM_BYTES) throw validation(`${what} has exceeded the maximum allowed size`);
  return bytes;
}

function valueBytes(value: Value, depth: number): number {
  if (value.S !== undefined) return textBytes(value.S);
  if (value.N !== undefined) return numberBytes(value.N);
  if (value.L || value.M) return documentBytes(value, depth + 1);
  if (value.B) return value.B.length;
  if (value.SS) return total(value.SS, textBytes);
  if (value.NS) return total(value.NS, numberBytes);
  if (value.BS) return total(value.BS, ({ length }) => length);
  return 1;
}

function documentBytes({ L, M }: Value, depth: number): number {
  checkDepth(depth);
  if (L) return total(L, (element) => ELEMENT_BYTES + valueBytes(element, depth)) + DOCUMENT_BYTES;
  const map = M as Item;
  return itemBytes(map, depth) + DOCUMENT_BYTES + ELEMENT_BYTES * Object.keys(map).length;
}

/** A byte for each pair of digits, one for the exponent, one for a minus sign. */
function numberBytes(number: string): number {
  return digitPairs(number) + 1 + (number.startsWith('-') ? 1 : 0);
}

export const textBytes = (text: string): number => Buffer.byteLength(text);

function total<T>(elements: readonly T[], bytes: (element: T) => number): number {
  let sum = 0;
  for (const element of elements) sum += bytes(element);
  return sum;
}
