import * as z from 'zod/mini';
import { ChannelError, type ChannelSender, type Delivery } from '#channels/channel.ts';
import { addressOf, channelObstacle } from '#core/decide/channel.ts';
import { lacksLocationConsent } from '#core/decide/gates/consent.ts';
import { checkSchedule } from '#core/decide/gates/schedule.ts';
import { quietState } from '#core/decide/quiet-hours.ts';
import { digestId } from '#core/hash.ts';
import { compose } from '#core/messages/compose.ts';
import { messageIdOf, STALE } from '#core/messages/outbox.ts';
import { IdSchema } from '#core/model/common.ts';
import { CHANNELS } from '#core/model/person.ts';
import type { Place } from '#core/model/place.ts';
import { SignalKindSchema } from '#core/model/signal.ts';
import { couponCode } from '#core/offers/coupon-code.ts';
import { hasConsent } from '#core/people/consent.ts';
import { allowsProfile, demandsOn } from '#core/people/jurisdictions.ts';
import { peopleKeys } from '#store/keys.ts';
import { type Claim, claimMessage, completeMessage, skipMessage } from '#store/outbox.ts';
import { personOf, type StoredPerson, withOthers } from '#store/people.ts';
import type { Snapshot } from '#store/snapshot.ts';
import { ENV } from '../routes.ts';
import { unsubscribeToken } from '../unsubscribe/token.ts';
import type { Runtime } from './runtime.ts';

/**
 * A message to send, as it travels from the outbox to a sender: what a coupon's item says for ever. Who the person is,
 * and what they agree to, is looked up at the moment of sending. Times in epoch milliseconds.
 */
export const DeliverSchema = z.strictObject({
  brand: IdSchema,
  couponKey: z.string(),
  couponId: z.string(),
  campaignId: IdSchema,
  personId: IdSchema,
  placeId: z.optional(IdSchema),
  signalKind: SignalKindSchema,
  channel: z.enum(CHANNELS),
  freshUntil: z.number(),
  expiresAt: z.number(),
});
export type DeliverMessage = z.infer<typeof DeliverSchema>;

/** What was read is good to send on for so long: well within the lease, and within the minute in which a withdrawal holds. */
const KNOWN_FOR_MS = 20_000;

type Gathered = { snapshot: Snapshot; stored: StoredPerson | undefined; place: Place | undefined };

/**
 * Sends one message at most once: ask again whether it may go out now, make it ready, claim it, call the provider,
 * record the one terminal state. The claim comes last, so that a sender who dies before the call has lost nothing; one
 * that died in the call leaves `UNKNOWN`: marketing is not sent twice on a guess, and the coupon is in the wallet anyway.
 */
export async function deliver(runtime: Runtime, sender: ChannelSender, message: DeliverMessage): Promise<void> {
  const { db } = runtime;
  const askedAt = runtime.now();
  const gathered = await gather(runtime, message);
  const obstacle = obstacleNow(message, gathered, runtime.now());
  if (obstacle !== undefined) {
    await skipMessage(db, message, obstacle, runtime.now());
    return;
  }
  const delivery = await deliveryOf(runtime, message, gathered);
  const { brand, couponKey } = message;
  const holder = digestId('holder', couponKey, String(runtime.now()), String(runtime.random()));
  const claim: Claim = { brand, couponKey, holder };
  if (!(await claimMessage(db, claim, runtime.now()))) return;
  if (runtime.now() - askedAt > KNOWN_FOR_MS) {
    // Nothing has gone out, and a mind may have changed since it was asked: whoever comes next asks afresh.
    await completeMessage(db, claim, { state: 'PENDING', reason: 'late' });
    throw new Error('it took too long to claim a message');
  }
  await sendClaimed(runtime, sender, claim, delivery);
}

async function sendClaimed(runtime: Runtime, sender: ChannelSender, claim: Claim, delivery: Delivery): Promise<void> {
  try {
    const { providerMessageId } = await sender.send(delivery);
    await completeMessage(runtime.db, claim, { state: 'SENT', providerMessageId });
  } catch (error) {
    if (!(error instanceof ChannelError)) throw error;
    const { meaning, reason } = error;
    if (meaning === 'busy') {
      await completeMessage(runtime.db, claim, { state: 'PENDING', reason });
      throw error;
    }
    await completeMessage(runtime.db, claim, { state: meaning === 'rejected' ? 'FAILED' : 'UNKNOWN', reason });
  }
}

/** What forbids sending now, though it was right to promise: time has passed since, and minds change. */
function obstacleNow(message: DeliverMessage, { snapshot, stored, place }: Gathered, now: number): string | undefined {
  if (now > message.freshUntil) return STALE;
  if (!stored) return 'unknown-person';
  const campaign = snapshot.campaigns.find(({ campaignId }) => campaignId === message.campaignId);
  if (campaign?.state !== 'live') return 'campaign-not-live';
  const asking = { campaign, ...stored, brand: snapshot.meta.rules, now };
  const obstacle = channelObstacle(message.channel, asking);
  if (obstacle) return obstacle;
  if (lacksLocationConsent(message.signalKind, asking)) return 'no-consent';
  // Who was chosen for what is known of them, and has refused that since.
  if (campaign.audience.segmentId !== undefined && !allowsProfile(stored.standing.consents, asking))
    return 'no-consent';
  if (!checkSchedule({ campaign, place, now }).passed) return 'schedule';
  return quietState(campaign, now, place?.timeZone).quiet ? 'quiet-hours' : undefined;
}

async function deliveryOf(
  runtime: Runtime,
  message: DeliverMessage,
  { snapshot, stored, place }: Gathered,
): Promise<Delivery> {
  const { brand, personId, channel } = message;
  const campaign = snapshot.campaigns.find(({ campaignId }) => campaignId === message.campaignId);
  const address = stored && addressOf(channel, stored.person);
  if (!campaign || !stored || !address)
    throw new Error('a message without campaign, person or address was let through');
  const composed = compose({
    campaign,
    person: stored.person,
    personalised: hasConsent(stored.standing.consents, 'personalisation', channel, {
      // Silence puts nobody's name into a text, wherever they live.
      guardian: demandsOn('personalisation', { ...stored, brand: snapshot.meta.rules, now: runtime.now() }).guardian,
    }),
    place,
    code: couponCode(await runtime.secret('couponSecret'), brand, message.couponId),
    expiresAt: message.expiresAt,
  });
  const token = unsubscribeToken(await runtime.secret('linkSecret'), {
    brand,
    personId,
    channel,
    programme: campaign.message.programme,
  });
  return {
    ...composed,
    messageId: messageIdOf(message.couponId),
    address,
    unsubscribeUrl: `${runtime.requireEnv(ENV.publicUrl)}/u/${token}`,
  };
}

async function gather(runtime: Runtime, { brand, personId, placeId = '' }: DeliverMessage): Promise<Gathered> {
  const key = peopleKeys.person(brand, personId);
  const { snapshot, found } = await runtime.catalogue.read(brand, () => ({ people: [key] }));
  const item = found.get('people', key);
  const place = (await snapshot.places.some([placeId])).get(placeId);
  return { snapshot, place, stored: item && (await withOthers(runtime.db, brand, personOf(item))) };
}
