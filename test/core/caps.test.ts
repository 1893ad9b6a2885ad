import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { keptPastOffers, pastOfferHorizonMs } from '#core/decide/caps.ts';
import { decide } from '#core/decide/decide.ts';
import { durationWords } from '#core/decide/duration-words.ts';
import type { Facts, PastOffer, StockLevel } from '#core/decide/facts.ts';
import { budget } from '#core/decide/gates/budget.ts';
import { stock } from '#core/decide/gates/stock.ts';
import { type BrandRules, DEFAULT_BRAND_RULES } from '#core/model/brand.ts';
import { type Campaign, CampaignInputSchema } from '#core/model/campaign.ts';
import { type Cap, durationMs, parseDurationMs } from '#core/model/common.ts';
import { type Place, PlaceInputSchema } from '#core/model/place.ts';
import { aCampaign, aPlace } from '#test/support/builders.ts';

const START = Date.parse('2026-10-24T00:00:00Z');
const HOUR_MS = 3_600_000;
const PLACES = ['s1', 's2', 's3'].map((placeId): Place => ({ ...PlaceInputSchema.parse(aPlace()), placeId }));

const campaignOf = (campaignId: string, limits: object, more: object = {}): Campaign => ({
  ...CampaignInputSchema.parse({ ...aCampaign({ limits, trigger: { on: ['geofence.enter'] } }), ...more }),
  campaignId,
  state: 'live',
});

function factsAt(now: number, place: Place | undefined, changes: Partial<Facts> = {}): Facts {
  const at = new Date(now).toISOString();
  const subject = { kind: 'device' as const, value: 'phone' };
  return {
    now,
    place,
    insidePlaces: place ? [place] : [],
    signal: {
      signalId: `signal-${now}`,
      brand: 'harbour',
      kind: 'geofence.enter',
      source: 'embedded',
      trust: 'T2',
      occurredAt: at,
      receivedAt: at,
      subject,
    },
    brand: DEFAULT_BRAND_RULES,
    person: { personId: 'mei', identifiers: [{ kind: 'email', value: 'mei@example.com' }], attributes: {} },
    standing: {
      version: 1,
      consents: { 'location/any': { granted: true, at: 0 }, 'marketing/any': { granted: true, at: 0 } },
      pastOffers: [],
    },
    campaigns: [],
    segments: new Map(),
    stock: new Map(),
    channels: ['email'],
    ...changes,
  };
}

const aCap = (mostCount: number): fc.Arbitrary<Cap | undefined> =>
  fc.option(
    fc.record({
      count: fc.integer({ min: 1, max: mostCount }),
      window: fc.constantFrom('PT1H', 'PT2H30M', 'PT6H', 'P1D'),
    }),
    { nil: undefined },
  );
/** Quarters of hours, give or take a millisecond: windows are met exactly, and just missed. */
const aMoment = fc
  .tuple(fc.integer({ min: 0, max: 4 * 60 }), fc.constantFrom(0, 0, 1, -1))
  .map(([quarters, ms]) => START + quarters * (HOUR_MS / 4) + ms);
const aHistory = fc.record({
  brand: fc.record({ offersPerSignal: fc.integer({ min: 1, max: 5 }), perPerson: aCap(6), perPersonPerPlace: aCap(4) }),
  limits: fc.array(fc.record({ perPerson: aCap(3), perPersonPerPlace: aCap(2) }), { minLength: 1, maxLength: 4 }),
  holdoutPercent: fc.constantFrom(0, 50, 100),
  // In the order in which they are decided, which by skewed clocks is not the order of their times.
  signals: fc.array(fc.record({ now: aMoment, place: fc.constantFrom(...PLACES) }), { minLength: 1, maxLength: 60 }),
});

/** Each decision's offers and ghosts are what the next one finds in the person's past. */
function livedThrough(
  { brand, limits, holdoutPercent, signals }: typeof aHistory extends fc.Arbitrary<infer T> ? T : never,
  keep: (past: PastOffer[], now: number, campaigns: Campaign[]) => PastOffer[] = (past) => past,
): { campaigns: Campaign[]; offers: PastOffer[]; latest: number } {
  const campaigns = limits.map((one, index) =>
    campaignOf(`c${index}`, one, { priority: index % 2, experiment: { holdoutPercent } }),
  );
  const offers: PastOffer[] = [];
  let latest = 0;
  let kept: PastOffer[] = [];
  for (const { now, place } of signals) {
    latest = Math.max(latest, now);
    const facts = factsAt(now, place, { brand, campaigns });
    const decisions = decide({ ...facts, standing: { ...facts.standing, pastOffers: kept } });
    const won = decisions
      .filter(({ outcome }) => outcome !== 'skipped')
      .map(({ campaignId }) => ({ campaignId, at: now, placeId: place.placeId }));
    offers.push(...won);
    kept = keep([...kept, ...won], now, campaigns);
  }
  return { campaigns, offers, latest };
}

/** The most that any half-open window of the cap's length holds. A fullest one ends at an offer. */
function fullest(offers: readonly PastOffer[], { window }: Cap): number {
  const length = durationMs(window);
  return Math.max(0, ...offers.map(({ at: end }) => offers.filter(({ at }) => at > end - length && at <= end).length));
}

function expectWithin(
  offers: readonly PastOffer[],
  rules: { perPerson?: Cap | undefined; perPersonPerPlace?: Cap | undefined },
) {
  const { perPerson, perPersonPerPlace } = rules;
  if (perPerson) expect(fullest(offers, perPerson)).toBeLessThanOrEqual(perPerson.count);
  for (const { placeId } of perPersonPerPlace ? PLACES : []) {
    const here = offers.filter((offer) => offer.placeId === placeId);
    if (perPersonPerPlace) expect(fullest(here, perPersonPerPlace)).toBeLessThanOrEqual(perPersonPerPlace.count);
  }
}

describe('rolling windows, over any history of signals', () => {
  it('no window of any cap ever holds more than it may, wherever it begins and whatever the clocks say', () => {
    fc.assert(
      fc.property(aHistory, (history) => {
        const { campaigns, offers } = livedThrough(history);
        expectWithin(offers, history.brand);
        for (const { campaignId, limits } of campaigns) {
          expectWithin(
            offers.filter((offer) => offer.campaignId === campaignId),
            limits,
          );
        }
      }),
      { numRuns: 1000 },
    );
  });

  it('histories fill their caps, or that would say nothing', () => {
    const full = { brand: 0, place: 0 };
    for (const history of fc.sample(aHistory, { numRuns: 300, seed: 20261122 })) {
      const { offers } = livedThrough(history);
      const { perPerson, perPersonPerPlace } = history.brand;
      const here = offers.filter(({ placeId }) => placeId === 's1');
      if (perPerson && perPerson.count > 1 && fullest(offers, perPerson) === perPerson.count) full.brand += 1;
      if (perPersonPerPlace && fullest(here, perPersonPerPlace) === perPersonPerPlace.count) full.place += 1;
    }
    expect(full.brand).toBeGreaterThan(50);
    expect(full.place).toBeGreaterThan(50);
  });

  it('what is older than the horizon changes no decision, so it need not be kept', () => {
    fc.assert(
      fc.property(aHistory, (history) => {
        // Time goes on: a clock that goes back may ask for what was let go.
        const signals = history.signals.toSorted((left, right) => left.now - right.now);
        const all = livedThrough({ ...history, signals });
        const kept = livedThrough({ ...history, signals }, (past, now, campaigns) =>
          past.filter(({ at }) => at > now - pastOfferHorizonMs(campaigns, history.brand)),
        );
        expect(kept.offers).toEqual(all.offers);
      }),
      { numRuns: 300 },
    );
  });

  it('what is let go changes no decision, however few are kept besides what caps ask for', () => {
    let letGo = 0;
    fc.assert(
      fc.property(aHistory, fc.integer({ min: 0, max: 3 }), (history, most) => {
        const signals = history.signals.toSorted((left, right) => left.now - right.now);
        const all = livedThrough({ ...history, signals });
        const kept = livedThrough({ ...history, signals }, (past, now, campaigns) => {
          const rest = keptPastOffers(past, { campaigns, brand: history.brand, now, most });
          letGo += past.length - rest.length;
          return rest;
        });
        expect(kept.offers).toEqual(all.offers);
      }),
      { numRuns: 500 },
    );
    expect(letGo).toBeGreaterThan(1000);
  });

  it('a campaign’s one offer of last month is kept, however many came from others since', () => {
    const yearly = campaignOf('yearly', { perPerson: { count: 1, window: 'P365D' } });
    const past = [
      { campaignId: 'yearly', at: START },
      ...Array.from({ length: 300 }, (_, index) => ({ campaignId: 'daily', at: START + index * 2 * HOUR_MS })),
    ];
    const now = START + 30 * 24 * HOUR_MS;
    const kept = keptPastOffers(past, { campaigns: [yearly], brand: DEFAULT_BRAND_RULES, now, most: 200 });
    expect(kept).toEqual([past[0], ...past.slice(-200)]);
    expect(keptPastOffers(past, { campaigns: [], brand: DEFAULT_BRAND_RULES, now, most: 200 })).toEqual([]);
  });

  it('the horizon is the longest window of all', () => {
    const week: Cap = { count: 1, window: 'P7D' };
    const day: Cap = { count: 1, window: 'P1D' };
    const none = campaignOf('c', {});
    const horizons: [Campaign[], BrandRules, number][] = [
      [[none], DEFAULT_BRAND_RULES, 0],
      [[none, campaignOf('d', { perPerson: day })], DEFAULT_BRAND_RULES, 24 * HOUR_MS],
      [[none, campaignOf('d', { perPerson: day, perPersonPerPlace: week })], DEFAULT_BRAND_RULES, 7 * 24 * HOUR_MS],
      [[none], { offersPerSignal: 1, perPerson: week }, 7 * 24 * HOUR_MS],
      [[campaignOf('d', { perPerson: day })], { offersPerSignal: 1, perPersonPerPlace: week }, 7 * 24 * HOUR_MS],
    ];
    for (const [campaigns, brand, ms] of horizons) expect(pastOfferHorizonMs(campaigns, brand)).toBe(ms);
  });
});

describe('shares of a campaign', () => {
  const share = { stock: 3, budget: { amount: 1500, currency: 'CNY' } };
  const levels = new Map<string, StockLevel>([['milk', { active: true }]]);

  it.each([stock, budget])('$gate: nothing is given where nobody knows which day it is', ({ check, words }) => {
    const campaign = campaignOf('milk', { perDay: share });
    const verdict = check({ ...factsAt(START, undefined), campaign, stock: levels });
    expect([verdict.passed, verdict.detail.day, verdict.detail.left]).toEqual([false, null, 0]);
    expect(words.en(verdict)).toMatch(/which day it is is not known/);
    expect(words['zh-CN'](verdict)).toMatch(/日期未知/);
    expect(check({ ...factsAt(START, PLACES[0]), campaign, stock: levels }).passed).toBe(true);
  });

  it.each([stock, budget])('$gate: nothing is given at a place that is not known', ({ check }) => {
    const campaign = campaignOf('milk', { perPlace: share });
    expect(check({ ...factsAt(START, undefined), campaign, stock: levels }).passed).toBe(false);
    expect(check({ ...factsAt(START, PLACES[0]), campaign, stock: levels }).passed).toBe(true);
  });
});

describe('a duration in words', () => {
  it.each([
    ['P7D', '7 days', '7 天'],
    ['P1W', '7 days', '7 天'],
    ['P1DT12H', '1 day 12 hours', '1 天 12 小时'],
    ['PT36H', '1 day 12 hours', '1 天 12 小时'],
    ['PT1M', '1 minute', '1 分钟'],
    ['PT90S', '1 minute 30 seconds', '1 分钟 30 秒'],
  ])('%s', (duration, english, chinese) => {
    expect(parseDurationMs(duration)).toBeDefined();
    expect([durationWords(duration, 'en'), durationWords(duration, 'zh-CN')]).toEqual([english, chinese]);
  });
});
