import { readFileSync } from 'node:fs';
import path from 'node:path';
import { masterKey, tagKeys } from '#core/tags/keys.ts';
import { writeSun } from '#core/tags/sun.ts';
import { type Beckon, startBeckon } from '#test/support/beckon.ts';
import { aCampaign, aPerson, aPlace } from '#test/support/builders.ts';

const UID = Buffer.from('04DE5F1EACC040', 'hex');
const WARM = 30;
const TAPS = 300;
const PAGES_OF_PLAYER = ['/screen', '/assets/screen.js', '/assets/screen.css'];

/**
 * From a tap to its coupon on one machine, over HTTP, one after another: the chip's signature, its counter, what was on
 * air, the decision and the grant are all in the one request that is timed. And how large the pages are that people and
 * screens load.
 */
export async function measureTap() {
  const beckon = await startBeckon();
  try {
    await setUp(beckon);
    const secret = readFileSync(path.join(beckon.dataDir, 'tag.secret'), 'utf8').trim();
    const keys = tagKeys(masterKey(secret), UID);
    const at = (counter: number): string => `/t/ring?${writeSun(keys, { uid: UID, counter })}`;
    const times: number[] = [];
    for (let tap = 0; tap < WARM + TAPS; tap += 1) {
      await beckon.call('PUT', `/v1/people/p${tap}`, 'app', agreed(tap));
      const began = performance.now();
      const headers = { accept: 'application/json' };
      const { body } = await beckon.call(
        'GET',
        `${at(tap + 1)}&subject=device:phone-p${tap}`,
        'app',
        undefined,
        headers,
      );
      const tookMs = performance.now() - began;
      if (body.state !== 'coupon') throw new Error(`tap ${tap}: ${JSON.stringify(body)}`);
      if (tap >= WARM) times.push(tookMs);
    }
    times.sort((left, right) => left - right);
    const share = (part: number): number => round(times[Math.floor(times.length * part)] ?? Number.NaN);
    const [tapPageBytes, playerBytes] = [await tapPage(beckon, at(WARM + TAPS + 1)), await playerPage(beckon)];
    return {
      rows: [
        {
          what: 'tap to coupon',
          taps: times.length,
          p50Ms: share(0.5),
          p99Ms: share(0.99),
          maxMs: round(times.at(-1) ?? 0),
        },
      ],
      headline: { tapToCouponP50Ms: share(0.5), tapToCouponP99Ms: share(0.99), tapPageBytes, playerBytes },
    };
  } finally {
    await beckon.stop();
  }
}

async function setUp(beckon: Beckon): Promise<void> {
  const { brand } = beckon;
  const put = async (what: string, as: 'operator' | 'marketer', body: unknown): Promise<void> => {
    const answer = await beckon.call('PUT', `/v1/${what}`, as, body);
    if (answer.status !== 200) throw new Error(`${what}: ${answer.text}`);
  };
  await put('places/lobby', 'operator', aPlace({ tags: ['lobby'] }));
  await put('screens/screen1', 'operator', { name: 'Lobby', placeId: 'lobby' });
  await put('tags/ring', 'operator', { kind: 'ntag424', uid: UID.toString('hex'), screenId: 'screen1' });
  await put('creatives/milk', 'marketer', { name: 'Milk', content: { kind: 'html', html: '<h1>Milk</h1>' } });
  const trigger = { on: ['nfc.tap' as const], placeTags: ['lobby'], creativeIds: ['milk'], minTrust: 'T3' as const };
  const message = { channels: ['inbox' as const], templates: { en: { title: 'Milk', body: '{{coupon.code}}' } } };
  await put('campaigns/milk', 'marketer', aCampaign({ trigger, message, limits: { stock: 10_000 } }));
  await beckon.call('POST', '/v1/campaigns/milk/launch', 'marketer');
  const now = Date.now();
  const on = {
    startedAt: new Date(now - 60_000).toISOString(),
    plannedEndsAt: new Date(now + 50 * 60_000).toISOString(),
  };
  const clock = { offsetMs: 0, uncertaintyMs: 20 };
  const plays = { clock, plays: [{ sequence: 0, creativeId: 'milk', brand, ...on }] };
  const answer = await beckon.call('POST', '/v1/screens/screen1/plays', 'operator', plays);
  if (answer.status !== 202) throw new Error(answer.text);
}

function agreed(index: number) {
  const consent = {
    purpose: 'marketing',
    channel: 'inbox',
    granted: true,
    at: '2026-11-01T00:00:00Z',
    source: 'bench',
  };
  return { ...aPerson(`p${index}`), consents: [consent] };
}

/** What a stranger's phone loads to see the offer. */
async function tapPage(beckon: Beckon, at: string): Promise<number> {
  const answer = await fetch(beckon.url + at, { headers: { accept: 'text/html' } });
  return (await answer.arrayBuffer()).byteLength;
}

/** What a screen loads before its first advert. */
async function playerPage(beckon: Beckon): Promise<number> {
  const parts = await Promise.all(
    PAGES_OF_PLAYER.map((page) => fetch(beckon.url + page).then((answer) => answer.arrayBuffer())),
  );
  return parts.reduce((sum, { byteLength }) => sum + byteLength, 0);
}

const round = (ms: number): number => Math.round(ms * 100) / 100;
