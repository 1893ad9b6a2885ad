import { idOf } from '../purchases/fields.ts';
import { csvRows } from './csv.ts';
import { instantOf, plain } from './draft.ts';
import { parseExact } from './exact-json.ts';
import { isObject, objectsOf } from './ndjson.ts';
import type { Reject } from './row.ts';

/** An order or payment in the shop's own JSON, to be read by `core/purchases/`. */
export type OrderRead = { line: number; order: unknown } | Reject;

/**
 * Orders in JSON: one a line, or an answer of the shop's API with a list of them. Whole numbers stay exact.
 * @param list under which name the answer has them: `orders`
 */
export function* ordersFromJson(text: string, list: string): Generator<OrderRead> {
  const found = answerOf(text, list);
  if (found) {
    for (const [index, order] of found.entries()) yield { line: index + 1, order };
    return;
  }
  for (const { line, value } of objectsOf(text, parseExact)) {
    yield typeof value === 'string' ? { line, reason: value } : { line, order: value };
  }
}

function answerOf(text: string, list: string): unknown[] | undefined {
  try {
    const document = parseExact(text);
    if (Array.isArray(document)) return document;
    return isObject(document) && Array.isArray(document[list]) ? document[list] : undefined;
  } catch {
    return undefined;
  }
}

/** Without these no order can be told from another, or paid for. */
const NEEDED = ['Id', 'Name', 'Financial Status', 'Currency', 'Total', 'Created at'];

/**
 * Shopify's export of orders: a row for each line of an order, of which the first has what is of the whole; put together
 * as the Admin API would answer it, so that the same order told by its webhook is the same purchase.
 * @throws MissingOrderColumnError
 *
 * https://help.shopify.com/en/manual/fulfillment/managing-orders/exporting-orders
 */
export function* ordersFromShopifyCsv(text: string): Generator<OrderRead> {
  let cellsOf: ((row: readonly string[]) => Cells) | undefined;
  let rows: Cells[] = [];
  let line = 0;
  for (const row of csvRows(text)) {
    if (!row.ok) {
      yield { line: row.line, reason: row.reason };
      continue;
    }
    if (!cellsOf) {
      cellsOf = reader(row.value);
      continue;
    }
    const cells = cellsOf(row.value);
    if (rows.length > 0 && cells('Name') !== rows[0]?.('Name')) {
      yield orderOf(line, rows);
      rows = [];
    }
    if (rows.length === 0) line = row.line;
    rows.push(cells);
  }
  if (rows.length > 0) yield orderOf(line, rows);
}

/** A first line without a column that every order needs. */
export class MissingOrderColumnError extends Error {
  override name = 'MissingOrderColumnError';
}

/** The text of a row's column, empty where there is no such column. */
type Cells = (column: string) => string;

function reader(header: readonly string[]): (row: readonly string[]) => Cells {
  const indexes = new Map(header.map((name, index) => [name.trim(), index]));
  const missing = NEEDED.find((column) => !indexes.has(column));
  if (missing !== undefined) throw new MissingOrderColumnError(`the first line has no column ${missing}`);
  return (row) => (column) => plain(row[indexes.get(column) ?? -1]);
}

function orderOf(line: number, rows: readonly Cells[]): OrderRead {
  const [first] = rows;
  if (!first || idOf(first('Id')) === undefined) return { line, reason: 'has no Id', pointer: '/Id' };
  const createdAt = instantOf(first('Created at'));
  if (createdAt === undefined) return { line, reason: 'is not a time with its zone', pointer: '/Created at' };
  return {
    line,
    order: {
      id: first('Id'),
      financial_status: first('Financial Status'),
      cancelled_at: first('Cancelled at') || first('Canceled at'),
      created_at: createdAt,
      processed_at: createdAt,
      currency: first('Currency'),
      total_price: first('Total'),
      source_name: first('Source'),
      location_id: first('Location'),
      email: first('Email'),
      phone: first('Phone'),
      shipping_address: addressOf(first, 'Shipping'),
      billing_address: addressOf(first, 'Billing'),
      discount_codes: first('Discount Code') === '' ? [] : [{ code: first('Discount Code') }],
      line_items: rows.flatMap((row) => lineOf(row) ?? []),
    },
  };
}

const addressOf = (cells: Cells, which: 'Shipping' | 'Billing') => ({
  province_code: cells(`${which} Province`),
  zip: cells(`${which} Zip`),
  country_code: cells(`${which} Country`),
});

function lineOf(cells: Cells) {
  if (cells('Lineitem name') === '') return undefined;
  return {
    quantity: cells('Lineitem quantity'),
    name: cells('Lineitem name'),
    sku: cells('Lineitem sku') || cells('Lineitem SKU'),
    price: cells('Lineitem price'),
    total_discount: cells('Lineitem discount') || '0',
  };
}
