import type { CouponState } from '../model/coupon.ts';

export const REDEMPTION_ACTIONS = ['redeem'] as const;
export type RedemptionAction = (typeof REDEMPTION_ACTIONS)[number];

/** In which states a coupon admits an action. The store's conditions and every page ask this table. */
const ALLOWED: Record<RedemptionAction, readonly CouponState[]> = { redeem: ['issued'] };

export type CouponFacts = {
  state: CouponState;
  /** Epoch milliseconds; at this instant it is over. */
  expiresAt: number;
  redeemAt: 'triggerPlace' | 'anyPlace';
  triggerPlaceId?: string | undefined;
};

export type Obstacle = 'expired' | 'used' | 'void' | 'wrong-place';

/** What a coupon is at an instant: an issued one whose time has passed is expired, whatever the record says. */
export function stateAt({ state, expiresAt }: Pick<CouponFacts, 'state' | 'expiresAt'>, now: number): CouponState {
  return (state === 'issued' || state === 'reserved') && now >= expiresAt ? 'expired' : state;
}

/** What keeps a coupon from being redeemed at a place and instant, or undefined. Fails closed where the place is not known. */
export function redemptionObstacle(coupon: CouponFacts, placeId: string, now: number): Obstacle | undefined {
  const state = stateAt(coupon, now);
  if (state === 'expired' || state === 'void') return state;
  if (!ALLOWED.redeem.includes(state)) return 'used';
  if (coupon.redeemAt === 'triggerPlace' && coupon.triggerPlaceId !== placeId) return 'wrong-place';
  return undefined;
}
