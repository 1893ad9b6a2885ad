import { type RedeemInput, RedeemInputSchema, type RollbackInput, RollbackInputSchema } from '#core/model/coupon.ts';
import type { Place } from '#core/model/place.ts';
import { decideRedemption, type RedemptionAction, type RedemptionRequest } from '#core/offers/redemption.ts';
import { getEntry, getMeta } from '#store/catalogue.ts';
import type { Database } from '#store/client.ts';
import { carryOutRedemption } from '#store/redemptions.ts';
import { brandOf, type HttpRequest, type HttpResponse } from '../shared/http.ts';
import { Problem } from '../shared/problem.ts';
import { validate } from '../shared/validate.ts';
import { answerOf, refusalOf } from './answers.ts';
import { findCoupon, noSuchCoupon } from './find-coupon.ts';
import { rememberUse } from './remember.ts';

/** `POST /v1/coupons/{code}/reserve`: held for this redemption until it is committed, rolled back or the time is up. */
export const reserve = (request: HttpRequest): Promise<HttpResponse> =>
  carryOut(request, 'reserve', validate(RedeemInputSchema, request.body));

/** `POST /v1/coupons/{code}/redeem`: at once, or what this redemption has reserved. */
export const redeem = (request: HttpRequest): Promise<HttpResponse> =>
  carryOut(request, 'redeem', validate(RedeemInputSchema, request.body));

/** `POST /v1/coupons/{code}/rollback`: what this redemption has reserved or redeemed is free again. */
export const rollback = (request: HttpRequest): Promise<HttpResponse> =>
  carryOut(request, 'rollback', validate(RollbackInputSchema, request.body));

/**
 * `core/offers/redemption.ts` decides, one conditional write makes it so. The same `redemptionId` with the same content
 * gets the same answer, byte by byte, because an answer is made of the record and nothing else.
 */
async function carryOut(
  request: HttpRequest,
  action: RedemptionAction,
  input: RedeemInput | RollbackInput,
): Promise<HttpResponse> {
  const { db, now } = request.runtime;
  const brand = brandOf(request);
  const { coupon, key } = await findCoupon(request, brand);
  const asked: RedemptionRequest = { ...input, action, staff: request.caller?.subject ?? '' };
  // Asked only when something would be written: a repetition and a refusal need no catalogue.
  if (decideRedemption(coupon, asked, now()).outcome === 'do') await refuseUnknownPlace(db, brand, input.placeId);
  const result = await carryOutRedemption(db, { brand, key, coupon, request: asked, now });
  switch (result.outcome) {
    case 'done':
      await rememberUse(request.runtime, brand, {
        action,
        coupon: result.coupon,
        key,
        redemptionId: input.redemptionId,
      });
      return { status: 200, body: answerOf(action, result.coupon, input.redemptionId) };
    case 'refuse':
      throw refusalOf(result);
    case 'gone':
      throw noSuchCoupon();
    case 'contended':
      throw new Problem('unavailable', 'many are using this coupon at once; nothing was done');
  }
}

/** A till at a place nobody knows is no till: location rules fail closed. */
async function refuseUnknownPlace(db: Database, brand: string, placeId: string): Promise<void> {
  if (await getEntry<Place>(db, { kind: 'brand', id: brand }, 'place', placeId)) return;
  const { venues } = await getMeta(db, { kind: 'brand', id: brand });
  for (const id of venues) {
    if (await getEntry<Place>(db, { kind: 'venue', id }, 'place', placeId)) return;
  }
  throw new Problem('unprocessable', 'the place is not known', [
    { pointer: '/placeId', detail: 'is not a place of this brand' },
  ]);
}
