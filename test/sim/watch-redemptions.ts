import type { StoredCoupon } from '#store/coupons.ts';
import type { Environment } from './lambda.ts';
import type { Truth } from './truth.ts';

/** Each change of a coupon at a till, as the table sees it: one redemption at a time, in time, in its place. */
export function watchRedemption(
  truth: Truth,
  before: StoredCoupon,
  after: StoredCoupon,
  environment: Environment,
): void {
  const about = [after.couponId, after.couponKey];
  const [was, is] = [before.redemption, after.redemption];
  const rolledBack = new Set((after.spentRedemptions ?? []).map(({ redemptionId }) => redemptionId));
  if (was && is && was.redemptionId !== is.redemptionId)
    truth.violate('23', `${environment.id} redeemed what was redeemed`, about);
  if (was && !is && !rolledBack.has(was.redemptionId))
    truth.violate('25', 'a redemption vanished without a roll-back', about);
  if (is && !was) {
    if (is.redeemedAt >= after.expiresAt) truth.violate('27', 'a coupon was redeemed at or after its expiry', about);
    if (rolledBack.has(is.redemptionId)) truth.violate('25', 'a redemption that was rolled back came again', about);
    if (after.offer.redeemAt === 'triggerPlace' && is.placeId !== after.triggerPlaceId) {
      truth.violate('27', 'a coupon was redeemed at another place than its own', about);
    }
    truth.redemptions += 1;
  }
  watchReservation(truth, before, after, about);
}

/** Until its time is up, a reserved coupon is for the redemption that reserved it. */
function watchReservation(truth: Truth, before: StoredCoupon, after: StoredCoupon, about: string[]): void {
  const held = before.state === 'reserved' ? before.reservation : undefined;
  const next = after.redemption ?? after.reservation;
  if (held && next && next.redemptionId !== held.redemptionId) {
    const takenAt = after.redemption?.redeemedAt ?? after.reservation?.reservedAt ?? 0;
    if (takenAt < held.reservedUntil) truth.violate('26', 'a reserved coupon was taken by another redemption', about);
  }
}
