import { TransactionConflictException, TransactWriteItemsCommand } from '@aws-sdk/client-dynamodb';
import { beforeEach, describe, expect, it } from 'vitest';
import { masterKey, tagKeys } from '#core/tags/keys.ts';
import { rotatingCode, screenQrKey, slotAt } from '#core/tags/rotating.ts';
import { writeSun } from '#core/tags/sun.ts';
import { putMeta } from '#store/catalogue.ts';
import { type Lobby, ON_TAP, openLobby } from './tap-world.ts';

const UID = '04DE5F1EACC040';
const ON_MILK = { ...ON_TAP, creativeIds: ['milk'], minTrust: 'T3' as const };
let lobby: Lobby;
let reads = 0;

async function touch(): Promise<Record<string, string>> {
  const uid = Buffer.from(UID, 'hex');
  reads += 1;
  const keys = tagKeys(masterKey(await lobby.runtime.secret('tagSecret')), uid);
  return Object.fromEntries(new URLSearchParams(writeSun(keys, { uid, counter: reads })));
}

const coupons = () => lobby.rows('offers', 'coupon').length;

beforeEach(async () => {
  lobby = await openLobby();
  reads = 0;
  await lobby.putTag('ring', { kind: 'ntag424', screenId: 'screen1', uid: UID });
  await lobby.campaign('milk', { trigger: ON_MILK, limits: { stock: 1000 } });
  await lobby.play('milk', -5, 8);
});

describe('a tap that was signed is one person’s', () => {
  // In a rush a coupon is a unit of a lease, and no longer the one that follows from its signal.
  beforeEach(() => lobby.runtime.leases.heat('harbour/milk', lobby.world.now));

  it('whomever an app hands over to the same page', async () => {
    const phone = lobby.phone();
    const { tapId } = await phone.tapJson('ring', await touch());
    const kinds: string[] = [];
    for (const name of ['ann', 'bob', 'cy']) {
      await lobby.person(name);
      const { state, type } = await phone.tapJson('ring', { tap: tapId, handover: await lobby.handOver(name) });
      // Whoever has not agreed yet is asked, and presses.
      const made = state === 'ask' ? await phone.claim('t', 'ring', { tapId, brand: 'harbour' }) : { state, type };
      kinds.push(made.state ?? made.type);
    }
    expect(kinds).toEqual(['coupon', expect.stringMatching(/tap-used$/), expect.stringMatching(/tap-used$/)]);
    expect(coupons()).toBe(1);
  });

  it('also when the phone has forgotten whose it was', async () => {
    const phone = lobby.phone();
    const first = await phone.tapJson('ring', await touch());
    expect((await phone.claim('t', 'ring', first.ask.claim)).state).toBe('coupon');
    const { tapId, state } = await phone.tapJson('ring', await touch());
    expect(state).toBe('coupon');
    await phone.press('t', 'ring', { do: 'forget', brand: 'harbour', tapId });
    const again = await phone.press('t', 'ring', { tapId, brand: 'harbour' });
    expect(again.status).toBe(409);
    expect(coupons()).toBe(2);
  });

  it('and theirs however often they ask, at once', async () => {
    const phone = lobby.phone();
    const { ask } = await phone.tapJson('ring', await touch());
    const made = await Promise.all(Array.from({ length: 20 }, () => phone.claim('t', 'ring', ask.claim)));
    expect(new Set(made.map(({ state }) => state))).toEqual(new Set(['coupon']));
    expect(coupons()).toBe(1);
  });

  it('and the venue, whose row says so, does not learn of whom', async () => {
    const phone = lobby.phone();
    const { ask } = await phone.tapJson('ring', await touch());
    await phone.claim('t', 'ring', ask.claim);
    const [person] = lobby.rows('people', 'person');
    const taken = lobby.rows('plays').filter(({ pk }) => String(pk).startsWith('V#compass#TP#'));
    expect(taken).toHaveLength(1);
    expect(JSON.stringify(taken)).not.toContain(person?.personId);
  });
});

describe('a venue that a brand has not named', () => {
  it('gets nothing of that brand by playing its advert', async () => {
    await putMeta(lobby.db, { kind: 'brand', id: 'harbour' }, { timeZone: 'UTC', venues: [] });
    const answer = await lobby.phone().tapJson('ring', await touch());
    expect(answer).toMatchObject({ state: 'nothing', reasons: [{ gate: 'place' }] });
  });
});

describe('a storm at one stock', () => {
  it('is told to whoever waits as a matter of moments, and the same tap is good afterwards', async () => {
    const phone = lobby.phone();
    const first = await phone.tapJson('ring', await touch());
    await phone.claim('t', 'ring', first.ask.claim);
    const send = lobby.db.client.send;
    lobby.db.client.send = (async (command: unknown) => {
      if (command instanceof TransactWriteItemsCommand) {
        throw new TransactionConflictException({ message: 'busy', $metadata: {} });
      }
      return await send(command as never);
    }) as never;
    const query = await touch();
    const sent = await phone.tap('ring', query);
    expect(sent.status).toBe(303);
    const [, tap = ''] = /^ring\?tap=([\w-]+)$/.exec(sent.headers.location ?? '') ?? [];
    const headers = { accept: 'application/json' };
    expect((await phone.tap('ring', { tap }, { headers })).status).toBe(503);
    lobby.db.client.send = send;
    expect((await phone.tapJson('ring', query)).state).toBe('coupon');
    expect((await phone.tapJson('ring', { tap })).state).toBe('coupon');
    expect(coupons()).toBe(2);
  });
});

describe('a code that many can read', () => {
  async function screenCode(): Promise<Record<string, string>> {
    const where = { screenId: 'screen1', tagId: 'poster' };
    const key = screenQrKey(await lobby.runtime.secret('venueSecret'), { kind: 'venue', id: 'compass' }, where);
    const slot = slotAt(lobby.world.now);
    return { s: String(slot), c: rotatingCode(key, 'screen1', slot) };
  }
  beforeEach(() => lobby.putTag('poster', { kind: 'qr', screenId: 'screen1' }));

  it('is for as many strangers as stand before a screen, not for whoever forgets their cookies', async () => {
    const code = await screenCode();
    const kinds: string[] = [];
    for (let jar = 0; jar < 40; jar += 1) {
      const phone = lobby.phone();
      const { ask } = await phone.scanJson('poster', code);
      const made = await phone.claim('q', 'poster', ask.claim);
      kinds.push(made.state ?? made.status);
    }
    expect(kinds).toEqual([...Array(25).fill('coupon'), ...Array(15).fill(429)]);
    expect(coupons()).toBe(25);
    // The next code is another one.
    lobby.world.now += 30_000;
    await lobby.play('milk', -5, 8);
    const phone = lobby.phone();
    const { ask } = await phone.scanJson('poster', await screenCode());
    expect((await phone.claim('q', 'poster', ask.claim)).state).toBe('coupon');
  });

  it('that never changes is no tap until somebody claims, and names no rival’s advert', async () => {
    await lobby.campaign('any', { trigger: { ...ON_TAP, minTrust: 'T0' } });
    await lobby.play('tea', -5, 8, 'lighthouse');
    const effects = () => lobby.rows('plays').filter(({ pk }) => String(pk).includes('#E#')).length;
    const phone = lobby.phone();
    let last = await phone.scanJson('poster');
    for (let times = 0; times < 20; times += 1) last = await lobby.phone().scanJson('poster');
    expect(effects()).toBe(0);
    expect(JSON.stringify(last.onAir)).not.toContain('lighthouse');
  });

  it('makes nobody else of a phone that knows whose it is', async () => {
    for (const name of ['ann', 'mallory']) await lobby.person(name);
    const phone = lobby.phone();
    await phone.scanJson('poster', { handover: await lobby.handOver('ann') });
    const before = phone.cookie('beckon-harbour');
    await phone.scanJson('poster', { handover: await lobby.handOver('mallory') });
    expect(before).toMatch(/^ann\./);
    expect(phone.cookie('beckon-harbour')).toBe(before);
  });
});
