import { explain } from '#core/decide/explain.ts';
import { messageIdOf, messageStateAt } from '#core/messages/outbox.ts';
import type { Locale } from '#core/model/campaign.ts';
import { couponCode, couponQrCode } from '#core/offers/coupon-code.ts';
import { stateAt } from '#core/offers/redemption.ts';
import { couponKeyOf, getCoupons, type StoredCoupon } from '#store/coupons.ts';
import { decisionIdOf, type LedgerEntry, listCouponIds, listSignals as readSignals } from '#store/ledger.ts';
import type { Page } from '#store/read.ts';
import { brandOf, type HttpRequest, type HttpResponse } from '../shared/http.ts';
import { inOrder } from '../shared/in-order.ts';
import { pageRequest, pageResponse } from '../shared/paging.ts';
import { existing, profilesOf } from './people.ts';

/** `GET …/signals`: every accepted signal of a person and what became of it, newest first. */
export async function listSignals(request: HttpRequest): Promise<HttpResponse> {
  const { person } = await existing(request);
  return await pageResponse(
    readSignals(request.runtime.db, brandOf(request), profilesOf(person), pageRequest(request)),
    (entry) => {
      const { signalId, kind, placeId, screenId, creativeId, at, outcome, reason } = entry;
      const where = { ...(placeId && { placeId }), ...(screenId && { screenId }), ...(creativeId && { creativeId }) };
      return [{ signalId, kind, ...where, at, outcome, ...(reason && { reason }) }];
    },
  );
}

/** `GET …/decisions`: each with every gate that it reached, in words. */
export async function listDecisions(request: HttpRequest): Promise<HttpResponse> {
  const { person } = await existing(request);
  const locale = localeOf(request);
  return await pageResponse(
    readSignals(request.runtime.db, brandOf(request), profilesOf(person), pageRequest(request)),
    (entry) => decisionViews(entry, person.personId, locale),
  );
}

/** `GET …/coupons`: with their codes, which are derived for whoever may see them. */
export async function listCoupons(request: HttpRequest): Promise<HttpResponse> {
  const { person } = await existing(request);
  const brand = brandOf(request);
  const couponSecret = await request.runtime.secret('couponSecret');
  const now = request.runtime.now();
  return await pageResponse(couponsOf(request, profilesOf(person)), (coupon) => {
    const { couponId, campaignId, offer, issuedAt, expiresAt } = coupon;
    return [
      {
        couponId,
        campaignId,
        code: couponCode(couponSecret, brand, couponId),
        qrCode: couponQrCode(couponSecret, brand, couponId),
        state: stateAt(coupon, now),
        issuedAt: new Date(issuedAt).toISOString(),
        expiresAt: new Date(expiresAt).toISOString(),
        offer: inOrder(offer),
      },
    ];
  });
}

/** `GET …/messages`: one for each coupon, with its state. */
export async function listMessages(request: HttpRequest): Promise<HttpResponse> {
  const { person } = await existing(request);
  const now = request.runtime.now();
  return await pageResponse(couponsOf(request, profilesOf(person)), (coupon) => [messageView(coupon, now)]);
}

/** A page of a person's coupons, found by the ids that their ledger has. */
async function couponsOf(request: HttpRequest, profiles: readonly string[]): Promise<Page<StoredCoupon>> {
  const { db, secret } = request.runtime;
  const brand = brandOf(request);
  const { items: couponIds, ...rest } = await listCouponIds(db, brand, profiles, pageRequest(request));
  const couponSecret = await secret('couponSecret');
  const keys = couponIds.map((couponId) => couponKeyOf(couponSecret, brand, couponId));
  const coupons = await getCoupons(db, brand, keys);
  return { items: coupons.flatMap((coupon) => coupon ?? []), ...rest };
}

export function decisionViews(entry: LedgerEntry, personId: string, locale: Locale) {
  return entry.decisions.map(({ campaignId, outcome, reasons, couponId }) => ({
    decisionId: decisionIdOf(entry.signalId, entry.at, campaignId),
    signalId: entry.signalId,
    personId,
    campaignId,
    at: entry.at,
    decidedAt: entry.decidedAt,
    outcome,
    signal: { kind: entry.kind, ...(entry.placeId && { placeId: entry.placeId }) },
    reasons: reasons.map((reason) => ({ ...reason, text: explain(reason, locale) })),
    ...(couponId && { couponId }),
  }));
}

export function messageView(coupon: StoredCoupon, now: number) {
  const { couponId, channel, issuedAt } = coupon;
  const { state, reason } = messageStateAt(coupon, now);
  return {
    messageId: messageIdOf(couponId),
    channel,
    state,
    ...(reason && { reason }),
    at: new Date(issuedAt).toISOString(),
    couponId,
  };
}

/** Two languages, so the first tag decides: no weighing of preferences. */
export function localeOf({ headers }: HttpRequest): Locale {
  return headers['accept-language']?.trim().toLowerCase().startsWith('zh') ? 'zh-CN' : 'en';
}
