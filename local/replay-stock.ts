import type { StockLevel, Used } from '#core/decide/facts.ts';
import { localDay } from '#core/decide/local-day.ts';
import type { Campaign } from '#core/model/campaign.ts';
import type { Place } from '#core/model/place.ts';
import { offerCost } from '#core/offers/value.ts';

export type ReplayedStock = {
  /** What is left of each campaign, of its local day and of the place at that moment. */
  levels: (place: Place | undefined, now: number) => ReadonlyMap<string, StockLevel>;
  /** One coupon of the campaign is issued there and then. */
  take: (campaign: Campaign, place: Place | undefined, now: number) => void;
};

/** Counters as they would have moved: what the store keeps for live campaigns, in memory. */
export function createReplayedStock(campaigns: readonly Campaign[]): ReplayedStock {
  const used = new Map<string, Used>();
  const usedOf = (...key: (string | undefined)[]): Used => used.get(JSON.stringify(key)) ?? { stock: 0, budget: 0 };
  const keysOf = (campaign: Campaign, place: Place | undefined, now: number) => ({
    whole: [campaign.campaignId],
    today: [campaign.campaignId, 'day', localDay(campaign, place, now)],
    here: [campaign.campaignId, 'place', place?.placeId],
  });

  const levelOf = (campaign: Campaign, place: Place | undefined, now: number): StockLevel => {
    const { stock, budget } = campaign.limits;
    const keys = keysOf(campaign, place, now);
    const whole = usedOf(...keys.whole);
    return {
      active: true,
      ...(stock !== undefined && { left: stock - whole.stock }),
      ...(budget && { budgetLeft: budget.amount - whole.budget }),
      today: usedOf(...keys.today),
      here: usedOf(...keys.here),
    };
  };

  return {
    levels: (place, now) => new Map(campaigns.map((campaign) => [campaign.campaignId, levelOf(campaign, place, now)])),
    take(campaign, place, now) {
      const cost = offerCost(campaign.offer)?.amount ?? 0;
      for (const key of Object.values(keysOf(campaign, place, now))) {
        const before = usedOf(...key);
        used.set(JSON.stringify(key), { stock: before.stock + 1, budget: before.budget + cost });
      }
    },
  };
}
