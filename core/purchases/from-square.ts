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

const ONLINE_PRODUCTS: ReadonlySet<unknown> = new Set([
  'ECOMMERCE_API',
  'ONLINE_STORE',
  'INVOICES',
  'VIRTUAL_TERMINAL',
]);
const OFFLINE_PRODUCTS: ReadonlySet<unknown> = new Set(['SQUARE_POS', 'RETAIL', 'RESTAURANTS', 'TERMINAL_API']);
/** How a card that is there is read; `KEYED` and `ON_FILE` can be either. */
const OFFLINE_ENTRIES: ReadonlySet<unknown> = new Set(['SWIPED', 'EMV', 'CONTACTLESS']);
const SENT_AWAY: ReadonlySet<unknown> = new Set(['SHIPMENT', 'DELIVERY', 'DIGITAL']);

/**
 * A payment of Square's (`payment.updated`), when it is `COMPLETED`. It has no lines, and the id of its order, under
 * which the order itself would be the same purchase; so of an order that is paid in parts the first part counts.
 * @returns why it is no purchase
 *
 * https://developer.squareup.com/reference/square/objects/Payment
 */
export function purchaseFromSquarePayment(
  payment: unknown,
  { placeOf }: ShopOptions,
): PurchaseInput | { reason: NoPurchase } {
  const fields = fieldsOf(payment);
  const id = idOf(fields.order_id) ?? idOf(fields.id);
  if (id === undefined) return { reason: 'not-readable' };
  if (fields.status === 'CANCELED' || fields.status === 'FAILED') return { reason: 'cancelled' };
  if (fields.status !== 'COMPLETED') return { reason: 'not-paid' };
  // What was paid in all, with the tip; the older `amount_money` is without.
  const { amount, currency } = fieldsOf(fields.total_money ?? fields.amount_money);
  const placeId = placeOf(idOf(fields.location_id) ?? '');
  const isOffline = isPaymentOffline(fields) ?? placeId !== undefined;
  return checkedPurchase({
    purchaseId: `square-${id}`,
    at: textOf(fields.created_at) ?? textOf(fields.updated_at) ?? '',
    channel: isOffline ? 'offline' : 'online',
    placeId: isOffline ? placeId : undefined,
    buyer: identifiersOf(
      identifierOf('email', textOf(fields.buyer_email_address)),
      squareMember(idOf(fields.customer_id)),
      identifierOf('card', textOf(fieldsOf(fieldsOf(fields.card_details).card).fingerprint)),
    ),
    lines: [],
    total: minorOf(amount),
    currency: textOf(currency) ?? '',
  });
}

/**
 * An order of Square's with its lines, without categories (they are in the catalogue), when it is `COMPLETED`, as `SearchOrders` and exports have it; the webhooks of
 * orders tell ids and states only.
 * @returns why it is no purchase
 *
 * https://developer.squareup.com/reference/square/objects/Order
 */
export function purchaseFromSquareOrder(
  order: unknown,
  { placeOf }: ShopOptions,
): PurchaseInput | { reason: NoPurchase } {
  const fields = fieldsOf(order);
  const id = idOf(fields.id);
  if (id === undefined) return { reason: 'not-readable' };
  if (fields.state === 'CANCELED') return { reason: 'cancelled' };
  if (fields.state !== 'COMPLETED') return { reason: 'not-paid' };
  const { amount, currency } = fieldsOf(fields.total_money);
  const placeId = placeOf(idOf(fields.location_id) ?? '');
  const isOffline = placeId !== undefined && !listOf(fields.fulfillments).some(({ type }) => SENT_AWAY.has(type));
  const tenders = listOf(fields.tenders);
  return checkedPurchase({
    purchaseId: `square-${id}`,
    at: textOf(fields.closed_at) ?? textOf(fields.created_at) ?? '',
    channel: isOffline ? 'offline' : 'online',
    placeId: isOffline ? placeId : undefined,
    buyer: identifiersOf(
      squareMember(idOf(fields.customer_id) ?? idOf(tenders[0]?.customer_id)),
      identifierOf('card', textOf(fieldsOf(fieldsOf(tenders[0]?.card_details).card).fingerprint)),
    ),
    lines: listOf(fields.line_items).flatMap((line) => lineOf(line) ?? []),
    total: minorOf(amount),
    currency: textOf(currency) ?? '',
  });
}

/** The customer's number in Square's directory, as a handle of theirs. */
export const squareMember = (customerId: string | undefined) =>
  identifierOf('member', customerId && `square-${customerId}`);

/** What the payment itself says of how it was taken; undefined where it says nothing. */
function isPaymentOffline(payment: Fields): boolean | undefined {
  const { square_product: product } = fieldsOf(payment.application_details);
  if (ONLINE_PRODUCTS.has(product)) return false;
  if (OFFLINE_PRODUCTS.has(product) || payment.source_type === 'CASH') return true;
  return OFFLINE_ENTRIES.has(fieldsOf(payment.card_details).entry_method) ? true : undefined;
}

function lineOf(line: Fields) {
  // Weighed goods have a fraction of a quantity: one piece.
  const quantity = Math.floor(Number(line.quantity)) || 1;
  if (!(Number(line.quantity) > 0)) return undefined;
  return {
    quantity,
    sku: labelOf(line.sku ?? line.catalog_object_id),
    name: labelOf(line.name, 200),
    amount: amountOf(line.total_money),
  };
}

/** Square's money is in minor units already. */
const minorOf = (amount: unknown): bigint | undefined =>
  /^\d{1,15}$/.test(String(amount)) ? BigInt(String(amount)) : undefined;

function amountOf(money: unknown): number | undefined {
  const amount = minorOf(fieldsOf(money).amount);
  return amount === undefined ? undefined : Number(amount);
}
