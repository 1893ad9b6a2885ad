import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type CouponFacts,
  decideRedemption,
  MAX_ROLLBACKS,
  REDEMPTION_ACTIONS,
  RESERVATION_MS,
  type RedemptionAction,
  type RedemptionRequest,
  requestDigestOf,
  rollbackOf,
  stateAt,
} from '#core/offers/redemption.ts';
import cases from '../cases/redemption.json' with { type: 'json' };
import { aCoupon, aRequest, HOUR_MS, ISSUED_AT, MINUTE_MS, OFFER, referenceCoupon } from './redemption-model.ts';

const SEED = Number(process.env.SEED ?? 20261122);

/** Does one after the other, at the minute of issue; each must be done. */
function having(...requests: RedemptionRequest[]): CouponFacts {
  const coupon = aCoupon();
  for (const request of requests) {
    const decision = decideRedemption(coupon, request, ISSUED_AT);
    if (decision.outcome !== 'do') throw new Error(`${request.action}: ${JSON.stringify(decision)}`);
    Object.assign(coupon, decision.next);
  }
  return coupon;
}

const basket = { total: 2300, currency: 'CNY' };
const HISTORIES: Record<string, CouponFacts> = {
  issued: aCoupon(),
  reserved: having(aRequest('reserve', { basket })),
  redeemed: having(aRequest('redeem', { basket })),
  reservedThenRedeemed: having(aRequest('reserve', { basket }), aRequest('redeem', { basket })),
  rolledBack: having(aRequest('redeem', { basket }), aRequest('rollback')),
  rolledBackThenRedeemed: having(
    aRequest('redeem', { basket }),
    aRequest('rollback'),
    aRequest('redeem', { basket, redemptionId: 'r2' }),
  ),
  void: aCoupon({ state: 'void' }),
};

function instantOf(name: string): number {
  const [boundary, offset] = [name.replace(/[+-]1$/, ''), Number(/[+-]1$/.exec(name)?.[0] ?? 0)];
  const boundaries: Record<string, number> = {
    reservedUntil: ISSUED_AT + RESERVATION_MS,
    expiresAt: ISSUED_AT + 4 * HOUR_MS,
  };
  return (boundaries[boundary] ?? Number.NaN) + offset;
}

function said(coupon: CouponFacts, request: RedemptionRequest, now: number): string {
  const decision = decideRedemption(coupon, request, now);
  if (decision.outcome === 'do') return `do ${decision.next.state}`;
  return decision.outcome === 'refuse' ? `refuse ${decision.obstacle}` : 'replay';
}

describe('what a till may do with a coupon', () => {
  it(`is as in ${cases.length} golden cases`, () => {
    const wrong = cases.flatMap((row) => {
      const coupon = HISTORIES[row.coupon] ?? expect.fail(`no history ${row.coupon}`);
      const now = instantOf(row.at);
      const content = { basket: row.content === 'same' ? basket : { ...basket, total: 2301 } };
      const request = aRequest(row.action as RedemptionAction, { redemptionId: row.id, ...content });
      const got = { state: stateAt(coupon, now), expect: said(coupon, request, now) };
      return got.state === row.state && got.expect === row.expect ? [] : [{ row, got }];
    });
    expect(cases.length).toBe(7 * 6 * 3 * 3 * 2);
    expect(wrong).toEqual([]);
  });

  it('holds a reservation for fifteen minutes, and never past the expiry', () => {
    const reservedAt = (now: number) => {
      const decision = decideRedemption(aCoupon(), aRequest('reserve'), now);
      return decision.outcome === 'do' ? decision.next.reservation?.reservedUntil : decision;
    };
    const expiresAt = ISSUED_AT + 4 * HOUR_MS;
    expect(reservedAt(ISSUED_AT)).toBe(ISSUED_AT + 15 * MINUTE_MS);
    expect(reservedAt(expiresAt - 15 * MINUTE_MS)).toBe(expiresAt);
    expect(reservedAt(expiresAt - 1)).toBe(expiresAt);
  });

  it.each([
    ['another place', aRequest('redeem', { placeId: 's2' }), aCoupon(), 'refuse wrong-place'],
    [
      'a place, of a coupon that knows none',
      aRequest('redeem'),
      aCoupon({ triggerPlaceId: undefined }),
      'refuse wrong-place',
    ],
    [
      'any place',
      aRequest('redeem', { placeId: 's2' }),
      aCoupon({ offer: { ...OFFER, redeemAt: 'anyPlace' } }),
      'do redeemed',
    ],
    ['a reservation at another place', aRequest('reserve', { placeId: 's2' }), aCoupon(), 'refuse wrong-place'],
    ['a commit at another place', aRequest('redeem', { placeId: 's2' }), HISTORIES.reserved, 'refuse wrong-place'],
    ['a rollback at another place', aRequest('rollback', { placeId: 's2' }), HISTORIES.redeemed, 'do issued'],
    ['another currency', aRequest('redeem', { basket: { total: 1, currency: 'USD' } }), aCoupon(), 'refuse basket'],
    [
      'another till, the same id',
      aRequest('redeem', { basket, tillId: 'till-2' }),
      HISTORIES.redeemed,
      'refuse other-content',
    ],
  ])('asks where and for what: %s', (_, request, coupon = aCoupon(), expected) => {
    expect(said(coupon, request, ISSUED_AT)).toBe(expected);
  });

  it('keeps a discount, who undid what, and why', () => {
    expect(HISTORIES.redeemed?.redemption).toMatchObject({
      discount: { amount: 500, currency: 'CNY' },
      redeemedAt: ISSUED_AT,
    });
    const undone = having(aRequest('redeem'), aRequest('rollback', { tillId: 'desk', reason: 'wrong cup' }));
    expect(undone).toEqual(aCoupon({ spentRedemptions: undone.spentRedemptions }));
    expect(rollbackOf(undone, 'r1')).toEqual({
      redemptionId: 'r1',
      placeId: 's1',
      tillId: 'desk',
      staff: 'staff-1',
      reason: 'wrong cup',
      rolledBackAt: ISSUED_AT,
      undone: { state: 'redeemed', placeId: 's1', tillId: 'till-1', at: ISSUED_AT },
    });
  });

  it('can be undone so many times, and used once more after that', () => {
    const id = (n: number) => ({ redemptionId: `r${n}` });
    const rounds = Array.from({ length: MAX_ROLLBACKS }, (_, n) => [
      aRequest('redeem', id(n)),
      aRequest('rollback', id(n)),
    ]);
    const last = having(...rounds.flat(), aRequest('redeem', id(99)));
    expect(said(last, aRequest('rollback', id(99)), ISSUED_AT)).toBe('refuse too-many-rollbacks');
    for (let n = 0; n < MAX_ROLLBACKS; n += 1) {
      expect(said(last, aRequest('rollback', id(n)), ISSUED_AT)).toBe('replay');
      expect(said(last, aRequest('redeem', id(n)), ISSUED_AT)).toBe('refuse rolled-back');
    }
  });
});

describe(`any sequence of what tills do (SEED=${SEED})`, () => {
  const step = fc.record({
    action: fc.constantFrom(...REDEMPTION_ACTIONS),
    redemptionId: fc.constantFrom('r1', 'r2', 'r3', 'r4'),
    tillId: fc.constantFrom('till-1', 'till-1', 'till-2'),
    /** Mostly at once; now and then over the end of a reservation or of the coupon, to the millisecond. */
    waitMs: fc.oneof(
      { weight: 20, arbitrary: fc.constantFrom(0, 1) },
      { weight: 2, arbitrary: fc.constantFrom(RESERVATION_MS - 1, RESERVATION_MS, RESERVATION_MS + 1) },
      { weight: 1, arbitrary: fc.constantFrom(HOUR_MS, 2 * HOUR_MS) },
    ),
  });

  it('is answered as by a reference that keeps all that ever happened', () => {
    const seen = { do: 0, replay: 0, refuse: 0 };
    const property = fc.property(fc.array(step, { minLength: 10, maxLength: 40, size: 'max' }), (steps) => {
      let coupon = aCoupon();
      let now = ISSUED_AT;
      const reference = referenceCoupon(coupon.expiresAt);
      for (const { action, redemptionId, tillId, waitMs } of steps) {
        now += waitMs;
        const request = aRequest(action, { redemptionId, tillId });
        const decision = decideRedemption(coupon, request, now);
        seen[decision.outcome] += 1;
        if (decision.outcome === 'do') coupon = { ...coupon, ...decision.next };
        const got = decision.outcome === 'refuse' ? 'no' : answerIn(coupon, action, redemptionId);
        expect([action, redemptionId, got]).toEqual([
          action,
          redemptionId,
          reference.ask(action, redemptionId, tillId, now),
        ]);
        expect(reference.netRedemptions()).toBe(coupon.state === 'redeemed' ? 1 : 0);
        // Whatever was done is, asked again at the same instant, repeated.
        if (decision.outcome === 'do') expect(said(coupon, request, now)).toBe('replay');
      }
    });
    fc.assert(property, { seed: SEED, numRuns: 3000 });
    for (const count of Object.values(seen)) expect(count).toBeGreaterThan(5000);
  });
});

/** The record's answer in the words of the reference. */
function answerIn(coupon: CouponFacts, action: RedemptionAction, id: string): string {
  if (action === 'rollback') return `rollback ${id}  at ${rollbackOf(coupon, id)?.rolledBackAt}`;
  const claim = action === 'redeem' ? coupon.redemption : coupon.reservation;
  const at = action === 'redeem' ? coupon.redemption?.redeemedAt : coupon.reservation?.reservedAt;
  const tillId = ['till-1', 'till-2'].find(
    (till) => claim?.requestDigest === requestDigestOf(aRequest(action, { tillId: till })),
  );
  return `${action} ${claim?.redemptionId} ${tillId} at ${at}`;
}
