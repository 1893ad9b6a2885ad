import { mkdirSync } from 'node:fs';
import path from 'node:path';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { CreativeInput } from '#core/model/creative.ts';
import type { Airing } from '#core/screens/on-air.ts';
import { checkRotating, screenQrKey } from '#core/tags/rotating.ts';
import { removePlayer } from '#functions/players/pairing.ts';
import { getScreenHealth } from '#functions/players/reports.ts';
import { getPlaying } from '#functions/screens/playing.ts';
import { postPlays } from '#functions/screens/plays.ts';
import { BRAND_CREATIVES } from '#local/demo-screens.ts';
import { tableName } from '#local/host/dynamodb.ts';
import { openDatabase } from '#store/client.ts';
import { putReaction } from '#store/players.ts';
import { listPlays } from '#store/plays.ts';
import { putSignage } from '#store/signage.ts';
import { VENUE_SECRET } from '#test/functions/player-world.ts';
import { brand, START, VENUE } from '#test/functions/screen-world.ts';
import { type Beckon, eventually, startBeckon } from '#test/support/beckon.ts';
import { aPlace } from '#test/support/builders.ts';
import { openBrowser, openPage } from './browser.ts';
import { advance, openPlayerHost, type Sight, seen, setWallClock, takeTime } from './player-host.ts';

/** Set `SHOTS` to a folder to look at what the tests saw. */
const SHOTS = process.env.SHOTS;
const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
/** The computer's clock is wrong by so much. */
const SKEW = 90 * SECOND;
const MEDIA = 'https://media.example';

const svg = (colour: string, words: string) =>
  `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1280 720"><rect width="1280" height="720" fill="${colour}"/><text x="90" y="300" font-size="110" font-family="Georgia" fill="#10202b">${words}</text></svg>`;
const picture = (colour: string, words: string) => ({
  kind: 'image',
  url: `data:image/svg+xml;base64,${btoa(svg(colour, words))}`,
});
/** The demo's advert, without its Chinese: a picture brings no fonts, and this Chromium has none. */
const MILK = withoutChinese(BRAND_CREATIVES[0]?.input.content);
function withoutChinese(content: CreativeInput['content'] | undefined) {
  if (content?.kind !== 'image') throw new Error('the demo shows no picture of milk');
  const [head = '', base64 = ''] = content.url.split(',');
  const text = Buffer.from(base64, 'base64').toString();
  const plain = text.replace(/<text[^>]*>[^<]*\p{Script=Han}[^<]*<\/text>/gu, '');
  return { kind: 'image', url: `${head},${Buffer.from(plain).toString('base64')}` };
}
/** A frame that tries the player's doors. */
const HTML = `<!doctype html><body style="margin:0;background:#f4bd2b;font:80px Georgia"><p id="t">Ask for a slice.</p><script>
let word = 'apart'; try { parent.document.title = word = 'inside' } catch {} document.body.dataset.word = word;</script>`;

let host: Awaited<ReturnType<typeof openPlayerHost>>;
let browser: Browser;
let context: BrowserContext;
let page: Page;
let complaints: string[];
/** What to take off the player's clock to have the server's. */
let ahead: number;

beforeAll(async () => {
  browser = await openBrowser();
});
afterAll(async () => {
  await browser?.close();
});
async function openWorld(): Promise<void> {
  host = await openPlayerHost();
  const put = (creativeId: string, seconds: number, content: object, owner = VENUE) =>
    putSignage(host.db, owner, 'creative', creativeId, { creativeId, name: creativeId, seconds, content });
  await put('welcome', 8, picture('#e8ddff', 'Welcome to the plaza.'));
  await put('milk', 10, MILK, brand('harbour'));
  await put('cheese', 7, { kind: 'html', html: HTML });
  await put('far', 9, { kind: 'image', url: `${MEDIA}/far.svg` });
  const items = [
    { creativeId: 'welcome', weight: 1, priority: 0 },
    { creativeId: 'milk', brand: 'harbour', weight: 3, priority: 0 },
    { creativeId: 'cheese', weight: 1, priority: 0 },
    { creativeId: 'far', weight: 1, priority: 0 },
  ];
  await putSignage(host.db, VENUE, 'playlist', 'lobby', { playlistId: 'lobby', name: 'Lobby', items });
  context = await browser.newContext({ viewport: { width: 1280, height: 720 } });
  ahead = SKEW;
  await takeTime(context, START + SKEW, (now) => {
    host.world.now = now - ahead;
  });
  await context.route(`${MEDIA}/**`, (route) =>
    route.fulfill({
      contentType: 'image/svg+xml',
      headers: { 'access-control-allow-origin': '*' },
      body: svg('#fbe3ea', 'From elsewhere.'),
    }),
  );
  page = await context.newPage();
  complaints = [];
  page.on('console', (message) => {
    // A page that is cut off is told so by the browser each time that it asks.
    const isCut = message.text().startsWith('Failed to load resource: net::ERR_');
    if (message.type() === 'error' && !isCut) complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(error.message));
}
async function closeWorld(): Promise<void> {
  await context.close();
  await host.close();
}

/** Opens the player and pairs it with the venue's screen. */
async function pair(): Promise<void> {
  await page.goto(`${host.url}/screen`);
  await advance(page, 3 * SECOND);
  const code = await page.locator('#note .code').innerText();
  await shoot('player-code');
  expect((await host.pair(code)).status).toBe(200);
  await advance(page, 5 * SECOND);
}

const onAir = () => page.locator('#stage > :not(.waiting)').getAttribute('data-creative');
const playing = async (at: number) => (await host.ask(getPlaying, { query: { at: new Date(at).toISOString() } })).body;
async function delivered(): Promise<Airing[]> {
  const plays: Airing[] = [];
  const span = { from: START - HOUR, to: START + 6 * HOUR };
  for await (const play of listPlays(host.db, VENUE, 'screen1', span)) plays.push(play);
  return plays.sort((left, right) => left.sequence - right.sequence);
}
async function shoot(name: string): Promise<void> {
  if (!SHOTS) return;
  mkdirSync(SHOTS, { recursive: true });
  await page.screenshot({ path: path.join(SHOTS, `${name}.png`) });
}

describe('a player', () => {
  beforeEach(openWorld);
  afterEach(closeWorld);

  it('pairs, plays, and says what is on air while it is', async () => {
    await pair();
    expect(await onAir()).not.toBeNull();
    await advance(page, 2 * MINUTE);
    const seenNow = await onAir();
    expect(await playing(host.world.now)).toMatchObject({ creativeId: seenNow, unknownShare: 0 });
    const sights = (await seen(page)).filter(({ creativeId }) => creativeId !== undefined);
    expect(new Set(sights.map(({ creativeId }) => creativeId))).toEqual(new Set(['welcome', 'milk', 'cheese', 'far']));
    const health = (await host.ask(getScreenHealth, {})).body;
    expect(health).toMatchObject({ cached: 4, backlog: 0, clock: { offsetMs: -SKEW } });
    expect(host.world.now - Date.parse(health.lastSeenAt)).toBeLessThanOrEqual(30 * SECOND);
    expect(health.clock.uncertaintyMs).toBeLessThan(20);
    expect(complaints).toEqual([]);
  });

  it('shows a code that this screen alone has now, and another in half a minute', async () => {
    await pair();
    const verdict = async () => {
      const { searchParams, pathname } = new URL((await page.locator('#qr').getAttribute('data-address')) ?? '');
      const [slot, code] = [Number(searchParams.get('s')), searchParams.get('c') ?? ''];
      expect(pathname).toMatch(/^\/q\/qr-[\w-]{16}$/);
      const key = screenQrKey(VENUE_SECRET, VENUE, { screenId: 'screen1', tagId: pathname.slice('/q/'.length) });
      return { code, is: checkRotating(key, 'screen1', { slot, code, now: host.world.now }) };
    };
    const first = await verdict();
    await advance(page, 31 * SECOND);
    const second = await verdict();
    expect([first.is, second.is]).toEqual(['fresh', 'fresh']);
    expect(first.code).not.toBe(second.code);
    expect(await page.locator('#qr svg').isVisible()).toBe(true);
  });

  it('reacts within a second, for four', async () => {
    await pair();
    for (let turn = 0; turn < 20 && (await onAir()) !== 'milk'; turn += 1) await advance(page, SECOND);
    const words = { en: 'A glass for somebody. Enjoy!', 'zh-CN': '有人喝到了鲜奶，请慢用！' };
    await putReaction(host.db, VENUE, 'screen1', { creativeId: 'milk', words, at: host.world.now });
    await advance(page, SECOND);
    expect(await page.locator('#reaction').innerText()).toMatch(/Enjoy![\s\S]*请慢用/);
    expect(await page.locator('#reaction').isVisible()).toBe(true);
    await page.waitForTimeout(400);
    await shoot('player-reaction');
    await advance(page, 4 * SECOND);
    expect(await page.locator('#reaction').isVisible()).toBe(false);
    await shoot('player');
  });

  it('shows a film from elsewhere, from its own copy', async () => {
    const film = await aFilm(page);
    await context.route(`${MEDIA}/film.webm`, (route) =>
      route.fulfill({ contentType: 'video/webm', headers: { 'access-control-allow-origin': '*' }, body: film }),
    );
    const content = { kind: 'video', url: `${MEDIA}/film.webm` };
    await putSignage(host.db, VENUE, 'creative', 'film', { creativeId: 'film', name: 'Film', seconds: 9, content });
    const items = [{ creativeId: 'film', weight: 1, priority: 0 }];
    await putSignage(host.db, VENUE, 'playlist', 'lobby', { playlistId: 'lobby', name: 'Lobby', items });
    await pair();
    const video = page.locator('#stage > video:not(.waiting)');
    const state = () =>
      video.evaluate((element) => {
        const { paused, videoWidth, muted, src } = element as HTMLVideoElement;
        return { paused, videoWidth, muted, isOwn: src.startsWith('blob:') };
      });
    expect(await state()).toEqual({ paused: false, videoWidth: 64, muted: true, isOwn: true });
    await advance(page, 20 * SECOND);
    expect(await state()).toMatchObject({ paused: false });
    expect((await delivered()).length).toBeGreaterThanOrEqual(3);
    expect(complaints).toEqual([]);
  });

  it('passes over what will not load, and shows the rest', async () => {
    const content = { kind: 'image', url: `data:image/png;base64,${btoa('no picture')}` };
    await putSignage(host.db, VENUE, 'creative', 'cheese', { creativeId: 'cheese', name: 'c', seconds: 9, content });
    await context.route(`${MEDIA}/far.svg`, (route) => route.fulfill({ status: 404, body: 'gone' }));
    await pair();
    await advance(page, 2 * MINUTE);
    const plays = await delivered();
    expect(new Set(plays.map(({ creativeId }) => creativeId))).toEqual(new Set(['welcome', 'milk']));
    expect(plays.map(({ sequence }) => sequence)).toEqual(plays.map((_, index) => index));
    // The time that they would have had is the others'.
    for (const [index, { endedAt }] of plays.slice(0, -1).entries()) expect(plays[index + 1]?.startedAt).toBe(endedAt);
  });

  it('tells each play once, whatever becomes of questions and answers', async () => {
    await pair();
    let turn = 0;
    const fates: string[] = [];
    await context.route('**/v1/players/*/plays', async (route) => {
      const fate = ['lost', 'answer lost', 'refused', 'answer lost', 'portal', 'fine'][turn % 6] ?? '';
      turn += 1;
      fates.push(fate);
      if (fate === 'lost') return await route.abort();
      if (fate === 'portal') return await route.fulfill({ contentType: 'text/html', body: '<h1>Log in' });
      if (fate === 'refused') return await route.fulfill({ status: 503, body: '{}' });
      const response = await route.fetch();
      return await (fate === 'fine' ? route.fulfill({ response }) : route.abort());
    });
    await advance(page, 5 * MINUTE);
    await context.unroute('**/v1/players/*/plays');
    await advance(page, 2 * MINUTE);
    expect(new Set(fates).size).toBe(5);
    const plays = await delivered();
    expect(plays.map(({ sequence }) => sequence)).toEqual(plays.map((_, index) => index));
    expect(plays.filter(({ open }) => open)).toHaveLength(1);
    expect((await host.ask(getScreenHealth, {})).body.backlog).toBe(0);
    // From the first to the last there is always one, and never two.
    for (const [index, { endedAt }] of plays.slice(0, -1).entries()) expect(plays[index + 1]?.startedAt).toBe(endedAt);
  });

  it('keeps what it shows away from itself', async () => {
    await pair();
    for (let turn = 0; turn < 60 && (await onAir()) !== 'cheese'; turn += 1) await advance(page, SECOND);
    const frame = page.frameLocator('#stage > iframe:not(.waiting)');
    expect(await frame.locator('body').getAttribute('data-word')).toBe('apart');
    const kept = await page.evaluate(async () => {
      const opening = indexedDB.open('beckon-screen');
      await new Promise((resolve) => opening.addEventListener('success', resolve));
      const asking = opening.result.transaction('kept').objectStore('kept').get('identity');
      await new Promise((resolve) => asking.addEventListener('success', resolve));
      return crypto.subtle.exportKey('jwk', asking.result.privateKey).then(
        () => 'out',
        () => 'kept',
      );
    });
    expect(kept).toBe('kept');
  });

  it('stops when it is parted from its screen, and shows a code again', async () => {
    await pair();
    await advance(page, 20 * SECOND);
    const playerId = (await host.ask(getScreenHealth, {})).body.playerId;
    expect((await host.ask(removePlayer, { path: { screenId: 'screen1', playerId } })).status).toBe(204);
    await advance(page, 40 * SECOND);
    expect(await page.locator('#note .code').innerText()).toMatch(/^\w{4}-\w{4}$/);
    expect(await page.locator('#stage > *').count()).toBe(0);
    expect(await page.locator('#qr').isVisible()).toBe(false);
    // What it had shown until then is still this screen's, when it is paired with it again.
    expect((await host.pair(await page.locator('#note .code').innerText())).status).toBe(200);
    await advance(page, 30 * SECOND);
    const plays = await delivered();
    expect(plays.map(({ sequence }) => sequence)).toEqual(plays.map((_, index) => index));
  });
});

describe('an hour without a network', () => {
  beforeEach(openWorld);
  afterEach(closeWorld);

  it('loses no play, tells none twice, claims nothing, and names what is missing', async () => {
    await pair();
    await advance(page, MINUTE);
    await page.evaluate(() => navigator.serviceWorker.ready.then(() => undefined));
    await page.waitForFunction(() => caches.has('beckon-shell'));
    const sights: (Sight & { server: number })[] = [];
    const note = async () => {
      for (const sight of await seen(page)) sights.push({ ...sight, server: sight.at - ahead });
    };

    await context.unroute(`${MEDIA}/**`);
    await context.setOffline(true);
    await advance(page, 30 * MINUTE);
    // Somebody sets the clock, then the power fails in the middle of a play, for twenty seconds.
    await setWallClock(page, HOUR);
    await advance(page, 3 * SECOND);
    await note();
    const dark = host.world.now;
    await page.evaluate(() => localStorage.setItem('wall', String(Number(localStorage.getItem('wall')) + 20_000)));
    await page.reload();
    ahead += HOUR;
    await advance(page, 30 * MINUTE);
    const before = (await delivered()).filter(({ open }) => !open).length;
    expect(before).toBeLessThan(15);
    await context.setOffline(false);
    await advance(page, 2 * MINUTE);
    await note();

    const plays = await delivered();
    const finals = plays.filter(({ open }) => !open);
    // One log, every number once, none missing; the last is on.
    expect(new Set(plays.map(({ logId }) => logId)).size).toBe(1);
    expect(plays.map(({ sequence }) => sequence)).toEqual(plays.map((_, index) => index));
    expect(finals.length).toBe(plays.length - 1);
    expect(finals.length - before).toBeGreaterThan(400);
    const [{ logId } = { logId: '' }] = plays;
    const gaps = async () => (await host.ask(postPlays, { body: { logId, plays: [] } })).body.gaps;
    expect(await gaps()).toEqual([]);

    // What one saw, second by second, is what the server says; where a cut is near it says both.
    const unlike: unknown[] = [];
    let exact = 0;
    for (const { server, creativeId } of sights) {
      const answer = await playing(server);
      const said = answer.candidates.map((one: { creativeId: string }) => one.creativeId);
      if (said.length === 1 && answer.unknownShare === 0 && said[0] === creativeId) exact += 1;
      else if (creativeId !== undefined && !said.includes(creativeId)) unlike.push([server, creativeId, answer]);
    }
    expect(unlike).toEqual([]);
    expect(exact / sights.length).toBeGreaterThan(0.75);
    for (let at = dark + 3 * SECOND; at < dark + 17 * SECOND; at += SECOND) {
      expect(await playing(at)).toMatchObject({ creativeId: 'unknown', unknownShare: 1 });
    }
    console.log(`${finals.length} plays, ${sights.length} looks, ${exact} told exactly`);
    expect(complaints).toEqual([]);
  });

  it('names the plays that its storage has lost', async () => {
    await pair();
    await context.setOffline(true);
    await advance(page, 5 * MINUTE);
    const lost = await page.evaluate(async () => {
      const opening = indexedDB.open('beckon-screen');
      await new Promise((resolve) => opening.addEventListener('success', resolve));
      const store = opening.result.transaction('plays', 'readwrite').objectStore('plays');
      const asking = store.getAllKeys();
      await new Promise((resolve) => asking.addEventListener('success', resolve));
      const keys = (asking.result as [string, string, number][]).slice(5, 8);
      for (const key of keys) store.delete(key);
      return keys.map(([, , sequence]) => sequence);
    });
    await context.setOffline(false);
    await advance(page, 2 * MINUTE);
    const [{ logId } = { logId: '' }] = await delivered();
    const { gaps } = (await host.ask(postPlays, { body: { logId, plays: [] } })).body;
    expect(gaps).toEqual([{ from: lost[0], to: lost[2] }]);
  });
});

describe('on a host, in real time', () => {
  const OWNER = { kind: 'venue', id: 'harbour-city' } as const;
  let beckon: Beckon;
  beforeAll(async () => {
    beckon = await startBeckon();
  });
  afterAll(() => beckon?.stop());

  it('plays what the API says, is believed by the tap page, and reacts to what happens beside it', async () => {
    const put = async (what: string, body: unknown) =>
      expect([what, (await beckon.call('PUT', `/v1/${what}`, 'operator', body)).status]).toEqual([what, 200]);
    await put('places/tower', aPlace());
    await put('creatives/welcome', { name: 'Welcome', seconds: 3, content: picture('#e8ddff', 'Welcome.') });
    await put('creatives/cheese', { name: 'Cheese', seconds: 2, content: { kind: 'html', html: HTML } });
    await put('playlists/all', { name: 'All', items: [{ creativeId: 'welcome' }, { creativeId: 'cheese' }] });
    await put('screens/lobby', { name: 'Lobby', placeId: 'tower', playlistId: 'all' });
    const live = await openPage(browser, `${beckon.url}/screen`, { width: 1280, height: 720, locale: 'en' });
    const shown = live.page.locator('#stage > :not(.waiting)');
    const code = await live.page.locator('#note .code').innerText();
    const paired = await beckon.call('POST', '/v1/screens/lobby/pair', 'operator', { code });
    expect([paired.status, paired.body.screenId]).toEqual([200, 'lobby']);
    await shown.waitFor({ timeout: 20_000 });

    const asked = async () => (await beckon.call('GET', '/v1/screens/lobby/playing', 'operator')).body;
    const creativeId = await shown.getAttribute('data-creative');
    await eventually(async () => {
      const { candidates } = await asked();
      return candidates.some((one: { creativeId: string }) => one.creativeId === creativeId) || undefined;
    });

    const address = await eventually(
      async () => (await live.page.locator('#qr').getAttribute('data-address')) || undefined,
    );
    const scanned = await fetch(address, { headers: { accept: 'application/json' } });
    expect([scanned.status, ((await scanned.json()) as { trust: string }).trust]).toEqual([200, 'T3']);
    const forged = address.replace(/c=.{4}/, 'c=AAAA');
    expect((await fetch(forged, { headers: { accept: 'application/json' } })).status).toBe(403);

    // As the tap's Lambda would, from beside the screen.
    process.env.AWS_ENDPOINT_URL_DYNAMODB = beckon.endpoints.dynamodb;
    process.env.AWS_REGION = 'eu-west-1';
    process.env.AWS_ACCESS_KEY_ID = 'local';
    process.env.AWS_SECRET_ACCESS_KEY = 'local';
    const db = openDatabase({ TABLE_PLAYS: tableName('plays') });
    const tookMs: number[] = [];
    for (let turn = 0; turn < 3; turn += 1) {
      const at = Date.now();
      await putReaction(db, OWNER, 'lobby', { words: { en: `Enjoy ${turn}!` }, at });
      await live.page.getByText(`Enjoy ${turn}!`).waitFor({ timeout: 5000 });
      tookMs.push(Date.now() - at);
      await live.page.locator('#reaction').waitFor({ state: 'hidden', timeout: 10_000 });
    }
    // On a machine that does nothing else each is below one second. Told, not judged: that each came was waited for.
    console.log(`reactions after ${tookMs.join(', ')} ms`);

    const health = await eventually(async () => {
      const { body } = await beckon.call('GET', '/v1/screens/lobby/health', 'operator');
      return body.lastSeenAt === null ? undefined : body;
    });
    expect(health).toMatchObject({ screenId: 'lobby', clock: { uncertaintyMs: expect.any(Number) } });
    expect(Math.abs(health.clock.offsetMs)).toBeLessThan(health.clock.uncertaintyMs + 1);
    expect([live.complaints, live.outside]).toEqual([[], []]);
    await live.page.context().close();
  });
});

/** A second of a film, 64 pixels wide, as this browser writes one. */
async function aFilm(page: Page): Promise<Buffer> {
  const base64 = await page.evaluate(async () => {
    const canvas = Object.assign(document.createElement('canvas'), { width: 64, height: 36 });
    const paint = canvas.getContext('2d');
    const recorder = new MediaRecorder(canvas.captureStream(20), { mimeType: 'video/webm' });
    const parts: Blob[] = [];
    recorder.ondataavailable = ({ data }) => parts.push(data);
    recorder.start();
    for (let frame = 0; frame < 20; frame += 1) {
      if (paint) paint.fillStyle = `hsl(${frame * 18} 80% 50%)`;
      paint?.fillRect(0, 0, 64, 36);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    const stopped = new Promise((resolve) => recorder.addEventListener('stop', resolve));
    recorder.stop();
    await stopped;
    const bytes = new Uint8Array(await new Blob(parts).arrayBuffer());
    return btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(''));
  });
  return Buffer.from(base64, 'base64');
}
