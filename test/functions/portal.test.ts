import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import { ChannelError } from '#channels/channel.ts';
import { consentText } from '#core/portal/consents.ts';
import { handoverToken, readVisitor, visitorCookie } from '#functions/shared/visitor.ts';
import { deleteEntry, putEntry } from '#store/catalogue.ts';
import { getGuest } from '#store/guests.ts';
import { findPersonId, getPerson, putPerson } from '#store/people.ts';
import { findGuests } from '#store/stations.ts';
import { aPlace } from '#test/support/builders.ts';
import { AP, challengeIn, MERAKI, openPortal, type PortalWorld, SECRET, VENUE } from './portal-world.ts';

const LINK_SECRET = `linkSecret: ${SECRET}`;
const GRANT = 'https://n143.network-auth.com/splash/grant?continue_url=http%3A%2F%2Fask.com%2F&duration=14400';
const HOUR_MS = 3_600_000;
const sharing = (...brands: string[]) => ({ choices: '1', sharing: brands });

let portal: PortalWorld;
beforeEach(async () => {
  portal = await openPortal();
});

/** The one guest's id, from the rows that make them. */
const guestId = (): string => portal.rows('people').find(({ entity }) => entity === 'guest')?.guestId as string;
const guest = () => getGuest(portal.db, VENUE, guestId());
const person = async (brand: string) => {
  const personId = await findPersonId(portal.db, brand, { kind: 'portal', value: `compass.${guestId()}` });
  return personId === undefined ? undefined : await getPerson(portal.db, brand, personId);
};
const ofBrands = () => portal.rows('people').filter(({ pk }) => String(pk).startsWith('B#'));

describe('going online', () => {
  it('asks nothing, and tells nobody', async () => {
    const phone = portal.phone();
    const page = await phone.open();
    expect(page.status).toBe(200);
    expect(page.text).toContain('Go online');
    expect(page.text).not.toContain('type="checkbox"');
    const before = portal.rows('people').length + portal.rows('presence').length;
    const answer = await phone.press('online');
    expect([answer.status, answer.headers.location]).toEqual([302, GRANT]);
    expect(portal.rows('people').length + portal.rows('presence').length).toBe(before);
    expect([portal.signals, ofBrands()]).toEqual([[], []]);
  });

  it('is not bought with a tick: who is known and ticks nothing gets the same, and nothing reaches a brand', async () => {
    const phone = portal.phone();
    await phone.logIn('mei@example.com');
    const forms: Record<string, string | string[]>[] = [{}, sharing(), { choices: '1', marketing: ['harbour'] }];
    for (const form of forms) {
      const answer = await phone.press('online', form);
      expect([answer.status, answer.headers.location]).toEqual([302, GRANT]);
    }
    expect([portal.signals, ofBrands()]).toEqual([[], []]);
    // Nor does ticking without saying who one is.
    expect((await portal.phone().press('online', sharing('harbour'))).status).toBe(302);
    expect([portal.signals, ofBrands()]).toEqual([[], []]);
  });

  it.each([
    ['base_grant_url', 'https://network-auth.com.evil.example/'],
    ['base_grant_url', 'https://n143.network-auth.com@evil.example/'],
    ['base_grant_url', '//evil.example'],
    ['base_grant_url', 'javascript:alert(1)'],
    ['base_grant_url', 'https://n143。network-auth。com/'],
    ['base_grant_url', 'https://n143.network-auth.com./'],
    ['login_url', 'https://evil.example/login'],
    ['user_continue_url', 'javascript:alert(1)'],
    ['user_continue_url', '//evil.example'],
  ])('never leads where %s=%s would', async (name, value) => {
    for (const answer of [
      await portal.phone({ ...MERAKI, [name]: value }).press('online'),
      await portal.phone({ ...MERAKI, [name]: value }).open(),
      await portal.phone({}).press('online', { ...MERAKI, [name]: value }),
    ]) {
      expect(answer.status).toBe(400);
      expect(JSON.parse(answer.text).errors).toEqual([{ pointer: `/${name}`, detail: expect.any(String) }]);
      expect([answer.headers.location, answer.cookies]).toEqual([undefined, []]);
    }
  });

  it('takes the host that its venue has named, and no other venue’s', async () => {
    const query = { ...MERAKI, base_grant_url: 'https://wifi.compass.example/ok' };
    const answer = await portal.phone(query).press('online');
    expect(answer.headers.location).toMatch(/^https:\/\/wifi\.compass\.example\/ok\?continue_url=/);
  });

  it('leads to the venue’s page where nobody wanted another', async () => {
    const { user_continue_url: _, ...query } = MERAKI;
    const { location = '' } = (await portal.phone(query).press('online')).headers;
    expect(new URL(location).searchParams.get('continue_url')).toBe('https://beckon.example/w/lobby/venue');
  });

  it('hands an account’s name and password to the network alone', async () => {
    const query = { login_url: 'https://n143.network-auth.com/splash/login?mauth=1', continue_url: 'http://ask.com/' };
    const answer = await portal.phone(query).press('online');
    expect(answer.text).toContain('action="https://n143.network-auth.com/splash/login?mauth=1"');
    expect(answer.text).toContain('name="success_url" value="http://ask.com/"');
    expect(answer.headers['content-security-policy']).toContain('https://n143.network-auth.com');
  });

  it('opens nothing for who comes from elsewhere', async () => {
    const answer = await portal.phone({}).press('online');
    expect([answer.status, answer.cookies]).toEqual([200, []]);
    expect(answer.text).toContain('there is nothing to open here');
  });
});

describe('whether the network is open (RFC 8908)', () => {
  it('is told to the browser that went online, for as long as it is', async () => {
    const phone = portal.phone();
    const closed = await phone.api();
    expect(closed.headers).toMatchObject({ 'content-type': 'application/captive+json', 'cache-control': 'private' });
    const urls = {
      'user-portal-url': 'https://beckon.example/w/lobby',
      'venue-info-url': 'https://beckon.example/w/lobby/venue',
    };
    expect(JSON.parse(closed.text)).toEqual({ captive: true, ...urls });
    await phone.press('online');
    portal.world.now += 60_000;
    const open = { captive: false, ...urls, 'can-extend-session': true };
    expect(JSON.parse((await phone.api()).text)).toEqual({ ...open, 'seconds-remaining': 4 * 3600 - 60 });
    // Another phone with the same address in its query is another phone.
    expect(JSON.parse((await portal.phone().api()).text).captive).toBe(true);
    portal.world.now += 4 * HOUR_MS;
    expect(JSON.parse((await phone.api()).text).captive).toBe(true);
  });

  it('is not told by a cookie of somebody’s own making', async () => {
    const phone = portal.phone();
    await phone.press('online');
    const [name, value = ''] = [...phone.jar].find(([key]) => key.startsWith('portal-online')) ?? [];
    const [what, until, signature = ''] = value.split('.');
    for (const forged of [
      `${what}.${Number(until) + 1}.${signature}`,
      `${what}x.${until}.${signature}`,
      `${what}.${until}.${signature.slice(0, -1)}A`,
      `${what}.${until}`,
      '',
      '..',
    ]) {
      if (forged === value) continue;
      phone.jar.set(name ?? '', forged);
      expect([forged, JSON.parse((await phone.api()).text).captive]).toEqual([forged, true]);
    }
  });
});

describe('saying who one is', () => {
  it('takes a code from one’s mailbox', async () => {
    const phone = portal.phone();
    const answer = await phone.logIn(' Mei@Example.com ');
    expect([answer.status, new URLSearchParams(answer.headers.location?.slice(1)).get('client_mac')]).toEqual([
      303,
      MERAKI.client_mac,
    ]);
    expect(portal.mails).toEqual([
      {
        address: 'mei@example.com',
        locale: 'en',
        code: expect.stringMatching(/^\d{6}$/),
        network: 'Compass Lobby',
        minutes: 10,
      },
    ]);
    const page = await phone.open();
    expect(page.text).toContain('You are here as m•••@example.com.');
    expect(page.text.match(/type="checkbox"/g)).toHaveLength(4);
    expect(page.text).not.toContain('checked');
    expect((await guest())?.identifiers).toEqual([{ kind: 'email', value: 'mei@example.com' }]);
  });

  it('makes one guest of one address, on any number of phones at once', async () => {
    await Promise.all(['a', 'b', 'c'].map(() => portal.phone().logIn('mei@example.com')));
    await portal.phone().logIn('bo@example.com');
    expect(portal.rows('people').filter(({ entity }) => entity === 'guest')).toHaveLength(2);
    const keys = ['people', 'presence', 'plays'] as const;
    for (const { pk, sk } of keys.flatMap((table) => portal.rows(table)))
      expect(`${pk} ${sk}`).not.toMatch(/@|example|deadbeef|de:ad/i);
  });

  it('answers a wrong code, an old one, a used one and a guesser alike', async () => {
    const phone = portal.phone();
    const email = 'mei@example.com';
    const ask = async () => challengeIn(await phone.press('code', { email }));
    const enter = async (challenge: string, code: string, as = email) =>
      (await portal.phone().press('login', { email: as, challenge, code })).status;
    const first = await ask();
    const right = portal.mails[0]?.code ?? '';
    const wrong = right === '000000' ? '000001' : '000000';
    expect(await enter(first, right, 'bo@example.com')).toBe(422);
    expect(await enter('AAAAAAAAAAAAAAAAAAAAAA', right)).toBe(422);
    expect(await enter('', right)).toBe(422);
    expect(await enter(first, wrong)).toBe(422);
    expect(await enter(first, ` ${right.slice(0, 3)} ${right.slice(3)} `)).toBe(303);
    expect(await enter(first, right)).toBe(422);
    const second = await ask();
    for (let tries = 0; tries < 5; tries += 1)
      expect(await enter(second, portal.mails[1]?.code === wrong ? right : wrong)).toBe(422);
    expect(await enter(second, portal.mails[1]?.code ?? '')).toBe(422);
    const third = await ask();
    portal.world.now += 10 * 60_000;
    expect(await enter(third, portal.mails[2]?.code ?? '')).toBe(422);
  });

  it('gives a thousand guesses at once no more than five tries', async () => {
    const email = 'mei@example.com';
    const challenge = challengeIn(await portal.phone().press('code', { email }));
    const guesses = await Promise.all(
      Array.from({ length: 200 }, (_, index) =>
        portal.phone().press('login', { email, challenge, code: String(index).padStart(6, '0') }),
      ),
    );
    expect(guesses.filter(({ status }) => status !== 422)).toEqual([]);
    expect(portal.rows('presence').find(({ sk }) => sk === 'CODE')?.tries).toBe(5);
  });

  it('sends at most three codes in an hour to an address, ten for a phone, and says nothing of it', async () => {
    const codeFor = async (email: string) =>
      (await portal.phone().press('code', { email })).text.replace(/value="[\w-]{22}"/, '');
    const pages = [];
    for (let index = 0; index < 5; index += 1) pages.push(await codeFor('mei@example.com'));
    expect(portal.mails).toHaveLength(3);
    expect(new Set(pages).size).toBe(1);
    portal.world.now += HOUR_MS - 1;
    await codeFor('mei@example.com');
    expect(portal.mails).toHaveLength(3);
    portal.world.now += 1;
    await codeFor('mei@example.com');
    expect(portal.mails).toHaveLength(4);
    for (let index = 0; index < 12; index += 1) await codeFor(`guest${index}@example.com`);
    // The one above was this phone's first.
    expect(portal.mails).toHaveLength(4 + 9);
  });

  it('is not offered where nobody can send a mail, and survives a provider that refuses', async () => {
    portal.world.channels = [];
    expect((await portal.phone().open()).text).not.toContain('type="email"');
    expect((await portal.phone().press('code', { email: 'mei@example.com' })).status).toBe(422);
    portal.world.channels = ['email'];
    portal.world.send = () => {
      throw new ChannelError('rejected', 'MessageRejected');
    };
    expect((await portal.phone().press('code', { email: 'mei@example.com' })).status).toBe(200);
    for (const email of ['', 'mei', 'a@b', 'a@b.c\r\nBcc: x@y.z', `${'a'.repeat(300)}@example.com`]) {
      expect((await portal.phone().press('code', { email })).status).toBe(422);
    }
  });

  it('takes a brand’s word, once, by a button and never by a link', async () => {
    await putPerson(portal.db, 'harbour', 'mei', {
      identifiers: [{ kind: 'member', value: 'm-1' }],
      attributes: { city: 'Shanghai' },
      consents: [],
    });
    const token = handoverToken(LINK_SECRET, { brand: 'harbour', personId: 'mei' }, portal.world.now + 60_000);
    const phone = portal.phone({ ...MERAKI, handover: token });
    expect((await phone.open()).text).toContain('Continue as my app knows me');
    expect(phone.jar.size).toBe(0);
    const answer = await phone.press('handover');
    expect([answer.status, answer.headers.location]).toEqual([303, expect.not.stringContaining('handover')]);
    expect((await portal.phone({ ...MERAKI, handover: token }).press('handover')).status).toBe(422);
    // The brand knows nothing of it yet; once agreed, the guest is who the brand knows.
    expect((await getPerson(portal.db, 'harbour', 'mei'))?.person.identifiers).toHaveLength(1);
    await phone.press('online', sharing('harbour'));
    const { person: mei } = (await getPerson(portal.db, 'harbour', 'mei')) ?? {};
    expect(mei?.identifiers).toEqual([
      { kind: 'member', value: 'm-1' },
      { kind: 'portal', value: `compass.${guestId()}` },
    ]);
    expect(mei?.attributes).toEqual({ city: 'Shanghai' });
    for (const bad of ['', 'x', 'x.y', `${token}x`, '..']) {
      expect((await portal.phone({ ...MERAKI, handover: bad }).press('handover')).status).toBe(422);
    }
  });

  it('makes of a phone that was nobody’s the phone of who logs in, and of a shared one no two people one', async () => {
    const put = (personId: string, kind: 'member' | 'device', value: string) =>
      putPerson(portal.db, 'harbour', personId, { identifiers: [{ kind, value }], attributes: {}, consents: [] });
    for (const name of ['mei', 'li']) await put(name, 'member', `m-${name}`);
    await put('stranger', 'device', 'page-1');
    const logIn = async (personId: string, visitorId: string) => {
      const options = { now: portal.world.now, secure: false };
      const cookie = visitorCookie(LINK_SECRET, { brand: 'harbour', personId: visitorId }, options);
      const token = handoverToken(LINK_SECRET, { brand: 'harbour', personId }, portal.world.now + 60_000);
      const phone = portal.phone({ ...MERAKI, handover: token });
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(cookie) ?? [];
      phone.jar.set(name, value);
      await phone.press('handover');
      return phone;
    };
    const profiles = async (id: string) => (await getPerson(portal.db, 'harbour', id))?.person.profiles;

    const first = await logIn('mei', 'stranger');
    // Until they agree to share, the brand learns nothing.
    expect(await profiles('stranger')).toBeUndefined();
    await first.press('online', sharing('harbour'));
    expect(await profiles('stranger')).toEqual(['mei', 'stranger']);
    // On Mei's own phone another logs in: two logins, and nothing between them.
    await (await logIn('li', 'mei')).press('online', sharing('harbour'));
    expect([await profiles('mei'), await profiles('li')]).toEqual([['mei', 'stranger'], undefined]);
    // The phone that was nobody's is shared.
    await logIn('li', 'stranger');
    expect([await profiles('mei'), await profiles('li'), await profiles('stranger')]).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
  });
});

describe('sharing', () => {
  it('lets exactly the ticked brand know, as what was agreed to, with its proof', async () => {
    const phone = portal.phone();
    await phone.logIn('mei@example.com');
    expect((await phone.press('online', { ...sharing('harbour'), marketing: ['harbour'] })).headers.location).toBe(
      GRANT,
    );
    const subject = { kind: 'portal', value: `compass.${guestId()}` };
    expect(portal.signals).toEqual([
      {
        signalId: expect.stringMatching(/^[\w-]{22}$/),
        brand: 'harbour',
        kind: 'wifi.join',
        source: 'portal',
        trust: 'T1',
        occurredAt: '2026-11-22T10:00:00.000Z',
        receivedAt: '2026-11-22T10:00:00.000Z',
        subject,
        placeId: 'lobby-place',
        screenId: 'screen-1',
      },
    ]);
    const harbour = await person('harbour');
    expect(harbour?.person).toMatchObject({ identifiers: [subject], attributes: {} });
    expect(harbour?.standing.consents).toEqual({
      'sharing/any': { granted: true, at: portal.world.now },
      'marketing/inbox': { granted: true, at: portal.world.now },
    });
    expect(ofBrands().every(({ pk }) => String(pk).startsWith('B#harbour#'))).toBe(true);
    const text = consentText('sharing', 'en', { brand: 'Harbour Dairy', network: 'Compass Lobby' });
    expect(portal.rows('people').filter(({ entity }) => entity === 'guest-consent')).toContainEqual(
      expect.objectContaining({
        asked: 'sharing',
        brand: 'harbour',
        granted: true,
        source: 'portal:v1:en',
        proof: createHash('sha256').update(text).digest('hex'),
      }),
    );
    // The sentence that was proved is the one that was shown.
    expect((await phone.open()).text).toContain(text);
    const remembered = readVisitor(LINK_SECRET, 'harbour', {
      cookies: Object.fromEntries(phone.jar),
      now: portal.world.now,
    });
    expect(remembered).toBe(harbour?.person.personId);
  });

  it('links the phone to its guest on this network, from a page that the network has opened and no other', async () => {
    const network = { owner: VENUE, connectorId: 'lobby', venueSecret: `venueSecret: ${SECRET}` };
    const linked = async (connectorId = 'lobby') =>
      (await findGuests(portal.db, { ...network, connectorId }, [MERAKI.client_mac], portal.world.now)).get(
        MERAKI.client_mac,
      )?.guestId;
    const phone = portal.phone();
    await phone.logIn('mei@example.com');
    await phone.press('online');
    expect(await linked()).toBeUndefined();
    await phone.press('save', sharing('harbour'));
    await phone.press('online', {}, { query: { client_mac: MERAKI.client_mac } });
    expect([await linked(), portal.signals]).toEqual([undefined, []]);
    await phone.press('online');
    expect([await linked(), await linked('another')]).toEqual([guestId(), undefined]);
    portal.world.now += 24 * HOUR_MS;
    expect(await linked()).toBeUndefined();
  });

  it('tells nobody who is at a clinic', async () => {
    const place = { placeId: 'lobby-place', ...aPlace({ tags: ['clinic'] }) };
    await putEntry(portal.db, VENUE, 'place', { id: 'lobby-place', body: place });
    const phone = portal.phone();
    await phone.logIn('mei@example.com');
    expect((await phone.press('online', sharing('harbour'))).headers.location).toBe(GRANT);
    expect(portal.signals).toEqual([]);
    await putEntry(portal.db, VENUE, 'place', { id: 'lobby-place', body: { ...place, tags: ['mall'] } });
    const { geometry } = place;
    const clinic = { sensitivePlaceId: 'c', category: 'clinic', geometry, radiusM: 10 };
    await putEntry(portal.db, VENUE, 'sensitive-place', { id: 'c', body: clinic });
    await phone.press('online');
    expect(portal.signals).toEqual([]);
    await deleteEntry(portal.db, VENUE, 'sensitive-place', 'c');
    await phone.press('online');
    expect(portal.signals).toHaveLength(1);
  });

  it('is one visit in half an hour, with the same id, and again later', async () => {
    const phone = portal.phone();
    await phone.logIn('mei@example.com');
    await phone.press('online', sharing('harbour', 'lighthouse'));
    portal.world.now += 20 * 60_000;
    await phone.press('online');
    portal.world.now += 20 * 60_000;
    await phone.press('online');
    const ids = portal.signals.map(({ brand, signalId }) => `${brand} ${signalId}`);
    expect([ids.length, new Set(ids).size]).toEqual([6, 4]);
    // No brand can tell by the id what another was told.
    expect(new Set(portal.signals.map(({ signalId }) => signalId)).size).toBe(4);
  });

  it('ends at once, by unticking or by one button, and a later yes counts again', async () => {
    const phone = portal.phone();
    await phone.logIn('mei@example.com');
    await phone.press('online', { ...sharing('harbour', 'lighthouse'), marketing: ['harbour'] });
    expect(portal.signals.splice(0)).toHaveLength(2);
    const page = await phone.press('save', sharing('lighthouse'));
    expect([page.status, page.text.match(/ checked/g)?.length]).toEqual([200, 1]);
    expect(phone.jar.has('beckon-harbour')).toBe(false);
    expect((await person('harbour'))?.standing.consents).toMatchObject({
      'sharing/any': { granted: false, at: portal.world.now + 1 },
      'marketing/inbox': { granted: false, at: portal.world.now + 1 },
    });
    await phone.press('online');
    expect(portal.signals.splice(0).map(({ brand }) => brand)).toEqual(['lighthouse']);
    await phone.press('stop');
    await phone.press('online');
    expect(portal.signals).toEqual([]);
    const said = portal.rows('people').filter(({ entity }) => entity === 'guest-consent');
    expect(said.map(({ asked, brand, granted }) => `${asked} ${brand} ${granted}`).sort()).toEqual([
      'marketing harbour false',
      'marketing harbour true',
      'sharing harbour false',
      'sharing harbour true',
      'sharing lighthouse false',
      'sharing lighthouse true',
    ]);
    await phone.press('online', sharing('harbour'));
    expect(portal.signals.map(({ brand }) => brand)).toEqual(['harbour']);
    expect((await person('harbour'))?.standing.consents['sharing/any']?.granted).toBe(true);
  });

  it('beats whatever clock a brand’s record was written by', async () => {
    const phone = portal.phone();
    await phone.logIn('mei@example.com');
    await phone.press('save', { ...sharing('harbour'), marketing: ['harbour'] });
    const { person: who } = (await person('harbour')) ?? {};
    const at = new Date(portal.world.now + 240_000).toISOString();
    await putPerson(portal.db, 'harbour', who?.personId ?? '', {
      identifiers: who?.identifiers ?? [],
      attributes: {},
      consents: [{ purpose: 'marketing', channel: 'inbox', granted: true, at, source: 'another clock' }],
    });
    await phone.press('stop');
    expect((await person('harbour'))?.standing.consents['marketing/inbox']?.granted).toBe(false);
  });

  it('keeps what a brand knows of its person, and finds who this phone already is to it', async () => {
    const phone = portal.phone();
    await phone.logIn('mei@example.com');
    await phone.press('save', sharing('harbour'));
    const first = (await person('harbour'))?.person;
    await putPerson(portal.db, 'harbour', first?.personId ?? '', {
      identifiers: [...(first?.identifiers ?? []), { kind: 'email', value: 'mei@example.com' }],
      attributes: { vip: true },
      consents: [],
    });
    await phone.press('save', { ...sharing('harbour'), marketing: ['harbour'] });
    const after = (await person('harbour'))?.person;
    expect([after?.attributes, after?.identifiers.length]).toEqual([{ vip: true }, 2]);
    // Somebody else on the same phone is somebody else to the brand.
    await phone.press('leave');
    expect([...phone.jar.keys()].filter((name) => !name.startsWith('portal-online'))).toEqual([]);
    await phone.logIn('bo@example.com');
    await phone.press('save', sharing('harbour'));
    const people = ofBrands().filter(({ entity }) => entity === 'person');
    expect(people.map(({ identifiers }) => (identifiers as unknown[]).length).sort()).toEqual([1, 2]);
  });

  it('is of whom the brand’s pages on this phone remember, unless that is another guest', async () => {
    const { db, world } = portal;
    const device = { kind: 'device' as const, value: 'phone-1' };
    await putPerson(db, 'harbour', 'stranger', { identifiers: [device], attributes: {}, consents: [] });
    const cookie = visitorCookie(
      LINK_SECRET,
      { brand: 'harbour', personId: 'stranger' },
      { now: world.now, secure: true },
    );
    const remembering = async (email: string) => {
      const phone = portal.phone();
      phone.jar.set('beckon-harbour', cookie.slice('beckon-harbour='.length, cookie.indexOf(';')));
      await phone.logIn(email);
      await phone.press('save', sharing('harbour'));
      return readVisitor(LINK_SECRET, 'harbour', { cookies: Object.fromEntries(phone.jar), now: world.now });
    };
    expect(await remembering('mei@example.com')).toBe('stranger');
    expect((await getPerson(db, 'harbour', 'stranger'))?.person.identifiers).toEqual([
      device,
      { kind: 'portal', value: `compass.${guestId()}` },
    ]);
    expect(await remembering('bo@example.com')).toMatch(/^[\w-]{22}$/);
    expect((await getPerson(db, 'harbour', 'stranger'))?.person.identifiers).toHaveLength(2);
  });

  it('is one person, however many windows say yes at once', async () => {
    const phone = portal.phone();
    await phone.logIn('mei@example.com');
    const windows = Array.from({ length: 8 }, () => phone.press('save', sharing('harbour', 'lighthouse')));
    for (const { status } of await Promise.all(windows)) expect(status).toBe(200);
    expect(ofBrands().filter(({ entity }) => entity === 'person')).toHaveLength(2);
    expect(portal.rows('people').filter(({ entity }) => entity === 'guest-consent')).toHaveLength(2);
  });

  it('names a brand that is no longer here, so that it can be ended', async () => {
    const phone = portal.phone();
    await phone.logIn('mei@example.com');
    await phone.press('save', sharing('harbour', 'nobody', '../x', '<script>'));
    expect(Object.keys((await guest())?.consents ?? {})).toEqual(['sharing/harbour']);
    await portal.replaceBrands([]);
    expect((await phone.open()).text).toContain('value="harbour" checked');
    await phone.press('online');
    expect(portal.signals).toEqual([]);
    await phone.press('save', sharing());
    expect((await guest())?.consents['sharing/harbour']?.granted).toBe(false);
  });
});

describe('whatever is sent', () => {
  it('is answered without a fault', async () => {
    const text = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 40 }),
      fc.constantFrom('online', 'save', 'login', 'code', MERAKI.base_grant_url, MERAKI.client_mac, AP),
    );
    const names = fc.constantFrom(
      ...Object.keys(MERAKI),
      'login_url',
      'continue_url',
      'ap',
      'id',
      'url',
      'lang',
      'handover',
      'action',
      'email',
      'code',
      'challenge',
      'sharing',
      'choices',
      '__proto__',
      'constructor',
    );
    const pairs = fc.dictionary(names, text, { maxKeys: 8 });
    const known = portal.phone();
    await known.logIn('mei@example.com');
    await fc.assert(
      fc.asyncProperty(pairs, pairs, fc.boolean(), async (query, form, isKnown) => {
        const phone = portal.phone(query);
        if (isKnown) for (const [name, value] of known.jar) phone.jar.set(name, value);
        for (const answer of [
          await phone.open(),
          await phone.press(form.action ?? 'online', form),
          await phone.api(),
          await phone.venue(),
        ]) {
          expect(answer.status).toBeLessThan(500);
          for (const line of [...answer.cookies, ...Object.values(answer.headers)]) expect(line).toMatch(/^[ -~]*$/);
        }
      }),
      { numRuns: 300 },
    );
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 200 }), async (bytes) => {
        expect((await portal.phone().post(Buffer.from(bytes))).status).toBeLessThan(500);
      }),
      { numRuns: 200 },
    );
  });

  it('is refused from another site, from nowhere, and by a button that does not exist', async () => {
    const from = (site: string) => portal.phone().press('online', {}, { headers: { 'sec-fetch-site': site } });
    expect([
      (await from('cross-site')).status,
      (await from('same-site')).status,
      (await from('same-origin')).status,
    ]).toEqual([403, 403, 302]);
    expect((await portal.phone(MERAKI, 'nowhere').open()).status).toBe(404);
    for (const action of ['', 'constructor', '__proto__', 'toString', 'x']) {
      const answer = await portal.phone().press(action);
      expect([answer.status, JSON.parse(answer.text).errors[0].pointer]).toEqual([400, '/action']);
    }
  });

  it('is shown small, in the language of the phone or the one chosen', async () => {
    const phone = portal.phone();
    await phone.logIn('mei@example.com');
    for (const page of [await portal.phone().open(), await phone.open(), await phone.venue()]) {
      expect(Buffer.byteLength(page.text)).toBeLessThan(30_000);
      expect(page.text).not.toMatch(/<script|<img|<link|javascript:/);
    }
    const zh = await phone.open({ headers: { 'accept-language': 'zh-TW,zh;q=0.9,en;q=0.8' } });
    expect(zh.text).toContain('<html lang="zh-CN">');
    expect(zh.text).toContain(consentText('sharing', 'zh-CN', { brand: 'Harbour Dairy', network: 'Compass Lobby' }));
    expect(
      (await phone.open({ query: { ...MERAKI, lang: 'en' }, headers: { 'accept-language': 'zh' } })).text,
    ).toContain('lang="en"');
    expect((await phone.open({ headers: { 'accept-language': 'fr' } })).text).toContain('<html lang="en">');
  });
});

describe('Global Privacy Control', () => {
  const GPC = { headers: { 'sec-gpc': '1' } };
  const objections = () => ofBrands().filter(({ source }) => source === 'sec-gpc');
  const shares = async () => (await guest())?.consents['sharing/harbour']?.granted;

  it('ends what a guest shares, here and at the brand, once; what they tick after it holds', async () => {
    const phone = portal.phone();
    await phone.logIn('mei@example.com');
    await phone.press('save', sharing('harbour'));
    await phone.open();
    expect([await shares(), objections()]).toEqual([true, []]);

    portal.world.now += 1000;
    expect((await phone.open(GPC)).text).not.toMatch(/value="harbour" checked/);
    expect(await shares()).toBe(false);
    expect((await person('harbour'))?.standing.consents).toMatchObject({
      'sharing/any': { granted: false },
      'personalisation/any': { granted: false },
    });
    expect(objections()).toHaveLength(2);
    await phone.press('online', {}, GPC);
    expect(portal.signals).toEqual([]);

    portal.world.now += 1000;
    await phone.press('save', sharing('harbour'), GPC);
    for (let again = 0; again < 2; again += 1) await phone.open(GPC);
    expect(await shares()).toBe(true);
    expect((await person('harbour'))?.standing.consents).toMatchObject({
      'sharing/any': { granted: true },
      'personalisation/any': { granted: false },
    });
    expect(objections()).toHaveLength(2);
  });

  it('of a guest who is new to the brand comes before what they tick in the same request', async () => {
    const phone = portal.phone();
    await phone.logIn('mei@example.com');
    await phone.press('save', sharing('harbour'), GPC);
    await phone.open(GPC);
    expect(await shares()).toBe(true);
    expect((await person('harbour'))?.standing.consents).toMatchObject({
      'sharing/any': { granted: true },
      'personalisation/any': { granted: false },
    });
    expect(objections()).toHaveLength(2);
  });

  it('of whom a brand’s page remembers on this phone is recorded there, and of a stranger nowhere', async () => {
    const phone = portal.phone();
    await phone.open(GPC);
    expect(ofBrands()).toEqual([]);
    await putPerson(portal.db, 'harbour', 'mei', {
      identifiers: [{ kind: 'device', value: 'page-1' }],
      attributes: {},
      consents: [],
    });
    const cookie = visitorCookie(
      LINK_SECRET,
      { brand: 'harbour', personId: 'mei' },
      { now: portal.world.now, secure: true },
    );
    const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(cookie) ?? [];
    phone.jar.set(name, value);
    await phone.open();
    expect(objections()).toEqual([]);
    for (let again = 0; again < 2; again += 1) await phone.open(GPC);
    expect(objections()).toHaveLength(2);
  });
});
