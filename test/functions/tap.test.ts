import { createHash } from 'node:crypto';
import { beforeEach, describe, expect, it } from 'vitest';
import { masterKey, tagKeys } from '#core/tags/keys.ts';
import { rotatingCode, screenQrKey, slotAt } from '#core/tags/rotating.ts';
import { writeSun } from '#core/tags/sun.ts';
import { getPerson, putPerson } from '#store/people.ts';
import { getReaction } from '#store/players.ts';
import { storeTag } from '#store/tags.ts';
import { aPerson } from '#test/support/builders.ts';
import { type Lobby, ON_TAP, openLobby, START } from './tap-world.ts';

const UID = '04DE5F1EACC040';
const ON_MILK = { ...ON_TAP, creativeIds: ['milk'], minTrust: 'T3' as const };
let lobby: Lobby;
let reads = 0;

/** What the ring writes into its address when a phone touches it once more. */
async function touch(): Promise<Record<string, string>> {
  const uid = Buffer.from(UID, 'hex');
  reads += 1;
  const keys = tagKeys(masterKey(await lobby.runtime.secret('tagSecret')), uid);
  return Object.fromEntries(new URLSearchParams(writeSun(keys, { uid, counter: reads })));
}

/** What the code on the screen says now. */
async function screenCode(): Promise<Record<string, string>> {
  const venue = { kind: 'venue', id: 'compass' };
  const where = { screenId: 'screen1', tagId: 'poster' };
  const key = screenQrKey(await lobby.runtime.secret('venueSecret'), venue, where);
  const slot = slotAt(lobby.world.now);
  return { s: String(slot), c: rotatingCode(key, 'screen1', slot) };
}

/** Taps, and presses the button where there is one. */
async function tapAndClaim(phone: ReturnType<Lobby['phone']>) {
  const asked = await phone.tapJson('ring', await touch());
  return asked.state === 'ask' ? await phone.claim('t', 'ring', asked.ask.claim) : asked;
}

beforeEach(async () => {
  lobby = await openLobby();
  reads = 0;
  await lobby.putTag('ring', { kind: 'ntag424', screenId: 'screen1', uid: UID });
  await lobby.putTag('poster', { kind: 'qr', screenId: 'screen1' });
});

describe('a tap while an advert is on air', () => {
  beforeEach(async () => {
    await lobby.campaign('milk', { trigger: ON_MILK });
    await lobby.play('milk', -5, 8);
  });

  it('asks a stranger once, in plain words, and then shows that advert’s coupon', async () => {
    const phone = lobby.phone();
    const asked = await phone.tapJson('ring', await touch());
    expect(asked).toMatchObject({
      tag: 'ring',
      screenId: 'screen1',
      placeId: 'lobby',
      trust: 'T3',
      state: 'ask',
      onAir: { candidates: [{ creativeId: 'milk', brand: 'harbour', share: 1 }], unknownShare: 0 },
      ask: { brand: 'harbour', offer: 'CN¥5.00 off', consent: { purpose: 'marketing', channel: 'inbox' } },
    });
    expect(lobby.rows('people')).toEqual([]);
    expect(lobby.rows('offers')).toEqual([]);

    const claimed = await phone.claim('t', 'ring', asked.ask.claim);
    expect(claimed).toMatchObject({ state: 'coupon', coupon: { campaignId: 'milk', state: 'issued' } });
    expect(claimed.coupon.code).toMatch(/^(\w{4}-){3}\w$/);
    const [coupon] = lobby.rows('offers', 'coupon');
    expect(coupon).toMatchObject({ channel: 'inbox', send: 'SENT', screenId: 'screen1', creativeId: 'milk' });

    const [consent, ...others] = lobby.rows('people', 'consent');
    expect(others).toEqual([]);
    const digest = createHash('sha256').update(asked.ask.consent.text).digest('base64url');
    expect(consent).toMatchObject({
      purpose: 'marketing',
      channel: 'inbox',
      granted: true,
      at: new Date(START).toISOString(),
      source: `tap-page:v1:en sha256:${digest}`,
    });
  });

  it('is one person, one signal and one coupon, however often the button is pressed', async () => {
    const phone = lobby.phone();
    const { ask } = await phone.tapJson('ring', await touch());
    const claims = await Promise.all(Array.from({ length: 20 }, () => phone.claim('t', 'ring', ask.claim)));
    expect(new Set(claims.map(({ coupon }) => coupon.code)).size).toBe(1);
    expect(lobby.rows('offers', 'coupon')).toHaveLength(1);
    expect(lobby.rows('offers', 'signal')).toHaveLength(1);
    expect(lobby.rows('people', 'person')).toHaveLength(1);
    expect(lobby.rows('people', 'consent')).toHaveLength(1);
  });

  it('remembers the phone: the next tap asks nothing, and the second of the day says what its cap says', async () => {
    await lobby.campaign('milk', { trigger: ON_MILK, limits: { stock: 9, perPerson: { count: 1, window: 'P1D' } } });
    const phone = lobby.phone();
    expect((await tapAndClaim(phone)).state).toBe('coupon');
    lobby.world.now += 60_000;
    await lobby.play('milk', -2, 8);
    const again = await phone.tapJson('ring', await touch());
    expect(again).toMatchObject({
      state: 'nothing',
      reasons: [{ brand: 'harbour', campaignId: 'milk', gate: 'frequency' }],
    });
    expect(again.reasons[0].text).toBe(
      'The person had 1 of this campaign in the last 1 day, which is all they may have (1).',
    );
    lobby.world.now += 60_000;
    await lobby.play('milk', -2, 8);
    const page = await phone.tap('ring', await touch(), { headers: { 'accept-language': 'zh-CN,zh;q=0.9' } });
    expect(page.text).toContain('顾客在最近 1 天内已获得本活动 1 次，已达上限 1 次。');
    expect(page.text).toContain('您已经领取过了。');
    // A day later there is one again, at once.
    lobby.world.now += 86_400_000;
    await lobby.play('milk', -2, 8);
    expect((await phone.tapJson('ring', await touch())).state).toBe('coupon');
  });

  it('says to whom the lot gave nothing that it was the lot', async () => {
    await lobby.campaign('milk', { trigger: ON_MILK, experiment: { holdoutPercent: 100 } });
    const phone = lobby.phone();
    const page = await phone.tap('ring', await touch());
    expect(page.text).toContain('drawn by lot');
    const asked = await lobby.phone().tapJson('ring', await touch());
    expect(asked.state).toBe('ask');
    const claimed = await tapAndClaim(phone);
    expect(claimed).toMatchObject({ state: 'nothing', reasons: [{ gate: 'experiment' }] });
  });

  it('lets the screen answer once, with the campaign’s words and nothing of the person', async () => {
    const words = { en: 'A box of milk has found a home!' };
    await lobby.campaign('milk', { trigger: ON_MILK, reaction: { words } });
    const phone = lobby.phone();
    const { tapId } = await tapAndClaim(phone);
    await phone.tapJson('ring', { tap: tapId });
    const reaction = await getReaction(lobby.db, { kind: 'venue', id: 'compass' }, 'screen1');
    expect(reaction).toEqual({ n: 1, reaction: { creativeId: 'milk', words, at: START } });
  });

  it('notes each tap once in the screen’s report, without the person', async () => {
    const phone = lobby.phone();
    await tapAndClaim(phone);
    await lobby.phone().tapJson('ring', await touch());
    const effects = lobby.rows('plays').filter(({ taps }) => taps !== undefined);
    expect(effects.map(({ sk }) => String(sk).split('#')[0])).toEqual(['harbour/milk', 'harbour/milk']);
    expect(JSON.stringify(effects)).not.toMatch(/page-|p-/);
  });
});

describe('what was on air', () => {
  it('is told as two candidates just after a cut, and the likelier brand is asked first', async () => {
    await lobby.campaign('milk', { trigger: ON_MILK });
    await lobby.campaign('tea', { trigger: { ...ON_TAP, creativeIds: ['tea'] } }, 'lighthouse');
    await lobby.play('tea', -9.5, 8, 'lighthouse');
    await lobby.play('milk', -1.5, 8);
    const asked = await lobby.phone().tapJson('ring', await touch());
    expect(asked.onAir.candidates.map(({ creativeId }: { creativeId: string }) => creativeId)).toEqual(['milk', 'tea']);
    expect(asked.ask.brand).toBe('harbour');
    const page = await lobby.phone().tap('ring', await touch());
    expect(page.text).toMatch(/On the screen <b>Harbour milk<\/b> or <b>tea<\/b>/);
  });

  it('lets the second brand offer where the first has nothing, and tells both reasons where neither has', async () => {
    await lobby.campaign('tea', { trigger: { ...ON_TAP, creativeIds: ['tea'] } }, 'lighthouse');
    await lobby.play('tea', -9.5, 8, 'lighthouse');
    await lobby.play('milk', -1.5, 8);
    const asked = await lobby.phone().tapJson('ring', await touch());
    expect(asked).toMatchObject({ state: 'ask', ask: { brand: 'lighthouse' }, reasons: [{ brand: 'harbour' }] });
    await lobby.campaign('tea', { trigger: { ...ON_TAP, creativeIds: ['coffee'] } }, 'lighthouse');
    const nothing = await lobby.phone().tapJson('ring', await touch());
    expect(nothing).toMatchObject({
      state: 'nothing',
      reasons: [
        { brand: 'harbour' },
        { brand: 'lighthouse', gate: 'place', text: 'Another advert was on air: tea (27 % sure).' },
      ],
    });
  });

  it('is not guessed: without plays the fallback of a campaign, or nothing with the reason', async () => {
    await lobby.campaign('milk', { trigger: ON_MILK });
    const nothing = await lobby.phone().tapJson('ring', await touch());
    expect(nothing).toMatchObject({ state: 'nothing', onAir: { candidates: [], unknownShare: 1 } });
    expect(nothing.reasons).toContainEqual({
      brand: 'harbour',
      campaignId: 'milk',
      gate: 'place',
      text: 'Which advert was on air is not known.',
    });
    await lobby.campaign('any', { trigger: { ...ON_MILK, creativeUnknown: 'offer' } });
    const phone = lobby.phone();
    const asked = await phone.tapJson('ring', await touch());
    expect(asked).toMatchObject({ state: 'ask', ask: { brand: 'harbour' } });
    expect(await phone.claim('t', 'ring', asked.ask.claim)).toMatchObject({
      state: 'coupon',
      coupon: { campaignId: 'any' },
    });
  });

  it('is another advert of the brand: then that campaign says so', async () => {
    await lobby.campaign('milk', { trigger: ON_MILK });
    await lobby.play('yogurt', -5, 8);
    const nothing = await lobby.phone().tapJson('ring', await touch());
    expect(nothing.reasons).toEqual([
      { brand: 'harbour', campaignId: 'milk', gate: 'place', text: 'Another advert was on air: yogurt.' },
    ]);
  });

  it('is the venue’s own: nobody’s offer', async () => {
    await lobby.campaign('milk', { trigger: { ...ON_MILK, creativeUnknown: 'offer' } });
    await lobby.play('welcome', -5, 8, null);
    const nothing = await lobby.phone().tapJson('ring', await touch());
    expect(nothing).toMatchObject({ state: 'nothing', onAir: { candidates: [{ creativeId: 'welcome' }] } });
    expect(nothing.reasons).toBeUndefined();
  });
});

describe('a garment’s code', () => {
  it('leads by its GTIN, and by its serial number, to its tag', async () => {
    await storeTag(lobby.db, { kind: 'brand', id: 'harbour' }, { tagId: 'apron', kind: 'qr', gtin: '09521234543213' });
    const door = (path: string, params: Record<string, string>) =>
      lobby.ask(`GET ${path}`, params, { query: { x: '1' } });
    const plain = await door('/01/{gtin}', { gtin: '9521234543213' });
    expect([plain.status, plain.headers.location]).toEqual([302, '/q/apron?x=1']);
    const serial = await door('/01/{gtin}/21/{serial}', { gtin: '09521234543213', serial: 'A/7' });
    expect([serial.status, serial.headers.location]).toEqual([302, '/q/apron?x=1']);
    expect((await door('/01/{gtin}', { gtin: '09521234543214' })).status).toBe(400);
    expect((await door('/01/{gtin}', { gtin: '00000000000000' })).status).toBe(404);
    // Where it is, nobody knows: no place, no offer.
    await lobby.campaign('any', { trigger: ON_TAP });
    expect(await lobby.phone().scanJson('apron')).toMatchObject({
      state: 'nothing',
      reasons: [{ brand: 'harbour', gate: 'place' }],
    });
  });
});

describe('what proves nothing', () => {
  it('is T0 for a stranger and T1 for whoever is known, and offers that need more say so', async () => {
    await lobby.campaign('milk', { trigger: { ...ON_TAP, minTrust: 'T1' } });
    await lobby.play('milk', -5, 8);
    const stranger = await lobby.phone().scanJson('poster');
    expect(stranger).toMatchObject({ trust: 'T0', state: 'nothing', reasons: [{ gate: 'trust' }] });
    await lobby.person('mei');
    const mei = await lobby.phone().scanJson('poster', { handover: await lobby.handOver('mei') });
    expect(mei).toMatchObject({ trust: 'T1', state: 'coupon' });
  });

  it('takes the code that turns on the screen for a proof, and none of a minute and a half ago', async () => {
    await lobby.campaign('milk', { trigger: ON_MILK });
    await lobby.play('milk', -5, 8);
    const code = await screenCode();
    expect(await lobby.phone().scanJson('poster', code)).toMatchObject({ trust: 'T3', state: 'ask' });
    lobby.world.now += 90_000;
    const late = await lobby.phone().scan('poster', code);
    expect([late.status, late.text]).toEqual([403, expect.stringContaining('Please tap again')]);
  });
});

describe('whose tap it is', () => {
  beforeEach(async () => {
    await lobby.campaign('milk', { trigger: ON_MILK });
    await lobby.play('milk', -5, 1200);
  });

  it('stays the same when the page is reloaded, and is not made by passing its address on', async () => {
    const phone = lobby.phone();
    const address = await touch();
    const first = await phone.tapJson('ring', address);
    lobby.world.now += 5 * 60_000;
    expect((await phone.tapJson('ring', address)).tapId).toBe(first.tapId);
    expect((await phone.tapJson('ring', { tap: first.tapId })).tapId).toBe(first.tapId);

    const other = lobby.phone();
    const shared = await other.tap('ring', address, { headers: { accept: 'application/json' } });
    expect([shared.status, JSON.parse(shared.text).type]).toEqual([409, 'urn:beckon:problem:tap-used']);
    const page = await other.tap('ring', address);
    expect([page.status, page.text]).toEqual([409, expect.stringContaining('This tap has been used')]);
    const named = await other.tap('ring', { tap: first.tapId });
    expect([named.status, named.text]).toEqual([403, expect.stringContaining('Please tap again')]);
  });

  it('of one address opened two hundred times at once is one phone’s', async () => {
    const address = await touch();
    const phones = Array.from({ length: 200 }, () => lobby.phone());
    const answers = await Promise.all(phones.map((phone) => phone.tap('ring', address)));
    expect(answers.map(({ status }) => status).sort()).toEqual([200, ...Array.from({ length: 199 }, () => 409)]);
  });

  it('is claimed only where it is open, for a brand that was there', async () => {
    const phone = lobby.phone();
    const { ask } = await phone.tapJson('ring', await touch());
    const stranger = await lobby.phone().press('t', 'ring', ask.claim);
    expect(stranger.status).toBe(403);
    const forged = await phone.press(
      't',
      'ring',
      { ...ask.claim, brand: 'lighthouse' },
      { headers: { accept: 'application/json' } },
    );
    expect([forged.status, JSON.parse(forged.text).errors[0].pointer]).toEqual([422, '/brand']);
    const nothing = await phone.press('t', 'ring', '');
    expect(nothing.status).toBe(403);
    expect(lobby.rows('people')).toEqual([]);
  });

  it('leads from the button to a page that may be reloaded', async () => {
    const phone = lobby.phone();
    const { ask } = await phone.tapJson('ring', await touch());
    const pressed = await phone.press('t', 'ring', ask.claim);
    expect([pressed.status, pressed.headers.location]).toEqual([303, `ring?tap=${ask.claim.tapId}`]);
    for (let again = 0; again < 3; again += 1) {
      expect((await phone.tap('ring', { tap: ask.claim.tapId })).text).toMatch(/<code>(\w{4}-){3}\w<\/code>/);
    }
    expect(lobby.rows('offers', 'coupon')).toHaveLength(1);
  });

  it('records nothing of whoever says Global Privacy Control, until they press the button', async () => {
    const phone = lobby.phone({ 'sec-gpc': '1' });
    await lobby.person('mei');
    const asked = await phone.tapJson('ring', { ...(await touch()), handover: await lobby.handOver('mei') });
    expect(asked.state).toBe('ask');
    expect(lobby.rows('offers')).toEqual([]);
    expect(lobby.rows('plays').filter(({ taps }) => taps !== undefined)).toEqual([]);
    expect((await phone.claim('t', 'ring', asked.ask.claim)).state).toBe('coupon');
    expect((await phone.tapJson('ring', { tap: asked.tapId })).state).toBe('coupon');
  });

  it('records once that whoever is known objects', async () => {
    await lobby.person('mei');
    const objections = () => lobby.rows('people', 'consent').filter(({ source }) => source === 'sec-gpc');
    const plain = lobby.phone();
    await plain.scanJson('poster', { handover: await lobby.handOver('mei') });
    expect(objections()).toEqual([]);
    const phone = lobby.phone({ 'sec-gpc': '1' });
    await phone.scanJson('poster', { handover: await lobby.handOver('mei') });
    await phone.scanJson('poster');
    await phone.tapJson('ring', await touch());
    expect(objections().map(({ purpose, channel, granted, proof }) => [purpose, channel, granted, proof])).toEqual([
      ['personalisation', 'any', false, 'Sec-GPC: 1'],
      ['sharing', 'any', false, 'Sec-GPC: 1'],
    ]);
    const consents = (await getPerson(lobby.db, 'harbour', 'mei'))?.standing.consents;
    expect(consents).toMatchObject({ 'personalisation/any': { granted: false }, 'marketing/any': { granted: true } });
  });

  it('records the objection of a stranger with what they press, which holds', async () => {
    const phone = lobby.phone({ 'sec-gpc': '1' });
    expect((await tapAndClaim(phone)).state).toBe('coupon');
    const said = lobby.rows('people', 'consent').map(({ purpose, granted }) => `${purpose} ${granted}`);
    expect(said.sort()).toEqual(['marketing true', 'personalisation false', 'sharing false']);
    await phone.tapJson('ring', await touch());
    expect(lobby.rows('people', 'consent')).toHaveLength(3);
  });

  it('of a minor is a guardian’s to agree to: their own yes is recorded, and gets them nothing', async () => {
    await putPerson(lobby.db, 'harbour', 'kid', { ...aPerson('kid'), attributes: { minor: true }, consents: [] });
    const phone = lobby.phone();
    const code = { handover: await lobby.handOver('kid') };
    const asked = await phone.tapJson('ring', { ...(await touch()), ...code });
    expect(asked.state).toBe('nothing');
    const claimed = await phone.claim('t', 'ring', { tapId: asked.tapId, brand: 'harbour' });
    expect(claimed).toMatchObject({ state: 'nothing', reasons: [{ gate: 'consent' }] });
    expect(lobby.rows('offers')).toEqual([]);
    const at = new Date(lobby.world.now).toISOString();
    const yes = { purpose: 'marketing', channel: 'inbox', granted: true, at, source: 'desk', guardian: true } as const;
    await putPerson(lobby.db, 'harbour', 'kid', { ...aPerson('kid'), attributes: { minor: true }, consents: [yes] });
    expect((await phone.tapJson('ring', await touch())).state).toBe('coupon');
  });

  it('is one of a person for one code of the screen, on however many phones', async () => {
    await lobby.person('mei');
    const code = await screenCode();
    const scan = async () => await lobby.phone().scanJson('poster', { ...code, handover: await lobby.handOver('mei') });
    const [first, second] = [await scan(), await scan()];
    expect([first.state, second.state]).toEqual(['coupon', 'coupon']);
    expect(second.coupon.code).toBe(first.coupon.code);
    expect(second.tapId).not.toBe(first.tapId);
    await lobby.person('li');
    const other = await lobby.phone().scanJson('poster', { ...code, handover: await lobby.handOver('li') });
    expect(other.coupon.code).not.toBe(first.coupon.code);
    expect(lobby.rows('offers', 'coupon')).toHaveLength(2);
  });

  it('asks somebody whom the brand knows, but who has not agreed', async () => {
    await putPerson(lobby.db, 'harbour', 'ana', { ...aPerson('ana'), consents: [] });
    const handover = await lobby.handOver('ana');
    const phone = lobby.phone();
    const asked = await phone.tapJson('ring', { ...(await touch()), handover });
    expect(asked.state).toBe('ask');
    expect(lobby.rows('offers')).toEqual([]);
    expect((await phone.claim('t', 'ring', asked.ask.claim)).state).toBe('coupon');
    expect(lobby.rows('people', 'person')).toMatchObject([{ personId: 'ana', attributes: { firstName: 'Mei' } }]);
  });

  it('knows whom an app hands over, once', async () => {
    await lobby.person('mei');
    const token = await lobby.handOver('mei');
    const mine = lobby.phone();
    expect((await mine.tapJson('ring', { ...(await touch()), handover: token })).state).toBe('coupon');
    expect(lobby.rows('offers', 'coupon')[0]).toMatchObject({ personId: 'mei' });
    expect((await lobby.phone().tapJson('ring', { ...(await touch()), handover: token })).state).toBe('ask');
    expect((await lobby.phone().tapJson('ring', { ...(await touch()), handover: `${token}x` })).state).toBe('ask');
    // The phone remembers, so that the next tap needs no token.
    expect((await mine.tapJson('ring', await touch())).state).toBe('coupon');
    const late = await lobby.handOver('mei');
    lobby.world.now += 10 * 60_000;
    expect((await lobby.phone().tapJson('ring', { ...(await touch()), handover: late })).state).toBe('ask');
  });

  it('joins nobody to whoever sends them a link: a phone’s past is proven by a login, not by a token in an address', async () => {
    await lobby.person('mei');
    const phone = lobby.phone();
    const asked = await phone.tapJson('ring', await touch());
    expect((await phone.claim('t', 'ring', asked.ask.claim)).state).toBe('coupon');
    await phone.tapJson('ring', { ...(await touch()), handover: await lobby.handOver('mei') });
    expect((await getPerson(lobby.db, 'harbour', 'mei'))?.person.profiles).toBeUndefined();
  });

  it('is a stranger’s again once the phone is forgotten', async () => {
    const phone = lobby.phone();
    await tapAndClaim(phone);
    const page = await phone.tap('ring', await touch());
    expect(page.text).toContain('Not you? Forget this phone');
    const [, tapId = ''] = /name="tapId" value="([\w-]+)"/.exec(page.text) ?? [];
    expect((await phone.press('t', 'ring', { tapId, brand: 'harbour', do: 'forget' })).status).toBe(303);
    expect([...phone.jar.keys()]).toEqual(['beckon-tap']);
    expect((await phone.tapJson('ring', await touch())).state).toBe('ask');
  });

  it('takes no cookie and no subject for a proof that is none', async () => {
    await lobby.person('mei');
    const phone = lobby.phone();
    phone.jar.set('beckon-harbour', `mei.${Math.floor(START / 1000)}.${'A'.repeat(32)}`);
    expect((await phone.tapJson('ring', { ...(await touch()), subject: 'device:phone-mei' })).state).toBe('ask');
    const token = await phone.tap('ring', await touch(), {
      headers: { authorization: 'Bearer no', accept: 'application/json' },
    });
    expect(token.status).toBe(401);
  });
});

describe('what the page says', () => {
  it('is small, escaped whoever wrote it, and closed to everything else', async () => {
    const evil = '<script>alert(1)</script>"\'><img src=x onerror=alert(1)>';
    await lobby.campaign('milk', {
      trigger: ON_MILK,
      name: evil,
      offer: { kind: 'freeItem', item: evil, expiresAfter: 'PT4H' },
      message: { channels: ['inbox'], templates: { en: { title: evil, body: 'x' } } },
    });
    await lobby.creative('milk', evil);
    await lobby.play('milk', -5, 8);
    const phone = lobby.phone();
    const asked = await phone.tap('ring', await touch());
    const [, tapId = ''] = /name="tapId" value="([\w-]+)"/.exec(asked.text) ?? [];
    await phone.press('t', 'ring', { tapId, brand: 'harbour' });
    const coupon = await phone.tap('ring', { tap: tapId, lang: '"><script>' });
    for (const { text, headers, status } of [asked, coupon]) {
      expect(status).toBe(200);
      expect(text).toContain('&lt;script&gt;alert(1)&lt;/script&gt;');
      expect(text).not.toMatch(/<script|<img|onerror=alert\(1\)>[^&]*"/);
      expect(Buffer.byteLength(text)).toBeLessThan(30_000);
      expect(headers['content-security-policy']).toMatch(
        /^default-src 'none'; style-src 'sha256-[^']+'; form-action 'self'/,
      );
      expect(headers['cache-control']).toBe('no-store');
    }
    console.log(`bytes of the page: asks ${Buffer.byteLength(asked.text)}, coupon ${Buffer.byteLength(coupon.text)}`);
  });

  it('tells what an offer needs that a stranger cannot have', async () => {
    await lobby.play('milk', -5, 600);
    await lobby.campaign('milk', { trigger: ON_MILK, audience: { segmentId: 'members' } });
    expect((await lobby.phone().tap('ring', await touch())).text).toContain(
      'The offer is for members whom Harbour knows.',
    );
    await lobby.campaign('milk', {
      trigger: ON_MILK,
      message: { channels: ['email'], templates: { en: { body: 'x' } } },
    });
    const page = await lobby.phone().tap('ring', await touch());
    expect(page.text).toContain('Harbour needs to know how to reach you for this offer.');
    await lobby.person('mei');
    const mei = await lobby.phone().tapJson('ring', { ...(await touch()), handover: await lobby.handOver('mei') });
    expect(mei.state).toBe('coupon');
  });

  it('names the shop where a coupon holds, until when by its clock, and that it has ended', async () => {
    await lobby.campaign('milk', { trigger: ON_MILK });
    await lobby.play('milk', -5, 8);
    const phone = lobby.phone();
    const { coupon, tapId } = await tapAndClaim(phone);
    const page = await phone.tap('ring', { tap: tapId });
    expect(page.text).toContain(coupon.code);
    expect(page.text).toMatch(/Valid until Nov 22, 2026, 22:00 GMT\+8/);
    expect(page.text).toContain('At Compass Tower');
    lobby.world.now += 5 * 3_600_000;
    expect((await phone.tap('ring', { tap: tapId })).text).toContain('This coupon has ended');
  });

  it('answers any bytes with less than 500', async () => {
    const phone = lobby.phone();
    const odd = [
      '',
      '%',
      '\u0000',
      '🥛'.repeat(999),
      '{"tapId":{}}',
      'tapId=%ff&brand=..%2f',
      '__proto__=1&constructor=2',
    ];
    for (const text of odd) {
      for (const type of ['application/json', 'application/x-www-form-urlencoded', 'x']) {
        expect((await phone.press('q', 'poster', text, { headers: { 'content-type': type } })).status).toBeLessThan(
          500,
        );
      }
      const answer = await phone.scan('poster', {
        tap: text,
        handover: text,
        lang: text,
        s: text,
        c: text,
        subject: text,
      });
      expect(answer.status).toBeLessThan(500);
      phone.jar.set('beckon-tap', text);
      phone.jar.set('beckon-harbour', text);
      expect((await phone.scan('poster')).status).toBe(200);
    }
    expect((await phone.scan('nobody-knows')).status).toBe(404);
  });
});
