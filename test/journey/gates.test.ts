import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type * as z from 'zod/mini';
import type { BrandInputSchema } from '#core/model/brand.ts';
import { GATES, type Gate } from '#core/model/decision.ts';
import type { PersonInput } from '#core/model/person.ts';
import { type Beckon, eventually, startBeckon } from '#test/support/beckon.ts';
import { aCampaign, aPerson, aPlace } from '#test/support/builders.ts';

type Case = {
  gate: Gate;
  /** Tells cases of one gate apart; part of ids. */
  by?: string;
  campaign?: Parameters<typeof aCampaign>[0];
  person?: Partial<PersonInput>;
  /** How long ago the signal happened. */
  secondsAgo?: number;
  placeId?: string;
  /** Words that the reason must contain. */
  says: RegExp;
  before?: (beckon: Beckon, name: string) => Promise<void>;
  /** What the brand says for the length of the case. */
  brand?: Partial<z.input<typeof BrandInputSchema>>;
};

const AT = '2026-11-01T08:00:00Z';
const enter = { on: ['geofence.enter' as const] };

/** For each gate somebody whom every gate before it lets through. */
const CASES: Case[] = [
  { gate: 'trust', campaign: { trigger: { ...enter, minTrust: 'T3' } }, says: /T1 is below .* T3/ },
  { gate: 'freshness', secondsAgo: 3600, says: /360\d s old/ },
  { gate: 'schedule', campaign: { schedule: { startsAt: '2126-01-01T00:00:00Z' } }, says: /starts at 2126/ },
  { gate: 'place', campaign: { trigger: { ...enter, placeIds: ['s2'] } }, says: /not one of the campaign's/ },
  { gate: 'audience', campaign: { audience: { segmentId: 'gold' } }, says: /not in the segment “Gold”/ },
  {
    gate: 'consent',
    person: { consents: [{ purpose: 'location', channel: 'any', granted: true, at: AT, source: 'app' }] },
    says: /email: no-consent/,
  },
  {
    gate: 'quiet-hours',
    campaign: { limits: { quietHours: { hours: '00:00-24:00' } } },
    says: /quiet hours are 00:00-24:00/,
  },
  {
    gate: 'frequency',
    says: /had 1 of this campaign in the last 7 days/,
    before: async (beckon, name) => {
      await signal(beckon, { name, id: `${name}-first` });
      expect((await decisionOn(beckon, name, `${name}-first`)).outcome).toBe('offered');
    },
  },
  { gate: 'stock', campaign: { limits: { stock: 0 } }, says: /All 0 coupons are gone/ },
  { gate: 'budget', campaign: { limits: { budget: { amount: 499, currency: 'CNY' } } }, says: /499 of 499 CNY/ },
  {
    gate: 'priority',
    says: /rival-priority goes first/,
    before: async (beckon) => {
      await beckon.call('PUT', '/v1/campaigns/rival-priority', 'marketer', aCampaign({ priority: 99 }));
      await beckon.call('POST', '/v1/campaigns/rival-priority/launch', 'marketer');
    },
  },
  { gate: 'experiment', campaign: { experiment: { holdoutPercent: 100 } }, says: /comparison group/ },
];

/** The zone of a clock that will not strike midnight while the test runs. */
const hour = new Date().getUTCHours();
const noMidnight = { timeZone: hour > 2 && hour < 21 ? 'UTC' : 'Pacific/Kiritimati' };
const once = { count: 1, window: 'P1D' };
const fiveYuan = { amount: 500, currency: 'CNY' };

/** Caps and shares beyond the campaign's own: what somebody, or somebody else, has had before. */
const LIMITS: Case[] = [
  {
    gate: 'frequency',
    by: 'brand',
    brand: { perPerson: once },
    says: /had 1 of all the brand’s offers in the last 1 day, which is all they may have \(1\)/,
    before: async (beckon, name) => await firstFromAnother(beckon, name),
  },
  {
    gate: 'frequency',
    by: 'brand-at-a-place',
    campaign: { limits: {} },
    brand: { perPersonPerPlace: once },
    says: /had 1 of all the brand’s offers at this place in the last 1 day/,
    before: async (beckon, name) => {
      await firstFromAnother(beckon, name);
      await offeredAt(beckon, name, 's2');
    },
  },
  {
    gate: 'frequency',
    by: 'campaign-at-a-place',
    campaign: { limits: { perPersonPerPlace: once } },
    says: /had 1 of this campaign at this place in the last 1 day/,
    before: async (beckon, name) => {
      await offeredAt(beckon, name, 's1');
      await offeredAt(beckon, name, 's2');
    },
  },
  {
    gate: 'stock',
    by: 'day',
    campaign: { limits: { stock: 100, perDay: { stock: 2 } }, schedule: noMidnight },
    says: /All 2 coupons for 20\d\d-\d\d-\d\d are gone/,
    before: async (beckon) => {
      await somebodyOffered(beckon, 'day-1', 's1');
      await somebodyOffered(beckon, 'day-2', 's2');
    },
  },
  {
    gate: 'stock',
    by: 'place',
    campaign: { limits: { stock: 100, perPlace: { stock: 1 } } },
    says: /All 1 coupons for this place are gone/,
    before: async (beckon) => {
      await somebodyOffered(beckon, 'place-1', 's1');
      await somebodyOffered(beckon, 'place-2', 's2');
    },
  },
  {
    gate: 'budget',
    by: 'day',
    campaign: { limits: { perDay: { budget: fiveYuan } }, schedule: noMidnight },
    says: /0 of 500 CNY minor units are left of the budget for 20\d\d-\d\d-\d\d; this coupon would be charged 500/,
    before: async (beckon) => await somebodyOffered(beckon, 'money-day', 's2'),
  },
  {
    gate: 'budget',
    by: 'place',
    campaign: { limits: { budget: { amount: 50_000, currency: 'CNY' }, perPlace: { budget: fiveYuan } } },
    says: /0 of 500 CNY minor units are left of the budget for this place; this coupon would be charged 500/,
    before: async (beckon) => {
      await somebodyOffered(beckon, 'money-1', 's1');
      await somebodyOffered(beckon, 'money-2', 's2');
    },
  },
];

describe('each gate stops somebody, and says why', () => {
  let beckon: Beckon;
  beforeAll(async () => {
    beckon = await startBeckon();
    await ok(beckon.call('PUT', '/v1/places/s1', 'marketer', aPlace()));
    await ok(beckon.call('PUT', '/v1/places/s2', 'marketer', aPlace()));
    await ok(beckon.call('PUT', '/v1/places/clinic', 'marketer', aPlace({ tags: ['store', 'clinic'] })));
    const rule = { combinator: 'and', rules: [{ field: 'tier', operator: '=', value: 'gold' }] };
    await ok(beckon.call('PUT', '/v1/segments/gold', 'marketer', { name: 'Gold', rule }));
  });
  afterAll(() => beckon.stop());

  it('knows a case for every gate', () => {
    // What happens at a sensitive place is forgotten before a gate is asked.
    expect(CASES.map(({ gate }) => gate)).toEqual(GATES.filter((gate) => gate !== 'exclusion'));
  });

  it.each(CASES)('$gate', async (one) => await expectStop(beckon, one));
  it.each(LIMITS)('$gate, by $by', async (one) => await expectStop(beckon, one));

  it('keeps no record of who was at a sensitive place', async () => {
    await ok(beckon.call('PUT', '/v1/people/patient', 'app', aPerson('patient')));
    await signal(beckon, { name: 'patient', id: 'patient-1', placeId: 'clinic' });
    await signal(beckon, { name: 'patient', id: 'patient-2' });
    const later = await eventually(async () => {
      const { body } = await beckon.call('GET', '/v1/people/patient/signals', 'marketer');
      return body.items.length > 0 ? body.items : undefined;
    });
    expect(later.map(({ signalId }: { signalId: string }) => signalId)).toEqual(['patient-2']);
  });

  it('refuses a geofence too near a pharmacy, and says which law and how far', async () => {
    const pharmacy = { type: 'Point' as const, coordinates: [-77.0365, 38.8977] };
    const body = { category: 'pharmacy', jurisdiction: 'US-WA', geometry: pharmacy };
    const put = await beckon.call('PUT', '/v1/sensitive-places/corner', 'operator', body);
    expect([put.status, put.body.blockedPlaceIds]).toEqual([200, []]);
    await ok(beckon.call('PUT', '/v1/sensitive-places/corner', 'marketer', body));
    const refused = await beckon.call('PUT', '/v1/places/too-near', 'marketer', aPlace({ geometry: pharmacy }));
    expect([refused.status, refused.body.errors[0].pointer]).toEqual([422, '/geometry']);
    expect(refused.text).toMatch(/pharmacy.*609.6 m must be kept free .*19.373.080/);
    expect((await beckon.call('DELETE', '/v1/sensitive-places/corner', 'marketer')).status).toBe(204);
  });

  it('takes a signal id that comes again with another moment for another signal', async () => {
    await ok(beckon.call('PUT', '/v1/people/twice', 'app', aPerson('twice')));
    const limits = { perPerson: { count: 5, window: 'P7D' } };
    await ok(beckon.call('PUT', '/v1/campaigns/c-twice', 'marketer', aCampaign({ limits })));
    await ok(beckon.call('POST', '/v1/campaigns/c-twice/launch', 'marketer'));
    await signal(beckon, { name: 'twice', id: 'again', secondsAgo: 2 });
    await signal(beckon, { name: 'twice', id: 'again', secondsAgo: 1 });
    const items = await eventually(async () => {
      const { body } = await beckon.call('GET', '/v1/people/twice/coupons', 'marketer');
      return body.items.length === 2 ? body.items : undefined;
    });
    expect(new Set(items.map(({ couponId }: { couponId: string }) => couponId)).size).toBe(2);
    await ok(beckon.call('POST', '/v1/campaigns/c-twice/pause', 'marketer'));
  });

  it('records signals of people nobody knows, and of kinds no campaign listens to', async () => {
    await ok(beckon.call('PUT', '/v1/people/idle', 'app', aPerson('idle')));
    await signal(beckon, { name: 'idle', id: 'idle-1' });
    const entry = await eventually(
      async () => (await beckon.call('GET', '/v1/people/idle/signals', 'marketer')).body.items[0],
    );
    expect(entry).toMatchObject({
      signalId: 'idle-1',
      kind: 'geofence.enter',
      placeId: 's1',
      outcome: 'skipped',
      reason: 'no-live-campaign',
    });
  });
});

async function expectStop(beckon: Beckon, one: Case): Promise<void> {
  const { gate, by, campaign, person, secondsAgo, placeId, says, before, brand } = one;
  const name = by ? `p-${gate}-${by}` : `p-${gate}`;
  const campaignId = name.replace('p', 'c');
  await ok(beckon.call('PUT', '/v1/brand', 'marketer', { timeZone: 'Asia/Shanghai', ...brand }));
  await ok(beckon.call('PUT', `/v1/people/${name}`, 'app', aPerson(name, person)));
  await ok(beckon.call('PUT', `/v1/campaigns/${campaignId}`, 'marketer', aCampaign(campaign)));
  await ok(beckon.call('POST', `/v1/campaigns/${campaignId}/launch`, 'marketer'));
  await before?.(beckon, name);
  await signal(beckon, { name, id: name, secondsAgo, placeId });
  const decision = await decisionOn(beckon, name, name, campaignId);
  const stop = decision.reasons.at(-1);
  expect(decision.outcome).toBe(gate === 'experiment' ? 'held-out' : 'skipped');
  expect([stop.gate, stop.passed]).toEqual([gate, false]);
  expect(stop.text).toMatch(says);
  expect(decision.reasons.map((reason: { gate: Gate }) => reason.gate)).toEqual(
    GATES.slice(0, GATES.indexOf(gate) + 1),
  );
  expect(decision.reasons.slice(0, -1).every(({ passed }: { passed: boolean }) => passed)).toBe(true);
  const chinese = await beckon.call('GET', `/v1/people/${name}/decisions`, 'marketer', undefined, {
    'accept-language': 'zh-CN',
  });
  expect(chinese.body.items[0].reasons[0].text).toMatch(/信号/);
  for (const id of [campaignId, 'rival-priority']) await beckon.call('POST', `/v1/campaigns/${id}/pause`, 'marketer');
}

/** The person gets an offer of another campaign at the first place, before this one. */
async function firstFromAnother(beckon: Beckon, name: string): Promise<void> {
  await ok(beckon.call('PUT', '/v1/campaigns/another', 'marketer', aCampaign({ priority: 99, limits: {} })));
  await ok(beckon.call('POST', '/v1/campaigns/another/launch', 'marketer'));
  await offeredAt(beckon, name, 's1', 'another');
  await ok(beckon.call('POST', '/v1/campaigns/another/pause', 'marketer'));
}

async function offeredAt(beckon: Beckon, name: string, placeId: string, campaignId?: string): Promise<void> {
  const id = `${name}-first-${placeId}`;
  await signal(beckon, { name, id, placeId });
  const decision = await decisionOn(beckon, name, id, campaignId);
  expect([decision.outcome, decision.reasons.at(-1).text]).toEqual(['offered', expect.anything()]);
}

async function somebodyOffered(beckon: Beckon, name: string, placeId: string): Promise<void> {
  await ok(beckon.call('PUT', `/v1/people/${name}`, 'app', aPerson(name)));
  await offeredAt(beckon, name, placeId);
}

async function signal(
  beckon: Beckon,
  {
    name,
    id,
    secondsAgo = 0,
    placeId = 's1',
  }: { name: string; id: string; secondsAgo?: number | undefined; placeId?: string | undefined },
): Promise<void> {
  const at = new Date(Date.now() - secondsAgo * 1000).toISOString();
  const body = {
    signals: [{ id, kind: 'geofence.enter', at, subject: { kind: 'device', value: `phone-${name}` }, placeId }],
  };
  const answer = await beckon.call('POST', '/v1/signals', 'app', body);
  expect([answer.status, answer.body]).toEqual([202, { accepted: 1, rejected: [] }]);
}

function decisionOn(beckon: Beckon, person: string, signalId: string, campaignId?: string) {
  return eventually(async () => {
    const { body } = await beckon.call('GET', `/v1/people/${person}/decisions`, 'marketer');
    return body.items.find(
      (decision: { signalId: string; campaignId: string }) =>
        decision.signalId === signalId && (campaignId === undefined || decision.campaignId === campaignId),
    );
  });
}

async function ok(calling: ReturnType<Beckon['call']>): Promise<void> {
  const answer = await calling;
  expect(answer.status, answer.text).toBe(200);
}
