import * as z from 'zod/mini';
import { isReject } from '#core/imports/draft.ts';
import { objectsOf } from '#core/imports/ndjson.ts';
import type { Reject } from '#core/imports/row.ts';
import {
  MissingOrderColumnError,
  type OrderRead,
  ordersFromJson,
  ordersFromShopifyCsv,
} from '#core/imports/shop-orders.ts';
import { IdSchema } from '#core/model/common.ts';
import { type PurchaseInput, PurchaseInputSchema } from '#core/model/purchase.ts';
import type { ShopOptions } from '#core/purchases/fields.ts';
import { purchaseFromShopifyOrder } from '#core/purchases/from-shopify.ts';
import { purchaseFromSquareOrder } from '#core/purchases/from-square.ts';
import { brandOf, type HttpRequest, type HttpResponse } from '../shared/http.ts';
import { Problem } from '../shared/problem.ts';
import { validate } from '../shared/validate.ts';
import { refuseUnkeepable, refuseUnknownPlace } from './purchases.ts';
import { PurchaseConflictError, recordPurchase } from './record.ts';

/** Each is read and written by itself, in a few hundredths of a second: more do not fit the time of a request. */
const MAX_ORDERS = 2000;
/** Purchases under way at once, of different buyers. */
const CONCURRENCY = 8;

const QuerySchema = z.strictObject({
  format: z._default(z.enum(['ndjson', 'shopify-orders', 'square-orders']), 'ndjson'),
  places: z.optional(z.string().check(z.maxLength(16_384))),
  regionBy: z.optional(z.enum(['province', 'postcode'])),
});
type Query = z.infer<typeof QuerySchema>;
const PlacesSchema = z.record(z.string(), IdSchema);

type Coming = { line: number; purchase: PurchaseInput };

const REASONS = {
  'not-readable': 'is not as the shop writes orders',
  'not-paid': 'is not paid for',
  'test-order': 'is a test',
  cancelled: 'was cancelled',
} as const;

/**
 * `POST /v1/purchases/import`: what was bought before, order by order. An order that is known already, by an earlier
 * import or its webhook, is `unchanged`; so the same file again changes nothing.
 */
export async function importPurchases(request: HttpRequest): Promise<HttpResponse> {
  const brand = brandOf(request);
  const query = validate(QuerySchema, request.query);
  const { coming, rejected } = await sorted(request, query);
  const counts = { imported: 0, unchanged: 0 };
  const takeIn = async ({ line, purchase }: Coming): Promise<void> => {
    try {
      const { outcome } = await recordPurchase(request.runtime, brand, purchase);
      counts[outcome === 'recorded' ? 'imported' : 'unchanged'] += 1;
    } catch (error) {
      if (!(error instanceof PurchaseConflictError)) throw error;
      // A shop's own number: told in other words, by its webhook for one, it is the same order.
      if (query.format !== 'ndjson') counts.unchanged += 1;
      else rejected.push({ line, reason: 'was used with other content', pointer: '/purchaseId' });
    }
  };
  // One buyer's one after the other: each changes what the next one reads.
  const lanes = Map.groupBy(coming, ({ line, purchase: { person } }) =>
    person ? `${person.kind}/${person.value}` : line,
  );
  const waiting = [...lanes.values()];
  const work = async (): Promise<void> => {
    for (let lane = waiting.pop(); lane; lane = waiting.pop()) for (const one of lane) await takeIn(one);
  };
  await Promise.all(Array.from({ length: CONCURRENCY }, work));
  rejected.sort((left, right) => left.line - right.line);
  return { status: 200, body: { ...counts, rejected } };
}

/** Purchases that can be taken in, and why the others cannot. */
async function sorted(request: HttpRequest, query: Query): Promise<{ coming: Coming[]; rejected: Reject[] }> {
  const coming: Coming[] = [];
  const rejected: Reject[] = [];
  for (const read of purchasesOf(request.text, query)) {
    if (coming.length + rejected.length === MAX_ORDERS) {
      throw new Problem('too-large', `a request may have ${MAX_ORDERS} orders; send them in parts`, [
        { pointer: '', detail: `has more than ${MAX_ORDERS} orders` },
      ]);
    }
    const checked = isReject(read) ? read : await checkedPurchase(request, read);
    if (isReject(checked)) rejected.push(checked);
    else coming.push(checked);
  }
  return { coming, rejected };
}

async function checkedPurchase(request: HttpRequest, { line, purchase: body }: Line): Promise<Coming | Reject> {
  try {
    const purchase = validate(PurchaseInputSchema, body);
    refuseUnkeepable(purchase, request.runtime.now());
    await refuseUnknownPlace(request, brandOf(request), purchase);
    return { line, purchase };
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    const [first] = error.errors;
    return { line, reason: first?.detail ?? error.message, pointer: first?.pointer ?? '' };
  }
}

type Line = { line: number; purchase: unknown };

function* purchasesOf(text: string, query: Query): Generator<Line | Reject> {
  if (query.format === 'ndjson') {
    for (const { line, value } of objectsOf(text)) {
      yield typeof value === 'string' ? { line, reason: value } : { line, purchase: value };
    }
    return;
  }
  const places = placesOf(query.places);
  const options: ShopOptions = { placeOf: (locationId) => places.get(locationId), regionBy: query.regionBy };
  const read = query.format === 'square-orders' ? purchaseFromSquareOrder : purchaseFromShopifyOrder;
  for (const one of ordersOf(text, query.format)) {
    if (isReject(one)) yield one;
    else {
      const purchase = read(one.order, options);
      yield 'reason' in purchase ? { line: one.line, reason: REASONS[purchase.reason] } : { line: one.line, purchase };
    }
  }
}

function* ordersOf(text: string, format: 'shopify-orders' | 'square-orders'): Generator<OrderRead> {
  const isJson = /^\s*[[{]/.test(text.replace(/^\uFEFF/, ''));
  if (isJson || format === 'square-orders') {
    yield* ordersFromJson(text, 'orders');
    return;
  }
  try {
    yield* ordersFromShopifyCsv(text);
  } catch (error) {
    if (!(error instanceof MissingOrderColumnError)) throw error;
    throw new Problem('invalid-input', 'the body is no export of orders; nothing was imported', [
      { pointer: '', detail: error.message },
    ]);
  }
}

/** Which place a location is, by its number or, in a CSV, its name. */
function placesOf(text: string | undefined): ReadonlyMap<string, string> {
  const refuse = (detail: string) =>
    new Problem('invalid-input', 'the import is not valid; nothing was imported', [{ pointer: '/places', detail }]);
  let places: unknown = {};
  try {
    if (text !== undefined) places = JSON.parse(text);
  } catch {
    throw refuse('is not JSON');
  }
  return new Map(Object.entries(validate(PlacesSchema, places, '/places')));
}
