import {
  IdempotentParameterMismatchException,
  TransactionCanceledException,
  TransactionInProgressException,
  TransactWriteItemsCommand,
} from '@aws-sdk/client-dynamodb';
import { describe, expect, it } from 'vitest';
import { entryOf } from '#store/ledger.ts';
import { putPerson } from '#store/people.ts';
import { aPerson } from '#test/support/builders.ts';
import { BRAND, openShop, type Shop, type Wire } from './shop.ts';

const METADATA = { $metadata: {}, message: 'of the test' };

/** The first grant's transaction meets `fault`; whatever follows goes through. */
function onFirstGrant(fault: (carryOut: () => Promise<unknown>, items: number) => Promise<unknown>): Wire {
  let met = false;
  return async (command, carryOut) => {
    if (met || !(command instanceof TransactWriteItemsCommand)) return carryOut();
    met = true;
    return fault(carryOut, command.input.TransactItems?.length ?? 0);
  };
}

/** Cancels for one reason at one item: 0 ledger entry, 1 person, 2 counter, 3 coupon. */
const cancelled = (Code: string, at: number) =>
  onFirstGrant(async (_, items) => {
    const CancellationReasons = Array.from({ length: items }, (_item, index) => ({
      Code: index === at ? Code : 'None',
    }));
    throw new TransactionCanceledException({ ...METADATA, CancellationReasons });
  });

const lost = (error: Error) => onFirstGrant(() => Promise.reject(error));
const answerLost = (error: Error) =>
  onFirstGrant(async (carryOut) => {
    await carryOut();
    throw error;
  });
const reset = () => Object.assign(new Error('socket hang up'), { code: 'ECONNRESET' });

async function decisionsOf(shop: Shop) {
  return shop.signals().map((row) => entryOf(row).decisions[0]);
}

async function expectOneOffer(shop: Shop, left: number): Promise<void> {
  expect(await decisionsOf(shop)).toMatchObject([{ outcome: 'offered' }]);
  expect(shop.coupons()).toHaveLength(1);
  expect(shop.coupons()[0]).toMatchObject({ couponId: (await decisionsOf(shop))[0]?.couponId, send: 'PENDING' });
  expect(shop.stock().left).toBe(left);
}

describe('the outcomes of a grant’s one transaction', () => {
  it('succeeded: ledger entry, person, counter and coupon together', async () => {
    const shop = await openShop();
    await shop.person('mei');
    await shop.enter('mei', shop.process());
    await expectOneOffer(shop, 99);
    expect(shop.coupons()[0]).toMatchObject({ personId: 'mei', campaignId: 'milk', state: 'issued' });
  });

  it('costs eight write units, and one and a half to read; the visit one of each', async () => {
    const shop = await openShop();
    await shop.person('mei');
    const runtime = shop.process();
    await runtime.catalogue.read(BRAND, () => ({}));
    const before = total(shop);
    // Without the catalogue's own version check, which a deployed process makes once in five seconds.
    await shop.enter('mei', runtime);
    const after = total(shop);
    expect(after.write - before.write).toBe(8 + 1);
    expect(after.read - before.read - 0.5).toBe(1.5 + 1);
  });

  it('the ledger entry exists: an earlier delivery decided, and nothing more happens', async () => {
    const shop = await openShop({ limits: { stock: 100 } });
    await shop.person('mei');
    for (let delivery = 0; delivery < 20; delivery += 1) await shop.enter('mei', shop.process(delivery));
    await expectOneOffer(shop, 99);
  });

  it('the person has another version: decided anew, from what holds now', async () => {
    const shop = await openShop();
    await shop.person('mei');
    const withdrawn = aPerson('mei').consents.map((consent) => ({
      ...consent,
      granted: consent.purpose !== 'marketing',
      at: '2026-11-22T09:00:00Z',
    }));
    shop.world.wire = onFirstGrant(async (carryOut) => {
      await putPerson(shop.db, BRAND, 'mei', { ...aPerson('mei'), consents: withdrawn });
      return carryOut();
    });
    await shop.enter('mei', shop.process());
    expect(await decisionsOf(shop)).toMatchObject([{ outcome: 'skipped' }]);
    expect((await decisionsOf(shop))[0]?.reasons.at(-1)).toMatchObject({ gate: 'consent', passed: false });
    expect(shop.coupons()).toEqual([]);
    expect(shop.stock().left).toBe(100);
  });

  it('the counter’s condition failed: sold out in between, and recorded as such', async () => {
    const shop = await openShop({ limits: { stock: 1 } });
    await shop.person('mei');
    await shop.person('bo');
    shop.world.wire = onFirstGrant(async (carryOut) => {
      await shop.enter('bo', shop.process(2));
      return carryOut();
    });
    await shop.enter('mei', shop.process());
    const outcomes = (await decisionsOf(shop)).map((decision) => decision?.outcome).sort();
    expect(outcomes).toEqual(['offered', 'skipped']);
    expect(shop.coupons()).toHaveLength(1);
    expect(shop.stock().left).toBe(0);
  });

  it.each([
    ['a conflict on the counter', cancelled('TransactionConflict', 2)],
    ['a throttle on the counter', cancelled('ThrottlingError', 2)],
    ['a throttled partition', cancelled('ProvisionedThroughputExceeded', 2)],
    ['a conflict on the person', cancelled('TransactionConflict', 1)],
    ['a conflict on the ledger', cancelled('TransactionConflict', 0)],
    ['a conflict on the coupon', cancelled('TransactionConflict', 3)],
  ])('%s: tried again, granted once', async (_, wire) => {
    const shop = await openShop();
    await shop.person('mei');
    shop.world.wire = wire;
    await shop.enter('mei', shop.process());
    expect(await decisionsOf(shop)).toMatchObject([{ outcome: 'offered' }]);
    expect(shop.coupons()).toHaveLength(1);
    const leased = Object.values(shop.leases()).reduce((sum, { n }) => sum + n, 0);
    expect(shop.stock().left + leased).toBe(leased === 0 ? 99 : 100);
  });

  it.each([
    ['is in progress', new TransactionInProgressException(METADATA)],
    ['was used for another write set', new IdempotentParameterMismatchException(METADATA)],
  ])('the token %s, and that try is applied: granted once', async (_, error) => {
    const shop = await openShop();
    await shop.person('mei');
    shop.world.wire = answerLost(error);
    await shop.enter('mei', shop.process());
    await expectOneOffer(shop, 99);
  });

  it.each([
    ['and it was applied', answerLost],
    ['and it was not', lost],
  ])('no answer, %s: the next delivery finds out, granted once', async (_, fault) => {
    const shop = await openShop();
    await shop.person('mei');
    shop.world.wire = fault(reset());
    await expect(shop.enter('mei', shop.process(1))).rejects.toThrow('socket hang up');
    await shop.enter('mei', shop.process(2));
    await expectOneOffer(shop, 99);
  });

  it('no answer, and the very same request again: the token makes one of them', async () => {
    const shop = await openShop();
    await shop.person('mei');
    // The SDK's own retry sends the same command.
    shop.world.wire = onFirstGrant(async (carryOut) => {
      await carryOut();
      return carryOut();
    });
    await shop.enter('mei', shop.process());
    await expectOneOffer(shop, 99);
  });

  it('never carries one token for two write sets', async () => {
    const shop = await openShop({ limits: { stock: 50 } });
    const bodies = new Map<string, Set<string>>();
    shop.world.wire = async (command, carryOut) => {
      if (command instanceof TransactWriteItemsCommand) {
        const { ClientRequestToken = '', TransactItems } = command.input;
        bodies.set(
          ClientRequestToken,
          (bodies.get(ClientRequestToken) ?? new Set()).add(JSON.stringify(TransactItems)),
        );
      }
      return carryOut();
    };
    for (const name of ['mei', 'bo', 'ana']) await shop.person(name);
    const runtime = shop.process();
    for (const hot of [false, true]) {
      if (hot) runtime.leases.heat(`${BRAND}/milk`, shop.world.now);
      await Promise.all(['mei', 'bo', 'ana'].map((name) => shop.enter(name, runtime, `${name}-${hot}`)));
    }
    const tokens = [...bodies].filter(([token]) => token !== '');
    expect(tokens.length).toBeGreaterThanOrEqual(6);
    expect(tokens.filter(([, sets]) => sets.size > 1)).toEqual([]);
  });
});

function total(shop: Shop): { read: number; write: number } {
  return shop.consumed().reduce((sum, { read, write }) => ({ read: sum.read + read, write: sum.write + write }), {
    read: 0,
    write: 0,
  });
}
