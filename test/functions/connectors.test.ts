import { beforeEach, describe, expect, it } from 'vitest';
import type { Tenant } from '#store/keys.ts';
import wechat from '../cases/wechat-callback.json' with { type: 'json' };
import { BODY_LIMIT, MAC, open, VENDORS } from './connector-vendors.ts';
import { AP, BRAND, type Doors, json, MERAKI_SECRET, merakiPost, openDoors, START, VENUE } from './connector-world.ts';

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;
const OTHER: Tenant = { kind: 'venue', id: 'another' };
const meraki = (changes: object = {}) => ({
  kind: 'meraki',
  name: 'Lobby WiFi',
  secret: MERAKI_SECRET,
  places: { [AP]: { placeId: 'lobby', screenId: 'wall' } },
  brands: ['harbour', 'lighthouse'],
  ...changes,
});

let doors: Doors;
beforeEach(async () => {
  doors = await openDoors();
});
const idsOf = () => doors.signals.map(({ signalId, occurredAt, brand }) => `${signalId} ${occurredAt} ${brand}`);

describe('a connector', () => {
  it('takes a secret and never shows it', async () => {
    const put = await doors.put(VENUE, 'lobby-wifi', meraki());
    expect([put.status, json(put)]).toEqual([
      200,
      {
        connectorId: 'lobby-wifi',
        kind: 'meraki',
        name: 'Lobby WiFi',
        places: { [AP]: { placeId: 'lobby', screenId: 'wall' } },
        brands: ['harbour', 'lighthouse'],
        secretFingerprint: expect.stringMatching(/^[\w-]{8}$/),
        secretSetAt: '2026-11-22T10:00:00.000Z',
      },
    ]);
    expect(await doors.call('getConnector', VENUE, 'lobby-wifi')).toEqual(put);
    expect(json(await doors.call('listConnectors', VENUE, ''))).toEqual({ items: [json(put)] });
    const stored = JSON.stringify([doors.rows('catalogue'), put, await doors.call('listConnectors', VENUE, '')]);
    for (const secret of Object.values(MERAKI_SECRET)) {
      expect(stored).not.toContain(secret);
      expect(stored).not.toContain(Buffer.from(secret).toString('base64').slice(0, 10));
    }
    expect((await doors.call('getConnector', OTHER, 'lobby-wifi')).status).toBe(404);
  });

  it('keeps its secret when it is put again without, and shows when it is another', async () => {
    const { secretFingerprint } = json(await doors.put(VENUE, 'w', meraki()));
    doors.world.now += MINUTE_MS;
    const kept = json(await doors.put(VENUE, 'w', meraki({ secret: undefined, name: 'Renamed' })));
    expect([kept.name, kept.secretFingerprint, kept.secretSetAt]).toEqual([
      'Renamed',
      secretFingerprint,
      '2026-11-22T10:00:00.000Z',
    ]);
    expect((await doors.get('w')).text).toBe(MERAKI_SECRET.validator);
    const changed = json(await doors.put(VENUE, 'w', meraki({ secret: { ...MERAKI_SECRET, secret: 'another-one' } })));
    expect(changed.secretFingerprint).not.toBe(secretFingerprint);
    expect(changed.secretSetAt).toBe('2026-11-22T10:01:00.000Z');
    expect((await doors.post('w', merakiPost([], doors.world.now))).status).toBe(401);
  });

  it('has a secret that opens for it alone', async () => {
    await doors.put(VENUE, 'w', meraki());
    const row = doors.rows('catalogue').find(({ sk }) => sk === 'connector#w');
    const { sealedSecret } = JSON.parse(String(row?.body));
    const { unseal } = await import('#functions/connectors/secrets.ts');
    const secret = await doors.runtime.secret('venueSecret');
    expect(unseal(secret, { owner: VENUE, connectorId: 'w' }, sealedSecret)).toEqual(MERAKI_SECRET);
    for (const [key, whose] of [
      [secret, { owner: VENUE, connectorId: 'v' }],
      [secret, { owner: { ...VENUE, kind: 'brand' as const }, connectorId: 'w' }],
      [`${secret}.`, { owner: VENUE, connectorId: 'w' }],
    ] as const) {
      expect(() => unseal(key, whose, sealedSecret)).toThrow();
    }
  });

  it('is whose it was first', async () => {
    expect((await doors.put(VENUE, 'w', meraki())).status).toBe(200);
    const taken = await doors.put(BRAND, 'w', meraki({ brands: undefined }));
    expect([taken.status, json(taken).errors]).toEqual([409, [{ pointer: '/connectorId', detail: 'is taken' }]]);
    expect((await doors.get('w')).text).toBe(MERAKI_SECRET.validator);
  });

  it.each([
    [{ places: { [AP]: { placeId: 'elsewhere' } } }, `/places/${AP}/placeId`],
    [{ places: { 'a/b~c': { placeId: 'lobby', screenId: 'nowhere' } } }, '/places/a~1b~0c/screenId'],
    [
      { places: { [AP]: { placeId: 'lobby' }, '00-18-0A-00-00-01': { placeId: 'lobby' } } },
      '/places/00-18-0A-00-00-01',
    ],
    [{ secret: undefined }, '/secret'],
    [{ brands: ['harbour', 'stranger'] }, '/brands/1'],
    [{ portal: { networkName: 'Lobby', brands: [{ brand: 'stranger', name: 'S' }] } }, '/portal/brands/0/brand'],
    [{ kind: 'line', secret: 'a-channel-secret' }, '/kind'],
  ])('contradicts what is stored: %#', async (changes, pointer) => {
    const { status, text } = await doors.put(VENUE, 'w', meraki(changes));
    expect([status, JSON.parse(text).errors[0].pointer]).toEqual([422, pointer]);
    expect(doors.rows('catalogue').filter(({ sk }) => String(sk).startsWith('connector'))).toEqual([]);
  });

  it('of a brand speaks to no other, and places of others are not its own', async () => {
    const { status, text } = await doors.put(BRAND, 'w', meraki());
    expect([status, JSON.parse(text).errors[0].pointer]).toEqual([422, '/brands/1']);
    expect((await doors.put(OTHER, 'w', meraki())).status).toBe(422);
  });

  it.each([
    ['webhook', 'whsec_c2hvcnQ=', '/secret'],
    ['webhook', 'whsec_!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!', '/secret'],
    ['mist', 'short', '/secret'],
    ['radius', 'fifteen letters', '/secret'],
    ['wechat', { token: 'spamtest', appId: 'wx2c2769f8efd9abc2', encodingAesKey: 'short' }, '/secret/encodingAesKey'],
    ['zigbee', 'something-or-other', '/kind'],
  ])('of kind %s does not take %j', async (kind, secret, pointer) => {
    const { status, text } = await doors.put(BRAND, 'w', meraki({ kind, secret, brands: undefined }));
    expect([status, JSON.parse(text).errors[0].pointer]).toEqual([400, pointer]);
  });
});

describe('a handshake', () => {
  it('answers Meraki its validator and nothing else', async () => {
    await doors.put(VENUE, 'w', meraki());
    const { status, text, headers } = await doors.get('w');
    expect([status, text, headers['content-type']]).toEqual([200, 'the-validator-1', 'text/plain; charset=utf-8']);
  });

  it('answers WeChat its echo, when WeChat asks', async () => {
    const [{ timestamp, nonce, signature, token }] = wechat.plainSignature as [(typeof wechat.plainSignature)[number]];
    doors.world.now = Number(timestamp) * 1000;
    const secret = { token, appId: 'wx2c2769f8efd9abc2' };
    await doors.put(BRAND, 'w', meraki({ kind: 'wechat', secret, brands: undefined }));
    const query = { timestamp, nonce, signature, echostr: '<b>4375' };
    const { status, text, headers } = await doors.get('w', { query });
    expect([status, text, headers['content-type']]).toEqual([200, '<b>4375', 'text/plain; charset=utf-8']);
    expect((await doors.get('w', { query: { ...query, signature: 'x' } })).status).toBe(401);
    expect((await doors.get('w')).status).toBe(401);
    doors.world.now += 6 * MINUTE_MS;
    expect((await doors.get('w', { query })).status).toBe(401);
  });

  it('is not needed for WeChat’s safe mode: what is encrypted for this app is heard, and nothing else', async () => {
    const [safe] = wechat.encrypted as [(typeof wechat.encrypted)[number]];
    doors.world.now = Number(safe.timestamp) * 1000;
    const secret = { token: safe.token, appId: safe.appId, encodingAesKey: safe.encodingAESKey };
    await doors.put(BRAND, 'w', meraki({ kind: 'wechat', secret, brands: undefined }));
    const query = { timestamp: safe.timestamp, nonce: safe.nonce, msg_signature: safe.msgSignature };
    const envelope = (encrypted: string) => `<xml><Encrypt><![CDATA[${encrypted}]]></Encrypt></xml>`;
    const { status, text } = await doors.post('w', envelope(safe.encrypt), { query });
    expect([status, text]).toEqual([200, 'success']);
    expect((await doors.post('w', envelope(safe.encrypt.replace('h', 'i')), { query })).status).toBe(401);
    await doors.put(
      BRAND,
      'w',
      meraki({ kind: 'wechat', secret: { ...secret, appId: `wx0${'0'.repeat(15)}` }, brands: undefined }),
    );
    expect((await doors.post('w', envelope(safe.encrypt), { query })).status).toBe(401);
  });

  it('is nobody’s at other doors', async () => {
    expect((await doors.get('w')).status).toBe(404);
    expect((await doors.post('w', '{}')).status).toBe(404);
    await doors.put(VENUE, 'w', { ...meraki(), kind: 'mist', secret: 'a-secret-of-mist' });
    expect((await doors.get('w')).status).toBe(404);
  });
});

describe.each(VENDORS)('$kind', (vendor) => {
  it('makes one signal of a message, however often it is sent', async () => {
    await open(doors, vendor);
    const { body, ...options } = vendor.message(START);
    const first = await doors.post('door', body, options);
    expect([first.status, vendor.yes]).toEqual([vendor.status, vendor.yes]);
    if (vendor.yes !== undefined) expect(first.text).toBe(vendor.yes);
    else expect(json(first)).toMatchObject({ accepted: 1, ignored: [] });
    expect(doors.signals).toEqual([
      {
        signalId: expect.stringMatching(/^[\w-]{22}$/),
        brand: 'harbour',
        source: 'connector',
        receivedAt: new Date(START).toISOString(),
        ...vendor.signal(START),
      },
    ]);
    // A second, and half a minute: vendors retry, and are told that it is well.
    for (const later of [1000, 30_000]) {
      doors.world.now = START + later;
      const again = await doors.post('door', body, options);
      expect(again.status).toBe(vendor.status);
      if (vendor.yes === undefined) expect(json(again)).toEqual({ accepted: 0, repeated: 1 });
    }
    doors.world.now = START + 6 * MINUTE_MS;
    expect((await doors.post('door', body, options)).status).toBe(vendor.isTimed ? 401 : vendor.status);
    doors.world.now = START + 8 * DAY_MS;
    expect((await doors.post('door', body, options)).status).toBe(vendor.isTimed ? 401 : 400);
    await doors.expire();
    expect((await doors.post('door', body, options)).status).toBe(vendor.isTimed ? 401 : 400);
    expect(doors.signals).toHaveLength(1);
  });

  it('of the same message twenty times at once makes one signal', async () => {
    await open(doors, vendor);
    const { body, ...options } = vendor.message(START);
    const answers = await Promise.all(Array.from({ length: 20 }, () => doors.post('door', body, options)));
    expect(answers.map(({ status }) => status)).toEqual(Array(20).fill(vendor.status));
    // On the queue the same signal may be twice: it has one id and one moment, by which the ledger knows it.
    expect(new Set(idsOf()).size).toBe(1);
    if (vendor.yes === undefined) expect(answers.filter((one) => json(one).accepted === 1)).toHaveLength(1);
  });

  it('loses nothing when the queue fails: what comes again is heard', async () => {
    await open(doors, vendor);
    const { body, ...options } = vendor.message(START);
    doors.world.send = () => {
      throw Object.assign(new Error('no queue'), { name: 'ServiceUnavailable' });
    };
    expect((await doors.post('door', body, options)).status).toBe(503);
    doors.world.send = undefined;
    doors.world.now += 10_000;
    expect((await doors.post('door', body, options)).status).toBe(vendor.status);
    expect(doors.signals).toHaveLength(1);
  });

  it('keeps nothing of what it was told but a mark', async () => {
    await open(doors, vendor);
    const { body, ...options } = vendor.message(START);
    await doors.post('door', body, options);
    const kept = JSON.stringify(doors.rows('presence'));
    for (const secret of [
      MAC,
      MAC.replaceAll(':', ''),
      MAC.toUpperCase().replaceAll(':', '-'),
      '+8613800138000',
      'openid-of-mei',
      'U4af4980629',
    ]) {
      expect(kept).not.toContain(secret);
    }
    for (const row of doors.rows('presence')) expect(Number(row.ttl)).toBeLessThanOrEqual(START / 1000 + 8 * 86_400);
  });
});

// A webhook names its place itself, and a scene is a tag, which may be a screen's.
const PLACED = VENDORS.filter(({ kind }) => kind !== 'webhook' && kind !== 'wechat');
it.each(PLACED)('$kind is of no use at a place that nobody has named', async (vendor) => {
  await open(doors, vendor, { places: {} });
  const { body, ...options } = vendor.message(START);
  expect((await doors.post('door', body, options)).status).toBe(vendor.status);
  expect(doors.signals).toEqual([]);
});

it('LINE’s redelivery, which says that it is one, makes no second signal', async () => {
  const line = VENDORS.find(({ kind }) => kind === 'line');
  if (!line) throw new Error('no LINE');
  await open(doors, line);
  const { body, ...options } = line.message(START);
  expect((await doors.post('door', body, options)).status).toBe(200);
  const again = body.replace('"isRedelivery":false', '"isRedelivery":true');
  expect(again).not.toBe(body);
  expect((await doors.post('door', again, line.sign(again, START))).status).toBe(200);
  expect(doors.signals).toHaveLength(1);
});

describe('whose a phone is', () => {
  const post = (seen: Parameters<typeof merakiPost>[0]) => doors.post('w', merakiPost(seen, doors.world.now));
  const heard = async (seen: Parameters<typeof merakiPost>[0]) => json(await post(seen));
  const seenNow = [{ mac: MAC, ssid: 'Guest' }];
  beforeEach(async () => {
    await doors.put(VENUE, 'w', meraki());
  });

  it('is told to the brands that its guest shares with, and to no other', async () => {
    const guestId = await doors.logIn(VENUE, 'w', MAC, ['harbour', 'elsewhere']);
    expect(await heard(seenNow)).toEqual({ accepted: 1, linked: 1, ignored: [] });
    expect(doors.signals).toMatchObject([
      {
        brand: 'harbour',
        kind: 'wifi.join',
        trust: 'T1',
        subject: { kind: 'portal', value: `compass.${guestId}` },
        placeId: 'lobby',
        screenId: 'wall',
      },
    ]);
  });

  it('is nobody’s without sharing', async () => {
    await doors.logIn(VENUE, 'w', MAC, []);
    expect(await heard(seenNow)).toEqual({ accepted: 0, linked: 1, ignored: [{ reason: 'not-shared', count: 1 }] });
    expect(doors.signals).toEqual([]);
  });

  it('is told to those brands that the portal names, where the connector names none', async () => {
    const portal = { networkName: 'Lobby', brands: [{ brand: 'lighthouse', name: 'Lighthouse' }] };
    await doors.put(VENUE, 'w', meraki({ brands: undefined, portal }));
    await doors.logIn(VENUE, 'w', MAC, ['harbour', 'lighthouse']);
    await heard(seenNow);
    expect(doors.signals.map(({ brand }) => brand)).toEqual(['lighthouse']);
  });

  it('is that brand’s own on a brand’s own network', async () => {
    await doors.put(BRAND, 'own', meraki({ brands: undefined }));
    const guestId = await doors.logIn(BRAND, 'own', MAC, []);
    await doors.post('own', merakiPost(seenNow, START));
    expect(doors.signals).toMatchObject([
      { brand: 'harbour', subject: { kind: 'portal', value: `harbour.${guestId}` } },
    ]);
  });

  it('is nobody’s on another network, nor a day later', async () => {
    await doors.put(VENUE, 'next-door', meraki());
    await doors.logIn(VENUE, 'next-door', MAC, ['harbour']);
    expect((await heard(seenNow)).ignored).toEqual([{ reason: 'not-linked', count: 1 }]);
    await doors.logIn(VENUE, 'w', MAC, ['harbour']);
    doors.world.now += DAY_MS;
    expect((await heard(seenNow)).ignored).toEqual([{ reason: 'not-linked', count: 1 }]);
    expect(doors.signals).toEqual([]);
  });

  it('is still its guest’s after midnight, when the pepper is another', async () => {
    doors.world.now = Date.parse('2026-11-22T23:50:00Z');
    await doors.logIn(VENUE, 'w', MAC, ['harbour']);
    doors.world.now = Date.parse('2026-11-23T00:10:00Z');
    expect(await heard(seenNow)).toMatchObject({ accepted: 1, linked: 1 });
  });

  it('is one arrival and a word each half hour, though the controller speaks every minute', async () => {
    await doors.logIn(VENUE, 'w', MAC, ['harbour', 'lighthouse']);
    for (let minute = 0; minute <= 65; minute += 1) {
      doors.world.now = START + minute * MINUTE_MS;
      await post(seenNow);
    }
    const ofHarbour = doors.signals.filter(({ brand }) => brand === 'harbour');
    expect(ofHarbour.map(({ kind, occurredAt }) => [kind, occurredAt.slice(11, 16)])).toEqual([
      ['wifi.join', '10:00'],
      ['wifi.seen', '10:30'],
      ['wifi.seen', '11:00'],
    ]);
    expect(doors.signals).toHaveLength(6);
  });

  it('counts, and does not guess', async () => {
    await doors.logIn(VENUE, 'w', MAC, ['harbour']);
    const now = doors.world.now;
    const answer = await heard([
      { mac: MAC, ssid: 'Guest' },
      { mac: MAC, ssid: 'Guest', at: now - 1000 },
      { mac: MAC, at: now + 10 * MINUTE_MS },
      { mac: MAC, at: now - 8 * DAY_MS },
      { mac: 'e6:59:dd:00:53:f1' },
      { mac: 'not a mac' },
      { mac: MAC, ap: '00:18:0a:ff:ff:ff' },
    ]);
    expect(answer).toEqual({
      accepted: 1,
      linked: 1,
      ignored: expect.arrayContaining(
        ['same-visit', 'in-the-future', 'older-than-7-days', 'not-linked', 'no-address', 'no-place'].map((reason) => ({
          reason,
          count: 1,
        })),
      ),
    });
  });

  it('in a flood of 10,000 random addresses is nobody’s: no signal, and one write for each message', async () => {
    await doors.logIn(VENUE, 'w', MAC, ['harbour']);
    const rows = doors.rows('presence').length;
    const written = doors.written();
    for (let post = 0; post < 100; post += 1) {
      const seen = Array.from({ length: 100 }, (_, index) => ({
        mac: `0${2 * (index % 2)}:00:5e:${hex(post)}:${hex(index)}:${hex((post * index) % 256)}`,
        ssid: index % 3 === 0 ? 'Guest' : null,
      }));
      const { accepted, linked, ignored } = await heard(seen);
      expect([accepted, linked, ignored]).toEqual([0, 0, [{ reason: 'not-linked', count: 100 }]]);
    }
    expect(doors.signals).toEqual([]);
    expect(doors.written() - written).toBe(100);
    expect(doors.rows('presence').length - rows).toBe(100);
  });

  it(`takes a message of ${BODY_LIMIT} bytes, and no larger`, async () => {
    const seen = Array.from({ length: 20_000 }, (_, index) => ({
      mac: `02:00:${hex(index >> 16)}:${hex(index >> 8)}:${hex(index)}:00`,
    }));
    const body = JSON.stringify(merakiPost(seen, START));
    expect(body.length).toBeGreaterThan(BODY_LIMIT / 2);
    const answer = json(await doors.post('w', body));
    expect(answer.ignored).toContainEqual({ reason: 'not-linked', count: 5000 });
    expect(answer.ignored).toContainEqual({ reason: 'too-many-addresses', count: 15_000 });
    expect((await doors.post('w', body.padEnd(BODY_LIMIT))).status).toBe(202);
    expect((await doors.post('w', body.padEnd(BODY_LIMIT + 1))).status).toBe(413);
  });

  it('with any bit of Meraki’s secret another is not heard', async () => {
    const body = Buffer.from(JSON.stringify(merakiPost(seenNow, START)));
    const start = body.indexOf(MERAKI_SECRET.secret);
    for (let index = start; index < start + MERAKI_SECRET.secret.length; index += 1) {
      for (let bit = 0; bit < 8; bit += 1) {
        const other = Buffer.from(body);
        other[index] = (body[index] ?? 0) ^ (1 << bit);
        expect((await doors.post('w', other)).status).toBeOneOf([400, 401]);
      }
    }
  });
});

const hex = (value: number): string => (value & 255).toString(16).padStart(2, '0');
