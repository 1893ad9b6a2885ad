import { rmSync } from 'node:fs';
import { afterAll, expect, it } from 'vitest';
import { SHOPIFY_SECRET, shopifyOrder, signShopify } from '../functions/shop-vendors.ts';
import { type Beckon, startBeckon } from '../support/beckon.ts';
import { aPlace } from '../support/builders.ts';

let beckon: Beckon | undefined;
afterAll(async () => {
  await beckon?.stop();
  if (beckon) rmSync(beckon.dataDir, { recursive: true, force: true });
});

it('an order at a till survives a power cut, is the customer’s, and goes with them', async () => {
  beckon = await startBeckon({ keepData: true });
  const put = async (path: string, body: unknown) => {
    const { status, text } = (await beckon?.call('PUT', path, 'marketer', body)) ?? {};
    expect([status, text]).toEqual([200, text]);
  };
  const tell = async (topic: string, body: string) => {
    const { headers } = signShopify(body, topic, `webhook of ${topic}`);
    return await beckon?.call('POST', '/v1/connectors/webshop/events', 'nobody', body, headers);
  };
  await put('/v1/places/high-street', aPlace());
  await put('/v1/connectors/webshop', {
    kind: 'shopify',
    name: 'Shop',
    secret: SHOPIFY_SECRET,
    places: { '48752903': { placeId: 'high-street' } },
  });
  const customer = '{"id":115310627314723954,"email":"john@test.com","updated_at":"2026-11-20T10:00:00Z"}';
  expect(await tell('customers/create', customer)).toMatchObject({ status: 200, body: { accepted: 1 } });
  // Bought under another address: it is the number, and only that, which says who.
  const order = shopifyOrder({
    '"email":"jon@doe.ca"': '"email":""',
    '"email":"john@test.com"': '"email":null',
    '"location_id":null': '"location_id":48752903',
    '"source_name":"web"': '"source_name":"pos"',
  });
  expect(await tell('orders/paid', order)).toMatchObject({ status: 200, body: { accepted: 1 } });

  await beckon.kill();
  beckon = await startBeckon({ dataDir: beckon.dataDir, keepData: true });
  const personId = 'shopify-115310627314723954';
  const held = await beckon.call('GET', `/v1/people/${personId}/export`, 'marketer');
  expect([held.status, held.text]).toEqual([200, expect.stringContaining('"shopify-820982911946154508"')]);
  expect(held.text).toContain('high-street');
  expect(await tell('orders/paid', order)).toMatchObject({ status: 200, body: { accepted: 0, repeated: 1 } });

  const redact = `{"shop_id":1,"shop_domain":"h.myshopify.com","customer":{"id":115310627314723954},"orders_to_redact":[]}`;
  expect(await tell('customers/redact', redact)).toMatchObject({ status: 200, body: { accepted: 1 } });
  expect((await beckon.call('GET', `/v1/people/${personId}`, 'marketer')).status).toBe(404);
  const { body: erasures } = await beckon.call('GET', '/v1/erasures', 'marketer');
  expect(erasures.items).toMatchObject([{ source: 'webshop', state: 'done' }]);
  // The shop's old word brings nobody back.
  expect(await tell('customers/update', customer)).toMatchObject({ status: 200, body: { accepted: 0 } });
  expect((await beckon.call('GET', `/v1/people/${personId}`, 'marketer')).status).toBe(404);
}, 180_000);
