import type { Offer } from '#core/model/campaign.ts';
import type { CouponFacts, RedemptionAction, RedemptionRequest } from '#core/offers/redemption.ts';

export const ISSUED_AT = Date.parse('2026-11-22T10:00:00Z');
export const HOUR_MS = 3_600_000;
export const MINUTE_MS = 60_000;

export const OFFER: Offer = {
  kind: 'amountOff',
  amount: 500,
  currency: 'CNY',
  expiresAfter: 'PT4H',
  redeemAt: 'triggerPlace',
};

export function aCoupon(overrides: Partial<CouponFacts> = {}): CouponFacts {
  return { state: 'issued', expiresAt: ISSUED_AT + 4 * HOUR_MS, offer: OFFER, triggerPlaceId: 's1', ...overrides };
}

export function aRequest(action: RedemptionAction, overrides: Partial<RedemptionRequest> = {}): RedemptionRequest {
  return { action, redemptionId: 'r1', placeId: 's1', tillId: 'till-1', staff: 'staff-1', ...overrides };
}

/**
 * The obviously right redemption of one coupon: it keeps everything that ever happened and looks through it. Each answer
 * is `ok` and a text that a repetition must repeat, or `no`.
 */
export function referenceCoupon(expiresAt: number) {
  type Event = { kind: RedemptionAction; id: string; content: string; at: number; answer: string };
  const history: Event[] = [];
  const last = (kind: RedemptionAction, id: string) => history.findLast((e) => e.kind === kind && e.id === id);
  const isOver = (id: string) => last('rollback', id) !== undefined;
  /** Who has redeemed it, unless that was rolled back. */
  const user = () => history.findLast(({ kind, id }) => kind === 'redeem' && !isOver(id));
  /** Who took it last, in time or not, unless that was rolled back or used. */
  const reserver = () => {
    const event = history.findLast(({ kind }) => kind !== 'rollback');
    return event?.kind === 'reserve' && !isOver(event.id) ? event : undefined;
  };
  const heldUntil = (event: Event) => Math.min(event.at + 15 * MINUTE_MS, expiresAt);
  const record = (kind: RedemptionAction, id: string, content: string, at: number) => {
    const event = { kind, id, content, at, answer: `${kind} ${id} ${kind === 'rollback' ? '' : content} at ${at}` };
    history.push(event);
    return event.answer;
  };

  const giveBack = (id: string, now: number): string => {
    const earlier = last('rollback', id);
    if (earlier) return earlier.answer;
    return (user() ?? reserver())?.id === id ? record('rollback', id, '', now) : 'no';
  };
  const repeat = (event: Event | undefined, content: string) => (event?.content === content ? event.answer : 'no');
  const askOfUsed = (used: Event, action: RedemptionAction, id: string, content: string): string => {
    if (used.id !== id) return 'no';
    if (action === 'redeem') return repeat(used, content);
    // Only the reservation that led to this redemption is repeated: one that somebody else had taken over is gone.
    const before = history[history.indexOf(used) - 1];
    return repeat(before?.kind === 'reserve' && before.id === id ? before : undefined, content);
  };

  return {
    netRedemptions: () => history.filter(({ kind, id }) => kind === 'redeem' && !isOver(id)).length,
    ask: (action: RedemptionAction, id: string, content: string, now: number): string => {
      if (action === 'rollback') return giveBack(id, now);
      const [used, reserved] = [user(), reserver()];
      if (used) return askOfUsed(used, action, id, content);
      if (now >= expiresAt || isOver(id)) return 'no';
      if (reserved?.id === id && action === 'reserve') return repeat(reserved, content);
      const isHeld = reserved && reserved.id !== id && now < heldUntil(reserved);
      return isHeld ? 'no' : record(action, id, content, now);
    },
  };
}
