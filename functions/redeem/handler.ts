import { httpFunction } from '../shared/http.ts';
import { redeem, reserve, rollback } from './redeem.ts';

/** A coupon is used at a till: held, redeemed, given back. */
export const handler = httpFunction('redeem', {
  reserveCoupon: reserve,
  redeemCoupon: redeem,
  rollbackCoupon: rollback,
});
