import { PutItemCommand, ScanCommand } from '@aws-sdk/client-dynamodb';
import { beforeEach, describe, expect, it } from 'vitest';
import { erasePerson } from '#functions/people/erase.ts';
import { recordPurchase } from '#functions/purchases/record.ts';
import { reapplyErasures } from '#local/reapply.ts';
import { type Item, toItem } from '#store/client.ts';
import { getPerson, putPerson } from '#store/people.ts';
import { BRAND, openShop, type Shop } from '#test/store/shop.ts';
import { aPerson } from '#test/support/builders.ts';

const RESTORED = ['people', 'presence', 'offers'] as const;
type Backup = Map<(typeof RESTORED)[number], Item[]>;

let shop: Shop;
beforeEach(async () => {
  shop = await openShop();
  // The in-process DynamoDB has no Scan, because no function may.
  shop.world.wire = async (command, carryOut) => {
    if (!(command instanceof ScanCommand)) return await carryOut();
    return { Items: shop.rows(command.input.TableName as 'people').map((row) => toItem(row)) };
  };
});

const backUp = (): Backup => new Map(RESTORED.map((table) => [table, structuredClone(shop.rows(table))]));

async function restore(backup: Backup, tables: readonly (typeof RESTORED)[number][] = RESTORED): Promise<void> {
  for (const table of tables) {
    for (const row of backup.get(table) ?? []) {
      await shop.db.client.send(new PutItemCommand({ TableName: table, Item: toItem(row) }));
    }
  }
}

const rowsWith = (name: string): string[] =>
  [...RESTORED]
    .flatMap((table) => shop.rows(table).map((row) => JSON.stringify(row)))
    .filter((row) => row.includes(name));

/** Mei with a coupon and a purchase, and Ana the same. */
async function meiAndAna(): Promise<void> {
  const runtime = shop.process();
  for (const name of ['mei', 'ana']) {
    await shop.person(name);
    await shop.enter(name, runtime);
    await recordPurchase(runtime, BRAND, purchaseOf(name));
  }
}

const purchaseOf = (name: string, purchaseId = `order-of-${name}`) => ({
  purchaseId,
  at: new Date(shop.world.now).toISOString(),
  channel: 'online' as const,
  person: { kind: 'device' as const, value: `phone-${name}` },
  identifiers: [],
  lines: [],
  total: 900,
  currency: 'CNY',
  couponCodes: [],
});

/** Mei agrees again, an hour after she was erased. */
async function comeBack(): Promise<void> {
  shop.world.now += 3_600_000;
  const at = new Date(shop.world.now).toISOString();
  const consents = aPerson('mei').consents.map((consent) => ({ ...consent, at }));
  const admission = { linkSecret: await shop.process().secret('linkSecret'), now: shop.world.now };
  await putPerson(shop.db, BRAND, 'mei', { ...aPerson('mei'), consents }, admission);
}

describe('erasing again what a restore brought back', () => {
  it('takes all of it, of nobody else, and nothing the second time', async () => {
    await meiAndAna();
    const backup = backUp();
    const anas = rowsWith('ana').sort();
    await erasePerson(shop.process(), BRAND, 'mei', { source: 'api' });
    await restore(backup);
    expect(rowsWith('mei').length).toBeGreaterThan(8);
    expect(await reapplyErasures(shop.process(), BRAND)).toMatchObject({ profiles: 1 });
    expect(rowsWith('mei')).toEqual([]);
    expect(rowsWith('ana').sort()).toEqual(anas);
    const nothing = { profiles: 0, identifiers: 0, rows: 0, deadLetters: 0 };
    expect(await reapplyErasures(shop.process(), BRAND)).toEqual(nothing);
  });

  it('finds rows whose person was not restored with them', async () => {
    await meiAndAna();
    const backup = backUp();
    await erasePerson(shop.process(), BRAND, 'mei', { source: 'api' });
    await restore(backup, ['offers', 'presence']);
    expect(rowsWith('mei').length).toBeGreaterThan(3);
    const { profiles, rows } = await reapplyErasures(shop.process(), BRAND);
    expect([profiles, rows]).toEqual([0, 4]);
    expect(rowsWith('mei')).toEqual([]);
    expect(shop.voided()).toHaveLength(1);
    // Still taken in, and not counted again.
    expect(await recordPurchase(shop.process(), BRAND, purchaseOf('mei'))).toEqual({ outcome: 'repeated' });
  });

  it('leaves somebody who came back what is of after it, and takes what was before', async () => {
    await meiAndAna();
    const backup = backUp();
    await erasePerson(shop.process(), BRAND, 'mei', { source: 'api' });
    await comeBack();
    await recordPurchase(shop.process(), BRAND, purchaseOf('mei', 'order-of-now'));
    await restore(backup, ['offers']);
    expect(await reapplyErasures(shop.process(), BRAND)).toMatchObject({ profiles: 0, identifiers: 0 });
    const purchases = shop.rows('offers', 'purchase').filter(({ personId }) => personId === 'mei');
    expect(purchases.map(({ purchaseId }) => purchaseId)).toEqual(['order-of-now']);
    expect(shop.coupons().map(({ personId }) => personId)).toEqual(['ana']);
    expect((await getPerson(shop.db, BRAND, 'mei'))?.person.attributes.firstName).toBe('Mei');
  });

  it('erases who came back and is restored as they were before, and lets them come back again', async () => {
    await meiAndAna();
    const backup = backUp();
    await erasePerson(shop.process(), BRAND, 'mei', { source: 'api' });
    await comeBack();
    await restore(backup);
    expect(await reapplyErasures(shop.process(), BRAND)).toMatchObject({ profiles: 1 });
    expect(rowsWith('mei')).toEqual([]);
    // Erased when they were erased, not when the backup was restored: what they have agreed to since still counts.
    shop.world.now -= 3_600_000;
    await comeBack();
    expect((await getPerson(shop.db, BRAND, 'mei'))?.person.personId).toBe('mei');
  });

  it('takes an erased handle off somebody else, and nothing more', async () => {
    await meiAndAna();
    const phone = { kind: 'phone' as const, value: '+4915112345678' };
    const ana = aPerson('ana');
    await putPerson(shop.db, BRAND, 'ana', { ...ana, identifiers: [...ana.identifiers, phone] });
    const backup = backUp();
    // The phone became Mei's, and went with her.
    await putPerson(shop.db, BRAND, 'ana', ana);
    const mei = aPerson('mei');
    await putPerson(shop.db, BRAND, 'mei', { ...mei, identifiers: [...mei.identifiers, phone] });
    await erasePerson(shop.process(), BRAND, 'mei', { source: 'api' });
    await restore(backup);
    expect(await reapplyErasures(shop.process(), BRAND)).toMatchObject({ profiles: 1, identifiers: 1 });
    expect(rowsWith(phone.value)).toEqual([]);
    expect((await getPerson(shop.db, BRAND, 'ana'))?.person).toMatchObject({
      identifiers: ana.identifiers,
      attributes: ana.attributes,
    });
  });
});
