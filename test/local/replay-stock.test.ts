import { describe, expect, it } from 'vitest';
import { type Campaign, CampaignInputSchema } from '#core/model/campaign.ts';
import { type Place, PlaceInputSchema } from '#core/model/place.ts';
import { createReplayedStock } from '#local/replay-stock.ts';
import { aCampaign, aPlace } from '#test/support/builders.ts';

const LONDON = { timeZone: 'Europe/London' };
const [shop, kiosk] = ['shop', 'kiosk'].map(
  (placeId): Place => ({ ...PlaceInputSchema.parse(aPlace(LONDON)), placeId }),
) as [Place, Place];
const milk: Campaign = {
  ...CampaignInputSchema.parse(aCampaign({ limits: { stock: 10, budget: { amount: 5000, currency: 'CNY' } } })),
  campaignId: 'milk',
  state: 'live',
};
const beforeMidnight = Date.parse('2026-03-29T22:59:59.999Z');

describe('stock as a replay moves it', () => {
  it('is used up by the whole, the local day and the place, each by itself', () => {
    const stock = createReplayedStock([milk]);
    const level = (place: Place, now: number) => stock.levels(place, now).get('milk');
    const nothing = { stock: 0, budget: 0 };
    expect(level(shop, beforeMidnight)).toEqual({
      active: true,
      left: 10,
      budgetLeft: 5000,
      today: nothing,
      here: nothing,
    });
    stock.take(milk, shop, beforeMidnight);
    stock.take(milk, kiosk, beforeMidnight - 1);
    const rest = { active: true, left: 8, budgetLeft: 4000 };
    const one = { stock: 1, budget: 500 };
    expect(level(shop, beforeMidnight)).toEqual({ ...rest, today: { stock: 2, budget: 1000 }, here: one });
    expect(level(kiosk, beforeMidnight + 1)).toEqual({ ...rest, today: nothing, here: one });
  });
});
