import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseExact } from '#core/imports/exact-json.ts';
import { PurchaseInputSchema } from '#core/model/purchase.ts';
import { purchaseFromShopifyOrder } from '#core/purchases/from-shopify.ts';
import { purchaseFromSquareOrder, purchaseFromSquarePayment } from '#core/purchases/from-square.ts';
import { minorUnits } from '#core/purchases/money.ts';
import vectors from '../cases/shop-orders.json' with { type: 'json' };

const options = { placeOf: (id: string) => ({ S8GWD5R9QB376: 'lobby', '48752903': 'lobby' })[id] };
const vector = parseExact(vectors.shopifyOrder) as Record<string, unknown>;
/** The vector itself is one of Shopify's own test orders. */
const order = (changes: object = {}) => ({ ...vector, test: false, ...changes });
const readOrder = (changes: object = {}, more: object = {}) =>
  purchaseFromShopifyOrder(order(changes), { ...options, ...more });
const { payment } = vectors.squarePayment.data.object;
const readPayment = (changes: object = {}) =>
  purchaseFromSquarePayment({ ...payment, created_at: '2022-07-13T20:30:59.037Z', ...changes }, options);

describe('an order of Shopify’s', () => {
  it('keeps every digit of its id, who bought, and what', () => {
    expect(readOrder()).toEqual({
      purchaseId: 'shopify-820982911946154508',
      at: '2020-03-27T17:01:19.000Z',
      channel: 'online',
      person: { kind: 'email', value: 'jon@doe.ca' },
      identifiers: [{ kind: 'member', value: 'shopify-115310627314723954' }],
      lines: [{ sku: 'SKU-1', name: 'Demo', quantity: 1, amount: 0 }],
      total: 500,
      currency: 'USD',
      couponCodes: [],
    });
  });

  it.each([
    [{ test: true }, 'test-order'],
    [{ cancelled_at: '2020-03-28T00:00:00Z' }, 'cancelled'],
    [{ financial_status: 'pending' }, 'not-paid'],
    [{ financial_status: 'authorized' }, 'not-paid'],
    [{ financial_status: 'partially_paid' }, 'not-paid'],
    [{ financial_status: 'refunded' }, 'not-paid'],
    [{ financial_status: 'voided' }, 'not-paid'],
    [{ financial_status: undefined }, 'not-paid'],
    [{ id: null }, 'not-readable'],
    [{ id: 'a b' }, 'not-readable'],
    [{ total_price: '5.001' }, 'not-readable'],
    [{ total_price: '-5.00' }, 'not-readable'],
    [{ currency: 'dollars' }, 'not-readable'],
    [{ created_at: 'yesterday' }, 'not-readable'],
  ])('is no purchase: %j is %s', (changes, reason) => {
    expect(readOrder(changes)).toEqual({ reason });
  });

  it('of a till is offline, at the place that its location is', () => {
    const address = { province_code: 'DC', zip: '20001-1234', country_code: 'US' };
    const till = { source_name: 'pos', location_id: 48752903, shipping_address: address };
    expect(readOrder(till)).toMatchObject({ channel: 'offline', placeId: 'lobby' });
    expect(readOrder(till)).not.toHaveProperty('region', 'DC');
    expect(readOrder({ ...till, location_id: 1 })).toMatchObject({ channel: 'offline', placeId: undefined });
    expect(readOrder({ location_id: 48752903 })).toMatchObject({ channel: 'online', placeId: undefined });
  });

  it('counts for the area that it goes to', () => {
    const us = { province_code: 'DC', zip: '20001-1234', country_code: 'US' };
    const gb = { zip: 'sw1a 1aa', country_code: 'GB' };
    expect(readOrder({ shipping_address: us })).toMatchObject({ region: 'DC' });
    expect(readOrder({ billing_address: us })).toMatchObject({ region: 'DC' });
    expect(readOrder({ shipping_address: us }, { regionBy: 'postcode' })).toMatchObject({ region: '20001' });
    expect(readOrder({ shipping_address: gb }, { regionBy: 'postcode' })).toMatchObject({ region: 'SW1A1AA' });
    expect(readOrder({ shipping_address: gb })).toMatchObject({ region: undefined });
  });

  it('says who by email, else by phone, else by number', () => {
    const member = { kind: 'member', value: 'shopify-115310627314723954' };
    const phone = { kind: 'phone', value: '+8613800138000' };
    const customer = { id: '115310627314723954' };
    expect(readOrder({ email: ' Jon@DOE.ca ', phone: '+86 138 0013 8000' })).toMatchObject({
      person: { kind: 'email', value: 'jon@doe.ca' },
      identifiers: [phone, member],
    });
    const silent = { email: '', customer };
    expect(readOrder({ ...silent, phone: '+8613800138000' })).toMatchObject({ person: phone, identifiers: [member] });
    expect(readOrder(silent)).toMatchObject({ person: member, identifiers: [] });
    expect(readOrder({ email: null, customer: null })).toMatchObject({ person: undefined, identifiers: [] });
  });

  it('has lines at what was paid for them', () => {
    const line = { price: '19.99', quantity: 3, product_type: 'dairy', sku: 'MILK-1', title: 'Milk\n1 l' };
    const allocated = [{ amount: '5.00' }, { amount: '0.97' }];
    const lines = [
      { ...line, discount_allocations: allocated, total_discount: '5.97' },
      { ...line, total_discount: '1.00' },
      { ...line, discount_allocations: [{ amount: '100.00' }] },
      { ...line, quantity: 0 },
      { ...line, price: null },
    ];
    const read = readOrder({ line_items: lines, discount_codes: [{ code: 'SUMMER10', amount: '5.97' }, { code: '' }] });
    const said = { sku: 'MILK-1', name: 'Milk 1 l', category: 'dairy', quantity: 3 };
    expect(read).toMatchObject({
      lines: [
        { ...said, amount: 5400 },
        { ...said, amount: 5897 },
        { ...said, amount: 0 },
        { ...said, amount: undefined },
      ],
      couponCodes: ['SUMMER10'],
    });
  });

  it('that is huge is cut to what is kept', () => {
    const lines = Array.from({ length: 500 }, (_, index) => ({
      price: '1.00',
      quantity: 1,
      title: `${index}😀`.repeat(99),
    }));
    const read = readOrder({ line_items: lines, total_price: '500.00' });
    expect(read).toMatchObject({ total: 50_000, lines: { length: 200 } });
  });
});

describe('a payment of Square’s', () => {
  it('is a purchase of its order', () => {
    expect(readPayment()).toEqual({
      purchaseId: 'square-03O3USaPaAaFnI6kkwB1JxGgBsUZY',
      at: '2022-07-13T20:30:59.037Z',
      channel: 'offline',
      placeId: 'lobby',
      person: { kind: 'member', value: 'square-JDKYHBWT1D4F8MFH63DBMEN8Y4' },
      identifiers: [],
      lines: [],
      total: 100,
      currency: 'USD',
      couponCodes: [],
    });
  });

  it.each([
    [{ status: 'APPROVED' }, 'not-paid'],
    [{ status: 'CANCELED' }, 'cancelled'],
    [{ status: 'FAILED' }, 'cancelled'],
    [{ id: undefined, order_id: undefined }, 'not-readable'],
    [{ amount_money: { amount: '1.5', currency: 'USD' } }, 'not-readable'],
    [{ created_at: undefined }, 'not-readable'],
  ])('is no purchase: %j is %s', (changes, reason) => {
    expect(readPayment(changes)).toEqual({ reason });
  });

  it.each([
    [{ application_details: { square_product: 'ECOMMERCE_API' } }, 'online'],
    [{ application_details: { square_product: 'SQUARE_POS' }, location_id: 'elsewhere' }, 'offline'],
    [{ source_type: 'CASH', location_id: 'elsewhere' }, 'offline'],
    [{ card_details: { entry_method: 'CONTACTLESS' }, location_id: 'elsewhere' }, 'offline'],
    [{ card_details: { entry_method: 'KEYED' }, location_id: 'elsewhere' }, 'online'],
    [{ location_id: 'elsewhere' }, 'online'],
  ])('%j is %s', (changes, channel) => {
    expect(readPayment(changes)).toMatchObject({ channel });
  });

  it('tells of the card, and counts the tip', () => {
    const card = { card_details: { card: { fingerprint: 'sq-1-abc' } } };
    const read = readPayment({
      ...card,
      buyer_email_address: 'Mei@Example.com',
      total_money: { amount: 120, currency: 'JPY' },
    });
    expect(read).toMatchObject({
      person: { kind: 'email', value: 'mei@example.com' },
      identifiers: [
        { kind: 'member', value: 'square-JDKYHBWT1D4F8MFH63DBMEN8Y4' },
        { kind: 'card', value: 'sq-1-abc' },
      ],
      total: 120,
      currency: 'JPY',
    });
  });
});

describe('an order of Square’s', () => {
  const whole = {
    id: '03O3USaPaAaFnI6kkwB1JxGgBsUZY',
    state: 'COMPLETED',
    location_id: 'S8GWD5R9QB376',
    closed_at: '2022-07-13T20:31:00Z',
    total_money: { amount: 1250, currency: 'USD' },
    line_items: [
      { name: 'Flat white', quantity: '2', catalog_object_id: 'FW', total_money: { amount: 1000 } },
      { name: 'Beans', quantity: '0.25', total_money: { amount: 250 } },
    ],
    tenders: [{ customer_id: 'CUST' }],
  };

  it('is the same purchase as its payment, with lines', () => {
    expect(purchaseFromSquareOrder(whole, options)).toMatchObject({
      purchaseId: 'square-03O3USaPaAaFnI6kkwB1JxGgBsUZY',
      channel: 'offline',
      placeId: 'lobby',
      person: { kind: 'member', value: 'square-CUST' },
      lines: [
        { sku: 'FW', name: 'Flat white', quantity: 2, amount: 1000 },
        { name: 'Beans', quantity: 1, amount: 250 },
      ],
      total: 1250,
    });
  });

  it('that is sent away is online; open or cancelled it is none', () => {
    const sent = { ...whole, fulfillments: [{ type: 'SHIPMENT' }] };
    expect(purchaseFromSquareOrder(sent, options)).toMatchObject({ channel: 'online', placeId: undefined });
    expect(purchaseFromSquareOrder({ ...whole, state: 'OPEN' }, options)).toEqual({ reason: 'not-paid' });
    expect(purchaseFromSquareOrder({ ...whole, state: 'CANCELED' }, options)).toEqual({ reason: 'cancelled' });
  });
});

describe('money', () => {
  it.each([
    ['19.99', 'USD', 1999n],
    ['0.1', 'USD', 10n],
    ['500', 'JPY', 500n],
    ['500.00', 'JPY', 500n],
    ['500.50', 'JPY', undefined],
    ['1.234', 'KWD', 1234n],
    ['1.2345', 'CLF', 12345n],
    ['99999999999.99', 'USD', 9999999999999n],
    ['-1.00', 'USD', -100n],
    ['1e3', 'USD', undefined],
    ['', 'USD', undefined],
    [null, 'USD', undefined],
  ])('%s %s', (text, currency, units) => {
    expect(minorUnits(text, currency)).toBe(units);
  });

  it('is exact for every amount, also where a double is not', () => {
    fc.assert(
      fc.property(
        fc.bigInt(0n, 10n ** 13n),
        fc.constantFrom(['JPY', 0], ['USD', 2], ['KWD', 3]),
        (units, [currency, places]) => {
          const digits = String(units).padStart(Number(places) + 1, '0');
          const whole = digits.slice(0, digits.length - Number(places));
          const text = places === 0 ? whole : `${whole}.${digits.slice(-Number(places))}`;
          expect(minorUnits(text, String(currency))).toBe(units);
        },
      ),
    );
  });
});

it('reads ids of 64 bits exactly, and smaller ones as numbers', () => {
  fc.assert(
    fc.property(fc.bigInt(1n, 2n ** 63n - 1n), (id) => {
      const text = `{"id":${id},"customer":{"id":${id}},"financial_status":"paid","total_price":"1.00","currency":"USD","created_at":"2026-01-01T00:00:00Z"}`;
      expect(purchaseFromShopifyOrder(parseExact(text), options)).toMatchObject({
        purchaseId: `shopify-${id}`,
        person: { kind: 'member', value: `shopify-${id}` },
      });
    }),
  );
});

it('is made of anything, and then is one or says why not', () => {
  const names = Object.keys({
    ...vector,
    ...payment,
    line_items: 0,
    processed_at: 0,
    total_money: 0,
    state: 0,
    tenders: 0,
  });
  const anything = fc.oneof(
    fc.anything(),
    fc.constantFrom('COMPLETED', 'paid', 'USD', '\ud800', '5.00', '2026-01-01T00:00:00Z'),
  );
  fc.assert(
    fc.property(fc.dictionary(fc.constantFrom(...names), anything), (changes) => {
      for (const read of [
        readOrder(changes),
        readPayment(changes),
        purchaseFromSquareOrder({ ...payment, state: 'COMPLETED', ...changes }, options),
      ]) {
        if ('reason' in read) expect(read.reason).toMatch(/^(not-readable|not-paid|cancelled|test-order)$/);
        else expect(PurchaseInputSchema.safeParse(read).error).toBeUndefined();
      }
    }),
    { numRuns: 500 },
  );
});
