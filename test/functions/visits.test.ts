import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import type { Signal } from '#core/model/signal.ts';
import { launchCampaign, pauseCampaign, putCampaign } from '#functions/catalogue/campaigns.ts';
import { erasePerson } from '#functions/people/erase.ts';
import type { HttpRequest, HttpStep } from '#functions/shared/http.ts';
import type { Runtime } from '#functions/shared/runtime.ts';
import { handleVisits } from '#functions/visits/handler.ts';
import { findInside } from '#functions/visits/launch.ts';
import { VisitsMessageSchema } from '#functions/visits/message.ts';
import { noteInside } from '#store/inside.ts';
import { entryOf } from '#store/ledger.ts';
import { putPerson } from '#store/people.ts';
import { putPresence } from '#store/presence.ts';
import { at, shopAt } from '#test/contract/locators/contract.ts';
import { openEmbedded } from '#test/contract/locators/embedded.ts';
import { BRAND } from '#test/store/shop.ts';
import { aCampaign, aPerson } from '#test/support/builders.ts';

const MINUTE = 60;
const freely = { perPerson: undefined, stock: undefined, budget: undefined };
const dwellIn = (dwellSeconds: number, more: object = {}) => ({
  trigger: { on: ['geofence.dwell' as const], placeTags: ['cafe'], dwellSeconds, ...more },
  limits: freely,
});
const enterAt = (tag = 'cafe', more: object = {}) => ({
  trigger: { on: ['geofence.enter' as const], placeTags: [tag], ...more },
  limits: freely,
});

let world: Awaited<ReturnType<typeof openEmbedded>>;
const openCafe = async (): Promise<void> => {
  world = await openEmbedded();
  await world.remove('s1');
  await world.campaign('milk', {}, 'paused');
  await world.put('cafe', { ...shopAt(0), tags: ['cafe'] });
  await world.put('pier', { ...shopAt(2000), tags: ['pier'] });
};
beforeEach(openCafe);

const stay = (eastM: number, fixes = 8) => Array.from({ length: fixes }, (_, i) => at(eastM + (i % 2) * 12));
/** Walks off to the east, and stays away. */
const off = Array.from({ length: 12 }, (_, i) => at(60 + i * 60));
async function comesIn(name: string, eastM = 0): Promise<void> {
  await world.shop.person(name);
  await world.walk(`phone-${name}`, [...stay(eastM - 500, 4), ...stay(eastM)]);
}
const words = (name: string) => world.words(`phone-${name}`);
const couponsOf = (campaignId: string) =>
  world.shop
    .coupons()
    .flatMap((coupon) => (coupon.campaignId === campaignId ? [coupon.personId] : []))
    .sort();
const ledgerOf = (personId: string) =>
  world.shop
    .signals()
    .map(entryOf)
    .filter((entry) => entry.personId === personId);
const insideRows = () => world.shop.rows('presence').filter(({ pk }) => (pk as string).includes('#V#'));

async function call(step: HttpStep, campaignId: string, body?: unknown): Promise<number> {
  const caller = { subject: 'tester', tenant: { kind: 'brand', id: BRAND }, role: 'marketer' };
  const { runtime } = world;
  const { status } = await step({ runtime, caller, path: { campaignId }, query: {}, body } as unknown as HttpRequest);
  await world.settle();
  return status;
}
async function launch(campaignId: string, changes: Parameters<typeof aCampaign>[0]): Promise<void> {
  expect(await call(putCampaign, campaignId, aCampaign(changes))).toBe(200);
  expect(await call(launchCampaign, campaignId)).toBe(200);
}
const later = async (minutes: number) => await world.wait(minutes * MINUTE);

describe('a dwell without another fix', () => {
  it('waits longer than a queue keeps a message', async () => {
    await world.campaign('stay', dwellIn(40 * MINUTE));
    await comesIn('mei');
    await later(37);
    expect(words('mei')).toEqual(['enter cafe']);
    await later(3);
    expect(words('mei')).toEqual(['enter cafe', 'dwell cafe']);
  });

  it('is not told of a phone that was silent for an hour, until it says that it is still there', async () => {
    await world.campaign('stay', dwellIn(60 * MINUTE));
    await comesIn('mei');
    await later(80);
    expect(words('mei')).toEqual(['enter cafe']);
    await world.walk('phone-mei', stay(0, 2));
    expect(words('mei')).toEqual(['enter cafe', 'dwell cafe']);
  });

  it('comes once, whether fix or clock is first, or both at the same time', async () => {
    await world.campaign('stay', dwellIn(5 * MINUTE));
    await comesIn('fix');
    await later(4);
    await world.walk('phone-fix', stay(0, 8));
    await later(10);
    await comesIn('clock');
    await later(6);
    await world.walk('phone-clock', stay(0, 8));
    await comesIn('both');
    // While the clock writes what it has decided, a fix is located.
    let writes = 0;
    world.shop.world.wire = async (command, carryOut) => {
      const { input } = command as { input: object };
      const isState = command.constructor.name === 'PutItemCommand' && JSON.stringify(input).includes('STATE');
      if (isState && ++writes === 1) await world.walk('phone-both', stay(0, 1));
      return await carryOut();
    };
    await later(6);
    expect(writes).toBeGreaterThan(1);
    world.shop.world.wire = undefined;
    for (const name of ['fix', 'clock', 'both']) {
      expect(words(name)).toEqual(['enter cafe', 'dwell cafe']);
      expect(couponsOf('stay').filter((who) => who === name)).toHaveLength(1);
    }
  });

  it('survives a crash between its note and its signal', async () => {
    await world.campaign('stay', dwellIn(5 * MINUTE));
    await comesIn('mei');
    const { send } = world.runtime;
    let crashes = 2;
    const runtime = world.runtime as { -readonly [K in keyof Runtime]: Runtime[K] };
    runtime.send = async (queue, messages) => {
      if (queue === 'signals' && crashes-- > 0) throw new Error('power cut');
      await send(queue, messages);
    };
    await later(6);
    expect(crashes).toBeLessThan(0);
    expect(words('mei')).toEqual(['enter cafe', 'dwell cafe']);
    expect(couponsOf('stay')).toEqual(['mei']);
  });

  it('is refused at a place that is closed by its own clock', async () => {
    // 18:00 on a Sunday in Shanghai, when the world begins.
    await world.put('cafe', { ...shopAt(0), tags: ['cafe'], openingHours: { sun: '09:00-18:10' } });
    await world.campaign('come', enterAt());
    await world.campaign('stay', dwellIn(10 * MINUTE));
    await comesIn('mei');
    await later(12);
    expect(words('mei')).toEqual(['enter cafe', 'dwell cafe']);
    const [enter, dwell] = ledgerOf('mei').sort((a, b) => (a.at < b.at ? -1 : 1));
    expect(enter?.decisions.map(({ outcome }) => outcome)).toEqual(['offered']);
    expect(dwell?.decisions[0]?.reasons.at(-1)).toMatchObject({
      gate: 'place',
      passed: false,
      detail: { day: 'sun', placeId: 'cafe' },
    });
  });

  it('is not told of somebody who was erased', async () => {
    await world.campaign('stay', dwellIn(5 * MINUTE));
    await comesIn('mei');
    expect(insideRows()).toHaveLength(1);
    await erasePerson(world.runtime, BRAND, 'mei', { source: 'api' });
    expect(insideRows()).toEqual([]);
    await later(10);
    expect(words('mei')).toEqual(['enter cafe']);
    expect(world.shop.rows('presence')).toEqual([]);
  });
});

describe('somebody who comes before the doors open', () => {
  const shut = (hours: string) => world.put('cafe', { ...shopAt(0), tags: ['cafe'], openingHours: { sun: hours } });
  const outcomes = (name: string) =>
    ledgerOf(name)
      .sort((a, b) => (a.at < b.at ? -1 : 1))
      .map(({ kind, decisions }) => [
        kind,
        ...decisions.map(({ outcome, reasons }) => `${outcome} ${reasons.at(-1)?.gate}`),
      ]);

  it('is refused as it comes, and told once when they do', async () => {
    await shut('18:30-22:00');
    await world.campaign('come', enterAt());
    await world.campaign('stay', dwellIn(10 * MINUTE));
    await comesIn('early');
    await comesIn('gone');
    await world.walk('phone-gone', off);
    await later(15);
    expect(outcomes('early')).toEqual([
      ['geofence.enter', 'skipped place'],
      ['geofence.dwell', 'skipped place'],
    ]);
    await later(30);
    expect([couponsOf('come'), couponsOf('stay')]).toEqual([['early'], ['early']]);
    expect(outcomes('early').slice(2).sort()).toEqual([
      ['geofence.dwell', 'offered experiment'],
      ['geofence.enter', 'offered experiment'],
    ]);
    expect(new Set(ledgerOf('early').map(({ at }) => at))).toContain('2026-11-22T10:30:00.000Z');
  });

  it('is told nothing where they open too late to believe in a silent phone, or not at all', async () => {
    await shut('19:00-22:00');
    await world.campaign('come', enterAt());
    await comesIn('mei');
    await later(90);
    expect(words('mei')).toEqual(['enter cafe']);
    await shut('06:00-07:00');
    await comesIn('li');
    await later(60);
    expect(words('li')).toEqual(['enter cafe']);
  });

  it('is not offered twice what was decided just as they opened', async () => {
    await shut('18:05-22:00');
    await world.campaign('come', enterAt());
    await world.shop.person('mei');
    // The fixes are located while it is closed; the enter is decided when it is open.
    const { send } = world.runtime;
    const runtime = world.runtime as { -readonly [K in keyof Runtime]: Runtime[K] };
    runtime.send = async (queue, messages) => {
      const delaySeconds = queue === 'signals' ? { delaySeconds: 3 * MINUTE } : {};
      await send(
        queue,
        messages.map((message) => ({ ...message, ...delaySeconds })),
      );
    };
    await world.walk('phone-mei', [...stay(-500, 4), ...stay(0)]);
    await later(20);
    expect(words('mei')).toEqual(['enter cafe', 'enter cafe']);
    expect(couponsOf('come')).toEqual(['mei']);
    expect(
      ledgerOf('mei')
        .map(({ reason }) => reason)
        .sort(),
    ).toEqual(['already-offered', undefined]);
  });
});

describe('a campaign launched around people who are inside', () => {
  it('reaches them once, and nobody else', async () => {
    await comesIn('in');
    await comesIn('gone');
    await world.walk('phone-gone', off);
    await comesIn('elsewhere', 2000);
    await launch('now', enterAt());
    await later(40);
    expect(couponsOf('now')).toEqual(['in']);
    expect(words('in')).toEqual(['enter cafe', 'enter cafe']);
    await comesIn('after');
    expect(couponsOf('now')).toEqual(['after', 'in']);
    expect(world.dead).toEqual([]);
  });

  it('reaches them at every place where it names none, and at the places it is given later', async () => {
    await comesIn('cafe');
    await comesIn('pier', 2000);
    await launch('all', { trigger: { on: ['geofence.enter'], freshFor: 'PT1H' }, limits: freely });
    await launch('grows', enterAt('pier', { freshFor: 'PT1H' }));
    await later(1);
    expect([couponsOf('all'), couponsOf('grows')]).toEqual([['cafe', 'pier'], ['pier']]);
    await call(putCampaign, 'grows', aCampaign(enterAt('cafe', { freshFor: 'PT1H' })));
    await later(1);
    expect(couponsOf('grows')).toEqual(['cafe', 'pier']);
  });

  it('is launched again and again, and paused meanwhile, and gives one visit one offer', async () => {
    await comesIn('mei');
    await launch('now', enterAt('cafe', { freshFor: 'PT1H' }));
    await later(1);
    await comesIn('li');
    for (const step of [launchCampaign, pauseCampaign, launchCampaign, launchCampaign]) {
      await call(step, 'now');
      await later(1);
    }
    await later(45);
    expect(couponsOf('now')).toEqual(['li', 'mei']);
    expect(
      ledgerOf('li')
        .map(({ reason }) => reason)
        .sort(),
    ).toEqual(['already-offered', undefined]);
    await world.walk('phone-mei', off);
    await comesIn('mei');
    expect(couponsOf('now')).toEqual(['li', 'mei', 'mei']);
  });

  it('asks nothing of other campaigns that they were asked before', async () => {
    await world.campaign('old', enterAt());
    await comesIn('mei');
    await launch('new', enterAt());
    await later(1);
    expect([couponsOf('old'), couponsOf('new')]).toEqual([['mei'], ['mei']]);
    expect(
      ledgerOf('mei')
        .map(({ decisions }) => decisions.map(({ campaignId }) => campaignId))
        .sort(),
    ).toEqual([['new'], ['old']]);
  });

  it('keeps to freshness: whoever was silent is asked again for half an hour, and told when they speak', async () => {
    await comesIn('silent');
    await comesIn('speaks');
    await later(20);
    await launch('now', enterAt());
    await later(1);
    expect(couponsOf('now')).toEqual([]);
    await world.walk('phone-speaks', stay(0, 2));
    await later(45);
    expect(couponsOf('now')).toEqual(['speaks']);
  });

  it('keeps to consent, and says so', async () => {
    await putPerson(world.shop.db, BRAND, 'quiet', aPerson('quiet', { consents: [] }));
    await world.walk('phone-quiet', [...stay(-500, 4), ...stay(0)]);
    await launch('now', enterAt());
    await later(1);
    await putPerson(world.shop.db, BRAND, 'later', aPerson('later', { consents: [] }));
    await world.walk('phone-later', [...stay(-500, 4), ...stay(0)]);
    await later(40);
    // Who enters a live campaign's place is judged for that, and not found as well.
    expect(ledgerOf('later')).toHaveLength(1);
    expect(couponsOf('now')).toEqual([]);
    expect(ledgerOf('quiet').flatMap(({ decisions }) => decisions)).toMatchObject([
      {
        campaignId: 'now',
        outcome: 'skipped',
        reasons: expect.arrayContaining([expect.objectContaining({ gate: 'consent', passed: false })]),
      },
    ]);
  });

  it('tells the dwell of who has stayed long enough, and puts that of the others on the clock', async () => {
    await world.campaign('other', dwellIn(10 * MINUTE));
    await comesIn('long');
    await later(12);
    await comesIn('short');
    await launch('same', dwellIn(10 * MINUTE, { freshFor: 'PT1H' }));
    await launch('longer', dwellIn(20 * MINUTE, { freshFor: 'PT1H' }));
    await launch('briefer', dwellIn(MINUTE, { freshFor: 'PT1H' }));
    await later(1);
    expect([couponsOf('same'), couponsOf('longer'), couponsOf('briefer')]).toEqual([['long'], [], ['long', 'short']]);
    await later(5);
    expect(couponsOf('longer')).toEqual(['long']);
    await later(20);
    for (const campaign of ['longer', 'briefer', 'other']) expect(couponsOf(campaign)).toEqual(['long', 'short']);
    // Of ten minutes that are over after the launch there is one signal, and it brings one offer.
    expect(couponsOf('same')).toEqual(['long']);
  });

  it('ends with a pause', async () => {
    await comesIn('mei');
    await later(20);
    await launch('now', enterAt());
    await call(pauseCampaign, 'now');
    await world.walk('phone-mei', stay(0, 2));
    await later(45);
    expect(couponsOf('now')).toEqual([]);
    expect(world.takeQueued('visits')).toEqual([]);
  });
});

describe('whatever is delivered again, in whatever order', () => {
  const OPS = ['in', 'off', 'again', 'echo', 'launch', 'pause', 'wait 2', 'wait 6', 'wait 20'] as const;
  const seen = { dwells: 0, found: 0 };

  /** Somebody comes and goes, campaigns are launched and paused, and messages come twice. */
  async function happens(ops: readonly (typeof OPS)[number][]): Promise<void> {
    const sent: unknown[] = [];
    const { send } = world.runtime;
    const runtime = world.runtime as { -readonly [K in keyof Runtime]: Runtime[K] };
    runtime.send = async (queue, messages) => {
      if (queue === 'visits') sent.push(...messages.map(({ body }) => body));
      await send(queue, messages);
    };
    const walk = async (way: readonly [number, number][]) => {
      steps = await world.walk('phone-mei', way);
    };
    let steps: Awaited<ReturnType<typeof world.walk>> = [];
    const does: Record<(typeof OPS)[number], () => Promise<unknown>> = {
      in: () => walk(stay(0)),
      off: () => walk(off),
      again: () => world.sendAgain('phone-mei', steps),
      echo: async () => {
        for (const body of sent.slice(-20)) await handleVisits(VisitsMessageSchema.parse(body), world.runtime);
      },
      launch: () => call(launchCampaign, 'now'),
      pause: () => call(pauseCampaign, 'now'),
      'wait 2': () => later(2),
      'wait 6': () => later(6),
      'wait 20': () => later(20),
    };
    for (const op of ops) {
      await does[op]();
      await world.settle();
    }
    await later(40);
  }

  function isSound(): void {
    const told = world.told('phone-mei');
    const enters = told.filter(({ kind, visit }) => kind === 'geofence.enter' && !visit);
    const dwells = told.filter(({ kind }) => kind === 'geofence.dwell');
    const found = told.filter(({ visit }) => visit);
    const visitOf = (signal: Signal) => enters.filter(({ occurredAt }) => occurredAt <= signal.occurredAt).length;
    for (const dwell of dwells) {
      const began = enters[visitOf(dwell) - 1]?.occurredAt ?? '';
      expect(Date.parse(dwell.occurredAt) - Date.parse(began)).toBeGreaterThanOrEqual(5 * MINUTE * 1000);
    }
    for (const signals of [dwells, found]) expect(new Set(signals.map(visitOf)).size).toBe(signals.length);
    expect(couponsOf('stay')).toHaveLength(dwells.length);
    expect(couponsOf('now').length).toBeLessThanOrEqual(enters.length);
    expect(world.dead).toEqual([]);
    seen.dwells += dwells.length;
    seen.found += found.length;
  }

  it('a visit dwells once, not before its time, and is found once', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.constantFrom(...OPS), { minLength: 2, maxLength: 12 }), async (ops) => {
        await openCafe();
        await world.shop.person('mei');
        await world.campaign('stay', dwellIn(5 * MINUTE, { freshFor: 'PT2H' }));
        await call(putCampaign, 'now', aCampaign(enterAt('cafe', { freshFor: 'PT2H' })));
        await happens(['in', ...ops]);
        isSound();
        expect(insideRows()).toHaveLength((await world.insideOf('phone-mei')).length);
      }),
      { numRuns: 40 },
    );
    expect(seen.dwells).toBeGreaterThan(10);
    expect(seen.found).toBeGreaterThan(5);
  });
});

it('a thousand people at one place are told fifty a second from each sixteenth of them, each once', async () => {
  await world.campaign('now', enterAt());
  const now = world.shop.world.now;
  const deviceIds = Array.from({ length: 1000 }, (_, i) => `p-${i}`);
  for (const deviceId of deviceIds) {
    const state = { lastAt: now, visits: [{ placeId: 'cafe', since: now - 60_000 }], entering: [] };
    await putPresence(world.shop.db, BRAND, deviceId, { version: 1, state, pending: [], writtenAt: now });
    await noteInside(world.shop.db, BRAND, { deviceId, state, placeIds: ['cafe'], now });
  }
  const told: string[] = [];
  let sends = 0;
  const parts: Parameters<typeof findInside>[0][] = [];
  const runtime: Runtime = {
    ...world.runtime,
    send: async (queue, messages) => {
      if (queue === 'visits') return void parts.push(...messages.map(({ body }) => body as (typeof parts)[number]));
      if (messages.length > 0) sends += 1;
      expect(messages.length).toBeLessThanOrEqual(50);
      for (const { body } of messages) told.push((body as { subject: { value: string } }).subject.value);
    },
  };
  await findInside({ what: 'launch', brand: BRAND, campaignId: 'now', launchedAt: now }, runtime);
  expect(parts).toHaveLength(16);
  for (let part = parts.shift(); part; part = parts.shift()) await findInside(part, runtime);
  expect(told.sort()).toEqual(deviceIds.sort());
  expect(sends).toBeGreaterThan(16);
});

it('a visit costs two small writes for being found, one when it begins and one when it ends', async () => {
  let writes = 0;
  world.shop.world.wire = async (command, carryOut) => {
    const { input } = command as { input: object };
    if (!command.constructor.name.includes('Query') && JSON.stringify(input).includes('#V#')) writes += 1;
    return await carryOut();
  };
  const counts: number[] = [];
  for (const way of [stay(-500, 4), stay(0), stay(0), off]) {
    await world.walk('p', way);
    counts.push(writes);
    if (counts.length === 2) expect(insideRows()).toMatchObject([{ deviceId: 'p', placeId: 'cafe' }]);
  }
  expect(counts).toEqual([0, 1, 1, 2]);
  expect(insideRows()).toEqual([]);
});
