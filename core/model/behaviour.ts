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
  skus: string[];
  placeId?: string | undefined;
  region?: string | undefined;
};

/** A visit: from when somebody was first known to be at a place; `leftAt` when they were known to have gone. */
export type PastVisit = { signalId: string; at: number; placeId: string; leftAt?: number | undefined };

/** A coupon that was used. */
export type PastRedemption = { couponId: string; campaignId: string; at: number };

/** Purchases and visits that were forgotten one by one, and still count. */
export type Sum = { count: number; total: number };

/**
 * What a person has done, in the item of the person, so that a decision that has read them knows it. Bounded: the newest
 * of each, newest first, and the sums of those before.
 */
export type Behaviour = {
  purchases: PastPurchase[];
  visits: PastVisit[];
  redemptions: PastRedemption[];
  earlier: { online: Sum; offline: Sum; visits: number; redemptions: number };
};
