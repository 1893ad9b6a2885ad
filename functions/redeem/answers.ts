import type { Redemption, Reservation, Rollback } from '#core/model/coupon.ts';
import {
  MAX_ROLLBACKS,
  type Obstacle,
  type RedemptionAction,
  rollbackOf,
  type StoredRedemption,
  type StoredReservation,
  stateAt,
} from '#core/offers/redemption.ts';
import type { StoredCoupon } from '#store/coupons.ts';
import { inOrder } from '../shared/in-order.ts';
import { type FieldError, Problem, type ProblemKind } from '../shared/problem.ts';

const instant = (ms: number): string => new Date(ms).toISOString();

/** From the record alone, so that a repetition cannot differ from the first answer. */
export function answerOf(
  action: RedemptionAction,
  coupon: StoredCoupon,
  redemptionId: string,
): Reservation | Redemption | Rollback {
  const { reservation, redemption } = coupon;
  if (action === 'rollback') return rollbackAnswer(coupon, redemptionId);
  if (action === 'reserve') {
    if (!reservation) throw new Error('a reserved coupon without its reservation');
    const { reservedAt, reservedUntil } = reservation;
    const times = { reservedAt: instant(reservedAt), reservedUntil: instant(reservedUntil) };
    return { ...claimAnswer(coupon, reservation), state: 'reserved', ...times };
  }
  if (!redemption) throw new Error('a redeemed coupon without its redemption');
  return { ...claimAnswer(coupon, redemption), state: 'redeemed', redeemedAt: instant(redemption.redeemedAt) };
}

function claimAnswer({ couponId, campaignId, offer }: StoredCoupon, claim: StoredReservation | StoredRedemption) {
  const { redemptionId, placeId, tillId, discount } = claim;
  return {
    redemptionId,
    couponId,
    campaignId,
    placeId,
    tillId,
    offer: inOrder(offer),
    ...(discount && { discount: { amount: discount.amount, currency: discount.currency } }),
  };
}

function rollbackAnswer(coupon: StoredCoupon, id: string): Rollback {
  const rollback = rollbackOf(coupon, id);
  if (!rollback) throw new Error('a rollback that is not in the record');
  const { redemptionId, placeId, tillId, reason, rolledBackAt } = rollback;
  const { couponId, campaignId, expiresAt } = coupon;
  // As it was then: what others have made of the coupon since is no part of this answer.
  const state = stateAt({ state: 'issued', expiresAt }, rolledBackAt) === 'expired' ? 'expired' : 'issued';
  return {
    redemptionId,
    couponId,
    campaignId,
    state,
    rolledBackAt: instant(rolledBackAt),
    placeId,
    tillId,
    ...(reason && { reason }),
  };
}

type Refusal = readonly [ProblemKind, string, (readonly FieldError[])?];

/** What each obstacle is to a till. A rollback of another's is 409 and not 404: whoever has the code is no guesser. */
const REFUSALS: Record<Exclude<Obstacle, 'reserved' | 'basket'>, Refusal> = {
  expired: ['coupon-expired', 'the coupon has expired'],
  void: ['coupon-expired', 'the coupon has expired'],
  used: ['coupon-used', 'the coupon has been used'],
  'rolled-back': ['redemption-conflict', 'this redemption was rolled back; a new one needs a redemptionId of its own'],
  'not-its-own': [
    'redemption-conflict',
    'this redemptionId has neither reserved nor redeemed this coupon; in doubt, repeat the redemption, then roll it back',
  ],
  'too-many-rollbacks': ['redemption-conflict', `a coupon can be rolled back ${MAX_ROLLBACKS} times`],
  'other-content': [
    'unprocessable',
    'this redemptionId was used with other content',
    [{ pointer: '/redemptionId', detail: 'was used with another place, till or basket' }],
  ],
  'wrong-place': [
    'unprocessable',
    'the coupon is for another place',
    [{ pointer: '/placeId', detail: 'is not the place at which this coupon may be redeemed' }],
  ],
};

/** Why not, as a problem document. */
export function refusalOf(refusal: { obstacle: Obstacle; detail?: string; coupon: StoredCoupon }): Problem {
  const { obstacle, detail = '', coupon } = refusal;
  if (obstacle === 'basket') {
    return new Problem('unprocessable', 'the offer does not apply to this basket', [{ pointer: '/basket', detail }]);
  }
  if (obstacle === 'reserved') {
    const until = coupon.reservation && ` until ${instant(coupon.reservation.reservedUntil)}`;
    return new Problem('coupon-reserved', `another redemption has reserved the coupon${until ?? ''}`);
  }
  return new Problem(...REFUSALS[obstacle]);
}
