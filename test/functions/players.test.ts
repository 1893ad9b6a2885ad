import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import { rotatingCode, screenQrKey } from '#core/tags/rotating.ts';
import { removePlayer } from '#functions/players/pairing.ts';
import { getPlayerCreative, getPlayerPlaylist } from '#functions/players/programme.ts';
import {
  getClock,
  getPlayerReaction,
  getScreenHealth,
  postPlayerHealth,
  postPlayerPlays,
} from '#functions/players/reports.ts';
import { getPlaying } from '#functions/screens/playing.ts';
import { putEntry } from '#store/catalogue.ts';
import { findAddress } from '#store/directory.ts';
import { putReaction } from '#store/players.ts';
import { getSignage, putSignage } from '#store/signage.ts';
import { aKey, openPlayers, VENUE_SECRET } from './player-world.ts';
import { brand, VENUE } from './screen-world.ts';

let world: Awaited<ReturnType<typeof openPlayers>>;
beforeEach(async () => {
  world = await openPlayers();
});
const MINUTE_MS = 60_000;

describe('pairing', () => {
  it('joins the player that shows a code with a screen, once', async () => {
    const key = aKey();
    const { status, body } = await world.register(key.publicKey);
    expect([status, body]).toEqual([
      201,
      {
        playerId: expect.stringMatching(/^[\w-]{16}$/),
        pairingCode: expect.stringMatching(/^[A-HJKMNP-TV-Z2-9]{8}$/),
        expiresAt: new Date(world.START + 15 * MINUTE_MS).toISOString(),
      },
    ]);
    const waiting = await world.ask(getPlayerPlaylist, { path: { playerId: body.playerId } });
    expect(waiting).toEqual({ status: 200, body: { paired: false } });
    const typed = `${body.pairingCode.slice(0, 4).toLowerCase()}-${body.pairingCode.slice(4)} `;
    const paired = { status: 200, body: { playerId: body.playerId, screenId: 'screen1' } };
    expect(await world.pair(typed)).toEqual(paired);
    expect((await world.pair(typed)).status).toBe(404);
    // Its QR code is a tag of the screen, by which strangers find whose it is.
    expect(await findAddress(world.db, 'tag', `qr-${body.playerId}`)).toEqual({ owner: VENUE, target: undefined });
    expect(await getSignage(world.db, VENUE, 'tag', `qr-${body.playerId}`)).toEqual({
      tagId: `qr-${body.playerId}`,
      kind: 'qr',
      screenId: 'screen1',
    });
  });

  it('gives one key one id, and another code each time', async () => {
    const key = aKey();
    const [first, second] = [await world.register(key.publicKey), await world.register(key.publicKey)];
    expect(first.body.playerId).toBe(second.body.playerId);
    expect(first.body.pairingCode).not.toBe(second.body.pairingCode);
    expect((await world.register(aKey().publicKey)).body.playerId).not.toBe(first.body.playerId);
  });

  it('takes a code for a quarter of an hour, and of two at once one', async () => {
    const code = async () => (await world.register(aKey().publicKey)).body.pairingCode;
    const [old, raced] = [await code(), await code()];
    const race = await Promise.all([world.pair(raced), world.pair(raced), world.pair(raced)]);
    expect(race.map(({ status }) => status).sort()).toEqual([200, 404, 404]);
    world.world.now += 15 * MINUTE_MS;
    expect((await world.pair(old)).status).toBe(404);
    for (const wrong of ['AAAAAAAA', 'short', '', '🦊🦊🦊🦊', 'A'.repeat(20)]) {
      expect((await world.pair(wrong)).status).toBe(wrong === '' ? 400 : 404);
    }
  });

  it('is for the screen’s owner alone, and takes no player from somebody else', async () => {
    const key = aKey();
    const { pairingCode } = (await world.register(key.publicKey)).body;
    expect((await world.pair(pairingCode, brand('harbour'))).status).toBe(404);
    expect((await world.pair(pairingCode, VENUE, 'screen2')).status).toBe(404);
    expect((await world.pair(pairingCode)).status).toBe(200);
    const screen = { screenId: 'own', name: 'Own', placeId: 's1', tagIds: [] };
    await putEntry(world.db, brand('lighthouse'), 'screen', { id: 'own', body: screen });
    const again = (await world.register(key.publicKey)).body.pairingCode;
    expect(await world.pair(again, brand('lighthouse'), 'own')).toMatchObject({
      status: 422,
      body: { errors: [{ pointer: '/code' }] },
    });
    // Its owner may hang it elsewhere.
    await putEntry(world.db, VENUE, 'screen', { id: 'screen9', body: { ...screen, screenId: 'screen9' } });
    expect((await world.pair(again, VENUE, 'screen9')).status).toBe(200);
  });

  it('ends when the owner says so, for that screen only', async () => {
    const { playerId, key, call } = await world.aPlayer();
    const remove = (as = VENUE, screenId = 'screen1') => world.ask(removePlayer, { as, path: { screenId, playerId } });
    expect((await remove(brand('harbour'))).status).toBe(404);
    expect((await remove()).status).toBe(204);
    expect((await remove()).status).toBe(404);
    expect(await findAddress(world.db, 'tag', `qr-${playerId}`)).toBeUndefined();
    expect((await call(getPlayerReaction, 'GET', 'reaction')).status).toBe(404);
    expect((await call(getPlayerPlaylist, 'GET', 'playlist')).body).toEqual({ paired: false });
    const code = (await world.register(key.publicKey)).body.pairingCode;
    expect((await world.pair(code)).status).toBe(200);
    expect((await call(getPlayerReaction, 'GET', 'reaction')).status).toBe(200);
  });

  it('refuses what is no key of P-256, and writes nothing for it', async () => {
    const good = aKey().publicKey;
    const before = world.world.commands.length;
    const bad = [
      undefined,
      {},
      { ...good, kty: 'RSA' },
      { ...good, crv: 'P-384' },
      { ...good, x: good.y, y: good.y },
      { ...good, x: 'A'.repeat(42) },
      { ...good, d: 'A'.repeat(43) },
    ];
    for (const publicKey of bad) {
      const { status, body } = await world.register(publicKey as object);
      expect([status, body.errors[0].pointer]).toEqual([400, expect.stringMatching(/^\/publicKey/)]);
    }
    expect(world.world.commands.length).toBe(before);
  });
});

describe('signatures', () => {
  it('are of this player, this request and now', async () => {
    const { playerId, key, call } = await world.aPlayer();
    const other = await world.aPlayer();
    const { now } = world.world;
    const target = `/v1/players/${playerId}/health`;
    const body = JSON.stringify({ cached: 1, cacheBytes: 9, backlog: 0 });
    const ask = (headers: Record<string, string>, text = body) =>
      world.ask(postPlayerHealth, { path: { playerId }, headers, text });
    const good = key.header(now, 'POST', target, body);
    expect((await ask(good)).status).toBe(204);
    for (const header of [
      {},
      { 'x-beckon-signature': 'nonsense' },
      { 'x-beckon-signature': `t=${now},s=${'A'.repeat(86)}` },
      { 'x-beckon-signature': good['x-beckon-signature'].replace(String(now), String(now + 1)) },
      other.key.header(now, 'POST', target, body),
      key.header(now, 'GET', target, body),
      key.header(now, 'POST', `${target}?x`, body),
      key.header(now, 'POST', target, `${body} `),
      key.header(now - 5 * MINUTE_MS - 1, 'POST', target, body),
      key.header(now + 5 * MINUTE_MS + 1, 'POST', target, body),
    ]) {
      expect((await ask(header)).status).toBe(401);
    }
    expect((await ask(key.header(now - 5 * MINUTE_MS, 'POST', target, body))).status).toBe(204);
    // The query belongs to what is signed.
    expect((await call(getPlayerReaction, 'GET', 'reaction?after=1', { query: { after: '1' } })).status).toBe(200);
    expect((await call(getPlayerReaction, 'GET', 'reaction?after=1', { query: { after: '2' } })).status).toBe(401);
    expect((await call(getPlayerReaction, 'GET', 'reaction', { query: { after: '2' } })).status).toBe(401);
  });

  it('do not survive any other byte', async () => {
    const { playerId, key } = await world.aPlayer();
    const body = JSON.stringify({ cached: 1, cacheBytes: 9, backlog: 0 });
    const header = key.header(world.world.now, 'POST', `/v1/players/${playerId}/health`, body);
    const whole = header['x-beckon-signature'];
    const statuses = new Set<number>();
    for (let at = 0; at < whole.length; at += 1) {
      const symbol = whole[at] === '2' ? '3' : '2';
      const flipped = whole.slice(0, at) + symbol + whole.slice(at + 1);
      // The last symbol of base64url carries bits that are no bytes.
      if (Buffer.from(flipped.slice(-86), 'base64url').equals(Buffer.from(whole.slice(-86), 'base64url'))) {
        if (flipped.slice(0, -86) === whole.slice(0, -86)) continue;
      }
      const headers = { 'x-beckon-signature': flipped };
      statuses.add((await world.ask(postPlayerHealth, { path: { playerId }, headers, text: body })).status);
    }
    expect([...statuses]).toEqual([401]);
  });
});

describe('the playlist', () => {
  it('has what the screen shall show, without what is gone, and a version', async () => {
    const { playerId, call } = await world.aPlayer();
    const { status, body } = await call(getPlayerPlaylist, 'GET', 'playlist');
    const key = screenQrKey(VENUE_SECRET, VENUE, { screenId: 'screen1', tagId: `qr-${playerId}` });
    expect([status, body]).toEqual([
      200,
      {
        paired: true,
        screenId: 'screen1',
        name: 'Lobby',
        timeZone: 'Europe/Berlin',
        items: [
          { creativeId: 'welcome', weight: 1, priority: 0, seconds: 8, creativeVersion: expect.any(String) },
          {
            creativeId: 'milk',
            brand: 'harbour',
            weight: 3,
            priority: 0,
            seconds: 10,
            creativeVersion: expect.any(String),
          },
        ],
        qr: { tagId: `qr-${playerId}`, key: key.toString('base64url'), slotSeconds: 30 },
        version: expect.stringMatching(/^[\w-]{16}$/),
      },
    ]);
    const again = (version: string) =>
      call(getPlayerPlaylist, 'GET', 'playlist', { headers: { 'if-none-match': `"${version}"` } });
    expect((await again(body.version)).status).toBe(304);
    const changed = { creativeId: 'milk', name: 'milk', seconds: 11, content: { kind: 'html', html: '<b>' } };
    await putSignage(world.db, brand('harbour'), 'creative', 'milk', changed);
    const later = await again(body.version);
    expect([later.status, later.body.items[1].seconds]).toEqual([200, 11]);
    expect(later.body.items[1].creativeVersion).not.toBe(body.items[1].creativeVersion);
  });

  it('shows creatives that are in it, and no others', async () => {
    const { call } = await world.aPlayer();
    const ask = (creativeId: string, of?: string) =>
      call(getPlayerCreative, 'GET', `creatives/${creativeId}${of ? `?brand=${of}` : ''}`, {
        path: { creativeId },
        query: of ? { brand: of } : {},
      });
    const { items } = (await call(getPlayerPlaylist, 'GET', 'playlist')).body;
    expect((await ask('milk', 'harbour')).body).toEqual({
      creativeId: 'milk',
      brand: 'harbour',
      version: items[1].creativeVersion,
      seconds: 10,
      content: { kind: 'image', url: `data:image/png;base64,${btoa('milk')}` },
    });
    expect((await ask('welcome')).status).toBe(200);
    for (const [creativeId = '', of] of [['secret', 'harbour'], ['milk'], ['gone'], ['welcome', 'harbour']]) {
      expect((await ask(creativeId, of)).status).toBe(404);
    }
  });

  it('is empty, not wrong, for a screen without one', async () => {
    await putEntry(world.db, VENUE, 'screen', { id: 'screen1', body: world.screen });
    const { call } = await world.aPlayer();
    expect((await call(getPlayerPlaylist, 'GET', 'playlist')).body).toMatchObject({ items: [], name: 'Lobby' });
  });

  it('makes codes that no other screen has, nor another player of the same', () => {
    const keyOf = (screenId: string, tagId = 'qr-1') => screenQrKey(VENUE_SECRET, VENUE, { screenId, tagId });
    const [one, two] = [keyOf('screen1'), keyOf('screen2')];
    expect(keyOf('screen1', 'qr-2').equals(one)).toBe(false);
    expect(rotatingCode(one, 'screen1', 7)).not.toBe(rotatingCode(two, 'screen2', 7));
    const brands = screenQrKey(VENUE_SECRET, { kind: 'brand', id: VENUE.id }, { screenId: 'screen1', tagId: 'qr-1' });
    expect(brands.equals(one)).toBe(false);
  });
});

describe('what a player says', () => {
  const iso = (ms: number) => new Date(world.START + ms).toISOString();

  it('is what was on air, by the server’s clock', async () => {
    const { call } = await world.aPlayer();
    const play = { sequence: 0, creativeId: 'milk', brand: 'harbour', startedAt: iso(-69_000), endedAt: iso(-61_000) };
    const body = {
      screenId: 'screen1',
      logId: 'log1',
      plays: [{ ...play, clock: { offsetMs: 60_000, uncertaintyMs: 9 } }],
    };
    const taken = await call(postPlayerPlays, 'POST', 'plays', { body });
    expect(taken).toEqual({ status: 202, body: { accepted: 1, repeated: 0, rejected: [], gaps: [] } });
    expect((await call(postPlayerPlays, 'POST', 'plays', { body })).body.repeated).toBe(1);
    const playing = await world.ask(getPlaying, { query: { at: iso(-5000) } });
    expect(playing.body).toMatchObject({ creativeId: 'milk', brand: 'harbour', uncertaintyMs: 9, unknownShare: 0 });
  });

  it('is taken of a computer that thinks it is 1970', async () => {
    const { call } = await world.aPlayer();
    const epoch = (ms: number) => new Date(ms).toISOString();
    const play = { sequence: 0, creativeId: 'welcome', startedAt: epoch(60_000), endedAt: epoch(68_000) };
    const clock = { offsetMs: world.START - 100_000, uncertaintyMs: 20 };
    const body = { screenId: 'screen1', logId: 'log1', plays: [{ ...play, clock }] };
    expect((await call(postPlayerPlays, 'POST', 'plays', { body })).body.accepted).toBe(1);
    expect((await world.ask(getPlaying, { query: { at: iso(-35_000) } })).body.creativeId).toBe('welcome');
    const health = { cached: 0, cacheBytes: 0, backlog: 0, clock };
    expect((await call(postPlayerHealth, 'POST', 'health', { body: health })).status).toBe(204);
  });

  it('is not another screen’s, and a broken batch is told so', async () => {
    const { call } = await world.aPlayer();
    const post = (body: unknown) => call(postPlayerPlays, 'POST', 'plays', { body });
    expect((await post({ screenId: 'screen2', plays: [] })).status).toBe(422);
    for (const body of [{ plays: [] }, { screenId: 'screen1' }, { screenId: 'screen1', plays: [], extra: 1 }, [], 1]) {
      expect((await post(body)).status).toBe(400);
    }
  });

  it('about itself is there for who runs the screen', async () => {
    const health = () => world.ask(getScreenHealth, {});
    expect(await health()).toEqual({ status: 200, body: { screenId: 'screen1', lastSeenAt: null, players: [] } });
    const { playerId, call } = await world.aPlayer();
    const paired = { playerId, pairedAt: iso(0) };
    const silent = { ...paired, lastSeenAt: null };
    expect((await health()).body).toEqual({ screenId: 'screen1', ...silent, players: [silent] });
    const said = {
      clock: { offsetMs: -1234.5, uncertaintyMs: 12.25 },
      cached: 2,
      cacheBytes: 4096,
      onAir: { creativeId: 'milk', brand: 'harbour' },
      backlog: 3,
      version: 'abc',
    };
    expect((await call(postPlayerHealth, 'POST', 'health', { body: said })).status).toBe(204);
    const seen = { ...paired, lastSeenAt: iso(0), ...said };
    expect((await health()).body).toEqual({ screenId: 'screen1', ...seen, players: [seen] });
    expect((await world.ask(getScreenHealth, { as: brand('harbour') })).status).toBe(404);
    for (const [field, value] of [
      ['cached', -1],
      ['backlog', 0.5],
      ['onAir', 'x'],
      ['clock', {}],
      ['more', 1],
    ]) {
      const { status, body } = await call(postPlayerHealth, 'POST', 'health', {
        body: { ...said, [field as string]: value },
      });
      expect([status, body.errors[0].pointer]).toEqual([400, expect.stringMatching(`^/${field}`)]);
    }
  });

  it('about itself is not what the player says that it replaces', async () => {
    const said = (backlog: number) => ({ body: { cached: 1, cacheBytes: 9, backlog } });
    const health = async (screenId = 'screen1') => (await world.ask(getScreenHealth, { path: { screenId } })).body;
    const playersOf = async (screenId?: string) =>
      (await health(screenId)).players.map(({ playerId, backlog }: Record<string, unknown>) => [playerId, backlog]);
    const [old, next] = [await world.aPlayer(), await world.aPlayer()];
    await next.call(postPlayerHealth, 'POST', 'health', said(2));
    world.world.now += 1;
    await old.call(postPlayerHealth, 'POST', 'health', said(1));
    expect(await playersOf()).toEqual([
      [old.playerId, 1],
      [next.playerId, 2],
    ]);
    expect(await health()).toMatchObject({ playerId: old.playerId, backlog: 1, lastSeenAt: iso(1) });
    world.world.now += 1;
    await next.call(postPlayerHealth, 'POST', 'health', said(4));
    expect((await playersOf())[0]).toEqual([next.playerId, 4]);
    await world.ask(removePlayer, { path: { screenId: 'screen1', playerId: old.playerId } });
    expect((await old.call(postPlayerHealth, 'POST', 'health', said(3))).status).toBe(404);
    expect(world.rows()).not.toContain(old.playerId);
    expect(await playersOf()).toEqual([[next.playerId, 4]]);
    // Nor of a screen on which it does not hang any more.
    await putEntry(world.db, VENUE, 'screen', { id: 'screen9', body: { ...world.screen, screenId: 'screen9' } });
    await world.pair((await world.register(next.key.publicKey)).body.pairingCode, VENUE, 'screen9');
    expect(await playersOf()).toEqual([]);
    expect(await playersOf('screen9')).toEqual([[next.playerId, undefined]]);
    expect(await health()).toEqual({ screenId: 'screen1', lastSeenAt: null, players: [] });
  });

  it('never breaks what listens', async () => {
    const { call } = await world.aPlayer();
    await fc.assert(
      fc.asyncProperty(fc.jsonValue(), async (body) => {
        const plays = await call(postPlayerPlays, 'POST', 'plays', { body });
        const health = await call(postPlayerHealth, 'POST', 'health', { body });
        for (const { status } of [plays, health]) expect(status).toBeGreaterThanOrEqual(400);
        for (const { status } of [plays, health]) expect(status).toBeLessThan(500);
      }),
      { numRuns: 100 },
    );
  });
});

describe('reactions', () => {
  it('come once, to who asks within ten seconds', async () => {
    const { call } = await world.aPlayer();
    const ask = (after?: number) =>
      call(getPlayerReaction, 'GET', after === undefined ? 'reaction' : `reaction?after=${after}`, {
        query: after === undefined ? {} : { after: String(after) },
      });
    expect((await ask()).body).toEqual({ n: 0 });
    const words = { en: 'Enjoy your milk!', 'zh-CN': '请享用牛奶！' };
    await putReaction(world.db, VENUE, 'screen1', { creativeId: 'milk', words, at: world.START });
    expect((await ask(0)).body).toEqual({ n: 1, reaction: { words } });
    expect((await ask(1)).body).toEqual({ n: 1 });
    await Promise.all([1, 2].map((at) => putReaction(world.db, VENUE, 'screen1', { words, at: world.START + at })));
    expect((await ask(1)).body).toEqual({ n: 3, reaction: { words } });
    world.world.now += 10_003;
    expect((await ask(1)).body).toEqual({ n: 3 });
    for (const after of [Number.NaN, -1, 1.5]) expect((await ask(after)).status).toBe(400);
  });

  it('cost one consistent read and who it is', async () => {
    const { call } = await world.aPlayer();
    const before = world.world.commands.length;
    await call(getPlayerReaction, 'GET', 'reaction');
    expect(world.world.commands.slice(before).map((command) => command.constructor.name)).toEqual([
      'GetItemCommand',
      'GetItemCommand',
    ]);
  });
});

it('tells the time', async () => {
  expect(await world.ask(getClock, {})).toEqual({ status: 200, body: { t1: world.START, t2: world.START } });
});
