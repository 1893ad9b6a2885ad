import orders from '../cases/shop-orders.json' with { type: 'json' };
import type { Vendor } from './connector-vendors.ts';
import { BRAND, hmac } from './connector-world.ts';

export const SHOPIFY_SECRET = 'secret-of-the-app';
const SQUARE_KEY = 'key-of-the-subscription';
export const NOTIFICATION_URL = 'https://beckon.example/v1/connectors/door/events';

/** Shopify's own sample as an order that is none of its tests. Text, because its ids have 64 bits. */
export const shopifyOrder = (changes: Record<string, string> = {}): string =>
  Object.entries({ '"test":true': '"test":false', ...changes }).reduce((text, [from, to]) => {
    if (!text.includes(from)) throw new Error(`no ${from}`);
    return text.replace(from, to);
  }, orders.shopifyOrder);

export const squarePayment = (changes: object = {}): object => {
  const { data, ...event } = orders.squarePayment;
  const payment = { ...data.object.payment, created_at: '2026-11-22T09:59:00Z', ...changes };
  return { ...event, data: { ...data, object: { payment } } };
};

export const signShopify = (body: string | Buffer, topic: string, webhookId = 'webhook-1') => ({
  headers: {
    'x-shopify-topic': topic,
    'x-shopify-webhook-id': webhookId,
    'x-shopify-shop-domain': 'harbour.myshopify.com',
    'x-shopify-hmac-sha256': hmac(SHOPIFY_SECRET, body, 'base64'),
  },
});
export const signSquare = (body: string | Buffer, url = NOTIFICATION_URL) => ({
  headers: {
    'x-square-hmacsha256-signature': hmac(SQUARE_KEY, Buffer.concat([Buffer.from(url), Buffer.from(body)]), 'base64'),
  },
});

/** What shops say becomes purchases and people, and no signal. */
export type ShopVendor = Omit<Vendor, 'signal' | 'yes' | 'isTimed'> & { more: object };

const shopify: ShopVendor = {
  kind: 'shopify',
  owner: BRAND,
  secret: ['a-new-secret', SHOPIFY_SECRET],
  places: { '48752903': { placeId: 'lobby' } },
  more: {},
  message: () => ({ body: shopifyOrder(), ...signShopify(shopifyOrder(), 'orders/paid') }),
  sign: (body) => signShopify(body, 'orders/paid', `webhook of ${body.length}`),
  status: 200,
};

export const SHOPS: readonly ShopVendor[] = [
  shopify,
  {
    ...shopify,
    message: () => {
      const body = JSON.stringify({
        id: 115310627314,
        updated_at: '2026-11-22T09:00:00Z',
        email: 'jon@doe.ca',
        email_marketing_consent: { state: 'subscribed', consent_updated_at: '2026-11-22T09:00:00Z' },
        default_address: { country_code: 'US', province_code: 'DC' },
        tags: 'a, b',
      });
      return { body, ...signShopify(body, 'customers/update') };
    },
    sign: (body) => signShopify(body, 'customers/update', `webhook of ${body.length}`),
  },
  {
    ...shopify,
    message: () => {
      const customer = { id: 115310627314, email: 'jon@doe.ca', phone: null };
      const body = JSON.stringify({ shop_id: 1, shop_domain: 'h.myshopify.com', customer, orders_to_redact: [1] });
      return { body, ...signShopify(body, 'customers/redact') };
    },
    sign: (body) => signShopify(body, 'customers/redact', `webhook of ${body.length}`),
  },
  {
    kind: 'square',
    owner: BRAND,
    secret: ['a-new-secret', SQUARE_KEY],
    places: { S8GWD5R9QB376: { placeId: 'lobby' } },
    more: { notificationUrl: NOTIFICATION_URL },
    message: () => {
      const body = JSON.stringify(squarePayment());
      return { body, ...signSquare(body) };
    },
    sign: (body) => signSquare(body),
    status: 200,
  },
];
