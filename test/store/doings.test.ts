import { PutItemCommand, TransactWriteItemsCommand, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { beforeEach, describe, expect, it } from 'vitest';
import * as z from 'zod/mini';
import { PurchaseInputSchema } from '#core/model/purchase.ts';
import type { Rule } from '#core/model/segment.ts';
import type { Signal } from '#core/model/signal.ts';
import { couponCode } from '#core/offers/coupon-code.ts';
import { engage } from '#functions/engage/engage.ts';
import { recordPurchase } from '#functions/purchases/record.ts';
import { redeem, rollback } from '#functions/redeem/redeem.ts';
import type { HttpRequest } from '#functions/shared/http.ts';
import { putEntry } from '#store/catalogue.ts';
import { getPerson, putPerson } from '#store/people.ts';
import { readRegions } from '#store/regions.ts';
import { aPerson } from '#test/support/builders.ts';
import { BRAND, COUPON_SECRET, openShop, type Shop } from './shop.ts';

const HOUR_MS = 3_600_000;

async function putSegment(shop: Shop, ...rules: Rule[]): Promise<void> {
  const body = { segmentId: 'asked', name: 'Asked', rule: { combinator: 'and', rules } };
  await putEntry(shop.db, { kind: 'brand', id: BRAND }, 'segment', { id: 'asked', body });
}

/** A shop whose one campaign is for whoever a rule is true of. */
async function shopFor(...rules: Rule[]): Promise<Shop> {
  const shop = await openShop({ audience: { segmentId: 'asked' }, limits: {} });
  await putSegment(shop, ...rules);
  await shop.person('mei');
  return shop;
}

const signalAt = (shop: Shop, changes: Partial<Signal> = {}): Signal => ({
  signalId: 'signal-1',
  brand: BRAND,
  kind: 'geofence.enter',
  source: 'api',
  trust: 'T1',
  occurredAt: new Date(shop.world.now).toISOString(),
  receivedAt: new Date(shop.world.now).toISOString(),
  subject: { kind: 'device', value: 'phone-mei' },
  placeId: 's1',
  ...changes,
});
const buy = (shop: Shop, purchaseId: string, changes: Partial<z.input<typeof PurchaseInputSchema>> = {}) =>
  recordPurchase(
    shop.process(),
    BRAND,
    z.parse(PurchaseInputSchema, {
      purchaseId,
      at: new Date(shop.world.now).toISOString(),
      channel: 'online',
      person: { kind: 'email', value: 'mei@example.com' },
      total: 1800,
      currency: 'CNY',
      ...changes,
    }),
  );
const behaviourOf = async (shop: Shop, name = 'mei') => (await getPerson(shop.db, BRAND, name))?.person.behaviour;

describe('what somebody does', () => {
  it('changes who they are before their next signal: a purchase', async () => {
    const shop = await shopFor({ field: 'purchases.category.dairy.count.30d', operator: '>=', value: 1 });
    await shop.enter('mei', shop.process(), 'before');
    expect(shop.coupons()).toEqual([]);
    await buy(shop, 'order-1', { lines: [{ category: 'dairy', quantity: 1 }] });
    await shop.enter('mei', shop.process(), 'after');
    expect(shop.coupons()).toHaveLength(1);
  });

  it('changes who they are before their next signal: a visit, and not before the one it began with', async () => {
    const shop = await shopFor({ field: 'visits.place.s1.count', operator: '=', value: 2 });
    for (const [visit, offers] of [0, 0, 1, 1].entries()) {
      await shop.enter('mei', shop.process(), `visit-${visit}`);
      expect(shop.coupons()).toHaveLength(offers);
      shop.world.now += HOUR_MS;
    }
  });

  it('is remembered also where no campaign listens', async () => {
    const shop = await openShop();
    await shop.person('mei');
    await shop.putCampaign('milk', {}, 'paused');
    await shop.enter('mei', shop.process());
    expect(await behaviourOf(shop)).toMatchObject({ visits: [{ signalId: 'mei-1', placeId: 's1' }] });
  });

  it('stays theirs when who they are is written anew', async () => {
    const shop = await openShop();
    await shop.person('mei');
    await shop.enter('mei', shop.process());
    await buy(shop, 'order-1');
    const before = await behaviourOf(shop);
    await putPerson(shop.db, BRAND, 'mei', aPerson('mei', { attributes: { tier: 'gold' } }));
    expect(await behaviourOf(shop)).toEqual(before);
    expect(before).toMatchObject({ visits: [{}], purchases: [{ purchaseId: 'order-1' }] });
  });
});

describe('a visit', () => {
  let shop: Shop;
  beforeEach(async () => {
    shop = await openShop();
    await shop.person('mei');
  });

  it('is one from coming to going, whatever is heard in between', async () => {
    const kinds: Partial<Signal>[] = [
      { kind: 'geofence.enter' },
      { kind: 'geofence.dwell', dwellSeconds: 600 },
      { kind: 'wifi.seen' },
      { kind: 'geofence.exit' },
    ];
    for (const [index, kind] of kinds.entries()) {
      await engage(signalAt(shop, { signalId: `signal-${index}`, ...kind }), shop.process());
      shop.world.now += 10 * 60_000;
    }
    const at = Date.parse('2026-11-22T10:00:00Z');
    expect(await behaviourOf(shop)).toMatchObject({
      visits: [{ signalId: 'signal-0', placeId: 's1', at, until: at + 20 * 60_000 }],
      exits: [{ placeId: 's1', at: at + 30 * 60_000 }],
    });
  });

  it('is not of somebody who has not agreed to the use of their location', async () => {
    const consents = aPerson('mei').consents.map((consent) =>
      consent.purpose === 'location' ? { ...consent, granted: false, at: '2026-11-22T09:00:00Z' } : consent,
    );
    await putPerson(shop.db, BRAND, 'mei', { ...aPerson('mei'), consents });
    await shop.enter('mei', shop.process());
    expect(await behaviourOf(shop)).toBeUndefined();
    // A tap is not a position: they have walked up to it.
    await engage(signalAt(shop, { signalId: 'tap', kind: 'nfc.tap' }), shop.process());
    expect((await behaviourOf(shop))?.visits).toHaveLength(1);
  });

  it('is not of somebody who has withdrawn while it was being decided', async () => {
    const withdrawn = aPerson('mei').consents.map((consent) => ({
      ...consent,
      granted: false,
      at: '2026-11-22T09:30:00Z',
    }));
    shop.world.wire = async (command, carryOut) => {
      if (command instanceof UpdateItemCommand) {
        shop.world.wire = undefined;
        await putPerson(shop.db, BRAND, 'mei', { ...aPerson('mei'), consents: withdrawn });
      }
      return await carryOut();
    };
    await shop.enter('mei', shop.process());
    expect((await behaviourOf(shop))?.visits ?? []).toEqual([]);
  });

  it('is neither lost nor doubled where a process dies before or after any write, or its answer is lost', async () => {
    const isWrite = (command: object) =>
      [PutItemCommand, UpdateItemCommand, TransactWriteItemsCommand].some((kind) => command instanceof kind);
    for (const when of ['before', 'after'] as const) {
      for (let dies = 1; dies <= 3; dies += 1) {
        const world = await openShop();
        await world.person('mei');
        let writes = 0;
        world.world.wire = async (command, carryOut) => {
          if (!isWrite(command)) return await carryOut();
          writes += 1;
          if (writes === dies && when === 'before') throw new Error('the process has died');
          const answer = await carryOut();
          if (writes === dies) throw new Error('the process has died');
          return answer;
        };
        await world.enter('mei', world.process()).catch(() => undefined);
        world.world.wire = undefined;
        for (let delivery = 0; delivery < 3; delivery += 1) await world.enter('mei', world.process());
        const behaviour = await behaviourOf(world);
        expect(behaviour?.visits).toHaveLength(1);
        expect(behaviour?.earlier.visits).toBe(0);
        expect(world.coupons()).toHaveLength(1);
      }
    }
  });

  it('of many at once none is lost', async () => {
    const places = ['a', 'b', 'c', 'd', 'e'];
    const { timeZone, geometry, radiusM, tags } = {
      timeZone: 'UTC',
      geometry: { type: 'Point', coordinates: [1, 2] },
      radiusM: 50,
      tags: [],
    };
    for (const id of places) {
      const body = { placeId: id, name: id, timeZone, geometry, radiusM, tags, detection: 'confirmed' };
      await putEntry(shop.db, { kind: 'brand', id: BRAND }, 'place', { id, body });
    }
    const all = [
      ...places.map((placeId) => engage(signalAt(shop, { signalId: `at-${placeId}`, placeId }), shop.process())),
      ...places.map((placeId) => buy(shop, `order-${placeId}`)),
    ];
    await Promise.all(all);
    const behaviour = await behaviourOf(shop);
    expect(behaviour?.visits.map(({ placeId }) => placeId).sort()).toEqual(places);
    expect(behaviour?.purchases).toHaveLength(5);
  });
});

describe('a coupon that was used', () => {
  async function withCoupon() {
    const shop = await openShop();
    await shop.person('mei');
    await shop.enter('mei', shop.process());
    const couponId = String(shop.coupons()[0]?.couponId);
    const ask = (step: typeof redeem, redemptionId = 'r1') =>
      step({
        runtime: shop.process(),
        caller: { subject: 'till', tenant: { kind: 'brand', id: BRAND }, role: 'till' },
        path: { code: couponCode(COUPON_SECRET, BRAND, couponId) },
        body: { redemptionId, placeId: 's1', tillId: 'till-1' },
      } as unknown as HttpRequest);
    const used = async () => (await behaviourOf(shop))?.redemptions.map((one) => one.couponId) ?? [];
    return { shop, couponId, ask, used };
  }

  it('is theirs before the till is answered, once, and not any more when it was taken back', async () => {
    const { couponId, ask, used } = await withCoupon();
    for (let time = 0; time < 3; time += 1) {
      expect((await ask(redeem)).status).toBe(200);
      expect(await used()).toEqual([couponId]);
    }
    for (let time = 0; time < 2; time += 1) {
      expect((await ask(rollback)).status).toBe(200);
      expect(await used()).toEqual([]);
    }
    await ask(redeem, 'r2');
    expect(await used()).toEqual([couponId]);
  });

  it('is remembered by the repetition, where the first try died after the coupon was written', async () => {
    const { shop, couponId, ask, used } = await withCoupon();
    shop.world.wire = async (command, carryOut) => {
      if (command instanceof TransactWriteItemsCommand) throw new Error('the process has died');
      return await carryOut();
    };
    await expect(ask(redeem)).rejects.toThrow('died');
    shop.world.wire = undefined;
    expect(await used()).toEqual([]);
    expect((await ask(redeem)).status).toBe(200);
    expect(await used()).toEqual([couponId]);
  });

  it('is not remembered late, when it was taken back while it was being', async () => {
    const { shop, ask, used } = await withCoupon();
    shop.world.wire = async (command, carryOut) => {
      if (command instanceof TransactWriteItemsCommand) {
        shop.world.wire = undefined;
        await ask(rollback);
      }
      return await carryOut();
    };
    expect((await ask(redeem)).status).toBe(200);
    expect(await used()).toEqual([]);
    expect(shop.coupons()[0]).toMatchObject({ state: 'issued' });
  });
});

describe('how a region buys', () => {
  it('decides once twenty people have bought there, and is read once a minute and not for each signal', async () => {
    const shop = await shopFor({ field: 'region.preference', operator: '=', value: 'online' });
    await buy(shop, 'mine', { region: 'riverside' });
    for (let buyer = 0; buyer < 18; buyer += 1) {
      await shop.person(`b${buyer}`);
      const person = { kind: 'email' as const, value: `b${buyer}@example.com` };
      await buy(shop, `order-${buyer}`, { person, region: 'riverside' });
    }
    const runtime = shop.process();
    await shop.enter('mei', runtime, 'nineteen');
    expect(shop.coupons()).toEqual([]);
    await shop.person('last');
    await buy(shop, 'order-last', { person: { kind: 'email', value: 'last@example.com' }, region: 'riverside' });
    shop.world.now += 61_000;
    const readBefore = shop.consumed().find(({ name }) => name === 'stock')?.read ?? 0;
    await shop.enter('mei', runtime, 'twenty');
    expect(shop.coupons()).toHaveLength(1);
    const readAfter = shop.consumed().find(({ name }) => name === 'stock')?.read ?? 0;
    expect(readAfter).toBeGreaterThan(readBefore);
    await shop.enter('mei', runtime, 'again');
    expect(shop.consumed().find(({ name }) => name === 'stock')?.read).toBe(readAfter);
  });

  it('counts a buyer once, and nobody’s purchases without one', async () => {
    const shop = await openShop();
    await shop.person('mei');
    for (let order = 0; order < 5; order += 1) await buy(shop, `order-${order}`, { region: 'riverside' });
    await buy(shop, 'nobodys', { region: 'riverside', person: { kind: 'member', value: 'unknown' } });

    expect((await readRegions(shop.db, BRAND)).get('riverside')).toMatchObject({ online: { count: 6 }, buyers: 1 });
  });
});
