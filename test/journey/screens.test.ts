import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { masterKey, tagKeys } from '#core/tags/keys.ts';
import { writeSun } from '#core/tags/sun.ts';
import { type Beckon, eventually, startBeckon } from '#test/support/beckon.ts';
import { aCampaign, aPerson, aPlace } from '#test/support/builders.ts';
import { openBrowser } from '#test/web/browser.ts';

const UIDS = { ring1: '04DE5F1EACC040', ring2: '04C767F2066180' };
const PHONE = { viewport: { width: 390, height: 844 }, locale: 'en' };
const ON_TAP = { on: ['nfc.tap' as const], placeTags: ['lobby'], minTrust: 'T3' as const };
const MESSAGE = {
  channels: ['inbox' as const],
  templates: { en: { title: 'The milk you have just seen', body: '{{coupon.code}}' } },
};

/** The seed of this product: a lobby's screen shows milk, a guest taps the ring beside it, and has a coupon for that milk. */
describe('a tap beside a screen', () => {
  let beckon: Beckon;
  let browser: Browser;
  const reads = { ring1: 0, ring2: 0 };
  let sequence = 0;

  beforeAll(async () => {
    [beckon, browser] = await Promise.all([startBeckon(), openBrowser()]);
    const put = async (as: 'marketer' | 'operator', to: string, body: unknown) => {
      const answer = await beckon.call('PUT', to, as, body);
      expect(answer.status, `${to} ${answer.text}`).toBe(200);
    };
    const image = { kind: 'image', url: 'https://cdn.example/milk.png' };
    await put('marketer', '/v1/creatives/milk', { name: 'Harbour milk 海港牛奶', content: image });
    await put('marketer', '/v1/creatives/yogurt', { name: 'Harbour yogurt 海港酸奶', content: image });
    await put('operator', '/v1/places/lobby', aPlace({ name: 'Compass Tower 罗盘大厦', tags: ['lobby'] }));
    const items = [
      { creativeId: 'milk', brand: beckon.brand },
      { creativeId: 'yogurt', brand: beckon.brand },
    ];
    await put('operator', '/v1/playlists/loop', { name: 'Loop', items });
    for (const number of [1, 2] as const) {
      const screen = { name: `Screen ${number} 屏幕${number}`, placeId: 'lobby', playlistId: 'loop' };
      await put('operator', `/v1/screens/screen${number}`, screen);
      const tag = { kind: 'ntag424', screenId: `screen${number}`, uid: UIDS[`ring${number}`] };
      await put('operator', `/v1/tags/ring${number}`, tag);
    }
    await campaign('milk', {
      trigger: { ...ON_TAP, creativeIds: ['milk'] },
      limits: { stock: 1000, perPerson: { count: 1, window: 'P1D' } },
    });
  });
  afterAll(async () => {
    await browser?.close();
    await beckon?.stop();
  });

  async function campaign(campaignId: string, changes: Parameters<typeof aCampaign>[0]) {
    const to = `/v1/campaigns/${campaignId}`;
    const answer = await beckon.call('PUT', to, 'marketer', aCampaign({ message: MESSAGE, ...changes }));
    expect(answer.status, answer.text).toBe(200);
    expect((await beckon.call('POST', `${to}/launch`, 'marketer')).status).toBe(200);
  }

  /** The player tells what it shows: begun so many milliseconds ago, and for so long. */
  async function shows(creativeId: string, agoMs: number, forMs: number) {
    const startedAt = Date.now() - agoMs;
    sequence += 1;
    const play = { sequence, creativeId, brand: beckon.brand, startedAt: new Date(startedAt).toISOString() };
    const end = new Date(startedAt + forMs).toISOString();
    const ended = startedAt + forMs < Date.now() ? { endedAt: end } : { plannedEndsAt: end };
    const body = { logId: 'run-1', clock: { offsetMs: 0, uncertaintyMs: 20 }, plays: [{ ...play, ...ended }] };
    const answer = await beckon.call('POST', '/v1/screens/screen1/plays', 'operator', body);
    expect(answer.status, answer.text).toBeLessThan(300);
  }

  /** The address that the chip writes when it is touched once more. */
  function touch(ring: 'ring1' | 'ring2'): string {
    const uid = Buffer.from(UIDS[ring], 'hex');
    reads[ring] += 1;
    const secret = readFileSync(path.join(beckon.dataDir, 'tag.secret'), 'utf8').trim();
    return `/t/${ring}?${writeSun(tagKeys(masterKey(secret), uid), { uid, counter: reads[ring] })}`;
  }

  const asApp = (query: string) => beckon.call('GET', query, 'app', undefined, { accept: 'application/json' });
  const state = (page: Page) => page.locator('[data-state]').getAttribute('data-state');

  async function everybody(): Promise<{ personId: string; identifiers: { kind: string }[] }[]> {
    const people = [];
    let cursor: string | undefined;
    do {
      const more = cursor === undefined ? '' : `&cursor=${encodeURIComponent(cursor)}`;
      const { body } = await beckon.call('GET', `/v1/people?limit=100${more}`, 'marketer');
      people.push(...body.items);
      cursor = body.cursor;
    } while (cursor !== undefined);
    return people;
  }

  it('gives the coupon of what was on air, which is redeemed, and says at the second tap what its cap says', async () => {
    const context = await browser.newContext(PHONE);
    const page = await context.newPage();
    const complaints: string[] = [];
    page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()));
    await shows('milk', 3000, 60_000);
    const ring = touch('ring1');
    await page.goto(beckon.url + ring);
    expect(await state(page)).toBe('ask');
    expect(await page.locator('.air').innerText()).toBe('On the screen Harbour milk');
    expect(await page.locator('.big').innerText()).toBe('CN¥5.00 off');
    await page.getByRole('button', { name: 'Show my coupon' }).click();
    expect(await state(page)).toBe('coupon');
    expect(await page.locator('.name').innerText()).toBe('The milk you have just seen');
    const code = await page.locator('code').innerText();
    await page.reload();
    expect(await page.locator('code').innerText()).toBe(code);
    // The address itself, opened again on this phone, is the same tap; on another it is none.
    await page.goto(beckon.url + ring);
    expect(await page.locator('code').innerText()).toBe(code);
    expect((await fetch(beckon.url + ring)).status).toBe(409);

    const sale = { redemptionId: 'r-1', placeId: 'lobby', tillId: 'till-1', basket: { total: 2_000, currency: 'CNY' } };
    const redeemed = await beckon.call('POST', `/v1/coupons/${code}/redeem`, 'till', sale);
    expect([redeemed.status, redeemed.body.discount]).toEqual([200, { amount: 500, currency: 'CNY' }]);
    await page.reload();
    expect(await page.locator('.state').innerText()).toBe('This coupon has been used');

    await page.goto(beckon.url + touch('ring1'));
    expect(await state(page)).toBe('nothing');
    expect(await page.locator('details').innerText()).toContain(
      'The person had 1 of this campaign in the last 1 day, which is all they may have (1).',
    );
    await page.getByRole('link', { name: '中文' }).click();
    expect(await page.locator('details').innerText()).toContain('顾客在最近 1 天内已获得本活动 1 次，已达上限 1 次。');
    expect(complaints).toEqual([]);
    await context.close();
  });

  it('knows the guest who has joined the WiFi, from the portal to the till', async () => {
    const [ap, mac] = ['00:18:0a:11:22:33', 'de:ad:be:ef:00:01'];
    const secret = { validator: 'the-validator-of-the-lobby', secret: 'the-secret-of-the-lobby' };
    const connector = {
      kind: 'meraki',
      name: 'Lobby',
      secret,
      places: { [ap]: { placeId: 'lobby', screenId: 'screen1' } },
      brands: [beckon.brand],
      portal: { networkName: 'Compass Lobby', brands: [{ brand: beckon.brand, name: 'Harbour Dairy' }] },
    };
    const made = await beckon.call('PUT', '/v1/connectors/lobby-wifi', 'operator', connector);
    expect(made.status, made.text).toBe(200);
    const join = new URLSearchParams({
      base_grant_url: 'https://n143.network-auth.com/splash/grant',
      user_continue_url: 'http://ask.com/',
      node_mac: ap,
      client_ip: '10.110.154.195',
      client_mac: mac,
    });

    const context = await browser.newContext(PHONE);
    const page = await context.newPage();
    await page.goto(`${beckon.url}/w/lobby-wifi?${join}`);
    await page.getByLabel('Your email address').fill('guest@example.com');
    await page.getByRole('button', { name: 'Send me a code' }).click();
    const code = await eventually(async () => {
      const { items } = await (await fetch(`${beckon.url}/local/inbox`)).json();
      const mail = items.find(({ to }: { to: string }) => to.includes('guest@example.com'));
      return /\b(\d{6})\b/.exec(mail?.text ?? '')?.[1];
    });
    await page.getByLabel('Code', { exact: true }).fill(code);
    await page.getByRole('button', { name: 'That is me' }).click();
    await page.getByRole('checkbox', { name: /Tell Harbour Dairy/ }).check();
    await page.getByRole('checkbox', { name: /Harbour Dairy may show/ }).check();
    const granted = page.waitForEvent('requestfailed', (request) => request.url().includes('n143.network-auth.com'));
    await page.getByRole('button', { name: /^Go online/ }).click();
    // The host that lets the phone online is Meraki's: it was asked, and is not here.
    expect((await granted).url()).toContain('/splash/grant?continue_url=');
    await expect.poll(() => page.url()).toMatch(/^chrome-error:/);

    await shows('milk', 3000, 60_000);
    await page.goto(beckon.url + touch('ring1'));
    // Who has agreed at the portal is not asked again.
    expect(await state(page)).toBe('coupon');
    const shown = await page.locator('code').innerText();
    const guest = (await everybody()).find(({ identifiers }) => identifiers.some(({ kind }) => kind === 'portal'));
    if (!guest) throw new Error('the brand knows no guest');
    const { items: coupons } = (await beckon.call('GET', `/v1/people/${guest.personId}/coupons`, 'marketer')).body;
    expect(coupons).toMatchObject([{ code: shown, campaignId: 'milk' }]);

    // What the access point hears of the phone from now on is that guest's; of another phone it is nobody's.
    const heard = (clientMac: string) => ({
      clientMac,
      ssid: 'Compass Lobby',
      locations: [],
      latestRecord: { time: new Date().toISOString(), nearestApMac: ap, nearestApRssi: -47 },
    });
    const observations = [heard(mac), heard('de:ad:be:ef:00:02')];
    const body = { version: '3.0', secret: secret.secret, type: 'WiFi', data: { networkId: 'L_1', observations } };
    const taken = await beckon.call('POST', '/v1/connectors/lobby-wifi/events', 'nobody', body);
    expect([taken.status, taken.body.accepted]).toEqual([202, 1]);
    const kinds = await eventually(async () => {
      const { items } = (await beckon.call('GET', `/v1/people/${guest.personId}/signals`, 'marketer')).body;
      const said = items.map(({ kind, placeId }: { kind: string; placeId: string }) => `${kind} ${placeId}`);
      return said.length >= 3 ? said : undefined;
    });
    expect(kinds.filter((kind: string) => kind.startsWith('wifi.')).length).toBeGreaterThanOrEqual(2);
    expect(kinds).toContain('nfc.tap lobby');

    const sale = { redemptionId: 'r-wifi', placeId: 'lobby', tillId: 'till-1' };
    expect((await beckon.call('POST', `/v1/coupons/${shown}/redeem`, 'till', sale)).status).toBe(200);
    await context.close();
  });

  it('answers an app that speaks for its person, at once, with what happened', async () => {
    await beckon.call('PUT', '/v1/people/mei', 'marketer', aPerson('mei'));
    await shows('milk', 3000, 60_000);
    const { status, body, text } = await asApp(`${touch('ring1')}&subject=device:phone-mei`);
    expect(status, text).toBe(200);
    expect(body).toMatchObject({
      tag: 'ring1',
      screenId: 'screen1',
      placeId: 'lobby',
      trust: 'T3',
      state: 'coupon',
      coupon: { campaignId: 'milk' },
    });
    const { items } = (await beckon.call('GET', '/v1/people/mei/coupons', 'marketer')).body;
    expect(items.map(({ code }: { code: string }) => code)).toEqual([body.coupon.code]);
    const messages = (await beckon.call('GET', '/v1/people/mei/messages', 'marketer')).body.items;
    expect(messages).toMatchObject([{ channel: 'inbox', state: 'SENT' }]);
    const nobody = await beckon.call('GET', `${touch('ring1')}&subject=device:phone-mei`, 'nobody', undefined, {
      accept: 'application/json',
    });
    expect(nobody.body.state).toBe('ask');
    expect((await asApp(touch('ring1'))).status).toBe(400);
  });

  it('names both candidates 1.5 seconds after a cut', async () => {
    await shows('milk', 9_500, 8_000);
    await shows('yogurt', 1_500, 60_000);
    const { body } = await asApp(`${touch('ring1')}&subject=device:phone-li`);
    const shown = body.onAir.candidates.map(({ creativeId }: { creativeId: string }) => creativeId);
    expect(shown.sort()).toEqual(['milk', 'yogurt']);
    const total = body.onAir.candidates.reduce((sum: number, { share }: { share: number }) => sum + share, 0);
    expect(total + body.onAir.unknownShare).toBeCloseTo(1, 6);
    const page = await browser.newPage(PHONE);
    await shows('milk', 9_500, 8_000);
    await shows('yogurt', 1_500, 60_000);
    await page.goto(beckon.url + touch('ring1'));
    expect(await page.locator('.air b').allInnerTexts()).toEqual(['Harbour yogurt', 'Harbour milk']);
    await page.close();
  });

  it('guesses nothing where no play is known: nothing with the reason, or the campaign’s fallback', async () => {
    const nothing = await asApp(`${touch('ring2')}&subject=device:phone-ana`);
    expect(nothing.body).toMatchObject({
      state: 'nothing',
      onAir: { candidates: [], unknownShare: 1 },
      reasons: [
        { brand: beckon.brand, campaignId: 'milk', gate: 'place', text: 'Which advert was on air is not known.' },
      ],
    });
    await campaign('fallback', {
      trigger: { ...ON_TAP, creativeIds: ['milk'], creativeUnknown: 'offer' },
      limits: { stock: 10 },
    });
    const page = await browser.newPage(PHONE);
    await page.goto(beckon.url + touch('ring2'));
    expect(await page.locator('.air').innerText()).toBe('What the screen showed just now is not known.');
    await page.getByRole('button', { name: 'Show my coupon' }).click();
    expect(await page.locator('code').innerText()).toMatch(/^(\w{4}-){3}\w$/);
    await page.close();
    await beckon.call('POST', '/v1/campaigns/fallback/pause', 'marketer');
  });

  it('of one address sent two hundred times at once opens one page and makes one coupon', async () => {
    await beckon.call('PUT', '/v1/people/rush', 'marketer', aPerson('rush'));
    await shows('milk', 100, 60_000);
    const address = `${touch('ring1')}&subject=device:phone-rush`;
    const answers = await Promise.all(Array.from({ length: 200 }, () => asApp(address)));
    expect(answers.map(({ status }) => status).sort()).toEqual([200, ...Array.from({ length: 199 }, () => 409)]);
    const { items } = (await beckon.call('GET', '/v1/people/rush/coupons', 'marketer')).body;
    expect(items).toHaveLength(1);
  });

  it('is an offer of a signal that the API reports, too, with what was on air then', async () => {
    await beckon.call('PUT', '/v1/people/kai', 'marketer', aPerson('kai'));
    await shows('milk', 100, 60_000);
    const at = new Date().toISOString();
    const subject = { kind: 'device', value: 'phone-kai' };
    await campaign('seen', {
      trigger: { ...ON_TAP, minTrust: 'T1', creativeIds: ['milk'] },
      priority: 20,
      limits: { stock: 5 },
    });
    const signals = [{ id: 'kai-1', kind: 'nfc.tap', at, subject, screenId: 'screen1' }];
    expect((await beckon.call('POST', '/v1/signals', 'app', { signals })).status).toBe(202);
    const decisions = await eventually(async () => {
      const { items } = (await beckon.call('GET', '/v1/people/kai/decisions', 'marketer')).body;
      return items.length > 0 ? items : undefined;
    });
    const seen = decisions.find(({ campaignId }: { campaignId: string }) => campaignId === 'seen');
    expect(seen).toMatchObject({ outcome: 'offered' });
    expect(seen.reasons.find(({ gate }: { gate: string }) => gate === 'place').detail).toMatchObject({
      creative: 'milk',
    });
  });
});
