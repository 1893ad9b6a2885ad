import { httpFunction } from '../shared/http.ts';
import { redeem } from './redeem.ts';

/** A coupon is used at a till. */
export const handler = httpFunction('redeem', { redeemCoupon: redeem });
