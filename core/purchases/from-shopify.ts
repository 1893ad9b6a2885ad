import type { PurchaseInput } from '../model/purchase.ts';
import {
  checkedPurchase,
  type Fields,
  fieldsOf,
  identifierOf,
  identifiersOf,
  idOf,
  labelOf,
  listOf,
  type NoPurchase,
  type ShopOptions,
  textOf,
} from './fields.ts';
import { minorUnits } from './money.ts';

/** Paid for; a part may have gone back since. What is authorised, partly paid, voided or all refunded is no purchase. */
const PAID: ReadonlySet<unknown> = new Set(['paid', 'partially_refunded']);

/**
 * An order of Shopify's as its webhooks and Admin REST API write it (`orders/paid`, `orders/create`), read by
 * `parseExact` because its ids have 64 bits. Paid at the till (`source_name` `pos`) it is offline and of the place that
 * its location is; else online, of the area that it is sent to. Refunds are not taken off.
 * @returns why it is no purchase: not paid for, cancelled, a test
 *
 * https://shopify.dev/docs/api/admin-rest/latest/resources/order
 */
export function purchaseFromShopifyOrder(
  order: unknown,
  { placeOf, regionBy }: ShopOptions,
): PurchaseInput | { reason: NoPurchase } {
  const fields = fieldsOf(order);
  const id = idOf(fields.id);
  if (id === undefined) return { reason: 'not-readable' };
  if (fields.test === true) return { reason: 'test-order' };
  if (textOf(fields.cancelled_at) !== undefined) return { reason: 'cancelled' };
  if (!PAID.has(fields.financial_status)) return { reason: 'not-paid' };
  const currency = textOf(fields.currency) ?? '';
  const isOffline = fields.source_name === 'pos';
  const locationId = idOf(fields.location_id);
  return checkedPurchase({
    purchaseId: `shopify-${id}`,
    at: textOf(fields.processed_at) ?? textOf(fields.created_at) ?? '',
    channel: isOffline ? 'offline' : 'online',
    placeId: isOffline && locationId !== undefined ? placeOf(locationId) : undefined,
    region: isOffline ? undefined : regionOf(fields, regionBy),
    buyer: buyerOf(fields),
    lines: listOf(fields.line_items).flatMap((line) => lineOf(line, currency) ?? []),
    total: minorUnits(fields.total_price, currency),
    currency,
    couponCodes: listOf(fields.discount_codes).map(({ code }) => textOf(code)),
  });
}

/** The customer's number at the shop, as a handle of theirs. Numbers are unique over all of Shopify. */
export const shopifyMember = (customerId: string | undefined) =>
  identifierOf('member', customerId && `shopify-${customerId}`);

/** By the address that the receipt goes to, the phone, and the number at the shop: the first that is there is who. */
function buyerOf(order: Fields) {
  const customer = fieldsOf(order.customer);
  return identifiersOf(
    identifierOf('email', textOf(order.email) ?? textOf(customer.email)),
    identifierOf('phone', textOf(order.phone) ?? textOf(customer.phone)),
    shopifyMember(idOf(customer.id)),
  );
}

function lineOf(line: Fields, currency: string) {
  const quantity = Number(line.quantity);
  // Taken out of the order before it was paid for.
  if (!(quantity >= 1)) return undefined;
  return {
    quantity,
    sku: labelOf(line.sku),
    name: labelOf(line.title ?? line.name, 200),
    category: labelOf(line.product_type),
    amount: amountOf(line, quantity, currency),
  };
}

/** Price by pieces, less what discounts were allocated to the line; `total_discount` says the same where it says it. */
function amountOf(line: Fields, quantity: number, currency: string): number | undefined {
  const price = minorUnits(line.price, currency);
  const allocated = listOf(line.discount_allocations);
  const discounts = allocated.length > 0 ? allocated.map(({ amount }) => amount) : [line.total_discount ?? 0];
  if (price === undefined || !Number.isSafeInteger(quantity)) return undefined;
  let amount = price * BigInt(quantity);
  for (const discount of discounts) amount -= minorUnits(discount, currency) ?? 0n;
  return Number(amount > 0n ? amount : 0n);
}

/** `DC` or `20001`, of where it goes, else of who pays: as the customer's `region` is written. */
function regionOf(order: Fields, regionBy: ShopOptions['regionBy']): string | undefined {
  for (const address of [fieldsOf(order.shipping_address), fieldsOf(order.billing_address)]) {
    const region = regionBy === 'postcode' ? postcodeOf(address) : labelOf(address.province_code);
    if (region !== undefined) return region;
  }
  return undefined;
}

/** One spelling of a postcode; of the United States' the five digits, because the rest is a street. */
function postcodeOf({ zip, country_code }: Fields): string | undefined {
  const postcode = labelOf(zip)?.replaceAll(' ', '').toUpperCase();
  return country_code === 'US' ? postcode?.slice(0, 5) : postcode;
}
