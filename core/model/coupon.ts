import * as z from 'zod/mini';
import { OfferSchema } from './campaign.ts';
import { AmountSchema, CurrencySchema, IdSchema, NameSchema } from './common.ts';

export const COUPON_STATES = ['issued', 'reserved', 'redeemed', 'expired', 'void'] as const;
export type CouponState = (typeof COUPON_STATES)[number];

export const CouponSchema = z.object({
  couponId: z.string(),
  campaignId: z.string(),
  /** To be typed, `XXXX-XXXX-XXXX-C`; and, of the same coupon, to be scanned: four symbols more. */
  code: z.string(),
  qrCode: z.string(),
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

/** `POST /v1/coupons/{code}/redeem` and `…/reserve`. */
export const RedeemInputSchema = z.strictObject({
  /** The till's own key: the same id again replays the same answer. */
  redemptionId: IdSchema,
  placeId: IdSchema,
  tillId: IdSchema,
  basket: z.optional(BasketSchema),
});
export type RedeemInput = z.infer<typeof RedeemInputSchema>;

/** `POST /v1/coupons/{code}/rollback`: the redemption that is undone, and where and why. */
export const RollbackInputSchema = z.extend(RedeemInputSchema, {
  /** In the words of the staff, for those who look into it later. */
  reason: z.optional(NameSchema),
});
export type RollbackInput = z.infer<typeof RollbackInputSchema>;

const CLAIM = {
  redemptionId: z.string(),
  couponId: z.string(),
  campaignId: z.string(),
  placeId: z.string(),
  tillId: z.string(),
  offer: OfferSchema,
  discount: z.optional(z.object({ amount: z.number(), currency: z.string() })),
};

export const RedemptionSchema = z.object({
  ...CLAIM,
  state: z.literal('redeemed'),
  redeemedAt: z.iso.datetime(),
});
export type Redemption = z.infer<typeof RedemptionSchema>;

export const ReservationSchema = z.object({
  ...CLAIM,
  state: z.literal('reserved'),
  reservedAt: z.iso.datetime(),
  /** From then on another redemption may take the coupon. */
  reservedUntil: z.iso.datetime(),
});
export type Reservation = z.infer<typeof ReservationSchema>;

export const RollbackSchema = z.object({
  redemptionId: z.string(),
  couponId: z.string(),
  campaignId: z.string(),
  /** What the coupon was thereafter. */
  state: z.enum(['issued', 'expired']),
  rolledBackAt: z.iso.datetime(),
  placeId: z.string(),
  tillId: z.string(),
  reason: z.optional(z.string()),
});
export type Rollback = z.infer<typeof RollbackSchema>;
