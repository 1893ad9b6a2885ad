import { beforeEach, describe, expect, it } from 'vitest';
import { locate } from '#functions/locate/locate.ts';
import { erasePerson } from '#functions/people/erase.ts';
import type { Dossier } from '#functions/people/export.ts';
import { exportPerson } from '#functions/people/export.ts';
import { handOver } from '#functions/people/handover.ts';
import { put } from '#functions/people/people.ts';
import { guestHandedOver } from '#functions/portal/login.ts';
import { recordPurchase } from '#functions/purchases/record.ts';
import type { HttpRequest } from '#functions/shared/http.ts';
import { Problem } from '#functions/shared/problem.ts';
import { acceptHandover } from '#functions/shared/visitor.ts';
import { recordGuestConsents } from '#store/guests.ts';
import { putLink } from '#store/links.ts';
import { listReceipts } from '#store/tombstones.ts';
import { BRAND, openShop, type Shop } from '#test/store/shop.ts';
import { aPerson } from '#test/support/builders.ts';

const OWN = { kind: 'brand', id: BRAND } as const;
const EVERYTHING = ['people', 'presence', 'offers', 'stock', 'plays', 'tombstones'] as const;

let shop: Shop;
/** Who somebody is at the brand's own portal: a number that is drawn. */
const guests = new Map<string, string>();
beforeEach(async () => {
  shop = await openShop();
});

/** Mei, with something of her in every table; and Ana, of whom nothing may change. */
async function meiAndAna(): Promise<void> {
  const runtime = shop.process();
  for (const name of ['mei', 'ana']) {
    const { guestId } = await guestHandedOver(runtime, OWN, { brand: BRAND, personId: name });
    guests.set(name, guestId);
    await put(request(runtime, name, withPortal(name)));
    await shop.enter(name, runtime);
    const at = new Date(shop.world.now).toISOString();
    const fixes = [{ at: shop.world.now, lng: 121.47, lat: 31.23 }];
    await locate({ brand: BRAND, deviceId: `phone-${name}`, receivedAt: at, fixes }, runtime);
    await recordPurchase(runtime, BRAND, {
      purchaseId: `order-of-${name}`,
      at,
      channel: 'online',
      region: 'harbour',
      person: { kind: 'device', value: `phone-${name}` },
      identifiers: [],
      lines: [],
      total: 900,
      currency: 'CNY',
      couponCodes: [],
    });
    const said = [{ asked: 'sharing', brand: BRAND, granted: true, source: 'portal', proof: 'p' } as const];
    await recordGuestConsents(shop.db, OWN, guestId, { said, now: shop.world.now });
  }
}

const withPortal = (name: string) => {
  const { identifiers, ...rest } = aPerson(name);
  return { ...rest, identifiers: [...identifiers, { kind: 'portal' as const, value: `${BRAND}.${guests.get(name)}` }] };
};

const request = (runtime: ReturnType<Shop['process']>, personId: string, body?: unknown): HttpRequest => ({
  runtime,
  caller: { role: 'marketer', tenant: OWN, subject: 'staff' },
  path: { personId },
  query: {},
  headers: {},
  body,
  text: '',
  bytes: Buffer.alloc(0),
  cookies: {},
});

/** Rows that name somebody, by their names or by the number that they have as a guest. */
const rowsWith = (name: string): string[] =>
  EVERYTHING.flatMap((table) => shop.rows(table).map((row) => JSON.stringify(row))).filter(
    (text) => text.includes(name) || text.includes(guests.get(name) ?? name),
  );

describe('an erasure', () => {
  it('leaves nothing of the person, and all of everybody else', async () => {
    await meiAndAna();
    const anas = rowsWith('ana');
    expect(rowsWith('mei').length).toBeGreaterThan(8);
    const receipt = await erasePerson(shop.process(), BRAND, 'mei', { source: 'api' });
    expect(rowsWith('mei')).toEqual([]);
    expect(rowsWith('ana')).toEqual(anas);
    expect(receipt).toMatchObject({ state: 'done', brand: BRAND, source: 'api' });
    expect(receipt?.counts).toMatchObject({
      profiles: 1,
      identifiers: 3,
      signals: 1,
      coupons: 1,
      purchases: 1,
      positions: 1,
      guests: 1,
      consents: 3,
    });
  });

  it('answers the same receipt whenever it is asked again, and nothing for somebody who never was', async () => {
    await meiAndAna();
    const runtime = shop.process();
    const receipt = await erasePerson(runtime, BRAND, 'mei', { source: 'api' });
    shop.world.now += 3_600_000;
    expect(await erasePerson(runtime, BRAND, 'mei', { source: 'shopify' })).toEqual(receipt);
    expect(await erasePerson(runtime, BRAND, 'nobody', { source: 'api' })).toBeUndefined();
    const { items } = await listReceipts(shop.db, BRAND, { limit: 10 });
    expect(items).toEqual([receipt]);
    expect(JSON.stringify(items)).not.toMatch(/mei|nobody/);
  });

  it('is finished by asking again, wherever it broke off', async () => {
    // As often as there are writes: each time one more is let through, and the process ends at the next.
    let finished = 0;
    for (let allowed = 0; finished === 0 && allowed < 200; allowed += 1) {
      shop = await openShop();
      await meiAndAna();
      const untouched = rowsWith('ana');
      let left = allowed;
      shop.world.wire = async (command, carryOut) => {
        const isWrite = /Put|Update|Write|Delete/.test(command.constructor.name);
        if (isWrite && left === 0) throw new Error('the process has ended');
        if (isWrite) left -= 1;
        return await carryOut();
      };
      const first = await erasePerson(shop.process(), BRAND, 'mei', { source: 'api' }).catch(() => undefined);
      if (first) finished = allowed;
      shop.world.wire = undefined;
      const receipt = await erasePerson(shop.process(), BRAND, 'mei', { source: 'api' });
      expect(receipt?.state, `after ${allowed} writes`).toBe('done');
      expect(rowsWith('mei'), `after ${allowed} writes`).toEqual([]);
      expect(rowsWith('ana')).toEqual(untouched);
    }
    expect(finished).toBeGreaterThan(15);
  });

  it('is done once by several who ask at the same moment, and each is told so', async () => {
    await meiAndAna();
    const anas = rowsWith('ana');
    const receipts = await Promise.all(
      Array.from({ length: 4 }, () => erasePerson(shop.process(), BRAND, 'mei', { source: 'api' })),
    );
    expect(receipts.map((receipt) => receipt?.state)).toEqual(['done', 'done', 'done', 'done']);
    expect([rowsWith('mei'), rowsWith('ana')]).toEqual([[], anas]);
  });

  it('gives no unit of stock back, whether it was leased or counted', async () => {
    for (const rush of [false, true]) {
      shop = await openShop({ limits: { perPerson: { count: 1, window: 'P7D' }, stock: 40 } });
      const runtime = shop.process();
      if (rush) runtime.leases.heat(`${BRAND}/milk`, shop.world.now);
      await shop.person('mei');
      await shop.enter('mei', runtime);
      expect(shop.coupons()).toHaveLength(1);
      const before = { stock: shop.stock(), used: shop.used() };
      await erasePerson(shop.process(), BRAND, 'mei', { source: 'api' });
      expect(shop.coupons()).toEqual([]);
      expect(shop.voided()).toHaveLength(1);
      expect({ stock: shop.stock(), used: shop.used() }).toEqual(before);
      // As many people as there are units left get one, and not one more.
      for (let index = 0; index < 45; index += 1) {
        await shop.person(`p${index}`);
        await shop.enter(`p${index}`, shop.process(index));
      }
      expect(shop.coupons()).toHaveLength(39);
    }
  });

  it('voids the coupons of nobody else who paid with one', async () => {
    const runtime = shop.process();
    for (const name of ['mei', 'ana']) await shop.person(name);
    await shop.enter('ana', runtime);
    const [coupon] = shop.coupons();
    const { listCoupons } = await import('#functions/people/history.ts');
    const { body } = await listCoupons(request(runtime, 'ana'));
    const [{ code }] = (body as { items: [{ code: string }] }).items;
    await recordPurchase(runtime, BRAND, {
      purchaseId: 'with-a-coupon',
      at: new Date(shop.world.now).toISOString(),
      channel: 'offline',
      person: { kind: 'device', value: 'phone-mei' },
      identifiers: [],
      lines: [],
      total: 100,
      currency: 'CNY',
      couponCodes: [code],
    });
    await erasePerson(runtime, BRAND, 'mei', { source: 'api' });
    expect(shop.coupons()).toEqual([coupon]);
  });
});

describe('an erasure of somebody with several profiles', () => {
  const handle = (kind: 'member' | 'email' | 'device', value: string) => ({ kind, value });
  const link = async (a: ReturnType<typeof handle>, b: ReturnType<typeof handle>) => {
    const admission = { linkSecret: await shop.process().secret('linkSecret'), now: shop.world.now };
    const said = { a, b, evidence: 'login' as const, source: 'web', at: shop.world.now };
    expect(await putLink(shop.db, BRAND, said, admission)).toHaveProperty('state');
  };
  const groupOf = (personId: string) => shop.rows('people', 'person').find((row) => row.personId === personId)?.group;

  beforeEach(async () => {
    await meiAndAna();
    await put(request(shop.process(), 'mei-online', { identifiers: [handle('member', 'mei-web')] }));
    await put(request(shop.process(), 'tablet', { identifiers: [handle('device', 'the-tablet')] }));
    await link(handle('member', 'mei-web'), handle('email', 'mei@example.com'));
    await link(handle('device', 'the-tablet'), handle('member', 'mei-web'));
  });

  it('takes all of them, whichever is named, and leaves what they shared to the others', async () => {
    await link(handle('device', 'the-tablet'), handle('email', 'ana@example.com'));
    expect([groupOf('mei'), groupOf('tablet')]).toEqual([['mei', 'mei-online'], undefined]);
    const { body } = await exportPerson(request(shop.process(), 'mei-online'));
    expect((body as Dossier).profiles?.map(({ personId }) => personId)).toEqual(['mei-online', 'mei']);
    expect((body as Dossier).links?.length).toBeGreaterThanOrEqual(2);
    const receipt = await erasePerson(shop.process(), BRAND, 'mei-online', { source: 'api' });
    expect(receipt?.counts).toMatchObject({ profiles: 2, links: 2 });
    expect(rowsWith('mei')).toEqual([]);
    // Two people shared the tablet; now it is Ana's.
    expect(groupOf('tablet')).toEqual(['ana', 'tablet']);
    expect(await erasePerson(shop.process(), BRAND, 'mei', { source: 'api' })).toEqual(receipt);
  });

  it('takes a device that only they used, and is finished wherever it broke off', async () => {
    expect(groupOf('mei')).toEqual(['mei', 'mei-online', 'tablet']);
    let done = false;
    for (let allowed = 0; !done && allowed < 100; allowed += 3) {
      let left = allowed;
      shop.world.wire = async (command, carryOut) => {
        if (/Put|Update|Write|Delete/.test(command.constructor.name)) {
          if (left === 0) throw new Error('the process has ended');
          left -= 1;
        }
        return await carryOut();
      };
      done = await erasePerson(shop.process(), BRAND, 'mei', { source: 'api' }).then(
        (receipt) => receipt?.state === 'done',
        () => false,
      );
    }
    shop.world.wire = undefined;
    expect(done).toBe(true);
    expect([...rowsWith('mei'), ...rowsWith('the-tablet')]).toEqual([]);
  });
});

describe('after an erasure', () => {
  beforeEach(async () => {
    await meiAndAna();
    await erasePerson(shop.process(), BRAND, 'mei', { source: 'api' });
  });

  it('nobody brings the person or a handle of theirs back without a word of theirs', async () => {
    const runtime = shop.process();
    const refused = { kind: 'erased', errors: [{ pointer: '/personId' }] };
    await expect(put(request(runtime, 'mei', aPerson('mei')))).rejects.toMatchObject(refused);
    const under = put(request(runtime, 'another', aPerson('mei')));
    await expect(under).rejects.toMatchObject({ kind: 'erased', errors: [{ pointer: '/identifiers/0' }] });
    expect(await put(request(runtime, 'another', aPerson('another')))).toMatchObject({ status: 200 });
    expect(rowsWith('mei')).toEqual([]);
  });

  it('they come back with a consent that they have given since, and stay', async () => {
    const runtime = shop.process();
    shop.world.now += 60_000;
    const at = new Date(shop.world.now - 1).toISOString();
    const yes = { purpose: 'marketing', channel: 'email', granted: true, at, source: 'web-form:v9' } as const;
    const withdrawn = { ...aPerson('mei'), consents: [{ ...yes, granted: false }] };
    await expect(put(request(runtime, 'mei', withdrawn))).rejects.toMatchObject({ kind: 'erased' });
    const back = { ...aPerson('mei'), consents: [yes] };
    expect(await put(request(runtime, 'mei', back))).toMatchObject({ status: 200 });
    // From now on they are like everybody else.
    expect(await put(request(runtime, 'mei', { ...back, consents: [] }))).toMatchObject({ status: 200 });
    await locateMei(runtime);
    expect(shop.rows('presence').filter(({ pk }) => String(pk).includes('phone-mei'))).toHaveLength(1);
    const again = await erasePerson(runtime, BRAND, 'mei', { source: 'api' });
    expect(Date.parse(again?.erasedAt ?? '')).toBe(shop.world.now);
    expect(rowsWith('mei')).toEqual([]);
  });

  it('what was still on its way leaves nothing: positions, signals, purchases', async () => {
    const runtime = shop.process();
    await locateMei(runtime);
    await shop.enter('mei', runtime, 'mei-2');
    await recordPurchase(runtime, BRAND, {
      purchaseId: 'order-of-mei',
      at: new Date(shop.world.now).toISOString(),
      channel: 'online',
      region: 'harbour',
      person: { kind: 'device', value: 'phone-mei' },
      identifiers: [],
      lines: [],
      total: 900,
      currency: 'CNY',
      couponCodes: [],
    });
    expect(rowsWith('mei')).toEqual([]);
    // The signal has left its trace under a name that tells nobody whose it was; the purchase counts once.
    expect(shop.signals().filter(({ personId }) => personId === undefined)).toHaveLength(1);
    const sold = shop.rows('stock', 'region').map(({ onlineCount }) => onlineCount as number);
    expect(sold.reduce((sum, count) => sum + count, 0)).toBe(2);
  });
});

it('a word of the brand’s for who somebody is ends with them', async () => {
  await meiAndAna();
  const runtime = shop.process();
  const tokenOf = async (name: string): Promise<string> =>
    ((await handOver(request(runtime, name))).body as { token: string }).token;
  const [meis, anas] = [await tokenOf('mei'), await tokenOf('ana')];
  await erasePerson(runtime, BRAND, 'mei', { source: 'api' });
  expect(await acceptHandover(runtime, meis)).toBeUndefined();
  expect(await acceptHandover(runtime, anas)).toEqual({ brand: BRAND, personId: 'ana' });
});

async function locateMei(runtime: ReturnType<Shop['process']>): Promise<void> {
  const fixes = [{ at: shop.world.now, lng: 121.47, lat: 31.23 }];
  const receivedAt = new Date(shop.world.now).toISOString();
  await locate({ brand: BRAND, deviceId: 'phone-mei', receivedAt, fixes }, runtime);
}

describe('an export', () => {
  it('has every row that names the person, and nobody else', async () => {
    await meiAndAna();
    const { body } = await exportPerson(request(shop.process(), 'mei'));
    const dossier = body as Required<Dossier>;
    expect(dossier.profiles).toMatchObject([
      { personId: 'mei', attributes: { firstName: 'Mei' }, behaviour: { purchases: [{ purchaseId: 'order-of-mei' }] } },
    ]);
    expect(dossier.consents).toHaveLength(3);
    expect(dossier.presence).toMatchObject([{ deviceId: 'phone-mei', state: { fix: { lng: 121.47, lat: 31.23 } } }]);
    expect(dossier.purchases).toMatchObject([{ purchaseId: 'order-of-mei', total: 900, body: [] }]);
    expect(dossier.signals).toMatchObject([{ kind: 'geofence.enter', decisions: [{ outcome: 'offered' }] }]);
    const [signal] = dossier.signals as [{ decisions: [{ reasons: { text: string }[] }] }];
    const [{ reasons }] = signal.decisions;
    expect(reasons.length).toBeGreaterThan(5);
    for (const { text } of reasons) expect(text).toMatch(/\w/);
    expect(dossier.coupons).toMatchObject([{ campaignId: 'milk', state: 'issued', code: expect.stringMatching(/-/) }]);
    expect(dossier.messages).toMatchObject([{ channel: 'email', state: 'PENDING' }]);
    expect(dossier.guests).toHaveLength(2);
    expect(JSON.stringify(dossier)).not.toMatch(/ana|"staff"|sendHolder/);
  });

  it('is a page that runs nothing of what people are called', async () => {
    const runtime = shop.process();
    const name = `<script>alert("1")</script>'&`;
    await put(request(runtime, 'mei', { ...aPerson('mei'), attributes: { firstName: name } }));
    const asked = { ...request(runtime, 'mei'), headers: { accept: 'text/html' } };
    const { body, headers } = await exportPerson(asked);
    expect(headers?.['content-type']).toMatch('text/html');
    expect(body).toContain('&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt;&#39;&amp;');
    expect(body).not.toContain('<script');
    expect(body).toContain('lang="zh-CN">您的资料<');
  });

  it('comes in parts where a history is long, each row once', async () => {
    const runtime = shop.process();
    await shop.person('mei');
    for (let index = 0; index < 250; index += 1) {
      const line = { name: 'x'.repeat(200), quantity: 1 };
      await recordPurchase(runtime, BRAND, {
        purchaseId: `order-${index}`,
        at: new Date(shop.world.now - index * 1000).toISOString(),
        channel: 'online',
        person: { kind: 'device', value: 'phone-mei' },
        identifiers: [],
        lines: Array.from({ length: 150 }, () => line),
        total: 1,
        currency: 'CNY',
        couponCodes: [],
      });
    }
    const seen: string[] = [];
    let cursor: string | undefined;
    let parts = 0;
    do {
      const query: Record<string, string> = cursor === undefined ? {} : { cursor };
      const { body } = await exportPerson({ ...request(runtime, 'mei'), query });
      const part = body as Dossier;
      expect(part.profiles === undefined).toBe(cursor !== undefined);
      seen.push(...part.purchases.map(({ purchaseId }) => purchaseId as string));
      cursor = part.cursor;
      parts += 1;
    } while (cursor !== undefined && parts < 10);
    expect(parts).toBeGreaterThan(1);
    expect(new Set(seen).size).toBe(250);
    expect(seen).toHaveLength(250);
  });

  it.each(['x', 'mei.x', 'ana.', '.', 'mei.UyM'])('refuses a cursor that it has not given: %s', async (cursor) => {
    await shop.person('mei');
    const asked = exportPerson({ ...request(shop.process(), 'mei'), query: { cursor } });
    if (cursor === 'mei.UyM') await expect(asked).resolves.toMatchObject({ status: 200 });
    else await expect(asked).rejects.toBeInstanceOf(Problem);
  });
});
