import { explain } from '#core/decide/explain.ts';
import type { Locale } from '#core/model/campaign.ts';
import { couponCode } from '#core/offers/coupon-code.ts';
import { stateAt } from '#core/offers/redemption.ts';
import { getCoupons } from '#store/coupons.ts';
import { decisionIdOf, type LedgerEntry, listSignals as readSignals } from '#store/ledger.ts';
import { listMessages as readMessages, type StoredMessage } from '#store/messages.ts';
import { brandOf, type HttpRequest, type HttpResponse } from '../shared/http.ts';
import { inOrder } from '../shared/in-order.ts';
import { pageRequest, pageResponse } from '../shared/paging.ts';
import { existing } from './people.ts';

/** `GET …/signals`: every accepted signal of a person and what became of it, newest first. */
export async function listSignals(request: HttpRequest): Promise<HttpResponse> {
  const { person } = await existing(request);
  return await pageResponse(
    readSignals(request.runtime.db, brandOf(request), person.personId, pageRequest(request)),
    (entry) => {
      const { signalId, kind, placeId, at, outcome, reason } = entry;
      return [{ signalId, kind, ...(placeId && { placeId }), at, outcome, ...(reason && { reason }) }];
    },
  );
}

/** `GET …/decisions`: each with every gate that it reached, in words. */
export async function listDecisions(request: HttpRequest): Promise<HttpResponse> {
  const { person } = await existing(request);
  const locale = localeOf(request);
  return await pageResponse(
    readSignals(request.runtime.db, brandOf(request), person.personId, pageRequest(request)),
    (entry) => decisionViews(entry, person.personId, locale),
  );
}

/** `GET …/coupons`: with their codes, which are derived for whoever may see them. */
export async function listCoupons(request: HttpRequest): Promise<HttpResponse> {
  const { person } = await existing(request);
  const brand = brandOf(request);
  const couponSecret = await request.runtime.secret('couponSecret');
  const now = request.runtime.now();
  const withCoupons = async () => {
    const { items, ...rest } = await readMessages(request.runtime.db, brand, person.personId, pageRequest(request));
    return {
      items: await getCoupons(
        request.runtime.db,
        brand,
        items.map(({ couponKey }) => couponKey),
      ),
      ...rest,
    };
  };
  return await pageResponse(withCoupons(), (coupon) => {
    if (!coupon) return [];
    const { couponId, campaignId, offer, issuedAt, expiresAt } = coupon;
    return [
      {
        couponId,
        campaignId,
        code: couponCode(couponSecret, brand, couponId),
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
  return await pageResponse(
    readMessages(request.runtime.db, brandOf(request), person.personId, pageRequest(request)),
    (message) => [messageView(message)],
  );
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

export function messageView({ messageId, channel, state, reason, createdAt, couponId }: StoredMessage) {
  return { messageId, channel, state, ...(reason && { reason }), at: new Date(createdAt).toISOString(), couponId };
}

/** Two languages, so the first tag decides: no weighing of preferences. */
function localeOf({ headers }: HttpRequest): Locale {
  return headers['accept-language']?.trim().toLowerCase().startsWith('zh') ? 'zh-CN' : 'en';
}
