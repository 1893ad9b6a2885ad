import { beforeEach, describe, expect, it } from 'vitest';
import { hearShopify } from '#core/shops/shopify.ts';
import { hearSquare } from '#core/shops/square.ts';
import { getPerson, putPerson } from '#store/people.ts';
import { findTombstones } from '#store/tombstones.ts';
import vectors from '../cases/hmac-webhooks.json' with { type: 'json' };
import { open } from './connector-vendors.ts';
import { BRAND, type Doors, json, openDoors, START, VENUE } from './connector-world.ts';
import {
  NOTIFICATION_URL,
  SHOPIFY_SECRET,
  SHOPS,
  type ShopVendor,
  shopifyOrder,
  signShopify,
  signSquare,
  squarePayment,
} from './shop-vendors.ts';

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;
const options = { placeOf: () => undefined };
const [shopify, , , square] = SHOPS as [ShopVendor, ShopVendor, ShopVendor, ShopVendor];
const TAKEN = 'purchase-taken';

let doors: Doors;
beforeEach(async () => {
  doors = await openDoors();
});

const openShop = (shop: ShopVendor, changes: object = {}) => open(doors, shop, { ...shop.more, ...changes });
/** A person of the brand's who has this email. */
const known = (personId: string, email: string) =>
  putPerson(doors.db, 'harbour', personId, {
    identifiers: [{ kind: 'email', value: email }],
    attributes: {},
    consents: [],
  });
const person = (personId: string) => getPerson(doors.db, 'harbour', personId);
const purchasesOf = async (personId: string) => (await person(personId))?.person.behaviour?.purchases ?? [];
const taken = () => doors.rows('offers').filter(({ entity }) => entity === TAKEN);

let webhooks = 0;
const tell = (topic: string, body: object | string, id = `webhook-${++webhooks}`) => {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  return doors.post('door', text, signShopify(text, topic, id));
};
const tellSquare = (body: object) => doors.post('door', body, signSquare(JSON.stringify(body)));

describe('signatures', () => {
  const message = (body: string | Buffer, headers: Record<string, string>) => ({
    bytes: Buffer.from(body),
    headers,
    query: {},
    now: START,
    parse: (bytes: Buffer) => JSON.parse(bytes.toString()) as unknown,
  });

  it.each(vectors.square)('of Square’s published vectors are right: $notificationUrl $signature', (vector) => {
    const { signatureKey, notificationUrl, body, signature } = vector;
    const hear = (given: string, key: Parameters<typeof hearSquare>[1]) =>
      hearSquare(message(body, { 'x-square-hmacsha256-signature': given }), key, options);
    expect(hear(signature, { keys: signatureKey, notificationUrl })).toHaveProperty('news');
    expect(hear(signature, { keys: ['another-key', signatureKey], notificationUrl })).toHaveProperty('news');
    expect(hear(signature, { keys: signatureKey, notificationUrl: `${notificationUrl}/` })).toHaveProperty('refused');
    expect(hear(signature, { keys: 'another-key', notificationUrl })).toHaveProperty('refused');
  });

  it.each(vectors.shopify)('of Shopify’s are of the bytes, escapes and all', ({ secret, body, signature }) => {
    const headers = { 'x-shopify-hmac-sha256': signature, 'x-shopify-topic': 'orders/paid' };
    expect(hearShopify(message(body, headers), secret, options)).toHaveProperty('news');
    // The same JSON in other bytes.
    const rewritten = body.replaceAll('\\/', '/');
    expect(JSON.parse(rewritten)).toEqual(JSON.parse(body));
    expect(hearShopify(message(rewritten, headers), secret, options)).toHaveProperty('refused');
  });

  it('fail for every flipped bit of body and signature', () => {
    for (const { signatureKey, notificationUrl, body, signature } of vectors.square) {
      const hear = (bytes: Buffer, given: string) =>
        hearSquare(
          message(bytes, { 'x-square-hmacsha256-signature': given }),
          { keys: signatureKey, notificationUrl },
          options,
        );
      expect(hear(Buffer.from(body), signature)).toHaveProperty('news');
      for (const flipped of flips(Buffer.from(body))) expect(hear(flipped, signature)).toHaveProperty('refused');
      for (const flipped of flips(Buffer.from(signature)))
        expect(hear(Buffer.from(body), flipped.toString('latin1'))).toHaveProperty('refused');
    }
    for (const { secret, body, signature } of vectors.shopify) {
      const hear = (bytes: Buffer, given: string) =>
        hearShopify(
          message(bytes, { 'x-shopify-hmac-sha256': given, 'x-shopify-topic': 'orders/paid' }),
          secret,
          options,
        );
      expect(hear(Buffer.from(body), signature)).toHaveProperty('news');
      for (const flipped of flips(Buffer.from(body))) expect(hear(flipped, signature)).toHaveProperty('refused');
      for (const flipped of flips(Buffer.from(signature)))
        expect(hear(Buffer.from(body), flipped.toString('latin1'))).toHaveProperty('refused');
    }
  });
});

function* flips(bytes: Buffer): Generator<Buffer> {
  for (let bit = 0; bit < bytes.length * 8; bit += 1) {
    const flipped = Buffer.from(bytes);
    flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7));
    yield flipped;
  }
}

describe.each([
  { shop: shopify, buyer: 'jon@doe.ca', purchaseId: 'shopify-820982911946154508', total: 500 },
  { shop: square, buyer: 'mei@example.com', purchaseId: 'square-03O3USaPaAaFnI6kkwB1JxGgBsUZY', total: 100 },
])('a purchase at $shop.kind', ({ shop, buyer, purchaseId, total }) => {
  const send = () => {
    if (shop === shopify) return tell('orders/paid', shopifyOrder());
    return tellSquare(squarePayment({ buyer_email_address: buyer }));
  };

  it('is its buyer’s, once, at whatever time it is sent again', async () => {
    await openShop(shop);
    await known('jo', buyer);
    const first = await send();
    expect([first.status, json(first)]).toEqual([200, { accepted: 1, ignored: [] }]);
    expect(await purchasesOf('jo')).toMatchObject([{ purchaseId, total, currency: 'USD' }]);
    for (const later of [1000, 6 * MINUTE_MS, 8 * DAY_MS]) {
      doors.world.now = START + later;
      await doors.expire();
      expect((await send()).status).toBe(200);
    }
    expect(await purchasesOf('jo')).toHaveLength(1);
    expect(taken()).toHaveLength(1);
  });

  it('is one when it is sent twenty times at once', async () => {
    await openShop(shop);
    await known('jo', buyer);
    const answers = await Promise.all(Array.from({ length: 20 }, send));
    // One that met nineteen others may be asked to come again, as the shop will.
    expect(answers.filter(({ status }) => status !== 200 && status !== 503)).toEqual([]);
    expect(await purchasesOf('jo')).toHaveLength(1);
  });

  it('is refused unsigned, and leaves no trace', async () => {
    await openShop(shop);
    const body = shop === shopify ? shopifyOrder() : JSON.stringify(squarePayment());
    const { headers = {} } = shop.sign(`${body} `, START);
    expect((await doors.post('door', body, { headers })).status).toBe(401);
    expect((await doors.post('door', body)).status).toBe(401);
    expect(doors.rows('offers')).toEqual([]);
  });
});

describe('a message', () => {
  it('is known again by its bytes, whatever id is put on it', async () => {
    await openShop(shopify);
    expect(json(await tell('orders/paid', shopifyOrder(), 'one'))).toMatchObject({ accepted: 1 });
    expect(json(await tell('orders/paid', shopifyOrder(), 'two'))).toEqual({ accepted: 0, repeated: 1 });
    const later = shopifyOrder({ '"order_number":1234': '"order_number":1235' });
    expect(json(await tell('orders/paid', later, 'one'))).toEqual({ accepted: 0, repeated: 1 });
  });

  it('that the store could not take is taken when it comes again', async () => {
    await openShop(shopify);
    await known('jo', 'jon@doe.ca');
    const { send } = doors.db.client;
    doors.db.client.send = (() => {
      throw Object.assign(new Error('busy'), { name: 'ServiceUnavailable' });
    }) as never;
    expect((await tell('orders/paid', shopifyOrder(), 'one')).status).toBe(503);
    doors.db.client.send = send;
    expect(json(await tell('orders/paid', shopifyOrder(), 'one'))).toMatchObject({ accepted: 1 });
    expect(await purchasesOf('jo')).toHaveLength(1);
  });

  it('may be signed with either of two secrets while they change', async () => {
    await openShop(shopify, { secret: [SHOPIFY_SECRET, 'another-secret'] });
    expect((await tell('orders/paid', shopifyOrder())).status).toBe(200);
    await openShop(shopify, { secret: 'another-secret' });
    expect((await tell('orders/paid', shopifyOrder())).status).toBe(401);
  });

  it.each([
    ['orders/paid', shopifyOrder({ '"test":false': '"test":true' }), 'test-order'],
    ['orders/create', shopifyOrder({ '"financial_status":"paid"': '"financial_status":"pending"' }), 'not-paid'],
    ['orders/paid', '{"id":1,"financial_status":"paid"}', 'not-readable'],
    ['orders/paid', '[]', 'not-readable'],
    ['orders/cancelled', shopifyOrder(), 'other-event'],
    ['refunds/create', '{"id":1,"order_id":820982911946154508}', 'other-event'],
    ['products/update', '{"id":1}', 'other-event'],
    ['customers/update', shopifyOrder(), 'no-person'],
  ])('of nothing that counts is well: %s %#', async (topic, body, reason) => {
    await openShop(shopify);
    const { status, text } = await tell(topic, body);
    expect([status, JSON.parse(text)]).toEqual([200, { accepted: 0, ignored: [{ reason, count: 1 }] }]);
    expect([...doors.rows('offers'), ...doors.rows('people')]).toEqual([]);
  });

  it('without a topic cannot be read', async () => {
    await openShop(shopify);
    const { status, text } = await tell('', shopifyOrder());
    expect([status, JSON.parse(text).errors[0].detail]).toEqual([400, 'send the header x-shopify-topic']);
  });

  it('of Square’s is signed for this connector’s address', async () => {
    await openShop(square);
    const body = squarePayment();
    const elsewhere = signSquare(JSON.stringify(body), 'https://elsewhere.example/');
    expect((await doors.post('door', body, elsewhere)).status).toBe(401);
    await openShop(square, { notificationUrl: 'https://elsewhere.example/' });
    expect((await doors.post('door', body, elsewhere)).status).toBe(200);
  });

  it('keeps both parts of a rapid order: as it was first paid', async () => {
    await openShop(shopify);
    await known('jo', 'jon@doe.ca');
    await tell('orders/create', shopifyOrder());
    const changed = shopifyOrder({ '"quantity":1': '"quantity":2' });
    expect(json(await tell('orders/paid', changed))).toEqual({ accepted: 1, ignored: [] });
    expect(await purchasesOf('jo')).toMatchObject([{ items: 1 }]);
  });
});

it('an order at the till is offline, at the place that its location is', async () => {
  await openShop(shopify);
  await known('jo', 'jon@doe.ca');
  const till = { '"location_id":null': '"location_id":48752903', '"source_name":"web"': '"source_name":"pos"' };
  expect((await tell('orders/paid', shopifyOrder(till))).status).toBe(200);
  expect(await purchasesOf('jo')).toMatchObject([{ channel: 'offline', placeId: 'lobby', skus: ['SKU-1'] }]);
});

it('shops are for brands, and Square’s address is needed', async () => {
  const input = { kind: 'shopify', name: 'Shop', secret: SHOPIFY_SECRET, places: {} };
  expect((await doors.put(VENUE, 'w', input)).status).toBe(422);
  const { status, text } = await doors.put(BRAND, 'w', { ...input, kind: 'square' });
  expect([status, JSON.parse(text).errors[0].pointer]).toEqual([400, '/notificationUrl']);
  const shown = json(await doors.put(BRAND, 'w', { ...input, kind: 'square', notificationUrl: NOTIFICATION_URL }));
  expect(shown).toMatchObject({ kind: 'square', notificationUrl: NOTIFICATION_URL });
});

describe('a customer of Shopify’s', () => {
  const customer = (changes: object = {}) => ({
    id: 115310627314,
    email: 'Jon@Doe.ca',
    phone: '+16135550100',
    first_name: 'Jon',
    created_at: '2026-11-20T10:00:00Z',
    updated_at: '2026-11-22T09:00:00Z',
    tags: 'vip, wholesale',
    default_address: { country_code: 'CA', province_code: 'ON' },
    email_marketing_consent: {
      state: 'subscribed',
      opt_in_level: 'confirmed_opt_in',
      consent_updated_at: '2026-11-21T10:00:00Z',
    },
    sms_marketing_consent: { state: 'not_subscribed', opt_in_level: 'single_opt_in', consent_updated_at: null },
    ...changes,
  });
  const unsubscribed = { state: 'unsubscribed', consent_updated_at: '2026-11-22T09:30:00Z' };
  beforeEach(() => openShop(shopify));

  it('is a person, with what they agreed to', async () => {
    expect(json(await tell('customers/create', customer()))).toEqual({ accepted: 1, ignored: [] });
    const { person: who, standing } = (await person('shopify-115310627314')) ?? {};
    expect(who).toMatchObject({
      identifiers: [
        { kind: 'member', value: 'shopify-115310627314' },
        { kind: 'email', value: 'jon@doe.ca' },
        { kind: 'phone', value: '+16135550100' },
      ],
      attributes: { firstName: 'Jon', country: 'CA', region: 'ON', tags: ['vip', 'wholesale'] },
    });
    expect(standing?.consents).toMatchObject({
      'marketing/email': { granted: true, at: Date.parse('2026-11-21T10:00:00Z') },
    });
    expect(standing?.consents).not.toHaveProperty('marketing/sms');
    const said = doors.rows('people').filter(({ entity }) => entity === 'consent');
    expect(said).toMatchObject([{ source: 'shopify', proof: 'confirmed_opt_in' }]);
  });

  it('buys, by number where nothing else is said', async () => {
    await tell('customers/create', customer({ id: 115310627314 }));
    const order = shopifyOrder({
      '"email":"jon@doe.ca"': '"email":""',
      '"id":115310627314723954,"email":"john@test.com"': '"id":115310627314',
    });
    await tell('orders/paid', order);
    expect(await purchasesOf('shopify-115310627314')).toHaveLength(1);
  });

  it('withdraws, and an older word of theirs changes nothing', async () => {
    await tell('customers/create', customer());
    const now = customer({
      updated_at: '2026-11-22T09:30:00Z',
      last_name: 'Doe',
      email_marketing_consent: unsubscribed,
    });
    await tell('customers/update', now);
    const consents = async () => (await person('shopify-115310627314'))?.standing.consents;
    expect(await consents()).toMatchObject({ 'marketing/email': { granted: false } });
    const old = await tell('customers/update', customer({ first_name: 'Old' }));
    expect(json(old)).toEqual({ accepted: 0, ignored: [{ reason: 'older-than-known', count: 1 }] });
    expect(await consents()).toMatchObject({ 'marketing/email': { granted: false } });
    expect((await person('shopify-115310627314'))?.person.attributes).toMatchObject({
      firstName: 'Jon',
      lastName: 'Doe',
    });
  });

  it('has no phone any more when the shop says so, and what it does not speak of', async () => {
    await tell('customers/create', customer());
    const kinds = async () => (await person('shopify-115310627314'))?.person.identifiers.map(({ kind }) => kind).sort();
    await tell('customers/update', customer({ phone: undefined, updated_at: '2026-11-22T09:10:00Z' }));
    expect(await kinds()).toEqual(['email', 'member', 'phone']);
    await tell('customers/update', customer({ phone: null, updated_at: '2026-11-22T09:20:00Z' }));
    expect(await kinds()).toEqual(['email', 'member']);
  });

  it('whose email is another profile’s leaves it there', async () => {
    await known('jo', 'jon@doe.ca');
    expect(json(await tell('customers/create', customer()))).toEqual({ accepted: 1, ignored: [] });
    expect((await person('jo'))?.person.identifiers).toEqual([{ kind: 'email', value: 'jon@doe.ca' }]);
    expect((await person('shopify-115310627314'))?.person.identifiers).not.toContainEqual({
      kind: 'email',
      value: 'jon@doe.ca',
    });
  });

  it('that the shop has deleted gets no more marketing', async () => {
    await tell('customers/create', customer());
    const deleted = { id: 115310627314, phone: null, addresses: [], tax_exemptions: [], email_marketing_consent: null };
    expect(json(await tell('customers/delete', deleted))).toMatchObject({ accepted: 1 });
    expect((await person('shopify-115310627314'))?.standing.consents).toMatchObject({
      'marketing/email': { granted: false },
      'marketing/sms': { granted: false },
    });
  });

  it('is not deleted or erased by another message of theirs under another topic', async () => {
    await tell('customers/create', customer());
    const before = await person('shopify-115310627314');
    for (const topic of ['customers/delete', 'customers/redact', 'customers/data_request', 'shop/redact']) {
      expect(json(await tell(topic, customer()))).toMatchObject({ accepted: 0 });
      expect(json(await tell(topic, shopifyOrder()))).toMatchObject({ accepted: 0 });
    }
    expect(await person('shopify-115310627314')).toEqual(before);
  });
});

describe('a privacy topic of Shopify’s', () => {
  const about = { shop_id: 954889, shop_domain: 'harbour.myshopify.com' };
  const who = { id: 191167, email: 'john@example.com', phone: '+16135550100' };
  const redact = { ...about, customer: who, orders_to_redact: [299938, 280263, 220458] };
  const customer = { id: 191167, email: 'john@example.com', updated_at: '2026-11-22T09:00:00Z' };
  beforeEach(() => openShop(shopify));

  it('customers/redact erases, for good', async () => {
    await tell('customers/create', customer);
    await known('by-phone', 'other@example.com');
    await tell('orders/paid', shopifyOrder({ 'jon@doe.ca': 'john@example.com' }));
    expect(await purchasesOf('shopify-191167')).toHaveLength(1);
    expect(json(await tell('customers/redact', redact))).toEqual({ accepted: 1, ignored: [] });
    expect(await person('shopify-191167')).toBeUndefined();
    expect(await person('by-phone')).toBeDefined();
    for (const table of ['people', 'offers', 'presence', 'tombstones'] as const) {
      const kept = JSON.stringify(doors.rows(table));
      expect(kept).not.toContain('john@example.com');
      expect(kept).not.toContain('shopify-191167');
    }
    const secret = await doors.runtime.secret('linkSecret');
    expect(await findTombstones(doors.db, 'harbour', secret, [{ personId: 'shopify-191167' }])).toHaveLength(1);
    // An old word of the shop's brings nobody back.
    const again = await tell('customers/update', { ...customer, updated_at: '2026-11-22T09:00:01Z' });
    expect(json(again)).toEqual({ accepted: 0, ignored: [{ reason: 'erased', count: 1 }] });
    expect(await person('shopify-191167')).toBeUndefined();
  });

  it('customers/redact reaches whoever has the email, and is well when nobody does', async () => {
    await known('jo', 'john@example.com');
    expect(json(await tell('customers/redact', redact))).toMatchObject({ accepted: 1 });
    expect(await person('jo')).toBeUndefined();
    const again = await tell('customers/redact', { ...redact, orders_to_redact: [] });
    expect([again.status, json(again).ignored]).toEqual([200, [{ reason: 'no-person', count: 1 }]]);
  });

  it('customers/redact is done when it comes again, wherever it broke off', async () => {
    let isWhole = false;
    for (let after = 0; !isWhole; after += 1) {
      expect(after).toBeLessThan(200);
      doors = await openDoors();
      await openShop(shopify);
      await tell('customers/create', customer);
      await known('jo', 'johnny@example.com');
      const request = { ...redact, customer: { ...who, email: 'johnny@example.com' } };
      const { send } = doors.db.client;
      let sent = 0;
      doors.db.client.send = ((command: never) => {
        sent += 1;
        if (sent > after) throw Object.assign(new Error('busy'), { name: 'ServiceUnavailable' });
        return (send as (command: never) => unknown)(command);
      }) as never;
      const { status } = await tell('customers/redact', request, 'one');
      isWhole = status === 200;
      if (!isWhole) expect(status).toBe(503);
      doors.db.client.send = send;
      expect((await tell('customers/redact', request, 'one')).status).toBe(200);
      for (const table of ['people', 'offers', 'presence', 'tombstones'] as const) {
        expect(JSON.stringify(doors.rows(table))).not.toMatch(/john|191167/);
      }
    }
  });

  it('customers/data_request is noted at the person', async () => {
    const request = { ...about, orders_requested: [1], customer: who, data_request: { id: 9999 } };
    expect(json(await tell('customers/data_request', request))).toMatchObject({ accepted: 0 });
    await tell('customers/create', customer);
    expect(json(await tell('customers/data_request', { ...request, orders_requested: [] }))).toMatchObject({
      accepted: 1,
    });
    expect((await person('shopify-191167'))?.person.attributes).toMatchObject({
      dataRequestedAt: new Date(START).toISOString(),
    });
  });

  it('shop/redact is shown at the connector', async () => {
    expect(json(await tell('shop/redact', about))).toMatchObject({ accepted: 1 });
    const shown = json(await doors.call('getConnector', BRAND, 'door'));
    expect(shown).toMatchObject({ kind: 'shopify', shopErasureAskedAt: new Date(START).toISOString() });
  });
});

describe('a customer of Square’s', () => {
  const event = (type: string, customer: object, more: object = {}) => ({
    merchant_id: 'MLEFBHHSJGVHD',
    type,
    event_id: `event-${++webhooks}`,
    data: { type: 'customer', id: 'JDKYHBWT1D4F8MFH63DBMEN8Y4', object: { customer, ...more } },
  });
  const customer = {
    id: 'JDKYHBWT1D4F8MFH63DBMEN8Y4',
    given_name: 'Amelia',
    email_address: 'Amelia.Earhart@example.com',
    phone_number: '(613) 555-0100',
    address: { country: 'CA', administrative_district_level_1: 'ON' },
    preferences: { email_unsubscribed: false },
    updated_at: '2026-11-22T09:00:00Z',
  };
  const id = 'square-JDKYHBWT1D4F8MFH63DBMEN8Y4';
  beforeEach(() => openShop(square));

  it('is a person who has agreed to nothing, and buys', async () => {
    expect(json(await tellSquare(event('customer.created', customer)))).toEqual({ accepted: 1, ignored: [] });
    const { person: who, standing } = (await person(id)) ?? {};
    expect(who).toMatchObject({
      identifiers: [
        { kind: 'email', value: 'amelia.earhart@example.com' },
        { kind: 'phone', value: '+16135550100' },
        { kind: 'member', value: id },
      ],
      attributes: { firstName: 'Amelia', country: 'CA', region: 'ON' },
    });
    expect(standing?.consents).toEqual({});
    await tellSquare(squarePayment());
    expect(await purchasesOf(id)).toMatchObject([{ channel: 'offline', placeId: 'lobby', total: 100 }]);
  });

  it('who unsubscribes has withdrawn', async () => {
    await tellSquare(event('customer.updated', { ...customer, preferences: { email_unsubscribed: true } }));
    expect((await person(id))?.standing.consents).toMatchObject({ 'marketing/email': { granted: false } });
  });

  it('who is deleted is erased, but not when two records became one', async () => {
    await tellSquare(event('customer.created', customer));
    const merge = { event_context: { merge: { from_customer_ids: [customer.id], to_customer_id: 'NEW' } } };
    expect(json(await tellSquare(event('customer.deleted', customer, merge))).ignored).toEqual([
      { reason: 'merged', count: 1 },
    ]);
    expect(await person(id)).toBeDefined();
    expect(json(await tellSquare(event('customer.deleted', customer)))).toEqual({ accepted: 1, ignored: [] });
    expect(await person(id)).toBeUndefined();
  });
});
