import type { Campaign, Offer } from '#core/model/campaign.ts';
import { durationMs } from '#core/model/common.ts';
import type { MessageState } from '#core/model/message.ts';
import type { Channel } from '#core/model/person.ts';
import type { Signal, SignalKind } from '#core/model/signal.ts';
import { couponCode, couponKey } from '#core/offers/coupon-code.ts';
import type { RedemptionRecord } from '#core/offers/redemption.ts';
import { creditedCreative } from '#core/screens/credit.ts';
import type { Database, Item } from './client.ts';
import { offerKeys, type Tenant } from './keys.ts';
import { batchGet } from './read.ts';

/** Kept after its expiry for as long as a customer may ask about it. */
const COUPON_TTL_SECONDS = 400 * 86_400;

/** How long a process may sleep with a lease in its hand and still wake: Lambda's own limit is 15 minutes. */
const VOIDED_TTL_SECONDS = 7 * 86_400;

/**
 * A coupon, and the message that brings it: `send` is the message's state (`core/messages/outbox.ts`). What becomes of it
 * at tills is the `RedemptionRecord`, written by `redemptions.ts` alone.
 */
export type StoredCoupon = RedemptionRecord & {
  brand: string;
  couponId: string;
  couponKey: string;
  campaignId: string;
  personId: string;
  offer: Offer;
  triggerPlaceId?: string;
  /** Epoch milliseconds. */
  issuedAt: number;
  expiresAt: number;
  /** Kind of the signal that led to it. */
  signalKind: SignalKind;
  /** Of a signal at a screen: which one, whose, what it is credited to there, and which signal of when. */
  screenId?: string;
  screenOwner?: Tenant;
  creativeId?: string;
  signalId?: string;
  signalAt?: number;
  channel: Channel;
  send: MessageState;
  sendReason?: string;
  /** A message that has not been sent by then is not sent; epoch milliseconds. */
  freshUntil: number;
  /** Who is sending it, and until when that is believed. */
  sendHolder?: string;
  sendLeaseUntil?: number;
};
/** Where a coupon lies. Derived like its code, so that whoever may show the code needs no index to find it. */
export const couponKeyOf = (couponSecret: string, brand: string, couponId: string): string =>
  couponKey(couponSecret, brand, couponCode(couponSecret, brand, couponId));

/**
 * The item of a new coupon and of the message that brings it. Its code is derived and shown when asked for, never stored.
 * An inbox message is there as soon as it exists.
 */
export function newCoupon(args: {
  signal: Signal;
  couponSecret: string;
  couponId: string;
  campaign: Campaign;
  personId: string;
  channel: Channel;
  now: number;
  screenOwner: Tenant | undefined;
}): Item {
  const { signal, couponSecret, couponId, campaign, channel, now, screenOwner } = args;
  const key = couponKeyOf(couponSecret, signal.brand, couponId);
  const expiresAt = now + durationMs(campaign.offer.expiresAfter);
  return {
    ...offerKeys.coupon(signal.brand, key),
    entity: 'coupon',
    brand: signal.brand,
    couponId,
    couponKey: key,
    campaignId: campaign.campaignId,
    personId: args.personId,
    state: 'issued',
    offer: campaign.offer,
    triggerPlaceId: signal.placeId,
    issuedAt: now,
    expiresAt,
    signalKind: signal.kind,
    ...(signal.screenId !== undefined &&
      screenOwner && {
        screenId: signal.screenId,
        screenOwner,
        creativeId: creditedCreative(signal.onAir, campaign.trigger),
        signalId: signal.signalId,
        signalAt: Date.parse(signal.occurredAt),
      }),
    channel,
    send: channel === 'inbox' ? 'SENT' : 'PENDING',
    freshUntil: Math.min(now + durationMs(campaign.trigger.freshFor), expiresAt),
    ttl: couponTtl(expiresAt),
  };
}

/** When DynamoDB may forget a coupon, and what led to it: epoch seconds. */
export const couponTtl = (expiresAt: number): number => Math.floor(expiresAt / 1000) + COUPON_TTL_SECONDS;

/** Stands where a unit of a reclaimed lease would have been issued: nobody has its code, and nobody will. */
export const voidedUnit = (brand: string, key: string, now: number): Item => ({
  ...offerKeys.coupon(brand, key),
  entity: 'voided-unit',
  ttl: Math.floor(now / 1000) + VOIDED_TTL_SECONDS,
});

export async function getCoupons(
  db: Database,
  brand: string,
  keys: readonly string[],
): Promise<(StoredCoupon | undefined)[]> {
  const wanted = keys.map((key) => offerKeys.coupon(brand, key));
  const found = await batchGet(db, { offers: wanted });
  return wanted.map((key) => {
    const item = found.get('offers', key);
    return item?.entity === 'coupon' ? (item as StoredCoupon) : undefined;
  });
}
