import { explain } from '#core/decide/explain.ts';
import { compose, money, offerSummary } from '#core/messages/compose.ts';
import type { Campaign, Locale, Offer } from '#core/model/campaign.ts';
import type { Reason } from '#core/model/decision.ts';
import { localName } from '#core/model/local-name.ts';
import type { Place } from '#core/model/place.ts';
import { couponCode, couponQrCode } from '#core/offers/coupon-code.ts';
import { stateAt } from '#core/offers/redemption.ts';
import { couponKeyOf, getCoupons, type StoredCoupon } from '#store/coupons.ts';
import type { Snapshot } from '#store/snapshot.ts';
import type { Runtime } from '../shared/runtime.ts';
import { brandName } from './names.ts';
import type { Content, CouponView, Form, OfferView } from './page.ts';
import type { Visit } from './visit.ts';
import { fill, WORDS, type Words } from './words.ts';

/** A coupon as an app gets it; the page shows the same. */
export type CouponAnswer = {
  couponId: string;
  campaignId: string;
  code: string;
  qrCode: string;
  state: string;
  issuedAt: string;
  expiresAt: string;
  offer: Offer;
};
export type ReasonAnswer = { brand: string; campaignId?: string; gate?: string; text: string };

/** A visit in words: what the page shows and what an app is told. */
export type Shown = { content: Content; coupon?: CouponAnswer; reasons: ReasonAnswer[] };

export async function show(
  runtime: Runtime,
  visits: readonly Visit[],
  { locale, place, form }: { locale: Locale; place: Place | undefined; form: (brand: string) => Form },
): Promise<Shown> {
  const last = visits.at(-1);
  const reasons = visits.flatMap((visit) => (visit.state === 'nothing' ? [reasonOf(visit, locale)] : []));
  if (!last) return { content: { state: 'nothing', why: WORDS[locale].noOfferHere, details: [] }, reasons };
  if (last.state === 'nothing') return { content: nothingView(visits, locale), reasons };
  const snapshot = await snapshotOf(runtime, last.brand);
  if (last.state === 'ask') {
    const campaign = snapshot.campaigns.find(({ campaignId }) => campaignId === last.campaignId);
    if (!campaign) return { content: { state: 'nothing', why: WORDS[locale].noOfferHere, details: [] }, reasons };
    const offer = offerView(campaign.offer, { campaign, locale, place });
    return { content: { state: 'ask', offer, form: form(last.brand), byLot: last.byLot }, reasons };
  }
  const { coupon, stored } = await couponOf(runtime, last);
  const campaign = snapshot.campaigns.find(({ campaignId }) => campaignId === stored.campaignId);
  const where = (await placeOf(snapshot, stored.triggerPlaceId)) ?? place;
  const offer = offerView(stored.offer, { campaign, locale, place: where });
  return {
    content: { state: 'coupon', offer, coupon: couponView(stored, coupon, { locale, where }) },
    coupon,
    reasons,
  };
}

/** The catalogue as it is held: within its maximum age nothing is read. */
export const snapshotOf = async (runtime: Runtime, brand: string): Promise<Snapshot> =>
  (await runtime.catalogue.read(brand, () => ({}))).snapshot;

const placeOf = async ({ places }: Snapshot, placeId = ''): Promise<Place | undefined> =>
  (await places.some([placeId])).get(placeId);

async function couponOf(
  runtime: Runtime,
  { brand, couponId }: { brand: string; couponId: string },
): Promise<{ coupon: CouponAnswer; stored: StoredCoupon }> {
  const couponSecret = await runtime.secret('couponSecret');
  const [stored] = await getCoupons(runtime.db, brand, [couponKeyOf(couponSecret, brand, couponId)]);
  if (!stored) throw new Error('a coupon that was granted is not there');
  const coupon = {
    couponId,
    campaignId: stored.campaignId,
    code: couponCode(couponSecret, brand, couponId),
    qrCode: couponQrCode(couponSecret, brand, couponId),
    state: stateAt(stored, runtime.now()),
    issuedAt: new Date(stored.issuedAt).toISOString(),
    expiresAt: new Date(stored.expiresAt).toISOString(),
    offer: stored.offer,
  };
  return { coupon, stored };
}

function couponView(
  { offer, expiresAt }: StoredCoupon,
  { code, qrCode, state }: CouponAnswer,
  { locale, where }: { locale: Locale; where: Place | undefined },
): CouponView {
  return {
    code,
    qrCode,
    state: state as CouponView['state'],
    until: timeText(expiresAt, where?.timeZone, locale),
    place: offer.redeemAt === 'triggerPlace' && where ? localName(where.name, locale) : undefined,
  };
}

/** The offer in big words, and below them its title as the campaign's message has it. */
function offerView(
  offer: Offer,
  { campaign, locale, place }: { campaign: Campaign | undefined; locale: Locale; place: Place | undefined },
): OfferView {
  const words = WORDS[locale];
  const summary = offerSummary(
    offer.kind === 'freeItem' ? { ...offer, item: localName(offer.item, locale) } : offer,
    locale,
  );
  const stranger = { personId: '', identifiers: [], attributes: { locale } };
  const title =
    campaign && compose({ campaign, person: stranger, personalised: false, place, code: '', expiresAt: 0 }).title;
  const name = title && !title.includes(offerSummary(offer, locale)) ? title : localName(campaign?.name ?? '', locale);
  const conditions: string[] = [];
  if (offer.kind === 'amountOff' && offer.minimumSpend) {
    conditions.push(fill(words.minimumSpend, { amount: money(offer.minimumSpend, offer.currency, locale) }));
  }
  if (offer.kind === 'percentOff' && offer.maxAmount !== undefined && offer.currency !== undefined) {
    conditions.push(fill(words.upTo, { amount: money(offer.maxAmount, offer.currency, locale) }));
  }
  return { summary, name, conditions };
}

/** By the clock on the wall of the place, with its zone. */
function timeText(ms: number, timeZone: string | undefined, locale: Locale): string {
  return new Intl.DateTimeFormat(locale, {
    timeZone: timeZone ?? 'UTC',
    year: 'numeric',
    month: 'short',
    day: 'numeric',
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
    timeZoneName: 'short',
  }).format(ms);
}

type Nothing = Extract<Visit, { state: 'nothing' }>;
const isNothing = (visit: Visit): visit is Nothing => visit.state === 'nothing';

/** The first brand that had a reason of its own speaks; what the others said stands below. */
function nothingView(visits: readonly Visit[], locale: Locale): Content {
  const words = WORDS[locale];
  const told = visits.filter(isNothing);
  const first = told.find(({ reason }) => reason !== undefined) ?? told[0];
  const gate = first?.reason?.gate;
  const values = { brand: brandName(first?.brand ?? '') };
  const why = whyOf(first?.reason, words);
  const hint = gate === 'audience' || gate === 'consent' ? fill(words.needsApp, values) : undefined;
  const details = told.flatMap(({ reason }) => (reason ? [explain(reason, locale)] : []));
  return { state: 'nothing', why: fill(why, values), hint, details };
}

/** In the visitor's words; the gate's own, which are a marketer's, stand below. */
function whyOf(reason: Reason | undefined, words: Words): string {
  if (!reason) return words.noOfferHere;
  const { gate, detail } = reason;
  if (gate !== 'place') return words.why[gate] ?? words.whyElse;
  if (detail.creative === undefined) return words.noOfferHere;
  return detail.share === undefined ? words.onAirUnknown : (words.why.place ?? words.whyElse);
}

function reasonOf({ brand, campaignId, reason }: Nothing, locale: Locale): ReasonAnswer {
  const text = reason ? explain(reason, locale) : WORDS[locale].noOfferHere;
  return { brand, ...(campaignId && { campaignId }), ...(reason && { gate: reason.gate }), text };
}
