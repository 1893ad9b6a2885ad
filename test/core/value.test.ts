import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Offer } from '#core/model/campaign.ts';
import { discountOf, offerCost } from '#core/offers/value.ts';

const rest = { expiresAfter: 'PT4H', redeemAt: 'anyPlace' } as const;
const CNY = (total: number) => ({ total, currency: 'CNY' });
const off = (amount: number, minimumSpend?: number): Offer => ({
  kind: 'amountOff',
  amount,
  currency: 'CNY',
  minimumSpend,
  ...rest,
});
const percent = (value: number, maxAmount?: number): Offer => ({
  kind: 'percentOff',
  percent: value,
  maxAmount,
  currency: 'CNY',
  ...rest,
});
const free = (amount?: number): Offer => ({ kind: 'freeItem', item: 'milk', amount, currency: 'CNY', ...rest });

describe('a discount', () => {
  it.each<[string, Offer, number, number]>([
    ['an amount', off(500), 1999, 500],
    ['an amount, all of the basket', off(500), 500, 500],
    ['an amount, more than the basket', off(500), 499, 499],
    ['an amount off nothing', off(500), 0, 0],
    ['at the minimum spend', off(500, 2000), 2000, 500],
    ['a fifth', percent(20), 1000, 200],
    ['a fraction goes to the brand', percent(10), 337, 33],
    ['half a fen goes to the brand', percent(50), 1, 0],
    ['everything', percent(100), 1234, 1234],
    ['at most so much', percent(20, 150), 1000, 150],
    ['a percentage, never above the basket', percent(100, 9999), 1000, 1000],
    ['0.57 % of 100.00 is 0.57, not 0.56', percent(0.57), 10_000, 57],
    ['1.14 % of 50.00 is 0.57, not 0.56', percent(1.14), 5000, 57],
    ['a third of a very large basket', percent(33.33), 1e13, 3_333_000_000_000],
    ['a free item at its price', free(300), 1000, 300],
    ['a free item, alone in a smaller basket', free(300), 200, 200],
    ['a free item of no price', free(), 1000, 0],
  ])('%s', (_, offer, total, amount) => {
    expect(discountOf(offer, CNY(total))).toEqual({ amount, currency: 'CNY' });
  });

  it('is refused below the minimum spend, and in another currency', () => {
    expect(discountOf(off(500, 2000), CNY(1999))).toEqual({ refused: 'the basket is below the minimum spend' });
    for (const offer of [off(500), percent(20), free(300)]) {
      expect(discountOf(offer, { total: 5000, currency: 'USD' })).toEqual({
        refused: 'the offer is in CNY, the basket in USD',
      });
    }
  });

  it('takes the currency of the basket where the offer has none', () => {
    const offer: Offer = { kind: 'percentOff', percent: 10, ...rest };
    expect(discountOf(offer, { total: 5000, currency: 'USD' })).toEqual({ amount: 500, currency: 'USD' });
  });

  const amount = fc.integer({ min: 0, max: 1e13 });
  const anyOffer: fc.Arbitrary<Offer> = fc.oneof(
    amount.map((value) => off(value)),
    fc.double({ min: 0.0001, max: 100, noNaN: true }).map((value) => percent(value)),
    fc.tuple(fc.integer({ min: 1, max: 10_000 }), amount).map(([value, most]) => percent(value / 100, most)),
    fc.option(amount, { nil: undefined }).map(free),
  );

  it('is a whole number of minor units, never above the basket, the offer’s most, or below nothing', () => {
    fc.assert(
      fc.property(anyOffer, amount, (offer, total) => {
        const discount = discountOf(offer, CNY(total));
        if ('refused' in discount) expect.fail(discount.refused);
        expect(Number.isInteger(discount.amount)).toBe(true);
        expect(discount.amount).toBeGreaterThanOrEqual(0);
        expect(discount.amount).toBeLessThanOrEqual(total);
        const most = offerCost(offer)?.amount;
        if (most !== undefined) expect(discount.amount).toBeLessThanOrEqual(most);
      }),
      { numRuns: 5000 },
    );
  });

  it('in percent of two digits is exact: as whole numbers say it', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 10_000 }), fc.integer({ min: 0, max: 1e11 }), (hundredths, total) => {
        const exact = Number((BigInt(total) * BigInt(hundredths)) / 10_000n);
        expect(discountOf(percent(hundredths / 100), CNY(total))).toEqual({ amount: exact, currency: 'CNY' });
      }),
      { numRuns: 20_000 },
    );
  });
});

describe('what a coupon can cost at most', () => {
  it.each<[string, Offer, ReturnType<typeof offerCost>]>([
    ['its amount', off(500), { amount: 500, currency: 'CNY' }],
    ['its most', percent(20, 800), { amount: 800, currency: 'CNY' }],
    ['unknown, for a bare percentage', percent(20), undefined],
    ['a free item’s price', free(300), { amount: 300, currency: 'CNY' }],
    ['unknown, for an item of no price', free(), undefined],
    ['unknown, for money of no currency', { kind: 'percentOff', percent: 20, maxAmount: 800, ...rest }, undefined],
  ])('is %s', (_, offer, cost) => expect(offerCost(offer)).toEqual(cost));
});
