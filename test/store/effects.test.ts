import { PutItemCommand } from '@aws-sdk/client-dynamodb';
import type { DynamoDBRecord } from 'aws-lambda';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import * as z from 'zod/mini';
import { digestId } from '#core/hash.ts';
import { type Campaign, CampaignInputSchema } from '#core/model/campaign.ts';
import type { Signal } from '#core/model/signal.ts';
import type { RedemptionAction } from '#core/offers/redemption.ts';
import { type Effect, screenReport } from '#core/screens/report.ts';
import { countEffects } from '#functions/effects/effects.ts';
import { engage } from '#functions/engage/engage.ts';
import { functions, isWanted } from '#functions/routes.ts';
import type { Runtime } from '#functions/shared/runtime.ts';
import { putEntry } from '#store/catalogue.ts';
import { type Database, fromItem, type Item, toItem } from '#store/client.ts';
import { getCoupons, newCoupon, type StoredCoupon } from '#store/coupons.ts';
import { listEffects, recordTap } from '#store/effects.ts';
import type { Tenant } from '#store/keys.ts';
import { carryOutRedemption } from '#store/redemptions.ts';
import { InProcessDynamoDb } from '#test/sim/dynamo/database.ts';
import { itemBytes } from '#test/sim/dynamo/size.ts';
import { aCampaign } from '#test/support/builders.ts';
import { BRAND, openShop } from './shop.ts';

const SECRET = 'a coupon secret of the tests';
const VENUE: Tenant = { kind: 'venue', id: 'mall' };
const START = Date.parse('2026-11-22T23:59:00Z');
const DAYS = ['2026-11-22', '2026-11-23'];
const BRANDS = ['dairy', 'bakery'];
const CREATIVES = ['milk', 'bread'];

function openWorld() {
  const world = { now: START };
  const dynamo = new InProcessDynamoDb({ tables: ['offers', 'plays'], now: () => world.now });
  const db: Database = { client: dynamo.client, table: (name) => name, sleep: async () => {} };
  // The effects function uses no more of its process than this.
  const runtime = { db } as Runtime;

  return {
    world,
    db,
    tap: async (tapOf: Signal, creativeId: string | undefined) =>
      await recordTap(db, VENUE, 'lobby', {
        brand: tapOf.brand,
        creativeId,
        signalId: tapOf.signalId,
        at: Date.parse(tapOf.occurredAt),
      }),
    /** A coupon as an offer at the screen makes it. */
    offer: async (signal: Signal, changes: Parameters<typeof aCampaign>[0] = {}): Promise<StoredCoupon> => {
      const campaign: Campaign = {
        campaignId: 'milk',
        state: 'live',
        ...z.parse(CampaignInputSchema, aCampaign(changes)),
      };
      const couponId = `coupon-${signal.brand}-${signal.signalId}`;
      const common = { signal, couponSecret: SECRET, couponId, campaign, personId: 'mei', channel: 'inbox' as const };
      const item = newCoupon({ ...common, now: world.now, screenOwner: VENUE });
      await db.client.send(new PutItemCommand({ TableName: 'offers', Item: toItem(item) }));
      return item as StoredCoupon;
    },
    till: async ({ brand, couponKey }: StoredCoupon, action: RedemptionAction, redemptionId: string) => {
      const [coupon] = await getCoupons(db, brand, [couponKey]);
      if (!coupon) throw new Error('no coupon');
      const basket = { total: 2000, currency: 'CNY' };
      const request = { action, redemptionId, placeId: 's1', tillId: 't1', staff: 'till', basket };
      return await carryOutRedemption(db, { brand, key: couponKey, coupon, request, now: () => world.now });
    },
    /** What DynamoDB has told of the offers so far, as its filter lets it through to the function. */
    records: (): DynamoDBRecord[] => {
      const spec = functions.find(({ name }) => name === 'effects')?.stream;
      if (!spec) throw new Error('the effects function has no stream');
      return (dynamo.table('offers').stream.read(0) as unknown as DynamoDBRecord[]).filter((record) =>
        isWanted(spec.filter, record as Parameters<typeof isWanted>[1]),
      );
    },
    deliver: async (records: readonly DynamoDBRecord[]) => await countEffects(records, runtime),
    effects: async (): Promise<Effect[]> => {
      const found: Effect[] = [];
      for (const day of DAYS) for await (const effect of listEffects(db, VENUE, 'lobby', day)) found.push(effect);
      return found;
    },
    rows: (): Item[] =>
      [...dynamo.table('plays').items()].map(({ item }) => fromItem<Item>(item as Parameters<typeof fromItem>[0])),
    consumed: () => dynamo.table('plays').consumed,
  };
}

function tapSignal(brand: string, signalId: string, at: number, onAir: Signal['onAir']): Signal {
  const moment = new Date(at).toISOString();
  return {
    signalId,
    brand,
    kind: 'nfc.tap',
    source: 'tap',
    trust: 'T3',
    occurredAt: moment,
    receivedAt: moment,
    subject: { kind: 'device', value: 'a-phone' },
    placeId: 's1',
    screenId: 'lobby',
    onAir,
  };
}

describe('what came of a tap', () => {
  it('is counted once, and knows nobody', async () => {
    const shop = openWorld();
    const signal = tapSignal('dairy', 'tap-1', START, [{ creativeId: 'milk', share: 1 }]);
    for (let time = 0; time < 3; time += 1) await shop.tap(signal, 'milk');
    const coupon = await shop.offer(signal);
    await shop.deliver(shop.records());
    await shop.deliver(shop.records());
    const counts = await shop.effects();
    // Their order is that of keys which are digests.
    expect(counts.toSorted((left, right) => right.taps - left.taps)).toEqual([
      { brand: 'dairy', creativeId: 'milk', taps: 1, offers: 0, redemptions: 0 },
      { brand: 'dairy', creativeId: 'milk', taps: 0, offers: 1, redemptions: 0 },
    ]);
    expect(JSON.stringify(shop.rows())).not.toMatch(/mei|a-phone/);
    for (const { ttl } of shop.rows()) expect(ttl).toBe(START / 1000 + 400 * 86_400);
    await shop.till(coupon, 'redeem', 'r1');
    await shop.deliver(shop.records());
    const ofCoupon = (await shop.effects()).find(({ taps }) => taps === 0);
    expect(ofCoupon).toMatchObject({ redemptions: 1, discount: { amount: 500, currency: 'CNY' } });
    await shop.till(coupon, 'rollback', 'r1');
    await shop.deliver(shop.records());
    // Late: the redemption once more, after it was given back.
    await shop.deliver(shop.records().slice(1, 2));
    expect((await shop.effects()).find(({ taps }) => taps === 0)).toEqual({
      brand: 'dairy',
      creativeId: 'milk',
      taps: 0,
      offers: 1,
      redemptions: 0,
    });
  });

  it('is credited to the likeliest creative that the campaign names', async () => {
    const shop = openWorld();
    const onAir = [
      { creativeId: 'milk', share: 0.3 },
      { creativeId: 'yoghurt', share: 0.7 },
    ];
    const named = { trigger: { on: ['nfc.tap' as const], creativeIds: ['milk'] } };
    const credited = [
      await shop.offer(tapSignal('dairy', 'a', START, onAir), named),
      await shop.offer(tapSignal('dairy', 'b', START, onAir)),
      await shop.offer(tapSignal('dairy', 'c', START, [])),
      await shop.offer(tapSignal('dairy', 'd', START, [{ creativeId: 'yoghurt', share: 1 }]), named),
    ];
    expect(credited.map(({ creativeId }) => creativeId)).toEqual(['milk', 'yoghurt', undefined, undefined]);
  });

  it('costs one write unit for each thing that happened, and none for a message that was sent', async () => {
    const shop = openWorld();
    const signal = tapSignal('harbour-dairy', digestId('a tap'), START, [{ creativeId: 'oat-milk-morning', share: 1 }]);
    const coupon = await shop.offer({ ...signal, screenId: 'screen-lobby-compass-1' });
    // One write unit, twice that in a transaction, as without a screen.
    expect(itemBytes(toItem(coupon))).toBeLessThan(1024);
    const before = shop.consumed().write;
    await shop.deliver(shop.records());
    expect(shop.consumed().write - before).toBe(1);
    const [record] = shop.records();
    const sent = {
      ...record,
      eventName: 'MODIFY',
      dynamodb: { ...record?.dynamodb, OldImage: record?.dynamodb?.NewImage },
    } as DynamoDBRecord;
    await shop.deliver([sent]);
    expect(shop.consumed().write - before).toBe(1);
  });
});

describe('an offer at a screen', () => {
  it('is written by as many units as one elsewhere, and credited', async () => {
    const shop = await openShop({ trigger: { on: ['nfc.tap'] } });
    await putEntry(shop.db, { kind: 'brand', id: BRAND }, 'screen', {
      id: 'screen-lobby-compass-1',
      body: { screenId: 'screen-lobby-compass-1', name: 'Lobby', placeId: 's1', tagIds: [] },
    });
    const written = async (name: string, at: Partial<Signal>) => {
      await shop.person(name);
      const before = new Map(shop.consumed().map(({ name: table, write }) => [table, write]));
      const signal = { ...tapSignal(BRAND, digestId(name), shop.world.now, undefined), ...at };
      await engage({ ...signal, subject: { kind: 'device', value: `phone-${name}` } }, shop.process());
      return shop.consumed().reduce((sum, { name: table, write }) => sum + write - (before.get(table) ?? 0), 0);
    };
    const plain = await written('mei', { screenId: undefined });
    const atScreen = await written('ana', {
      screenId: 'screen-lobby-compass-1',
      onAir: [{ creativeId: 'oat-milk-morning', share: 0.9 }],
    });
    // Of each the grant's, and one for the visit.
    expect([plain, atScreen]).toEqual([8 + 1, 8 + 1]);
    const credit = { screenId: 'screen-lobby-compass-1', screenOwner: { kind: 'brand', id: BRAND } };
    const [, coupon] = shop
      .coupons()
      .toSorted((left, right) => Number('screenId' in left) - Number('screenId' in right));
    expect(coupon).toMatchObject({ ...credit, creativeId: 'oat-milk-morning', signalId: digestId('ana') });
    expect(shop.signals().filter((entry) => entry.screenId !== undefined)).toMatchObject([
      { ...credit, creativeId: 'oat-milk-morning' },
    ]);
  });
});

type Step =
  | { do: 'tap'; brand: string; creativeId: string | undefined; again: boolean }
  | { do: 'till'; coupon: number; action: RedemptionAction; redemption: number }
  | { do: 'deliver'; from: number; count: number; reverse: boolean };

const stepArbitrary: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('tap' as const),
      brand: fc.constantFrom(...BRANDS),
      creativeId: fc.constantFrom(...CREATIVES, undefined),
      again: fc.boolean(),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('till' as const),
      coupon: fc.nat(3),
      action: fc.constantFrom<RedemptionAction>('reserve', 'redeem', 'redeem', 'rollback', 'rollback'),
      redemption: fc.nat(2),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('deliver' as const),
      from: fc.nat(60),
      count: fc.nat(12),
      reverse: fc.boolean(),
    }),
  },
);

describe('the report of a screen', () => {
  it('counts what happened, whatever the stream repeats and mixes up', async () => {
    let redeemed = 0;
    let givenBack = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(stepArbitrary, { minLength: 15, maxLength: 60 }), async (steps) => {
        const shop = openWorld();
        const { taps, coupons } = await play(shop, steps);
        // In the end everything is delivered, if only once and in the wrong order.
        for (const record of shop.records().reverse()) await shop.deliver([record]);
        const stored = await Promise.all(
          coupons.map(async ({ brand, couponKey }) => (await getCoupons(shop.db, brand, [couponKey]))[0]),
        );
        redeemed += stored.filter((coupon) => coupon?.state === 'redeemed').length;
        givenBack += stored.filter((coupon) => coupon?.spentRedemptions).length;
        const effects = await shop.effects();
        for (const brand of BRANDS) {
          const counted = countsOf(effects, brand);
          for (const creativeId of [...CREATIVES, undefined]) {
            const isOf = (one: Credit | undefined) => one?.brand === brand && one.creativeId === creativeId;
            expect(counted(creativeId)).toEqual({
              taps: taps.filter(isOf).length,
              offers: stored.filter(isOf).length,
              redemptions: stored.filter((coupon) => isOf(coupon) && coupon?.state === 'redeemed').length,
            });
          }
        }
      }),
      { numRuns: 200 },
    );
    expect(redeemed).toBeGreaterThan(50);
    expect(givenBack).toBeGreaterThan(50);
  });
});

type Credit = { brand: string; creativeId?: string | undefined };

/** Does what the steps say; a till's request may be refused, and what was delivered may be delivered again. */
async function play(shop: ReturnType<typeof openWorld>, steps: readonly Step[]) {
  const taps: Credit[] = [];
  const coupons: StoredCoupon[] = [];
  for (const [index, step] of steps.entries()) {
    shop.world.now += 5000;
    if (step.do === 'tap') {
      const onAir = step.creativeId === undefined ? [] : [{ creativeId: step.creativeId, share: 1 }];
      const signal = tapSignal(step.brand, `tap-${index}`, shop.world.now, onAir);
      await shop.tap(signal, step.creativeId);
      if (step.again) await shop.tap(signal, step.creativeId);
      taps.push(step);
      coupons.push(await shop.offer(signal));
    } else if (step.do === 'till') {
      const coupon = coupons[step.coupon % Math.max(1, coupons.length)];
      if (coupon) await shop.till(coupon, step.action, `r${step.redemption}`);
    } else {
      const some = shop.records().slice(step.from, step.from + step.count);
      await shop.deliver(step.reverse ? some.reverse() : some);
    }
  }
  return { taps, coupons };
}

/** The counts in a brand's report, by creative. */
function countsOf(effects: readonly Effect[], brand: string) {
  const { rows, unknown } = screenReport({
    plays: [],
    effects,
    window: { from: START - 86_400_000, to: START + 86_400_000 },
    now: START,
    owner: VENUE,
    reader: { kind: 'brand', id: brand },
  });
  const nothing = { taps: 0, offers: 0, redemptions: 0 };
  return (creativeId: string | undefined) => {
    const row = creativeId === undefined ? unknown : rows.find((one) => one.creativeId === creativeId);
    const { taps, offers, redemptions } = row ?? nothing;
    return { taps, offers, redemptions };
  };
}
