import { messageIdOf } from '#core/messages/outbox.ts';
import type { StoredCoupon } from '#store/coupons.ts';
import { durationMsOf } from './durations.ts';
import type { ProviderCall } from './provider.ts';
import { ZONE_OFFSET_MS } from './scenario.ts';
import { type Truth, termsSince } from './truth.ts';

/** A withdrawal must hold after so long. */
const WITHDRAWAL_MS = 60_000;
const DAY_MS = 86_400_000;
/** What a sender read may be so old when it sends: `functions/shared/deliver.ts` says twenty seconds. */
const CLAIM_MS = 20_000;

/** Looks at every call of a provider: that it may be made, and that it is the only one. */
export function watchSends(truth: Truth, now: () => number, changeMs: () => number): (call: ProviderCall) => void {
  const earlier = new Map<string, ProviderCall[]>();
  return (call) => {
    const calls = earlier.get(call.messageId) ?? [];
    earlier.set(call.messageId, [...calls, call]);
    truth.sent += 1;
    const coupon = couponOf(truth, call.messageId);
    if (!coupon) {
      truth.violate('16', 'a message was sent without a committed grant', [call.messageId]);
      return;
    }
    const about = [coupon.couponId, coupon.couponKey, coupon.personId, coupon.campaignId];
    if (calls.some(({ outcome }) => outcome !== 'busy')) {
      truth.violate(
        '15',
        `the provider was called again after ${calls.map(({ outcome }) => outcome).join(', ')}`,
        about,
      );
    }
    watchHold(truth, coupon, call, about);
    watchTime(truth, coupon, call, about);
    watchConsent(truth, coupon, now(), about);
    const terms = truth.campaigns.get(coupon.campaignId)?.terms ?? [];
    if (termsSince(terms, now() - changeMs()).every(({ state }) => state !== 'live')) {
      truth.violate('13', 'a message of a campaign that has not been live for long was sent', about);
    }
  };
}

function couponOf(truth: Truth, messageId: string): StoredCoupon | undefined {
  const known = truth.couponOfMessage.get(messageId);
  if (known) return known;
  for (const coupon of truth.coupons.values()) truth.couponOfMessage.set(messageIdOf(coupon.couponId), coupon);
  return truth.couponOfMessage.get(messageId);
}

/** Whoever sends holds the message, and by their own clock holds it still. */
function watchHold(truth: Truth, { couponKey }: StoredCoupon, { at }: ProviderCall, about: string[]): void {
  const coupon = truth.coupons.get(couponKey);
  // One whose lease ran out by another's clock has become UNKNOWN, which says that it may have gone out.
  if (coupon?.send !== 'SENDING' && coupon?.send !== 'UNKNOWN')
    truth.violate('29', `a message was sent that was ${coupon?.send}`, about);
  const late = at - (coupon?.sendLeaseUntil ?? at);
  if (late > 0) truth.violate('29', `a message was sent ${late} ms after its sender’s lease`, about);
}

/** By the clock of the machine that sends, and by what it could know when it asked. */
function watchTime(truth: Truth, coupon: StoredCoupon, call: ProviderCall, about: string[]): void {
  const body = truth.campaigns.get(coupon.campaignId)?.body;
  if (!body) return;
  const at = call.at - CLAIM_MS;
  const age = at - coupon.issuedAt;
  if (age > durationMsOf(body.trigger.freshFor ?? 'PT10M'))
    truth.violate('21', `a message was sent ${age} ms after its grant`, about);
  if (body.schedule?.endsAt && at >= Date.parse(body.schedule.endsAt)) {
    truth.violate('13', 'a message was sent after the end of its campaign', about);
  }
  const quiet = body.limits?.quietHours?.hours;
  if (quiet && isWithin(at, quiet) && isWithin(call.at, quiet))
    truth.violate('13', `a message was sent in quiet hours (${quiet})`, about);
}

function isWithin(at: number, hours: string): boolean {
  const [from = 0, to = 0] = hours.split('-').map((clock) => {
    const [hour = 0, minute = 0] = clock.split(':').map(Number);
    return (hour * 60 + minute) * 60_000;
  });
  const local = (((at + ZONE_OFFSET_MS) % DAY_MS) + DAY_MS) % DAY_MS;
  return from < to ? local >= from && local < to : local >= from || local < to;
}

function watchConsent(truth: Truth, coupon: StoredCoupon, now: number, about: string[]): void {
  const person = truth.brands.get(coupon.brand)?.people.find(({ personId }) => personId === coupon.personId);
  const granted = (purpose: string) =>
    person?.body.consents.some((consent) => consent.purpose === purpose && consent.granted);
  if (!granted('marketing') || !granted('location'))
    truth.violate('40', 'a message to somebody who never agreed', about);
  for (const channel of [coupon.channel, 'any']) {
    const since = truth.withdrawals.get(`${coupon.brand}/${coupon.personId}/${channel}`);
    if (since !== undefined && now - since > WITHDRAWAL_MS) {
      truth.violate('40', `a message ${Math.round((now - since) / 1000)} s after its consent was withdrawn`, about);
    }
  }
}
