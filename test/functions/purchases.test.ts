import { describe, expect, it } from 'vitest';
import { couponCode } from '#core/offers/coupon-code.ts';
import { BAD_GUESSES_PER_CALLER } from '#core/offers/guessing.ts';
import { listPurchases, postPurchase } from '#functions/purchases/purchases.ts';
import { getRegionsReport } from '#functions/reports/regions.ts';
import type { HttpRequest } from '#functions/shared/http.ts';
import { BRAND, openShop, type Shop } from '#test/store/shop.ts';

const requestOf = (shop: Shop, request: Partial<HttpRequest>): HttpRequest =>
  ({
    runtime: shop.process(),
    caller: { subject: 'till', tenant: { kind: 'brand', id: BRAND }, role: 'till' },
    path: {},
    query: {},
    headers: {},
    ...request,
  }) as HttpRequest;

const post = async (shop: Shop, changes: Record<string, unknown> = {}) => {
  const body = {
    purchaseId: '9007199254740993',
    at: '2026-11-22T09:00:00+08:00',
    channel: 'offline',
    placeId: 's1',
    region: 'riverside',
    person: { kind: 'email', value: 'mei@example.com' },
    total: 1800,
    currency: 'CNY',
    ...changes,
  };
  try {
    return await postPurchase(requestOf(shop, { body }));
  } catch (error) {
    const { status, errors } = error as { status: number; errors: { pointer: string }[] };
    return { status, body: { pointers: errors.map(({ pointer }) => pointer) } };
  }
};

describe('POST /v1/purchases', () => {
  it('answers 201 once and 200 after that, and keeps an id beyond what a double can count', async () => {
    const shop = await openShop();
    await shop.person('mei');
    const id = '9007199254740993';
    expect(await post(shop)).toEqual({ status: 201, body: { purchaseId: id, outcome: 'recorded', personId: 'mei' } });
    expect(await post(shop)).toEqual({ status: 200, body: { purchaseId: id, outcome: 'repeated', personId: 'mei' } });
    // The neighbour, which as a double would be the same.
    expect((await post(shop, { purchaseId: '9007199254740992' })).status).toBe(201);
    const { body } = await listPurchases(requestOf(shop, { path: { personId: 'mei' } }));
    const ids = (body as { items: { purchaseId: string }[] }).items.map(({ purchaseId }) => purchaseId);
    expect(ids.sort()).toEqual(['9007199254740992', '9007199254740993']);
  });

  it('names the field that is wrong', async () => {
    const shop = await openShop();
    const wrong: [Record<string, unknown>, number, string][] = [
      [{ placeId: 'nowhere' }, 422, '/placeId'],
      [{ at: '2027-01-01T00:00:00Z' }, 400, '/at'],
      [{ person: { kind: 'phone', value: '12' } }, 400, '/person/value'],
      [{ identifiers: [{ kind: 'email', value: 'nobody' }] }, 400, '/identifiers/0/value'],
      [{ total: 0.5 }, 400, '/total'],
      [{ currency: 'yuan' }, 400, '/currency'],
      [{ lines: [{ quantity: 0 }] }, 400, '/lines/0/quantity'],
    ];
    for (const [change, status, pointer] of wrong) {
      expect(await post(shop, change)).toEqual({ status, body: { pointers: [pointer] } });
    }
    expect(await post(shop)).toMatchObject({ status: 201 });
    expect(await post(shop, { total: 1 })).toEqual({ status: 422, body: { pointers: ['/purchaseId'] } });
  });

  it('is no way to try codes: who guesses wrong too often is let in no more, a shop’s own codes are no guesses', async () => {
    const shop = await openShop();
    const couponCodes = Array.from({ length: 20 }, (_, index) => `SUMMER${index}`);
    expect((await post(shop, { purchaseId: 'own', couponCodes })).status).toBe(201);
    const statuses: number[] = [];
    for (let guess = 0; guess < BAD_GUESSES_PER_CALLER + 3; guess += 1) {
      const code = couponCode('another secret', BRAND, `guess-${guess}`);
      statuses.push((await post(shop, { purchaseId: `guess-${guess}`, couponCodes: [code] })).status);
    }
    expect(statuses.slice(0, BAD_GUESSES_PER_CALLER)).not.toContain(429);
    expect(statuses.slice(BAD_GUESSES_PER_CALLER)).toEqual([429, 429, 429]);
  });
});

describe('GET /v1/reports/regions', () => {
  it('tells nothing of nineteen buyers, and pages', async () => {
    const shop = await openShop();
    const report = async (query: Record<string, string> = {}) =>
      (await getRegionsReport(requestOf(shop, { query }))).body as {
        items: Record<string, unknown>[];
        cursor?: string;
      };
    for (let buyer = 0; buyer < 20; buyer += 1) {
      await shop.person(`b${buyer}`);
      const person = { kind: 'email', value: `b${buyer}@example.com` };
      await post(shop, { purchaseId: `r-${buyer}`, person });
      if (buyer < 19) await post(shop, { purchaseId: `h-${buyer}`, person, region: 'hill', channel: 'online' });
    }
    const first = await report({ limit: '1' });
    expect(first.items).toEqual([{ region: 'hill', preference: null, note: 'fewer than 20 buyers' }]);
    const second = await report({ limit: '1', cursor: first.cursor ?? '' });
    expect(second).toEqual({
      items: [
        {
          region: 'riverside',
          preference: 'offline',
          onlineShare: 0,
          buyers: 20,
          online: { purchases: 0, money: [] },
          offline: { purchases: 20, money: [{ amount: 36_000, currency: 'CNY' }] },
        },
      ],
    });
    await expect(report({ cursor: '!' })).rejects.toMatchObject({ status: 400 });
  });
});
