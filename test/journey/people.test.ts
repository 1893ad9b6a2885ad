import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Beckon, eventually, startBeckon } from '#test/support/beckon.ts';
import { aCampaign, aPlace } from '#test/support/builders.ts';

/** One customer online and offline, told over HTTP: an online shop, an app, a till, and a marketer who asks. */

let beckon: Beckon;
beforeAll(async () => {
  beckon = await startBeckon();
  await ok('PUT', '/v1/places/s1', aPlace());
  await segment('buys-dairy-online', [{ field: 'purchases.online.categories', operator: 'contains', value: 'dairy' }]);
  await segment('buys-in-both', [
    { field: 'purchases.online.count', operator: '>=', value: 1 },
    { field: 'purchases.offline.count', operator: '>=', value: 1 },
  ]);
  await campaign('milk-to-collect', 'buys-dairy-online', 20);
  await campaign('both-worlds', 'buys-in-both', 10);
});
afterAll(() => beckon.stop());

async function ok(method: string, path: string, body?: unknown, as: 'marketer' | 'till' | 'associate' = 'marketer') {
  const answer = await beckon.call(method, path, as, body);
  expect([path, answer.status < 300, answer.text]).toEqual([path, true, answer.text]);
  return answer.body;
}

const segment = (segmentId: string, rules: unknown[]) =>
  ok('PUT', `/v1/segments/${segmentId}`, { name: segmentId, rule: { combinator: 'and', rules } });

async function campaign(campaignId: string, segmentId: string, priority: number): Promise<void> {
  await ok('PUT', `/v1/campaigns/${campaignId}`, aCampaign({ name: campaignId, audience: { segmentId }, priority }));
  await ok('POST', `/v1/campaigns/${campaignId}/launch`);
}

const agreed = (...what: [purpose: string, channel: string][]) =>
  what.map(([purpose, channel]) => ({
    purpose,
    channel,
    granted: true,
    at: '2026-11-01T08:00:00Z',
    source: 'signup:v1',
  }));

/** A customer of the web shop, known by their email and member number. */
const webCustomer = (name: string) =>
  ok('PUT', `/v1/people/web-${name}`, {
    identifiers: [
      { kind: 'email', value: `${name}@example.com` },
      { kind: 'member', value: `m-${name}` },
    ],
    attributes: { firstName: name },
    consents: agreed(['marketing', 'email'], ['personalisation', 'any']),
  });

/** A phone with the app, of which nobody has logged in. */
const appPhone = (name: string) =>
  ok('PUT', `/v1/people/app-${name}`, {
    identifiers: [{ kind: 'device', value: `phone-${name}` }],
    consents: agreed(['location', 'any']),
  });

/** The phone comes into the shop; answers what was decided about each campaign, when it is. */
async function comesIn(name: string): Promise<Record<string, { outcome: string; stoppedBy?: string; text: string }>> {
  const id = randomUUID();
  const signal = {
    id,
    kind: 'geofence.enter',
    at: new Date().toISOString(),
    subject: { kind: 'device', value: `phone-${name}` },
    placeId: 's1',
  };
  await ok('POST', '/v1/signals', { signals: [signal] });
  const before = seen;
  const entry = await eventually(async () => {
    const { items } = await ok('GET', `/v1/people/app-${name}/decisions?limit=50`);
    const fresh = items.filter((decision: Decision) => !before.has(decision.decisionId));
    return fresh.length > 0 ? (fresh as Decision[]) : undefined;
  }, 30_000);
  for (const { decisionId } of entry) before.add(decisionId);
  return Object.fromEntries(
    entry.map(({ campaignId, outcome, reasons }) => {
      const last = reasons.at(-1);
      const stopped = last?.passed === false ? { stoppedBy: last.gate } : {};
      return [campaignId, { outcome, ...stopped, text: reasons.map(({ text }) => text).join(' ') }];
    }),
  );
}
type Decision = {
  decisionId: string;
  campaignId: string;
  outcome: string;
  reasons: { gate: string; passed: boolean; text: string }[];
};
const seen = new Set<string>();

let bought = 0;
const buys = (channel: 'online' | 'offline', person: object, more: object = {}) => {
  bought += 1;
  const purchase = {
    purchaseId: `9007199254740993${bought}`,
    at: new Date().toISOString(),
    channel,
    person,
    lines: [{ sku: 'milk-1l', category: 'dairy', quantity: 2, amount: 1_980 }],
    total: 1_980,
    currency: 'CNY',
    ...more,
  };
  return ok('POST', '/v1/purchases', purchase, channel === 'offline' ? 'till' : 'marketer');
};

describe('one customer, online and offline', () => {
  it('is two strangers before anybody has said otherwise', async () => {
    await webCustomer('mei');
    await appPhone('mei');
    await buys('online', { kind: 'email', value: ' Mei@Example.com ' });
    const { items } = await ok('GET', '/v1/people/web-mei/purchases');
    expect(items).toMatchObject([{ purchaseId: '90071992547409931', channel: 'online', total: 1_980 }]);
    // The phone that comes in is nobody's: it has bought nothing.
    const decided = await comesIn('mei');
    expect(decided['milk-to-collect']).toMatchObject({ outcome: 'skipped', stoppedBy: 'audience' });
  });

  it('is one person from their login on, and gets an offer in the shop by what they bought online', async () => {
    const login = { a: { kind: 'device', value: 'phone-mei' }, b: { kind: 'member', value: 'm-mei' } };
    const link = { ...login, evidence: 'login', source: 'app', at: new Date().toISOString() };
    await ok('POST', '/v1/people/links', link);
    const person = await ok('GET', '/v1/people/app-mei');
    expect(person.profiles).toEqual(['app-mei', 'web-mei']);
    expect(person.attributes.firstName).toBe('mei');

    const decided = await comesIn('mei');
    expect(decided['milk-to-collect']).toMatchObject({ outcome: 'offered' });
    expect(decided['both-worlds']).toMatchObject({ outcome: 'skipped', stoppedBy: 'audience' });
    // The consent and the address are the web shop's, the location is the app's.
    const message = await eventually(async () => {
      const messages = await ok('GET', '/v1/people/web-mei/messages');
      return messages.items.find(({ state }: { state: string }) => state === 'SENT');
    }, 30_000);
    expect(message.channel).toBe('email');
  });

  it('is in the next segment as soon as they have paid at the till', async () => {
    const [coupon] = (await ok('GET', '/v1/people/web-mei/coupons', undefined, 'associate')).items;
    const basket = { total: 1_980, currency: 'CNY' };
    const redemption = { redemptionId: 'r-1', placeId: 's1', tillId: 'till-1', basket };
    await ok('POST', `/v1/coupons/${coupon.code}/redeem`, redemption, 'till');
    await buys('offline', { kind: 'member', value: 'm-mei' }, { placeId: 's1', couponCodes: [coupon.code] });

    const why = await ok('GET', '/v1/segments/buys-in-both/why?personId=app-mei');
    expect(JSON.stringify(why)).toContain('purchases.offline.count');
    const preview = await ok('POST', '/v1/segments/buys-in-both/preview');
    expect(preview.count).toBe(1);
    const decided = await comesIn('mei');
    expect(decided['both-worlds']).toMatchObject({ outcome: 'offered' });
    // The cap of a week holds, whichever half of them had the first.
    expect(decided['milk-to-collect']).toMatchObject({ outcome: 'skipped', stoppedBy: 'frequency' });
  });
});

describe('a wrong merge', () => {
  it('is undone without a trace of the one in the other', async () => {
    for (const name of ['ada', 'bob']) await webCustomer(name);
    await appPhone('bob');
    await buys('online', { kind: 'email', value: 'ada@example.com' });
    const at = () => new Date().toISOString();
    const bobs = { a: { kind: 'device', value: 'phone-bob' }, b: { kind: 'member', value: 'm-bob' } };
    await ok('POST', '/v1/people/links', { ...bobs, evidence: 'login', source: 'app', at: at() });
    const before = await Promise.all(['web-ada', 'web-bob'].map((id) => ok('GET', `/v1/people/${id}`)));

    // A till types Ada's number for Bob: now Bob buys dairy online, as far as anybody can tell.
    const wrong = { a: { kind: 'member', value: 'm-ada' }, b: { kind: 'member', value: 'm-bob' } };
    const linked = await ok('POST', '/v1/people/links', { ...wrong, evidence: 'staff', source: 'till-4', at: at() });
    expect((await ok('GET', '/v1/people/web-bob')).profiles).toEqual(['app-bob', 'web-ada', 'web-bob']);
    expect((await comesIn('bob'))['milk-to-collect']).toMatchObject({ outcome: 'offered' });

    await unlink('web-bob', linked.linkId);
    const after = await Promise.all(['web-ada', 'web-bob'].map((id) => ok('GET', `/v1/people/${id}`)));
    expect(after).toEqual(before);
    // What Bob's phone was given is Bob's; Ada has had nothing.
    expect((await ok('GET', '/v1/people/web-bob/coupons')).items).toHaveLength(1);
    expect((await ok('GET', '/v1/people/web-ada/coupons')).items).toHaveLength(0);
    expect((await comesIn('bob'))['milk-to-collect']).toMatchObject({ outcome: 'skipped', stoppedBy: 'audience' });
    // The evidence is kept, and says that it was withdrawn.
    const { items } = await ok('GET', '/v1/people/web-ada/links');
    expect(JSON.stringify(items)).toContain('till-4');
  });

  it('never comes about by a tablet that a family shares', async () => {
    for (const name of ['kid', 'dad']) await webCustomer(name);
    await appPhone('tablet');
    for (const name of ['kid', 'dad']) {
      const ends = { a: { kind: 'device', value: 'phone-tablet' }, b: { kind: 'member', value: `m-${name}` } };
      await ok('POST', '/v1/people/links', {
        ...ends,
        evidence: 'login',
        source: 'app',
        at: new Date().toISOString(),
      });
    }
    for (const id of ['web-kid', 'web-dad', 'app-tablet']) {
      expect((await ok('GET', `/v1/people/${id}`)).profiles).toBeUndefined();
    }
  });
});

describe('consent', () => {
  it('to offers by email, in Germany, is confirmed by a link in a mail, and ended by one', async () => {
    const email = 'lea@example.com';
    await ok('PUT', '/v1/people/lea', {
      identifiers: [{ kind: 'email', value: email }],
      attributes: { country: 'DE' },
      consents: agreed(['marketing', 'email']),
    });
    const link = await eventually(async () => {
      const { items } = (await beckon.call('GET', '/local/inbox', 'nobody')).body;
      return /http[^"\\ ]+\/c\/[\w.-]+/.exec(
        JSON.stringify(items.find(({ to }: { to: string }) => to === email) ?? ''),
      )?.[0];
    }, 60_000);
    expect(await (await fetch(link)).text()).toContain('<button>');
    expect((await fetch(link, { method: 'POST' })).status).toBe(200);
    await ok('POST', '/v1/people/lea/withdrawals', { scope: 'channel', channel: 'email', source: 'desk' });
    const { items } = await ok('GET', '/v1/people/lea/consents');
    expect(items.map(({ granted, source }: { granted: boolean; source: string }) => [granted, source])).toEqual([
      [false, 'desk'],
      [true, 'double-opt-in'],
      [true, 'signup:v1'],
    ]);
    expect(items[1].proof).toMatch(/^double-opt-in sha256:/);
  });

  it('is refused by a browser’s Global Privacy Control, as is said where such browsers look', async () => {
    const { status, body, headers } = await beckon.call('GET', '/.well-known/gpc.json', 'nobody');
    expect([status, headers.get('content-type'), body]).toEqual([
      200,
      'application/json',
      { gpc: true, lastUpdate: expect.stringMatching(/^\d{4}-\d\d-\d\d$/) },
    ]);
  });
});

const unlink = (personId: string, linkId: string) => ok('DELETE', `/v1/people/${personId}/links/${linkId}`);
