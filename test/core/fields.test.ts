import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Person } from '#core/model/person.ts';
import {
  addPurchase,
  MAX_PURCHASES,
  MAX_VISITS,
  mergeBehaviours,
  NOTHING_DONE,
  withoutRedemption,
} from '#core/people/behaviour.ts';
import { derivedOf, isDerivedField, isKnownField } from '#core/people/fields.ts';
import { withRegion } from '#core/people/regions.ts';
import { ruleProblems } from '#core/people/rules.ts';
import { attributeOf } from '#core/people/values.ts';
import { anyDeed, type Deed, NOW, referenceOf, remembered } from './doings.ts';

const SEED = Number(process.env.FC_SEED ?? Date.now() % 2 ** 31);
console.log(`fields.test.ts: FC_SEED=${SEED}`);
const runs = (numRuns: number) => ({ numRuns, seed: SEED });

const HOUR_MS = 3_600_000;
const aPerson = (behaviour: Person['behaviour']): Person => ({
  personId: 'mei',
  identifiers: [],
  attributes: {},
  behaviour,
});
/** Lists are told newest first, which instants of one millisecond leave open. */
const unordered = (value: unknown) => (Array.isArray(value) ? [...value].sort() : value);

/** Deeds with an id of their own each, one of them told twice. */
const anyDeeds = fc.array(anyDeed, { maxLength: 40, size: 'max' }).map((deeds) =>
  deeds.map((deed, index): Deed => {
    if (deed.kind === 'purchase') {
      return { ...deed, purchase: { ...deed.purchase, purchaseId: `${deed.purchase.purchaseId}-${index}` } };
    }
    if (deed.kind === 'used') return { ...deed, couponId: `${deed.couponId}-${index}` };
    return { ...deed, signalId: `${deed.signalId}-${index}` };
  }),
);
const inAnyOrder = <T>(items: readonly T[]) => fc.shuffledSubarray([...items], { minLength: items.length });

describe('derived fields', () => {
  it('are what the deeds themselves say, in whichever order and how often they come in', () => {
    const anyArrival = anyDeeds.chain((deeds) =>
      fc.tuple(
        fc.constant(deeds),
        inAnyOrder(deeds),
        fc.array(fc.nat({ max: Math.max(0, deeds.length - 1) }), { maxLength: 5 }),
      ),
    );
    fc.assert(
      fc.property(anyArrival, ([deeds, arrived, again]) => {
        const repeats = again.flatMap((index) => arrived[index] ?? []);
        const person = aPerson(remembered([...arrived, ...repeats]));
        for (const [field, value] of referenceOf(deeds)) {
          expect(isKnownField(field), field).toBe(true);
          expect([field, unordered(derivedOf(person, field, NOW))]).toEqual([field, unordered(value)]);
        }
      }),
      runs(120),
    );
  });

  it('are the same of a human known under three profiles as of one', () => {
    const anySplit = anyDeeds.chain((deeds) =>
      fc.tuple(fc.constant(deeds), fc.array(fc.nat({ max: 2 }), { minLength: deeds.length, maxLength: deeds.length })),
    );
    fc.assert(
      fc.property(anySplit, ([deeds, profiles]) => {
        const of = (profile: number) => remembered(deeds.filter((_, index) => profiles[index] === profile));
        const person = aPerson(mergeBehaviours([of(0), of(1), of(2)]));
        for (const [field, value] of referenceOf(deeds)) {
          expect([field, unordered(derivedOf(person, field, NOW))]).toEqual([field, unordered(value)]);
        }
      }),
      runs(60),
    );
  });

  it('count purchases that are forgotten one by one, whichever came late', () => {
    const many = Array.from({ length: 3 * MAX_PURCHASES }, (_, index) => ({
      purchaseId: `order-${index}`,
      at: NOW - index * HOUR_MS,
      channel: index % 3 === 0 ? ('offline' as const) : ('online' as const),
      total: 100 + index,
      currency: 'CNY',
      items: 1,
      categories: ['dairy'],
      amounts: [100],
      skus: [],
    }));
    fc.assert(
      fc.property(inAnyOrder(many), (arrived) => {
        const person = aPerson(arrived.reduce(addPurchase, NOTHING_DONE));
        expect(person.behaviour?.purchases).toHaveLength(MAX_PURCHASES);
        expect(derivedOf(person, 'purchases.count', NOW)).toBe(180);
        expect(derivedOf(person, 'purchases.offline.count', NOW)).toBe(60);
        expect(derivedOf(person, 'purchases.total', NOW)).toBe(180 * 100 + (179 * 180) / 2);
        expect(derivedOf(person, 'purchases.firstAt', NOW)).toBe(new Date(NOW - 179 * HOUR_MS).toISOString());
        expect(derivedOf(person, 'purchases.onlineShare', NOW)).toBeCloseTo(120 / 180, 12);
      }),
      runs(10),
    );
  });

  it('remember a bounded number of visits, and count the others; what is older than all of them is too late', () => {
    const visit = (index: number): Deed => ({
      kind: 'seen',
      signalId: `signal-${index}`,
      placeId: 's1',
      at: NOW - (200 - index) * HOUR_MS,
      dwellSeconds: 0,
    });
    const behaviour = remembered(Array.from({ length: 100 }, (_, index) => visit(index)));
    expect(behaviour.visits).toHaveLength(MAX_VISITS);
    expect(derivedOf(aPerson(behaviour), 'visits.count', NOW)).toBe(100);
    expect(remembered([visit(0), visit(99)], behaviour)).toBe(behaviour);
  });

  it('keep a distance from home to the nearest hundred metres, and neither place of it', () => {
    const behaviour = remembered([{ kind: 'seen', signalId: 'a', placeId: 's1', at: NOW, dwellSeconds: 0 }]);
    const metres = derivedOf(aPerson(behaviour), 'visits.lastDistanceFromHomeM', NOW);
    // 0.01 degrees of longitude at 31.23 north and 0.01 of latitude: 951 m and 1,112 m.
    expect(metres).toBe(1500);
    expect(JSON.stringify(behaviour)).not.toMatch(/121\.|31\./);
  });

  it('forget the use of a coupon that was taken back', () => {
    const behaviour = remembered([{ kind: 'used', couponId: 'coupon-1', at: NOW }]);
    expect(derivedOf(aPerson(behaviour), 'coupons.used.count.7d', NOW)).toBe(1);
    expect(derivedOf(aPerson(withoutRedemption(behaviour, 'coupon-1')), 'coupons.used.count', NOW)).toBe(0);
    expect(withoutRedemption(behaviour, 'coupon-2')).toBe(behaviour);
  });

  it('of a region are told from twenty buyers on', () => {
    const sales = (online: number, offline: number, buyers: number) => ({
      region: 'riverside',
      online: { count: online, totals: {} },
      offline: { count: offline, totals: {} },
      buyers,
    });
    const preferenceOf = (region: ReturnType<typeof sales>) => {
      const person = { ...aPerson(undefined), attributes: { region: 'riverside' } };
      return derivedOf(withRegion(person, new Map([['riverside', region]])), 'region.preference', NOW);
    };
    expect(preferenceOf(sales(60, 40, 20))).toBe('online');
    expect(preferenceOf(sales(60, 40, 19))).toBeUndefined();
    expect(preferenceOf(sales(40, 60, 20))).toBe('offline');
    expect(preferenceOf(sales(59, 41, 20))).toBe('mixed');
    expect(preferenceOf(sales(0, 0, 20))).toBeUndefined();
    expect(derivedOf({ ...aPerson(undefined), attributes: { region: 'x' } }, 'region.buyers', NOW)).toBeUndefined();
  });
});

describe('names of fields', () => {
  const unknown = [
    'purchases.counts',
    'purchases.count.31d',
    'purchases.constructor',
    'purchases.online.onlineShare',
    'purchases.category.dairy',
    'visits.place.s1',
    'visits.place.s1.places',
    'visits.hasOwnProperty',
    'coupons.used',
    'coupons.received.lastAt',
    'region.preference.30d',
    'region.name',
    'purchases.',
  ];
  it.each(unknown)('%s is none, and refused where a segment names it', (field) => {
    expect(isDerivedField(field)).toBe(true);
    expect(ruleProblems({ combinator: 'and', rules: [{ field, operator: '=', value: 1 }] })).toEqual([
      { pointer: '/rule/rules/0/field', message: `is not a field of ${field.split('.')[0]}` },
    ]);
  });

  it('leave attributes alone: of one that is called the same its full name speaks', () => {
    const person = { ...aPerson(undefined), attributes: { 'purchases.count': 7, purchases: 3, region: 'riverside' } };
    expect(attributeOf(person, 'attributes.purchases.count', NOW)).toBe(7);
    expect(attributeOf(person, 'purchases.count', NOW)).toBe(0);
    expect(attributeOf(person, 'purchases', NOW)).toBe(3);
    expect(attributeOf(person, 'region', NOW)).toBe('riverside');
  });
});
