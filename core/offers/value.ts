import type { Offer } from '../model/campaign.ts';

/** What one coupon can cost the brand at most, in minor units: what a budget is charged at issue. */
export function offerCost(offer: Offer): { amount: number; currency: string } | undefined {
  const amount = offer.kind === 'percentOff' ? offer.maxAmount : offer.amount;
  return amount === undefined || offer.currency === undefined ? undefined : { amount, currency: offer.currency };
}

export type Basket = { total: number; currency: string };
export type Discount = { amount: number; currency: string } | { refused: string };

/** What an offer takes off a basket, in whole minor units, never more than the basket. Fractions round down. */
export function discountOf(offer: Offer, basket: Basket): Discount {
  if (offer.currency !== undefined && offer.currency !== basket.currency) {
    return { refused: `the offer is in ${offer.currency}, the basket in ${basket.currency}` };
  }
  const { currency, total } = basket;
  switch (offer.kind) {
    case 'amountOff':
      if (total < (offer.minimumSpend ?? 0)) return { refused: 'the basket is below the minimum spend' };
      return { amount: Math.min(offer.amount, total), currency };
    case 'percentOff':
      return { amount: Math.min(shareOf(total, offer.percent), offer.maxAmount ?? total), currency };
    case 'freeItem':
      return { amount: Math.min(offer.amount ?? 0, total), currency };
  }
}

/** So many percent of a total, exact to a millionth of a percent: in doubles, 0.57 % of 10000 is 56.99…, and floors to 56. */
function shareOf(total: number, percent: number): number {
  return Number((BigInt(total) * BigInt(Math.round(percent * 1e6))) / 100_000_000n);
}
