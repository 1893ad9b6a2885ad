import { TransactWriteItemsCommand, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { reclaimLeases } from '#store/leases.ts';
import { entryOf } from '#store/ledger.ts';
import type { aCampaign } from '#test/support/builders.ts';
import { BRAND, COUPON_SECRET, openShop, type Shop } from './shop.ts';

/** As the queue of signals allows. */
const MAX_DELIVERIES = 5;

const people = (count: number): string[] => Array.from({ length: count }, (_, index) => `p${index}`);

async function openRush(limits: NonNullable<Parameters<typeof aCampaign>[0]>['limits'], visitors: number) {
  const shop = await openShop({ limits });
  for (const name of people(visitors)) await shop.person(name);
  const hot = (seed: number) => {
    const runtime = shop.process(seed);
    runtime.leases.heat(`${BRAND}/milk`, shop.world.now);
    return runtime;
  };
  return { shop, hot };
}

const outcomes = (shop: Shop) =>
  Object.groupBy(
    shop.signals().flatMap((row) => entryOf(row).decisions),
    ({ outcome }) => outcome,
  );

/** Every unit is at the counter, a coupon, or in an open lease and neither. */
function expectConserved(shop: Shop, limit: number): void {
  const coupons = new Set(shop.coupons().map(({ couponKey }) => couponKey));
  const leased = Object.values(shop.leases()).reduce((sum, { n }) => sum + n, 0);
  expect(coupons.size).toBeLessThanOrEqual(limit);
  expect(shop.stock().left).toBeGreaterThanOrEqual(0);
  // What open leases hold is at least what is missing: the rest of them are coupons already.
  const missing = limit - shop.stock().left - coupons.size;
  expect(missing).toBeGreaterThanOrEqual(0);
  expect(missing).toBeLessThanOrEqual(leased);
}

describe('a rush', () => {
  it('is entered by itself, when writers meet at the counter', async () => {
    const { shop } = await openRush({ stock: 1000 }, 2);
    const runtime = shop.process();
    let met = false;
    shop.world.wire = async (command, carryOut) => {
      if (met || !(command instanceof TransactWriteItemsCommand)) return carryOut();
      met = true;
      const { TransactionCanceledException } = await import('@aws-sdk/client-dynamodb');
      const CancellationReasons = [
        { Code: 'None' },
        { Code: 'None' },
        { Code: 'TransactionConflict' },
        { Code: 'None' },
      ];
      throw new TransactionCanceledException({ $metadata: {}, message: 'conflict', CancellationReasons });
    };
    await shop.enter('p0', runtime);
    await shop.enter('p1', runtime);
    expect(Object.values(shop.leases())).toMatchObject([{ n: 20, c: 500 }]);
    expect(shop.stock().left).toBe(980);
    expect(shop.coupons()).toHaveLength(2);
    expect(runtime.leases.isHot(`${BRAND}/milk`, shop.world.now + 29_999)).toBe(true);
    expect(runtime.leases.isHot(`${BRAND}/milk`, shop.world.now + 30_000)).toBe(false);
  });

  it('leaves the counter alone: an offer is six write units', async () => {
    const { shop, hot } = await openRush({ stock: 5000 }, 90);
    const runtime = hot(1);
    await shop.enter('p0', runtime);
    let written = 0;
    shop.world.wire = async (command, carryOut) => {
      if (command instanceof TransactWriteItemsCommand) {
        const items = command.input.TransactItems ?? [];
        if (items.some(({ Update }) => Update?.TableName === 'stock')) throw new Error('the counter was touched');
        written += 2 * items.length;
      }
      return carryOut();
    };
    for (const name of people(90).slice(1)) await shop.enter(name, runtime);
    expect(written).toBe(89 * 6);
    expect(shop.coupons()).toHaveLength(90);
  });

  it('sells every unit, and not one more, whoever holds the leases', async () => {
    const { shop, hot } = await openRush({ stock: 100 }, 150);
    const processes = [1, 2, 3, 4, 5].map(hot);
    // Three of them take a lease, use one unit, and are never heard of again.
    for (const [index, name] of ['p0', 'p1', 'p2'].entries()) await shop.enter(name, processes[index + 2] ?? hot(9));
    const [first, second] = processes;
    if (!first || !second) throw new Error('no process');
    for (const name of people(150).slice(3)) await shop.enter(name, Number(name.slice(1)) % 2 ? first : second);
    expect(shop.coupons()).toHaveLength(100);
    expect(outcomes(shop).offered).toHaveLength(100);
    expect(outcomes(shop).skipped).toHaveLength(50);
    expect(shop.stock().left).toBe(0);
    expect(shop.leases()).toEqual({});
  });

  it('uses no unit that was taken back from it, however late it wakes', async () => {
    const { shop, hot } = await openRush({ stock: 1000 }, 30);
    const sleeper = hot(1);
    await shop.enter('p0', sleeper);
    const leases = Object.entries(shop.leases());
    const args = { brand: BRAND, campaignId: 'milk', leases, couponSecret: COUPON_SECRET, now: shop.world.now };
    await reclaimLeases(shop.db, args);
    expect(shop.stock().left).toBe(999);
    expect(shop.voided()).toHaveLength(19);
    // Taking it back twice returns nothing twice.
    await reclaimLeases(shop.db, args);
    expect(shop.stock().left).toBe(999);
    await shop.enter('p1', sleeper);
    expect(outcomes(shop).offered).toHaveLength(2);
    expect(Object.values(shop.leases())).not.toContainEqual(leases[0]?.[1]);
    expectConserved(shop, 1000);
  });

  it('takes a lease once, though the answer is lost', async () => {
    const { shop, hot } = await openRush({ stock: 1000 }, 1);
    shop.world.wire = async (command, carryOut) => {
      if (!(command instanceof UpdateItemCommand)) return carryOut();
      // The SDK's own retry: the same command again.
      await carryOut();
      return carryOut();
    };
    await shop.enter('p0', hot(1));
    expect(Object.values(shop.leases())).toMatchObject([{ n: 20, c: 500 }]);
    expect(shop.stock().left).toBe(980);
  });

  it('does not open a lease again, when the network repeats its taking after it was taken back', async () => {
    const { shop, hot } = await openRush({ stock: 1000 }, 1);
    let taking: (() => Promise<unknown>) | undefined;
    shop.world.wire = async (command, carryOut) => {
      if (command instanceof UpdateItemCommand && command.input.TableName === 'stock') taking = carryOut;
      return carryOut();
    };
    await shop.enter('p0', hot(1));
    const leases = Object.entries(shop.leases());
    const args = { brand: BRAND, campaignId: 'milk', leases, couponSecret: COUPON_SECRET, now: shop.world.now };
    await reclaimLeases(shop.db, args);
    expect(taking).toBeDefined();
    await expect(taking?.()).rejects.toThrow();
    expect(shop.leases()).toEqual({});
    expect(shop.stock().left).toBe(999);
  });

  it('asks a ghost for a unit at hand, and takes none', async () => {
    const { shop, hot } = await openRush({ stock: 1000 }, 1);
    await shop.putCampaign('milk', { limits: { stock: 1000 }, experiment: { holdoutPercent: 100 } });
    await shop.enter('p0', hot(1));
    await shop.enter('p0', shop.process(), 'by-the-counter');
    expect(outcomes(shop)['held-out']).toHaveLength(2);
    expect(shop.coupons()).toEqual([]);
    expect(Object.values(shop.leases())).toMatchObject([{ n: 20, c: 500 }]);
  });

  it('draws on the day’s and the place’s share too, and gives back to them', async () => {
    const limits = {
      stock: 100,
      perDay: { stock: 12, budget: { amount: 100_000, currency: 'CNY' } },
      perPlace: { stock: 60 },
    };
    const { shop, hot } = await openRush(limits, 20);
    for (const [index, name] of people(20).entries())
      await shop.enter(name, index < 10 ? hot(index) : shop.process(index));
    expect(outcomes(shop).offered).toHaveLength(12);
    expect(outcomes(shop).skipped).toHaveLength(8);
    // A place's share is for the campaign's life: only the day's counter may ever be forgotten.
    expect(shop.used()).toMatchObject([
      { issued: 12, spent: 6000, ttl: expect.any(Number) },
      { issued: 12, spent: 6000 },
    ]);
    expect(shop.used()[1]).not.toHaveProperty('ttl');
    expect(shop.stock().left).toBe(88);
    // Another day has its own share.
    shop.world.now += 86_400_000;
    await shop.person('late');
    await shop.enter('late', shop.process());
    expect(outcomes(shop).offered).toHaveLength(13);
  });
});

describe('a dead process', () => {
  it('keeps nobody from the money that it held', async () => {
    const { shop, hot } = await openRush({ stock: 1000, budget: { amount: 50_000, currency: 'CNY' } }, 140);
    await shop.enter('p0', hot(1));
    for (const name of people(140).slice(1)) await shop.enter(name, shop.process(2));
    expect(shop.coupons()).toHaveLength(100);
    expect(outcomes(shop).skipped?.map(({ reasons }) => reasons.at(-1)?.gate)).toEqual(Array(40).fill('budget'));
  });

  it('holds nobody out of what has been sold meanwhile', async () => {
    const { shop, hot } = await openRush({ stock: 8 }, 20);
    const idle = hot(1);
    await shop.enter('p0', idle);
    for (const name of people(20).slice(1)) await shop.enter(name, shop.process(2));
    expect(shop.coupons()).toHaveLength(8);
    await shop.putCampaign('milk', { limits: { stock: 8 }, experiment: { holdoutPercent: 100 } });
    await shop.person('late');
    // Its lease is as it was, by its own knowledge.
    await shop.enter('late', idle);
    expect(outcomes(shop)['held-out']).toBeUndefined();
  });
});

describe('after a rush', () => {
  it('what dead processes held comes back, and their slots are forgotten', async () => {
    const { shop, hot } = await openRush({ stock: 1000 }, 310);
    for (let index = 0; index < 5; index += 1) await shop.enter(`p${index}`, hot(index));
    expect(Object.keys(shop.leases())).toHaveLength(5);
    shop.world.now += 11 * 60_000;
    // Each fiftieth looks, and takes back one at a time.
    const calm = shop.process(7);
    for (const name of people(310).slice(5)) await shop.enter(name, calm);
    expect(shop.leases()).toEqual({});
    expect(shop.stock().left).toBe(1000 - 310);
    shop.world.now += 16 * 60_000;
    for (let index = 0; index < 200; index += 1) {
      await shop.person(`q${index}`);
      await shop.enter(`q${index}`, calm);
    }
    expect(shop.stock().leases).toEqual({});
  });
});

describe('changing what there is', () => {
  it('stops at once when paused, and by the counter even for a process that has not heard', async () => {
    const { shop } = await openRush({ stock: 10 }, 3);
    const runtime = shop.process();
    await shop.enter('p0', runtime);
    await shop.putCampaign('milk', { limits: { stock: 10 } }, 'paused');
    await shop.enter('p1', runtime);
    expect(shop.coupons()).toHaveLength(1);
  });

  it('drops a lease whose terms changed', async () => {
    const { shop, hot } = await openRush({ stock: 1000 }, 10);
    const runtime = hot(1);
    await shop.enter('p0', runtime);
    await shop.putCampaign('milk', { limits: { stock: 1 } });
    expect(shop.stock().left).toBe(1 - 20);
    await shop.enter('p1', runtime);
    expect(shop.coupons()).toHaveLength(1);
    expect(outcomes(shop).skipped).toHaveLength(1);
    // Taken away and set again, what was leased is still known.
    await shop.putCampaign('milk', { limits: { budget: { amount: 1e9, currency: 'CNY' } } });
    await shop.putCampaign('milk', { limits: { stock: 1 } });
    expect(shop.stock().left).toBe(0);
    // Raised again, nothing is lost.
    await shop.putCampaign('milk', { limits: { stock: 5 } });
    for (const name of people(10).slice(2)) await shop.enter(name, hot(Number(name.slice(1))));
    expect(shop.coupons()).toHaveLength(5);
    expect(shop.stock().left).toBe(0);
  });

  it('drops a lease whose terms changed and changed back', async () => {
    const { shop, hot } = await openRush({ stock: 2 }, 3);
    const holder = hot(1);
    await shop.enter('p0', holder);
    expect(Object.values(shop.leases())).toMatchObject([{ n: 2 }]);
    await shop.putCampaign('milk', { limits: { stock: 3 } });
    await shop.enter('p1', shop.process(2));
    await shop.putCampaign('milk', { limits: { stock: 2 } });
    await shop.enter('p2', holder);
    expect(shop.coupons()).toHaveLength(2);
  });

  it('conserves units under any order of visits, deaths, wakings and reclaims (seeded)', async () => {
    const steps = fc.array(
      fc.record({
        process: fc.nat(3),
        hot: fc.boolean(),
        dies: fc.boolean(),
        limit: fc.option(fc.nat(60), { freq: 12 }),
      }),
      { minLength: 20, maxLength: 120 },
    );
    await fc.assert(fc.asyncProperty(steps, fc.integer({ min: 0, max: 60 }), liveThrough), { numRuns: 25 });
  }, 120_000);
});

type Step = { process: number; hot: boolean; dies: boolean; limit: number | null };

async function liveThrough(steps: readonly Step[], initial: number): Promise<void> {
  const shop = await openShop({ limits: { stock: initial } });
  const processes = [0, 1, 2, 3].map((seed) => shop.process(seed));
  let limit = initial;
  for (const [index, { process, hot, dies, limit: next }] of steps.entries()) {
    if (next !== null) {
      await shop.putCampaign('milk', { limits: { stock: next } });
      limit = Math.max(next, shop.coupons().length);
    }
    const runtime = processes[process] ?? shop.process();
    if (hot) runtime.leases.heat(`${BRAND}/milk`, shop.world.now);
    await comeIn(shop, `p${index}`, runtime);
    if (dies) processes[process] = shop.process(1000 + index);
    expect(shop.coupons().length).toBeLessThanOrEqual(limit);
  }
  const room = limit - shop.coupons().length;
  for (let index = 0; index < room + 2; index += 1) await comeIn(shop, `last${index}`, shop.process(5000 + index));
  // Nothing is stranded: whoever asks gets what is left, and nobody more.
  expect(shop.coupons()).toHaveLength(limit);
}

async function comeIn(shop: Shop, name: string, runtime: ReturnType<Shop['process']>): Promise<void> {
  await shop.person(name);
  // What gives up because too much changed is delivered again.
  for (let delivery = 1; delivery < MAX_DELIVERIES; delivery += 1) {
    try {
      return await shop.enter(name, runtime);
    } catch (error) {
      expect(String(error)).toContain('the facts changed too often');
    }
  }
  await shop.enter(name, runtime);
}
