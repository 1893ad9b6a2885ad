import type { RedemptionAction } from '#core/offers/redemption.ts';
import { addRedemption, withoutRedemption } from '#core/people/behaviour.ts';
import type { StoredCoupon } from '#store/coupons.ts';
import { changeBehaviour } from '../shared/behaviour.ts';
import type { Runtime } from '../shared/runtime.ts';

/**
 * Remembers in the person that they have used a coupon, or that they have not after all, before the till is answered. A
 * till without an answer asks again, and comes here again; a use that was taken back meanwhile is not remembered.
 */
export async function rememberUse(
  runtime: Runtime,
  brand: string,
  done: { action: RedemptionAction; coupon: StoredCoupon; key: string; redemptionId: string },
): Promise<void> {
  const { action, coupon, key, redemptionId } = done;
  if (action === 'reserve') return;
  const { couponId, campaignId, personId, redemption } = coupon;
  const whileCoupon = { couponKey: key, redemptionId, isRedeemed: action === 'redeem' };
  await changeBehaviour(runtime, { brand, personId, whileCoupon }, (before) =>
    action === 'redeem' && redemption
      ? addRedemption(before, { couponId, campaignId, at: redemption.redeemedAt })
      : withoutRedemption(before, couponId),
  );
}
