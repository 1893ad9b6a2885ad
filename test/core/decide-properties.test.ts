import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type CampaignDecision, decide, passesSignalGates, SIGNAL_GATES } from '#core/decide/decide.ts';
import { explain } from '#core/decide/explain.ts';
import type { Facts } from '#core/decide/facts.ts';
import type { BrandRules } from '#core/model/brand.ts';
import { type Campaign, CampaignInputSchema } from '#core/model/campaign.ts';
import { durationMs } from '#core/model/common.ts';
import { GATES, type Reason } from '#core/model/decision.ts';
import { type Place, PlaceInputSchema } from '#core/model/place.ts';
import type { RuleGroup } from '#core/model/segment.ts';
import { aCampaign, aPlace } from '#test/support/builders.ts';

const NOW = Date.parse('2026-11-18T09:00:00Z');
const HOUR_MS = 3_600_000;

/** Mostly what lets through, so that every gate is reached, and sometimes what does not. */
const mostly = <T>(usual: T, ...others: T[]) =>
  fc.oneof({ weight: 12, arbitrary: fc.constant(usual) }, { weight: 2, arbitrary: fc.constantFrom(usual, ...others) });
const HOURS = ['00:00-24:00', '09:00-17:00', '22:00-02:00'] as const;

const aCampaignOf = (campaignId: string): fc.Arbitrary<Campaign> =>
  fc
    .record({
      minTrust: mostly<'T0' | 'T1' | 'T3'>('T1', 'T0', 'T3'),
      freshFor: mostly('P1D', 'PT10M', 'PT1S'),
      placeTags: mostly<string[]>(['store'], [], ['mall']),
      creativeIds: mostly<string[]>([], ['c1'], ['c2']),
      creativeUnknown: mostly<'skip' | 'offer'>('skip', 'offer'),
      schedule: mostly<object>(
        {},
        { days: ['wed'] },
        { days: ['sat'] },
        { hours: HOURS[1] },
        { startsAt: '2027-01-01T00:00:00Z' },
      ),
      segmentId: mostly<string | undefined>(undefined, 'gold', 'gone'),
      channels: mostly<('email' | 'sms' | 'push')[]>(['email', 'sms'], ['push'], ['sms']),
      quietHours: mostly<object | undefined>(undefined, { hours: HOURS[0] }, { hours: HOURS[0], otherwise: 'inbox' }),
      perPerson: mostly<object | undefined>(undefined, { count: 1, window: 'P1D' }, { count: 3, window: 'PT1H' }),
      perPersonPerPlace: mostly<object | undefined>(undefined, { count: 1, window: 'P1D' }),
      perDay: mostly<object | undefined>(undefined, { stock: 1 }, { budget: { amount: 999, currency: 'CNY' } }),
      perPlace: mostly<object | undefined>(undefined, { stock: 1 }, { budget: { amount: 999, currency: 'CNY' } }),
      stock: mostly<number | undefined>(undefined, 0, 100),
      budget: mostly<object | undefined>(
        undefined,
        { amount: 5000, currency: 'CNY' },
        { amount: 5000, currency: 'USD' },
      ),
      holdoutPercent: fc.constantFrom(0, 10, 50, 100),
      priority: fc.integer({ min: -2, max: 2 }),
    })
    .map(
      ({
        minTrust,
        freshFor,
        placeTags,
        creativeIds,
        creativeUnknown,
        schedule,
        segmentId,
        channels,
        holdoutPercent,
        priority,
        ...limits
      }) => ({
        ...CampaignInputSchema.parse({
          ...aCampaign(),
          trigger: { on: ['geofence.enter'], minTrust, freshFor, placeTags, creativeIds, creativeUnknown },
          schedule,
          audience: { segmentId },
          message: { channels, templates: { en: { body: 'x' } } },
          experiment: { holdoutPercent },
          priority,
          limits,
        }),
        campaignId,
        state: 'live',
      }),
    );

const aPlaceOf = (tags: string[], placeId: string): Place => ({ ...PlaceInputSchema.parse(aPlace({ tags })), placeId });
const gold: RuleGroup = { combinator: 'and', rules: [{ field: 'tier', operator: '=', value: 'gold' }] };

const aCap = mostly<BrandRules['perPerson']>(
  undefined,
  { count: 1, window: 'PT12H' },
  { count: 2, window: 'P1D' },
  { count: 3, window: 'P1D' },
);
const used = mostly<{ stock: number; budget: number } | undefined>(undefined, { stock: 1, budget: 500 });

const someFacts: fc.Arbitrary<Facts> = fc
  .record({
    brand: fc.record({ offersPerSignal: fc.integer({ min: 1, max: 5 }), perPerson: aCap, perPersonPerPlace: aCap }),
    campaigns: fc
      .uniqueArray(fc.constantFrom('milk', 'bread', 'tea', 'Tea', 'a', 'b', 'c'), { minLength: 1, maxLength: 6 })
      .chain((ids) => fc.tuple(...ids.map(aCampaignOf))),
    trust: mostly<'T0' | 'T2'>('T2', 'T0'),
    onAir: mostly<NonNullable<Facts['signal']['onAir']>>([], [{ creativeId: 'c1', share: 0.4 }]),
    ageMs: mostly(1000, 0, 600_000, 600_001, 2 * 24 * HOUR_MS),
    place: mostly<Place | undefined>(aPlaceOf(['store'], 's1'), aPlaceOf(['mall'], 's2'), undefined),
    neighbours: mostly<Place[]>([], [aPlaceOf(['clinic'], 'n1')]),
    personId: fc.string({ minLength: 1, maxLength: 8 }),
    identifiers: mostly<('email' | 'phone' | 'device')[]>(['email', 'phone'], ['device']),
    tier: fc.constantFrom('gold', 'tin'),
    granted: mostly(true, false),
    pastOffers: fc.array(
      fc.record({
        campaignId: fc.constantFrom('milk', 'a'),
        placeId: fc.constantFrom('s1', 's2', undefined),
        at: fc.integer({ min: NOW - 48 * HOUR_MS, max: NOW }),
      }),
      { maxLength: 3 },
    ),
    levels: fc.dictionary(
      fc.constantFrom('milk', 'bread', 'a'),
      fc.record({
        active: mostly(true, false),
        left: fc.nat(2),
        leased: fc.constantFrom(undefined, 0, 1),
        budgetLeft: fc.constantFrom(0, 499, 500),
        today: used,
        here: used,
      }),
    ),
  })
  .map(
    ({
      brand,
      campaigns,
      trust,
      onAir,
      ageMs,
      place,
      neighbours,
      personId,
      identifiers,
      tier,
      granted,
      pastOffers,
      levels,
    }) => ({
      brand,
      campaigns,
      now: NOW,
      signal: {
        signalId: 'signal-1',
        brand: 'harbour',
        kind: 'geofence.enter',
        source: 'embedded',
        trust,
        occurredAt: new Date(NOW - ageMs).toISOString(),
        receivedAt: new Date(NOW).toISOString(),
        subject: { kind: 'device', value: 'phone' },
        onAir,
      },
      place,
      insidePlaces: [...(place ? [place] : []), ...neighbours],
      person: { personId, identifiers: identifiers.map((kind) => ({ kind, value: kind })), attributes: { tier } },
      standing: {
        version: 1,
        consents: { 'location/any': { granted: true, at: 0 }, 'marketing/any': { granted, at: 0 } },
        pastOffers,
      },
      segments: new Map([['gold', { segmentId: 'gold', name: 'Gold', rule: gold }]]),
      stock: new Map(Object.entries(levels)),
      channels: ['sms', 'email'] as const,
    }),
  );

const wonIn = (decisions: CampaignDecision[]) => decisions.filter(({ outcome }) => outcome !== 'skipped');
const check = (property: (facts: Facts) => void) => fc.assert(fc.property(someFacts, property), { numRuns: 1000 });

function rankingOf(reasons: readonly Reason[]): string {
  const { scope, rank, slots } = reasons.find(({ gate }) => gate === 'priority')?.detail ?? {};
  if (scope) return `lost to ${scope}`;
  if (rank) return 'a later winner';
  return slots ? 'lost to slots' : 'first';
}

describe('whatever the facts', () => {
  it('reach every gate and every outcome, or these properties would say nothing', () => {
    const stops = new Set<string>();
    const ranked = new Set<string>();
    for (const facts of fc.sample(someFacts, { numRuns: 3000, seed: 1 })) {
      for (const { outcome, reasons } of decide(facts)) {
        stops.add(outcome === 'skipped' ? `${reasons.at(-1)?.gate}` : outcome);
        ranked.add(rankingOf(reasons));
      }
    }
    expect([...stops].sort()).toEqual([...GATES.filter((gate) => gate !== 'experiment'), 'held-out', 'offered'].sort());
    expect([...ranked].sort()).toEqual(
      ['a later winner', 'first', 'lost to brand', 'lost to brand-place', 'lost to slots'].sort(),
    );
  });

  it('one signal brings at most as many offers and ghost offers as the brand says, and every campaign a decision', () => {
    check((facts) => {
      const decisions = decide(facts);
      expect(wonIn(decisions).length).toBeLessThanOrEqual(facts.brand.offersPerSignal);
      expect(decisions.map(({ campaignId }) => campaignId).sort()).toEqual(
        facts.campaigns.map(({ campaignId }) => campaignId).sort(),
      );
    });
  });

  it('no cap of the brand or of a campaign is exceeded by the offers of one decision together', () => {
    check((facts) => {
      const won = wonIn(decide(facts));
      if (won.length === 0) return;
      const after = [
        ...facts.standing.pastOffers,
        ...won.map(({ campaignId }) => ({ campaignId, at: facts.now, placeId: facts.place?.placeId })),
      ];
      const had = (cap: { window: string } | undefined, among: typeof after) =>
        among.filter(({ at }) => at > facts.now - durationMs(cap?.window ?? 'PT1S')).length;
      const here = after.filter(({ placeId }) => placeId === facts.place?.placeId);
      const { perPerson, perPersonPerPlace } = facts.brand;
      if (perPerson) expect(had(perPerson, after)).toBeLessThanOrEqual(perPerson.count);
      if (perPersonPerPlace) expect(had(perPersonPerPlace, here)).toBeLessThanOrEqual(perPersonPerPlace.count);
      for (const { campaignId } of won) {
        const limits = facts.campaigns.find((one) => one.campaignId === campaignId)?.limits;
        const of = (offers: typeof after) => offers.filter((past) => past.campaignId === campaignId);
        if (limits?.perPerson) expect(had(limits.perPerson, of(after))).toBeLessThanOrEqual(limits.perPerson.count);
        if (limits?.perPersonPerPlace)
          expect(had(limits.perPersonPerPlace, of(here))).toBeLessThanOrEqual(limits.perPersonPerPlace.count);
      }
    });
  });

  it('no slot stays empty while somebody who passed every gate waits, unless a cap of the brand is full', () => {
    check((facts) => {
      const decisions = decide(facts);
      const lost = decisions.flatMap(({ reasons }) =>
        reasons.filter(({ gate, passed }) => gate === 'priority' && !passed),
      );
      const won = wonIn(decisions).length;
      for (const { detail } of lost) {
        if (detail.scope === undefined) expect(won).toBe(facts.brand.offersPerSignal);
        else expect(Number(detail.had) + won).toBe(detail.limit);
      }
    });
  });

  it('the same facts give the same decisions, whatever order the campaigns come in, and stay as they are', () => {
    check((facts) => {
      const before = structuredClone(facts);
      const decisions = decide(facts);
      expect(decide(facts)).toEqual(decisions);
      expect(decide({ ...facts, campaigns: [...facts.campaigns].reverse() })).toEqual(decisions);
      expect(facts).toEqual(before);
    });
  });

  it('reasons are the first gates in their order, and all but the last passed', () => {
    check((facts) => {
      for (const { outcome, reasons } of decide(facts)) {
        expect(reasons.map(({ gate }) => gate)).toEqual(GATES.slice(0, reasons.length));
        expect(reasons.slice(0, -1).every(({ passed }) => passed)).toBe(true);
        const last = reasons.at(-1);
        expect(outcome === 'offered').toBe(last?.gate === 'experiment' && last.passed);
        expect(outcome === 'held-out').toBe(last?.gate === 'experiment' && !last.passed);
        expect(outcome === 'skipped').toBe(last?.gate !== 'experiment' && last?.passed === false);
      }
    });
  });

  it('only an offer has a channel', () => {
    check((facts) => {
      for (const { outcome, channel } of decide(facts)) expect(channel !== undefined).toBe(outcome === 'offered');
    });
  });

  it('every reason has words in both languages, a sentence each, with nothing missing in it', () => {
    check((facts) => {
      for (const { reasons } of decide(facts)) {
        for (const reason of reasons) {
          const [english, chinese] = [explain(reason, 'en'), explain(reason, 'zh-CN')];
          expect(english).toMatch(/^[A-Z0-9].*\.$/);
          expect(chinese).toMatch(/\p{Script=Han}.*。$/u);
          for (const text of [english, chinese]) expect(text).not.toMatch(/undefined|null|NaN|\[object/);
        }
      }
    });
  });

  it('a loser lost to somebody: without a winner nobody is told of one', () => {
    check((facts) => {
      const decisions = decide(facts);
      const lost = decisions.flatMap(({ reasons }) =>
        reasons.filter(({ gate, passed }) => gate === 'priority' && !passed),
      );
      // To the last of those who won: it has the slot that this one would have had.
      for (const { detail } of lost) expect(detail.lostTo).toBe(wonIn(decisions).at(-1)?.campaignId);
    });
  });

  it('what the signal’s gates let through is what they let through in the whole decision', () => {
    check((facts) => {
      for (const { campaignId, reasons } of decide(facts)) {
        const campaign = facts.campaigns.find((candidate) => candidate.campaignId === campaignId);
        if (!campaign) throw new Error(`a decision about ${campaignId}, which nobody asked for`);
        const { signal, place, now } = facts;
        const reached = reasons.length > SIGNAL_GATES.length;
        expect(passesSignalGates({ signal, place, now, campaign })).toBe(reached);
      }
    });
  });
});
