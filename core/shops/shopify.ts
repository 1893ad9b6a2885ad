import { createHmac } from 'node:crypto';
import { readCustomer } from '../imports/shop-customers.ts';
import {
  type Fields,
  fieldsOf,
  identifierOf,
  identifiersOf,
  idOf,
  type ShopOptions,
  textOf,
} from '../purchases/fields.ts';
import { purchaseFromShopifyOrder, shopifyMember } from '../purchases/from-shopify.ts';
import { type DoorMessage, isOneOf } from '../signals/heard.ts';
import { nothing, purchaseNews, type ShopCustomer, type ShopNews, type ShopPerson, type ShopTold } from './news.ts';

/**
 * A webhook of Shopify's: `x-shopify-hmac-sha256` is the HMAC-SHA256 of the body's bytes under the app's client secret,
 * in base64. Its headers are not signed, so what the topic says is believed only of a body that is such a thing: an
 * update of a customer that is sent again as `customers/redact` erases nobody.
 *
 * https://shopify.dev/docs/apps/build/webhooks/subscribe/https
 */
export function hearShopify(message: DoorMessage, secrets: string | readonly string[], options: ShopOptions): ShopTold {
  const { bytes, headers } = message;
  const expected = [secrets].flat().map((secret) => createHmac('sha256', secret).update(bytes).digest('base64'));
  if (!isOneOf(headers['x-shopify-hmac-sha256'] ?? '', expected)) {
    return { refused: 'x-shopify-hmac-sha256 is not that of this body under this connector’s secret' };
  }
  const topic = headers['x-shopify-topic'] ?? '';
  if (!/^[a-z_]{1,40}\/[a-z_]{1,40}$/.test(topic)) return { unreadable: 'send the header x-shopify-topic' };
  const webhookId = headers['x-shopify-webhook-id'];
  return {
    news: newsOf(topic, fieldsOf(message.parse(bytes)), options),
    messageIds: [
      ...(webhookId === undefined ? [] : [`id/${webhookId.slice(0, 256)}`]),
      // The id is not signed, and so not all that tells a message from another.
      `body/${topic}/${createHmac('sha256', 'body').update(bytes).digest('base64url')}`,
    ],
  };
}

function newsOf(topic: string, body: Fields, options: ShopOptions): ShopNews {
  switch (topic) {
    case 'orders/create':
    case 'orders/paid':
    case 'orders/updated':
      return purchaseNews(purchaseFromShopifyOrder(body, options));
    case 'customers/create':
    case 'customers/update':
    case 'customers/enable':
    case 'customers/disable': {
      const customer = personFromShopifyCustomer(body);
      return customer ? { about: 'customer', customer } : nothing('no-person');
    }
    case 'customers/delete':
      return personNews('deletion', 'created_at' in body ? undefined : body);
    case 'customers/redact':
      return personNews('erasure', isPrivacyTopic(body, 'orders_to_redact') ? body.customer : undefined);
    case 'customers/data_request':
      return personNews('data-request', isPrivacyTopic(body, 'data_request') ? body.customer : undefined);
    case 'shop/redact':
      return isPrivacyTopic(body) && !('customer' in body) ? { about: 'shop-erasure' } : nothing('other-event');
    default:
      return nothing('other-event');
  }
}

const isPrivacyTopic = (body: Fields, name?: string): boolean =>
  idOf(body.shop_id) !== undefined &&
  textOf(body.shop_domain) !== undefined &&
  (name === undefined || (typeof body[name] === 'object' && body[name] !== null));

function personNews(about: 'deletion' | 'erasure' | 'data-request', customer: unknown): ShopNews {
  const person = personOf(fieldsOf(customer));
  return person ? { about, person } : nothing('no-person');
}

function personOf({ id, email, phone }: Fields): ShopPerson | undefined {
  const customerId = digitsOf(id);
  if (customerId === undefined) return undefined;
  const handles = identifiersOf(
    shopifyMember(customerId),
    identifierOf('email', textOf(email)),
    identifierOf('phone', textOf(phone)),
  );
  return { personId: `shopify-${customerId}`, handles };
}

/**
 * A customer of Shopify's webhooks (`customers/create`, `customers/update`): handles, names, country, region and tags. A
 * `subscribed` state with its date is a consent, with the `opt_in_level` as its proof; `unsubscribed` and `redacted` are
 * withdrawals. Undefined for what is no customer.
 */
function personFromShopifyCustomer(customer: unknown): ShopCustomer | undefined {
  const fields = fieldsOf(customer);
  const updatedAt = textOf(fields.updated_at) ?? textOf(fields.created_at) ?? '';
  const read = readCustomer(1, fields, { vouch: undefined, country: undefined });
  const customerId = digitsOf(fields.id);
  // An order has an id and dates as well: only customers have a state of marketing, or none of an order's total.
  if ('reason' in read || customerId === undefined || !(Date.parse(updatedAt) >= 0) || 'total_price' in fields)
    return undefined;
  const { identifiers, attributes, consents } = read.person as ShopCustomer['person'];
  return {
    personId: `shopify-${customerId}`,
    updatedAt: new Date(updatedAt).toISOString(),
    // What a subscription leaves out is not there at all.
    without: (['email', 'phone'] as const).filter((kind) => fields[kind] === null || fields[kind] === ''),
    person: { identifiers: identifiersOf(...identifiers), attributes, consents },
  };
}

const digitsOf = (id: unknown): string | undefined => /^\d{1,20}$/.exec(idOf(id) ?? '')?.[0];
