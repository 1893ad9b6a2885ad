import { digestId } from '#core/hash.ts';
import { type RedeemInput, RedeemInputSchema, type Redemption } from '#core/model/coupon.ts';
import type { Place } from '#core/model/place.ts';
import { couponKey, parseCouponCode } from '#core/offers/coupon-code.ts';
import { redemptionObstacle } from '#core/offers/redemption.ts';
import { discountOf } from '#core/offers/value.ts';
import { getEntry, getMeta } from '#store/catalogue.ts';
import type { Database } from '#store/client.ts';
import { getCoupons, redeemCoupon, type StoredCoupon, type StoredRedemption } from '#store/coupons.ts';
import { brandOf, type HttpRequest, type HttpResponse } from '../shared/http.ts';
import { inOrder } from '../shared/in-order.ts';
import { Problem } from '../shared/problem.ts';
import type { Runtime } from '../shared/runtime.ts';
import { validate } from '../shared/validate.ts';

/**
 * `POST /v1/coupons/{code}/redeem`. Decided by one conditional write; the checks before it choose the words of a
 * refusal, the write chooses the winner. The same `redemptionId` with the same content gets the same answer, byte by byte.
 */
export async function redeem(request: HttpRequest): Promise<HttpResponse> {
  const brand = brandOf(request);
  const input = validate(RedeemInputSchema, request.body);
  const key = await keyOf(request.runtime, brand, request.path.code ?? '');
  const [coupon] = await getCoupons(request.runtime.db, brand, [key]);
  if (!coupon) throw notFound();
  const requestDigest = digestId(JSON.stringify([input.placeId, input.tillId, input.basket ?? null]));
  const earlier = replay(coupon, input, requestDigest);
  if (earlier) return earlier;
  const now = request.runtime.now();
  refuseUnlessRedeemable(coupon, await knownPlace(request.runtime.db, brand, input.placeId), now);
  const redemption = redemptionOf(coupon, input, requestDigest, now);
  const result = await redeemCoupon(request.runtime.db, brand, key, redemption);
  if (result.won) return answer({ ...coupon, redemption });
  // Somebody was faster: perhaps our own first try, whose answer was lost.
  const winner = result.coupon;
  const own = winner && replay(winner, input, requestDigest);
  if (own) return own;
  if (winner) refuseUnlessRedeemable(winner, input.placeId, now);
  throw new Problem('coupon-used', 'the coupon has been used');
}

async function keyOf(runtime: Runtime, brand: string, typed: string): Promise<string> {
  const code = parseCouponCode(typed);
  if (!code) throw notFound();
  return couponKey(await runtime.secret('couponSecret'), brand, code);
}

/** One answer for codes that are malformed, unknown, or another brand's: a guesser learns nothing. */
const notFound = () => new Problem('not-found', 'there is no such coupon');

function replay(coupon: StoredCoupon, { redemptionId }: RedeemInput, requestDigest: string): HttpResponse | undefined {
  if (coupon.redemption?.redemptionId !== redemptionId) return undefined;
  if (coupon.redemption.requestDigest === requestDigest) return answer(coupon);
  throw new Problem('unprocessable', 'this redemptionId was used with other content', [
    { pointer: '/redemptionId', detail: 'was used with another place, till or basket' },
  ]);
}

/** A till at a place nobody knows is no till: location rules fail closed. */
async function knownPlace(db: Database, brand: string, placeId: string): Promise<string> {
  const own = await getEntry<Place>(db, { kind: 'brand', id: brand }, 'place', placeId);
  if (own) return placeId;
  const { venues } = await getMeta(db, { kind: 'brand', id: brand });
  for (const id of venues) {
    if (await getEntry<Place>(db, { kind: 'venue', id }, 'place', placeId)) return placeId;
  }
  throw new Problem('unprocessable', 'the place is not known', [
    { pointer: '/placeId', detail: 'is not a place of this brand' },
  ]);
}

function refuseUnlessRedeemable(coupon: StoredCoupon, placeId: string, now: number): void {
  const facts = { ...coupon, redeemAt: coupon.offer.redeemAt };
  switch (redemptionObstacle(facts, placeId, now)) {
    case undefined:
      return;
    case 'expired':
    case 'void':
      throw new Problem('coupon-expired', 'the coupon has expired');
    case 'used':
      throw new Problem('coupon-used', 'the coupon has been used');
    case 'wrong-place':
      throw new Problem('unprocessable', 'the coupon is for another place', [
        { pointer: '/placeId', detail: 'is not the place at which this coupon may be redeemed' },
      ]);
  }
}

function redemptionOf(coupon: StoredCoupon, input: RedeemInput, requestDigest: string, now: number): StoredRedemption {
  const { redemptionId, placeId, tillId, basket } = input;
  const discount = basket && discountOf(coupon.offer, basket);
  if (discount && 'refused' in discount) {
    throw new Problem('unprocessable', 'the offer does not apply to this basket', [
      { pointer: '/basket', detail: discount.refused },
    ]);
  }
  return { redemptionId, placeId, tillId, redeemedAt: now, requestDigest, ...(discount && { discount }) };
}

/** From the record alone, so that a replay cannot differ from the first answer. */
function answer({ couponId, campaignId, offer, redemption }: StoredCoupon): HttpResponse {
  if (!redemption) throw new Error('a redeemed coupon without its redemption');
  const { redemptionId, placeId, tillId, redeemedAt, discount } = redemption;
  const body: Redemption = {
    redemptionId,
    couponId,
    campaignId,
    state: 'redeemed',
    redeemedAt: new Date(redeemedAt).toISOString(),
    placeId,
    tillId,
    offer: inOrder(offer),
    ...(discount && { discount: { amount: discount.amount, currency: discount.currency } }),
  };
  return { status: 200, body };
}
