import { BatchGetItemCommand, QueryCommand } from '@aws-sdk/client-dynamodb';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Identifier } from '#core/model/person.ts';
import { hasConsent } from '#core/people/consent.ts';
import { isStrong, type ProfileEdge, partition } from '#core/people/graph.ts';
import { engage } from '#functions/engage/engage.ts';
import { erasePerson } from '#functions/people/erase.ts';
import { linkIdentifiers } from '#functions/people/link.ts';
import { putProfile } from '#functions/people/put-profile.ts';
import { listLinks, unlink } from '#store/links.ts';
import { getPerson, putPerson, withdraw } from '#store/people.ts';
import { importPeople } from '#store/people-import.ts';
import { aPerson } from '#test/support/builders.ts';
import { BRAND, COUPON_SECRET, openShop, type Shop } from './shop.ts';

const handle = (text: string): Identifier => {
  const [kind = '', value = ''] = text.split(':');
  return { kind: kind as Identifier['kind'], value };
};
/** Profiles of the test world, by the handles that they have. */
const PROFILES: Record<string, string[]> = {
  ada: ['member:ada', 'email:ada@example.com'],
  bob: ['member:bob', 'device:bobs'],
  cem: ['member:cem'],
  dee: ['email:dee@example.com'],
  tablet: ['device:tablet'],
  phone: ['device:phone', 'card:4242'],
};
const HANDLES = Object.values(PROFILES).flat();
const ownerOf = (text: string): string => Object.keys(PROFILES).find((id) => PROFILES[id]?.includes(text)) ?? '';

async function openPeople(): Promise<Shop> {
  const shop = await openShop();
  for (const [id, handles] of Object.entries(PROFILES)) {
    await putPerson(shop.db, BRAND, id, { identifiers: handles.map(handle), attributes: {}, consents: [] });
  }
  return shop;
}
const say = (shop: Shop, a: string, b: string, seconds: number) =>
  linkIdentifiers(shop.process(), BRAND, {
    a: handle(a),
    b: handle(b),
    evidence: 'login',
    source: 'app',
    at: new Date(shop.world.now + seconds * 1000).toISOString(),
  });
const groupsOf = async (shop: Shop) =>
  Object.fromEntries(
    await Promise.all(
      Object.keys(PROFILES).map(async (id) => [id, (await getPerson(shop.db, BRAND, id))?.person.profiles ?? [id]]),
    ),
  );

/** What was said of a pair last, whatever was said of it before. */
type Word = { a: string; b: string; isLink: boolean };
const words = fc.array(
  fc.record({ a: fc.constantFrom(...HANDLES), b: fc.constantFrom(...HANDLES), isLink: fc.boolean() }),
  { minLength: 1, maxLength: 14 },
);

describe('links', () => {
  it('leave the people that the evidence which holds says, after any words in any order', async () => {
    await fc.assert(
      fc.asyncProperty(words, async (said) => {
        const shop = await openPeople();
        const active = new Map<string, Word>();
        const ids = new Map<string, string>();
        for (const [index, word] of said.entries()) {
          const pair = [word.a, word.b].sort().join();
          if (word.isLink) {
            const result = await say(shop, word.a, word.b, index);
            if ('refused' in result || result.state === 'same') continue;
            active.set(pair, word);
            ids.set(pair, result.linkId);
          } else if (active.delete(pair)) {
            const at = shop.world.now + index * 1000;
            const linkId = ids.get(pair) ?? '';
            await unlink(shop.db, BRAND, { personId: ownerOf(word.a), linkId, at, by: 'tester' });
          }
        }
        const edges = [...active.values()].map(
          ({ a, b }): ProfileEdge => ({
            from: ownerOf(a),
            to: ownerOf(b),
            isStrong: isStrong(handle(a)) && isStrong(handle(b)),
          }),
        );
        const nodes = Object.entries(PROFILES).map(([personId, handles]) => ({
          personId,
          isStrong: handles.some((text) => isStrong(handle(text))),
        }));
        expect(await groupsOf(shop)).toEqual(Object.fromEntries(partition(nodes, edges)));
      }),
      { numRuns: 150 },
    );
  });

  it('refuse what is no evidence, and make a profile of a handle that nobody has', async () => {
    const shop = await openPeople();
    expect(await say(shop, 'device:tablet', 'card:4242', 0)).toEqual({ refused: 'weak' });
    expect(await say(shop, 'member:nobody', 'card:1', 0)).toEqual({ refused: 'unknown' });
    expect(await say(shop, 'phone:0', 'member:ada', 0)).toEqual({ refused: 'malformed' });
    expect(await say(shop, 'member:ada', 'email:ada@example.com', 0)).toMatchObject({ state: 'same' });
    const card = await say(shop, 'card:77', 'member:ada', 0);
    expect(card).toMatchObject({ state: 'linked' });
    expect((await getPerson(shop.db, BRAND, 'ada'))?.person.identifiers).toContainEqual(handle('card:77'));
  });

  it('said twice write nothing, and an older word does not undo a later one', async () => {
    const shop = await openPeople();
    const linked = await say(shop, 'member:ada', 'member:bob', 10);
    if ('refused' in linked) throw new Error(linked.refused);
    const before = JSON.stringify(shop.rows('people'));
    expect(await say(shop, 'member:bob', 'member:ada', 20)).toMatchObject({ linkId: linked.linkId, state: 'linked' });
    expect(JSON.stringify(shop.rows('people'))).toBe(before);
    const at = shop.world.now + 30_000;
    await unlink(shop.db, BRAND, { personId: 'ada', linkId: linked.linkId, at, by: 'tester' });
    expect(await say(shop, 'member:ada', 'member:bob', 25)).toMatchObject({ state: 'unlinked' });
    expect(await say(shop, 'member:ada', 'member:bob', 40)).toMatchObject({ state: 'linked' });
  });

  it('of many at once all hold, and nothing is half done', async () => {
    const shop = await openPeople();
    const pairs: [string, string][] = [
      ['member:ada', 'member:bob'],
      ['member:bob', 'member:cem'],
      ['email:dee@example.com', 'member:ada'],
      ['device:tablet', 'member:cem'],
      ['device:phone', 'member:bob'],
    ];
    await Promise.all(pairs.map(([a, b], index) => say(shop, a, b, index)));
    const all = Object.keys(PROFILES).sort();
    expect(await groupsOf(shop)).toEqual(Object.fromEntries(all.map((id) => [id, all])));
  });
});

describe('a withdrawal', () => {
  it('holds for whose mail it ended also when the tablet that it was said of has become somebody else’s as well', async () => {
    const shop = await openPeople();
    const at = new Date(shop.world.now - 1000).toISOString();
    const consents = [{ purpose: 'marketing' as const, channel: 'email' as const, granted: true, at, source: 'test' }];
    const identifiers = [handle('member:ada'), handle('email:ada@example.com')];
    await putPerson(shop.db, BRAND, 'ada', { identifiers, attributes: {}, consents });
    await say(shop, 'device:tablet', 'member:ada', 0);
    const scopes = [{ purpose: 'marketing' as const, channel: 'email' as const }];
    await withdraw(shop.db, BRAND, 'tablet', { scopes, now: shop.world.now, source: 'one-click-unsubscribe' });
    expect(await say(shop, 'device:tablet', 'member:cem', 1)).toMatchObject({ state: 'shared' });
    const ada = await getPerson(shop.db, BRAND, 'ada');
    expect(ada?.person.profiles).toBeUndefined();
    expect(hasConsent(ada?.standing.consents ?? {}, 'marketing', 'email')).toBe(false);
  });
});

describe('putting a profile', () => {
  const put = (shop: Shop, personId: string, handles: string[]) =>
    putProfile(shop.process(), {
      brand: BRAND,
      personId,
      input: { identifiers: handles.map(handle), attributes: {}, consents: [] },
      admission: { linkSecret: COUPON_SECRET, now: shop.world.now },
    });

  it('with a handle that a purchase spoke of before links what was seen of it', async () => {
    const shop = await openPeople();
    await say(shop, 'email:new@example.com', 'member:ada', 0);
    await put(shop, 'eve', ['email:new@example.com', 'member:eve']);
    const eve = await getPerson(shop.db, BRAND, 'eve');
    expect(eve?.person.identifiers).toContainEqual(handle('email:new@example.com'));
    expect(eve?.person.profiles).toContain('ada');
  });

  it('with a handle of somebody’s own profile, or with no other to link it to, is refused', async () => {
    const shop = await openPeople();
    await expect(put(shop, 'eve', ['member:eve', 'email:dee@example.com'])).rejects.toMatchObject({
      name: 'HandleTakenError',
      identifier: handle('email:dee@example.com'),
    });
    await say(shop, 'card:9', 'member:ada', 0);
    await expect(put(shop, 'eve', ['card:9'])).rejects.toMatchObject({ identifier: handle('card:9') });
  });
});

describe('a decision about somebody with two profiles', () => {
  const enter = (shop: Shop, device: string, signalId: string, runtime = shop.process()) =>
    engage(
      {
        signalId,
        brand: BRAND,
        kind: 'geofence.enter',
        source: 'api',
        trust: 'T1',
        occurredAt: new Date(shop.world.now).toISOString(),
        receivedAt: new Date(shop.world.now).toISOString(),
        subject: { kind: 'device', value: device },
        placeId: 's1',
      },
      runtime,
    );

  async function openTwo(): Promise<Shop> {
    const shop = await openShop({ limits: { perPerson: { count: 1, window: 'P7D' }, stock: 100 } });
    await shop.person('mei');
    const old = aPerson('old', {
      identifiers: [
        { kind: 'device', value: 'phone-old' },
        { kind: 'member', value: 'm-old' },
      ],
    });
    await putPerson(shop.db, BRAND, 'old', old);
    await linkIdentifiers(shop.process(), BRAND, {
      a: { kind: 'email', value: 'mei@example.com' },
      b: { kind: 'member', value: 'm-old' },
      evidence: 'login',
      source: 'shop',
      at: new Date(shop.world.now).toISOString(),
    });
    return shop;
  }

  it('counts the caps of both, also when both are seen at once', async () => {
    for (let round = 0; round < 20; round += 1) {
      const shop = await openTwo();
      await Promise.all([enter(shop, 'phone-mei', 'a'), enter(shop, 'phone-old', 'b')]);
      expect(shop.coupons()).toHaveLength(1);
    }
  });

  it('is taken anew when the other profile changes between reading and writing', async () => {
    const shop = await openTwo();
    let isWithdrawn = false;
    shop.world.wire = async (command, carryOut) => {
      const answer = await carryOut();
      // Both profiles have been read by now; the other one withdraws all marketing before anything is written.
      if (command instanceof BatchGetItemCommand && !isWithdrawn) {
        const keys = Object.values(command.input.RequestItems ?? {}).flatMap(({ Keys = [] }) => Keys);
        if (!keys.some(({ pk }) => pk?.S?.endsWith('#P#old'))) return answer;
        isWithdrawn = true;
        for (const channel of ['email', 'sms', 'inbox'] as const)
          await withdraw(shop.db, BRAND, 'old', {
            scopes: [{ purpose: 'marketing', channel }],
            source: 'test',
            now: shop.world.now,
          });
      }
      return answer;
    };
    await enter(shop, 'phone-mei', 'a');
    expect(isWithdrawn).toBe(true);
    expect(shop.coupons()).toHaveLength(0);
  });

  it('leaves the offers of each with it, when they are taken apart', async () => {
    const shop = await openTwo();
    await enter(shop, 'phone-old', 'a');
    const mei = async () => (await getPerson(shop.db, BRAND, 'mei'))?.standing.pastOffers;
    expect(await mei()).toHaveLength(1);
    const [link] = shop.rows('people', 'link') as unknown as { linkId: string }[];
    await unlink(shop.db, BRAND, { personId: 'mei', linkId: link?.linkId ?? '', at: shop.world.now + 1, by: 'tester' });
    expect(await mei()).toEqual([]);
    expect((await getPerson(shop.db, BRAND, 'old'))?.standing.pastOffers).toHaveLength(1);
    await enter(shop, 'phone-mei', 'b');
    expect(shop.coupons()).toHaveLength(2);
  });
});

describe('a handle that moves on', () => {
  const as = (handles: string[]) => ({ identifiers: handles.map(handle), attributes: {}, consents: [] });
  const admission = (shop: Shop) => ({ linkSecret: COUPON_SECRET, now: shop.world.now });
  const bring = (shop: Shop, personId: string, handles: string[]) =>
    importPeople(shop.db, BRAND, admission(shop), [{ personId, change: () => as(handles) }]);

  it('takes its evidence with it also in an import, and an erasure leaves alone who was linked by it', async () => {
    const shop = await openPeople();
    await say(shop, 'email:ada@example.com', 'member:cem', 0);
    await bring(shop, 'ada', ['member:ada']);
    await bring(shop, 'eve', ['email:ada@example.com']);
    expect((await getPerson(shop.db, BRAND, 'ada'))?.person.profiles).toBeUndefined();
    await erasePerson(shop.process(), BRAND, 'ada', { source: 'test' });
    expect(await getPerson(shop.db, BRAND, 'cem')).toBeDefined();
  });

  it('is about who has it now when it is said again, and only if it is said later', async () => {
    const shop = await openPeople();
    await say(shop, 'email:ada@example.com', 'member:cem', 0);
    await bring(shop, 'ada', ['member:ada']);
    await bring(shop, 'eve', ['email:ada@example.com']);
    await say(shop, 'email:ada@example.com', 'member:cem', 0);
    expect((await getPerson(shop.db, BRAND, 'eve'))?.person.profiles).toBeUndefined();
    expect(await say(shop, 'email:ada@example.com', 'member:cem', 60)).toMatchObject({ state: 'linked' });
    expect((await getPerson(shop.db, BRAND, 'cem'))?.person.profiles).toEqual(['cem', 'eve']);
    expect((await getPerson(shop.db, BRAND, 'ada'))?.person.profiles).toBeUndefined();
    expect(await listLinks(shop.db, BRAND, ['ada'])).toEqual([]);
  });

  it('leaves no value of it with those whose it was, and is in force again when it comes back', async () => {
    const shop = await openPeople();
    const others = ['cem', 'dee', 'bob'].map((id) => PROFILES[id]?.[0] ?? '');
    // More than one transaction takes.
    for (const [index, other] of others.entries()) {
      for (const seconds of [0, 1, 2]) {
        const at = new Date(shop.world.now + seconds * 1000).toISOString();
        const ends = { a: handle('email:ada@example.com'), b: handle(other) };
        const source = `${index}-${seconds}`;
        await linkIdentifiers(shop.process(), BRAND, { ...ends, evidence: 'staff', source, at });
      }
    }
    const profiles = async () => (await getPerson(shop.db, BRAND, 'ada'))?.person.profiles;
    expect(await profiles()).toEqual(['ada', 'bob', 'cem', 'dee']);
    await bring(shop, 'ada', ['member:ada']);
    expect(await profiles()).toBeUndefined();
    expect(JSON.stringify(shop.rows('people'))).not.toContain('ada@example.com');
    await bring(shop, 'ada', ['member:ada', 'email:ada@example.com']);
    expect(await profiles()).toEqual(['ada', 'bob', 'cem', 'dee']);
    await bring(shop, 'ada', ['member:ada']);
    await bring(shop, 'eve', ['email:ada@example.com']);
    await erasePerson(shop.process(), BRAND, 'eve', { source: 'test' });
    expect(await getPerson(shop.db, BRAND, 'cem')).toBeDefined();
    expect(JSON.stringify([shop.rows('people'), shop.rows('offers')])).not.toContain('ada@example.com');
  });

  it('is put right by the next PUT when the first died half-way', async () => {
    const shop = await openPeople();
    await say(shop, 'email:ada@example.com', 'member:cem', 0);
    shop.world.wire = async (command, carryOut) =>
      command instanceof QueryCommand ? Promise.reject(new Error('the host dies')) : carryOut();
    await expect(bring(shop, 'ada', ['member:ada'])).rejects.toThrow('the host dies');
    shop.world.wire = undefined;
    await putProfile(shop.process(), {
      brand: BRAND,
      personId: 'ada',
      input: as(['member:ada']),
      admission: admission(shop),
    });
    expect((await getPerson(shop.db, BRAND, 'cem'))?.person.profiles).toBeUndefined();
  });
});

describe('a person with many tablets that many use', () => {
  it('can be taken from each of them', async () => {
    const shop = await openShop();
    const put = (personId: string, identifier: string) =>
      putPerson(shop.db, BRAND, personId, { identifiers: [handle(identifier)], attributes: {}, consents: [] });
    await put('p', 'member:p');
    for (let tablet = 0; tablet < 10; tablet += 1) {
      await put(`t${tablet}`, `device:${tablet}`);
      await say(shop, `device:${tablet}`, 'member:p', 0);
    }
    for (let tablet = 0; tablet < 10; tablet += 1) {
      for (let user = 0; user < 10; user += 1) {
        await put(`u${tablet}-${user}`, `member:${tablet}-${user}`);
        expect(await say(shop, `device:${tablet}`, `member:${tablet}-${user}`, 1)).toMatchObject({ state: 'shared' });
      }
    }
    const links = await listLinks(shop.db, BRAND, ['p']);
    expect(links).toHaveLength(10);
    for (const { linkId } of links) {
      const at = shop.world.now + 9000;
      expect(await unlink(shop.db, BRAND, { personId: 'p', linkId, at, by: 'tester' })).toMatchObject({
        unlinkedAt: at,
      });
    }
  });
});
