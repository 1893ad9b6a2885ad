import { TransactWriteItemsCommand } from '@aws-sdk/client-dynamodb';
import { describe, expect, it } from 'vitest';
import * as z from 'zod/mini';
import { PurchaseInputSchema } from '#core/model/purchase.ts';
import { couponCode } from '#core/offers/coupon-code.ts';
import { recordPurchase } from '#functions/purchases/record.ts';
import { getPerson } from '#store/people.ts';
import { listPurchases } from '#store/purchases.ts';
import { readRegions } from '#store/regions.ts';
import { BRAND, COUPON_SECRET, openShop, type Shop } from './shop.ts';

const aPurchase = (changes: Partial<z.input<typeof PurchaseInputSchema>> = {}) =>
  z.parse(PurchaseInputSchema, {
    purchaseId: '9007199254740993',
    at: '2026-11-21T09:00:00Z',
    channel: 'online',
    region: 'riverside',
    person: { kind: 'email', value: 'Mei@example.com' },
    lines: [{ sku: 'milk-1l', category: 'dairy', quantity: 2, amount: 1800 }],
    total: 1800,
    currency: 'CNY',
    ...changes,
  });

const purchasesOf = async (shop: Shop, personId: string) =>
  (await listPurchases(shop.db, BRAND, [personId], { limit: 50 })).items;
const behaviourOf = async (shop: Shop, personId: string) =>
  (await getPerson(shop.db, BRAND, personId))?.person.behaviour;

describe('a purchase', () => {
  it('is in the person, in their list and in the region before it is answered, and once however often it is told', async () => {
    const shop = await openShop();
    await shop.person('mei');
    const first = await recordPurchase(shop.process(), BRAND, aPurchase());
    expect(first).toEqual({ outcome: 'recorded', personId: 'mei' });
    for (let time = 0; time < 3; time += 1) {
      const again = await recordPurchase(shop.process(), BRAND, aPurchase());
      expect(again).toEqual({ outcome: 'repeated', personId: 'mei' });
    }
    const [listed, ...others] = await purchasesOf(shop, 'mei');
    expect(others).toEqual([]);
    // More than a double can count: an id is text.
    expect(listed).toMatchObject({ purchaseId: '9007199254740993', total: 1800, region: 'riverside' });
    expect(listed?.lines).toEqual([{ sku: 'milk-1l', category: 'dairy', quantity: 2, amount: 1800 }]);
    expect(await behaviourOf(shop, 'mei')).toMatchObject({
      purchases: [{ purchaseId: '9007199254740993', items: 2, categories: ['dairy'], skus: ['milk-1l'] }],
    });
    expect((await readRegions(shop.db, BRAND)).get('riverside')).toEqual({
      region: 'riverside',
      online: { count: 1, totals: { CNY: 1800 } },
      offline: { count: 0, totals: {} },
      buyers: 1,
    });
  });

  it('is refused where its id was used for another', async () => {
    const shop = await openShop();
    await shop.person('mei');
    await shop.person('jo');
    await recordPurchase(shop.process(), BRAND, aPurchase());
    const others = [
      { total: 1801 },
      { region: 'hill' },
      { person: { kind: 'email' as const, value: 'jo@example.com' } },
    ];
    for (const change of others) {
      await expect(recordPurchase(shop.process(), BRAND, aPurchase(change))).rejects.toThrow('other content');
    }
    expect(await purchasesOf(shop, 'jo')).toEqual([]);
  });

  it('of nobody known makes nobody, and counts for its region', async () => {
    const shop = await openShop();
    const stranger = aPurchase({ person: { kind: 'phone', value: '+8613800138000' } });
    expect(await recordPurchase(shop.process(), BRAND, stranger)).toEqual({ outcome: 'recorded' });
    expect(await recordPurchase(shop.process(), BRAND, stranger)).toEqual({ outcome: 'repeated' });
    const region = (await readRegions(shop.db, BRAND)).get('riverside');
    expect(region).toMatchObject({ online: { count: 1 }, buyers: 0 });
    const consumed = JSON.stringify(shop.signals());
    expect(consumed).not.toContain('13800138000');
  });

  it('is told by many at once, with answers that get lost, and taken in once', async () => {
    const shop = await openShop();
    await shop.person('mei');
    let transactions = 0;
    shop.world.wire = async (command, carryOut) => {
      if (!(command instanceof TransactWriteItemsCommand)) return await carryOut();
      transactions += 1;
      const answer = await carryOut();
      if (transactions % 2 === 1) throw Object.assign(new Error('the answer is lost'), { name: 'TimeoutError' });
      return answer;
    };
    const tell = (index: number) => {
      const purchase = aPurchase({ purchaseId: `order-${index % 5}`, total: 100 });
      return recordPurchase(shop.process(index), BRAND, purchase).catch(() => undefined);
    };
    for (let round = 0; round < 3; round += 1) {
      await Promise.all(Array.from({ length: 10 }, (_, index) => tell(index)));
    }
    shop.world.wire = undefined;
    expect((await purchasesOf(shop, 'mei')).map(({ purchaseId }) => purchaseId).sort()).toEqual(
      [0, 1, 2, 3, 4].map((index) => `order-${index}`),
    );
    expect((await behaviourOf(shop, 'mei'))?.purchases).toHaveLength(5);
    expect((await readRegions(shop.db, BRAND)).get('riverside')).toMatchObject({
      online: { count: 5, totals: { CNY: 500 } },
      buyers: 1,
    });
  });

  const card = { kind: 'card' as const, value: 'token-1' };

  it('joins the card that paid to whoever bought, and lies where the card does', async () => {
    const shop = await openShop();
    await shop.person('mei');
    const online = aPurchase({ purchaseId: 'online', region: undefined });
    await recordPurchase(shop.process(), BRAND, online);
    const atTill = { purchaseId: 'till', channel: 'offline' as const, identifiers: [card] };
    expect(await recordPurchase(shop.process(), BRAND, aPurchase(atTill))).toMatchObject({ personId: 'mei' });
    // Next time the card is all that the till sees.
    const again = aPurchase({ purchaseId: 'card-only', channel: 'offline', person: card });
    const { personId = '' } = await recordPurchase(shop.process(), BRAND, again);
    expect(personId).not.toBe('mei');
    for (const profile of ['mei', personId]) {
      const behaviour = await behaviourOf(shop, profile);
      expect(behaviour?.purchases.map(({ purchaseId }) => purchaseId).sort()).toEqual(['card-only', 'online', 'till']);
    }
    expect((await purchasesOf(shop, personId)).map(({ purchaseId }) => purchaseId)).toEqual(['card-only']);
    // Who is one person is one buyer of the region.
    expect((await readRegions(shop.db, BRAND)).get('riverside')).toMatchObject({ offline: { count: 2 }, buyers: 1 });
  });

  it('joins a card to whom the coupon was given, but no login', async () => {
    const shop = await openShop({ audience: {} });
    await shop.person('mei');
    await shop.person('jo');
    await shop.enter('mei', shop.process());
    const code = couponCode(COUPON_SECRET, BRAND, String(shop.coupons()[0]?.couponId));
    const login = { kind: 'email' as const, value: 'jo@example.com' };
    await recordPurchase(shop.process(), BRAND, aPurchase({ purchaseId: 'a', person: login, couponCodes: [code] }));
    expect((await getPerson(shop.db, BRAND, 'jo'))?.person.profiles ?? ['jo']).toEqual(['jo']);
    const { personId } = await recordPurchase(
      shop.process(),
      BRAND,
      aPurchase({ purchaseId: 'b', person: card, couponCodes: [code] }),
    );
    expect((await getPerson(shop.db, BRAND, 'mei'))?.person.profiles).toEqual(['mei', personId].sort());
  });

  it('that names nobody is whoever’s coupon paid for it', async () => {
    const shop = await openShop({ audience: {} });
    await shop.person('mei');
    await shop.enter('mei', shop.process());
    const [coupon] = shop.coupons();

    const code = couponCode(COUPON_SECRET, BRAND, String(coupon?.couponId));
    const { person: _, ...nobodys } = aPurchase({ couponCodes: [code, 'SUMMER10'] });
    expect(await recordPurchase(shop.process(), BRAND, nobodys)).toEqual({ outcome: 'recorded', personId: 'mei' });
    expect((await behaviourOf(shop, 'mei'))?.redemptions).toMatchObject([{ couponId: coupon?.couponId }]);
    expect((await purchasesOf(shop, 'mei'))[0]?.couponIds).toEqual([coupon?.couponId]);
  });
});
