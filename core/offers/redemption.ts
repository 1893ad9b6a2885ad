import { digestId } from '../hash.ts';
import type { Offer } from '../model/campaign.ts';
import type { CouponState } from '../model/coupon.ts';
import { type Basket, discountOf } from './value.ts';

export const REDEMPTION_ACTIONS = ['reserve', 'redeem', 'rollback'] as const;
export type RedemptionAction = (typeof REDEMPTION_ACTIONS)[number];

/** A customer at the counter or in a checkout needs no longer; a till that died holds a coupon no longer than this. */
export const RESERVATION_MS = 15 * 60_000;
/** Rolled-back ids stay in the coupon's item, about 250 bytes each. Nobody returns one purchase twenty times. */
export const MAX_ROLLBACKS = 20;

/** Whose a request is: of the redemption that has the coupon, of one that was rolled back, or of any other. */
export type Standing = 'holder' | 'rolledBack' | 'stranger';

type TableObstacle = 'expired' | 'void' | 'used' | 'reserved' | 'rolled-back' | 'not-its-own';
export type Obstacle = TableObstacle | 'other-content' | 'wrong-place' | 'basket' | 'too-many-rollbacks';

type Cell = 'do' | 'replay' | TableObstacle;
type Row = Record<Standing, Cell>;
const all = (cell: Cell): Row => ({ holder: cell, rolledBack: cell, stranger: cell });

/**
 * What a till may do with a coupon: action, then what the coupon is at that instant, then whose the request is.
 * `do` writes, `replay` repeats the first answer from the record, all else is why not. The store's conditions are made
 * of the `do`s. A redemption that was rolled back is over: a late duplicate of it must not use the coupon again. A
 * reservation whose time has passed leaves the coupon issued, to its holder too, as long as nobody else takes it.
 */
export const REDEMPTION_TABLE: Record<RedemptionAction, Record<CouponState, Row>> = {
  reserve: {
    issued: { holder: 'replay', rolledBack: 'rolled-back', stranger: 'do' },
    reserved: { holder: 'replay', rolledBack: 'rolled-back', stranger: 'reserved' },
    redeemed: { holder: 'replay', rolledBack: 'rolled-back', stranger: 'used' },
    expired: all('expired'),
    void: all('void'),
  },
  redeem: {
    issued: { holder: 'do', rolledBack: 'rolled-back', stranger: 'do' },
    reserved: { holder: 'do', rolledBack: 'rolled-back', stranger: 'reserved' },
    redeemed: { holder: 'replay', rolledBack: 'rolled-back', stranger: 'used' },
    expired: all('expired'),
    void: all('void'),
  },
  // Giving back is never too late: the money went the other way, whatever has become of the coupon since.
  rollback: {
    issued: { holder: 'do', rolledBack: 'replay', stranger: 'not-its-own' },
    reserved: { holder: 'do', rolledBack: 'replay', stranger: 'not-its-own' },
    redeemed: { holder: 'do', rolledBack: 'replay', stranger: 'not-its-own' },
    expired: { holder: 'do', rolledBack: 'replay', stranger: 'not-its-own' },
    void: { holder: 'void', rolledBack: 'replay', stranger: 'void' },
  },
};

/** What time alone does to a coupon, the first row that applies: expiry beats the end of a reservation. */
const BY_THE_CLOCK: readonly { from: readonly CouponState[]; due: (coupon: Timed) => number; to: CouponState }[] = [
  { from: ['issued', 'reserved'], due: ({ expiresAt }) => expiresAt, to: 'expired' },
  {
    from: ['reserved'],
    due: ({ reservation }) => reservation?.reservedUntil ?? Number.POSITIVE_INFINITY,
    to: 'issued',
  },
];

/** All times are epoch milliseconds. */
type Claim = {
  redemptionId: string;
  placeId: string;
  tillId: string;
  discount?: { amount: number; currency: string };
  /** Digest of the request: the same id with other content is another redemption. */
  requestDigest: string;
};
export type StoredReservation = Claim & { reservedAt: number; reservedUntil: number };
export type StoredRedemption = Claim & { redeemedAt: number };
export type StoredRollback = {
  redemptionId: string;
  /** Where and by whom it was rolled back, which need not be where it was redeemed. */
  placeId: string;
  tillId: string;
  staff: string;
  reason?: string;
  rolledBackAt: number;
  undone: { state: 'reserved' | 'redeemed'; placeId: string; tillId: string; at: number };
};

/** What redemptions have made of a coupon, as it is stored; a new coupon has its state only. */
export type RedemptionRecord = {
  state: CouponState;
  reservation?: StoredReservation | undefined;
  redemption?: StoredRedemption | undefined;
  spentRedemptions?: readonly StoredRollback[] | undefined;
};
export type CouponFacts = RedemptionRecord & {
  /** At this instant it is over. */
  expiresAt: number;
  offer: Offer;
  triggerPlaceId?: string | undefined;
};
type Timed = Pick<CouponFacts, 'state' | 'expiresAt' | 'reservation'>;

export type RedemptionRequest = {
  action: RedemptionAction;
  redemptionId: string;
  placeId: string;
  tillId: string;
  basket?: Basket | undefined;
  /** Of a rollback: why, and who does it. */
  reason?: string | undefined;
  staff: string;
};

/** The whole record that follows: what is undefined in it is no longer there. */
export type NextRecord = { [Part in keyof Required<RedemptionRecord>]: RedemptionRecord[Part] };

export type RedemptionDecision =
  | { outcome: 'do'; next: NextRecord }
  | { outcome: 'replay' }
  | { outcome: 'refuse'; obstacle: Obstacle; detail?: string };

/** What a coupon is at an instant, whatever the record says: an issued one whose time has passed is expired. */
export function stateAt(coupon: Timed, now: number): CouponState {
  const passed = BY_THE_CLOCK.find(({ from, due }) => from.includes(coupon.state) && now >= due(coupon));
  return passed?.to ?? coupon.state;
}

/** Whose a request with this redemption id is. */
function standingOf(coupon: RedemptionRecord, redemptionId: string): Standing {
  if (rollbackOf(coupon, redemptionId)) return 'rolledBack';
  const claim = coupon.redemption ?? coupon.reservation;
  return claim?.redemptionId === redemptionId ? 'holder' : 'stranger';
}

export function rollbackOf({ spentRedemptions = [] }: RedemptionRecord, id: string): StoredRollback | undefined {
  return spentRedemptions.find(({ redemptionId }) => redemptionId === id);
}

/** The digest by which a repetition is told from another request of the same redemption id. */
export function requestDigestOf({ placeId, tillId, basket }: RedemptionRequest): string {
  return digestId(JSON.stringify([placeId, tillId, basket ?? null]));
}

/**
 * Decides what a till's request does to a coupon at an instant. Deciding again on the record that came of a `do` gives
 * `replay`: that is what makes retries safe. Whether anybody knows the place is not asked here.
 */
export function decideRedemption(coupon: CouponFacts, request: RedemptionRequest, now: number): RedemptionDecision {
  const standing = standingOf(coupon, request.redemptionId);
  const cell = REDEMPTION_TABLE[request.action][stateAt(coupon, now)][standing];
  if (cell === 'replay') return request.action === 'rollback' ? { outcome: 'replay' } : replayOf(coupon, request);
  if (cell !== 'do') return { outcome: 'refuse', obstacle: cell };
  return request.action === 'rollback' ? rolledBack(coupon, request, now) : claimed(coupon, request, standing, now);
}

function replayOf(coupon: CouponFacts, request: RedemptionRequest): RedemptionDecision {
  const claim = request.action === 'redeem' ? coupon.redemption : coupon.reservation;
  // Redeemed without a reservation: there is nothing to repeat, and the coupon has been used.
  if (!claim) return { outcome: 'refuse', obstacle: 'used' };
  if (claim.requestDigest !== requestDigestOf(request)) return { outcome: 'refuse', obstacle: 'other-content' };
  return { outcome: 'replay' };
}

/** A commit may differ from its reservation: the basket is often known only at the payment. Its place is asked again. */
function claimed(coupon: CouponFacts, request: RedemptionRequest, standing: Standing, now: number): RedemptionDecision {
  const { offer, expiresAt, spentRedemptions } = coupon;
  const { action, redemptionId, placeId, tillId, basket } = request;
  // Fails closed where the place at which it was triggered is not known.
  if (offer.redeemAt === 'triggerPlace' && coupon.triggerPlaceId !== placeId) {
    return { outcome: 'refuse', obstacle: 'wrong-place' };
  }
  const discount = basket && discountOf(offer, basket);
  if (discount && 'refused' in discount) return { outcome: 'refuse', obstacle: 'basket', detail: discount.refused };
  const requestDigest = requestDigestOf(request);
  const claim: Claim = { redemptionId, placeId, tillId, requestDigest, ...(discount && { discount }) };
  if (action === 'redeem') {
    const reservation = standing === 'holder' ? coupon.reservation : undefined;
    const redemption = { ...claim, redeemedAt: now };
    return { outcome: 'do', next: { state: 'redeemed', reservation, redemption, spentRedemptions } };
  }
  const reservation = { ...claim, reservedAt: now, reservedUntil: Math.min(now + RESERVATION_MS, expiresAt) };
  return { outcome: 'do', next: { state: 'reserved', reservation, redemption: undefined, spentRedemptions } };
}

function rolledBack(coupon: CouponFacts, request: RedemptionRequest, now: number): RedemptionDecision {
  const { reservation, redemption, spentRedemptions = [] } = coupon;
  const { redemptionId, placeId, tillId, staff, reason } = request;
  if (spentRedemptions.length >= MAX_ROLLBACKS) return { outcome: 'refuse', obstacle: 'too-many-rollbacks' };
  const undone = redemption
    ? { state: 'redeemed' as const, placeId: redemption.placeId, tillId: redemption.tillId, at: redemption.redeemedAt }
    : reservation && {
        state: 'reserved' as const,
        placeId: reservation.placeId,
        tillId: reservation.tillId,
        at: reservation.reservedAt,
      };
  if (!undone) throw new Error('a holder without a redemption or a reservation');
  const rollback = { redemptionId, placeId, tillId, staff, ...(reason && { reason }), rolledBackAt: now, undone };
  const free = { state: 'issued' as const, reservation: undefined, redemption: undefined };
  return { outcome: 'do', next: { ...free, spentRedemptions: [...spentRedemptions, rollback] } };
}
