export const PURCHASE_CHANNELS = ['online', 'offline'] as const;
export type PurchaseChannel = (typeof PURCHASE_CHANNELS)[number];

/** A purchase as rules ask about it. Times in epoch milliseconds, money in minor units. */
export type PastPurchase = {
  purchaseId: string;
  at: number;
  channel: PurchaseChannel;
  total: number;
  currency: string;
  /** Pieces in the basket. */
  items: number;
  categories: string[];
  /** Of each category, in the same order: what its lines cost, as far as they say. */
  amounts: number[];
  skus: string[];
  placeId?: string | undefined;
  region?: string | undefined;
};

/** A visit: somebody was known to be at a place from `at` to `until`, without a longer pause than one visit has. */
export type PastVisit = {
  /** The signal that it began with. */
  signalId: string;
  placeId: string;
  at: number;
  until: number;
  /** From the centre of the place to where they live, in metres, to the nearest hundred; never where that is. */
  fromHomeM?: number | undefined;
};

/** Somebody was known to have left a place. */
export type PastExit = { placeId: string; at: number };

/** A coupon that was used. */
export type PastRedemption = { couponId: string; campaignId: string; at: number };

/** Purchases that were forgotten one by one, and still count: money by currency, and when the first was. */
export type Sum = { count: number; totals: Record<string, number>; firstAt?: number | undefined };

/**
 * What a person has done, in the item of the person, so that a decision that has read them knows it. Bounded: the newest
 * of each, newest first, and the sums of those before.
 */
export type Behaviour = {
  purchases: PastPurchase[];
  visits: PastVisit[];
  exits: PastExit[];
  redemptions: PastRedemption[];
  earlier: { online: Sum; offline: Sum; visits: number; redemptions: number };
};
