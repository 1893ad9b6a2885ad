import { ConditionalCheckFailedException, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import type { Campaign, Offer } from '#core/model/campaign.ts';
import type { CouponState } from '#core/model/coupon.ts';
import type { Signal } from '#core/model/signal.ts';
import { couponCode, couponKey } from '#core/offers/coupon-code.ts';
import { type Database, fromItem, type Item, toItem, toKey } from './client.ts';
import { offerKeys } from './keys.ts';
import { batchGet } from './read.ts';

/** Kept after its expiry for as long as a customer may ask about it. */
const COUPON_TTL_SECONDS = 400 * 86_400;

export type StoredCoupon = {
  couponId: string;
  couponKey: string;
  campaignId: string;
  personId: string;
  state: CouponState;
  offer: Offer;
  triggerPlaceId?: string;
  /** Epoch milliseconds. */
  issuedAt: number;
  expiresAt: number;
  redemption?: StoredRedemption;
};
export type StoredRedemption = {
  redemptionId: string;
  placeId: string;
  tillId: string;
  /** Epoch milliseconds. */
  redeemedAt: number;
  discount?: { amount: number; currency: string };
  /** Digest of the request: the same id with other content is another redemption. */
  requestDigest: string;
};

/** The item of a new coupon. Its code is derived and shown when asked for, never stored. */
export function newCoupon(args: {
  signal: Signal;
  couponSecret: string;
  couponId: string;
  campaign: Campaign;
  personId: string;
  now: number;
  expiresAt: number;
}): Item & { couponKey: string } {
  const { signal, couponSecret, couponId, campaign } = args;
  const key = couponKey(couponSecret, signal.brand, couponCode(couponSecret, signal.brand, couponId));
  return {
    ...offerKeys.coupon(signal.brand, key),
    entity: 'coupon',
    couponId,
    couponKey: key,
    campaignId: campaign.campaignId,
    personId: args.personId,
    state: 'issued',
    offer: campaign.offer,
    triggerPlaceId: signal.placeId,
    issuedAt: args.now,
    expiresAt: args.expiresAt,
    ttl: Math.floor(args.expiresAt / 1000) + COUPON_TTL_SECONDS,
  };
}

export async function getCoupons(
  db: Database,
  brand: string,
  keys: readonly string[],
): Promise<(StoredCoupon | undefined)[]> {
  const wanted = keys.map((key) => offerKeys.coupon(brand, key));
  const found = await batchGet(db, { offers: wanted });
  return wanted.map((key) => found.get('offers', key) as StoredCoupon | undefined);
}

/**
 * Redeems if, at this instant, the coupon is issued and not expired. One conditional write on one item, so two tills
 * cannot both succeed; the loser gets what the coupon had become.
 */
export async function redeemCoupon(
  db: Database,
  brand: string,
  key: string,
  redemption: StoredRedemption,
): Promise<{ won: true } | { won: false; coupon: StoredCoupon | undefined }> {
  try {
    await db.client.send(
      new UpdateItemCommand({
        TableName: db.table('offers'),
        Key: toKey(offerKeys.coupon(brand, key)),
        UpdateExpression: 'SET #state = :redeemed, redemption = :redemption',
        ConditionExpression: '#state = :issued AND expiresAt > :now',
        ExpressionAttributeNames: { '#state': 'state' },
        ExpressionAttributeValues: toItem({
          ':redeemed': 'redeemed',
          ':issued': 'issued',
          ':redemption': redemption,
          ':now': redemption.redeemedAt,
        }),
        ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
      }),
    );
    return { won: true };
  } catch (error) {
    if (!(error instanceof ConditionalCheckFailedException)) throw error;
    return { won: false, coupon: error.Item && fromItem<StoredCoupon>(error.Item) };
  }
}
