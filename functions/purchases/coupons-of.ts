import { couponKey, isCodeOf, parseCouponCode, typedForm } from '#core/offers/coupon-code.ts';
import { getCoupons, type StoredCoupon } from '#store/coupons.ts';
import type { Runtime } from '../shared/runtime.ts';

/** What might be codes of ours, each once. */
export const parsedCodes = (codes: readonly string[]): string[] => [
  ...new Set(codes.flatMap((code) => parseCouponCode(code) ?? [])),
];

/** The brand's coupons that these codes are of. What is no code of ours, a shop's own `SUMMER10`, is passed over. */
export async function couponsOf(runtime: Runtime, brand: string, codes: readonly string[]): Promise<StoredCoupon[]> {
  const parsed = parsedCodes(codes);
  if (parsed.length === 0) return [];
  const couponSecret = await runtime.secret('couponSecret');
  const keys = parsed.map((code) => couponKey(couponSecret, brand, typedForm(code)));
  const coupons = await getCoupons(runtime.db, brand, keys);
  const right = coupons.filter(
    (coupon, index): coupon is StoredCoupon =>
      coupon !== undefined && isCodeOf(parsed[index] ?? '', couponSecret, brand, coupon.couponId),
  );
  return [...new Map(right.map((coupon) => [coupon.couponId, coupon])).values()];
}
