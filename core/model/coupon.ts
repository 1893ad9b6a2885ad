import * as z from 'zod/mini';
import { OfferSchema } from './campaign.ts';
import { AmountSchema, CurrencySchema, IdSchema } from './common.ts';

export const COUPON_STATES = ['issued', 'reserved', 'redeemed', 'expired', 'void'] as const;
export type CouponState = (typeof COUPON_STATES)[number];

export const CouponSchema = z.object({
  couponId: z.string(),
  campaignId: z.string(),
  code: z.string(),
  state: z.enum(COUPON_STATES),
  issuedAt: z.iso.datetime(),
  expiresAt: z.iso.datetime(),
  offer: OfferSchema,
});

/** What the customer buys, as far as the till tells: a total in minor units. */
const BasketSchema = z.strictObject({
  total: AmountSchema,
  currency: CurrencySchema,
});

/** `POST /v1/coupons/{code}/redeem`. */
export const RedeemInputSchema = z.strictObject({
  /** The till's own key: the same id again replays the same answer. */
  redemptionId: IdSchema,
  placeId: IdSchema,
  tillId: IdSchema,
  basket: z.optional(BasketSchema),
});
export type RedeemInput = z.infer<typeof RedeemInputSchema>;

export const RedemptionSchema = z.object({
  redemptionId: z.string(),
  couponId: z.string(),
  campaignId: z.string(),
  state: z.literal('redeemed'),
  redeemedAt: z.iso.datetime(),
  placeId: z.string(),
  tillId: z.string(),
  offer: OfferSchema,
  discount: z.optional(z.object({ amount: z.number(), currency: z.string() })),
});
export type Redemption = z.infer<typeof RedemptionSchema>;
