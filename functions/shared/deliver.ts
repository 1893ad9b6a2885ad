import * as z from 'zod/mini';
import { ChannelError, type ChannelSender, type Delivery } from '#channels/channel.ts';
import { addressOf, channelObstacle } from '#core/decide/channel.ts';
import { lacksLocationConsent } from '#core/decide/gates/consent.ts';
import { checkSchedule } from '#core/decide/gates/schedule.ts';
import { quietState } from '#core/decide/quiet-hours.ts';
import { compose } from '#core/messages/compose.ts';
import { IdSchema } from '#core/model/common.ts';
import { couponCode } from '#core/offers/coupon-code.ts';
import { hasConsent } from '#core/people/consent.ts';
import { peopleKeys } from '#store/keys.ts';
import { claimMessage, completeMessage, type StoredMessage } from '#store/messages.ts';
import { personOf, type StoredPerson } from '#store/people.ts';
import type { Snapshot } from '#store/snapshot.ts';
import { ENV } from '../routes.ts';
import { unsubscribeToken } from '../unsubscribe/token.ts';
import type { Runtime } from './runtime.ts';

/** Names a message row; who and what is looked up at the moment of sending. */
export const DeliverSchema = z.strictObject({
  brand: IdSchema,
  key: z.strictObject({ pk: z.string(), sk: z.string() }),
});

type Gathered = { snapshot: Snapshot; stored: StoredPerson | undefined };

/**
 * Sends one message at most once: claim it, ask again whether it may go out now, call the provider, record the one
 * terminal state. A sender that died in the call leaves `UNKNOWN`: marketing is not sent twice on a guess, and the
 * coupon is in the wallet anyway.
 */
export async function deliver(
  runtime: Runtime,
  sender: ChannelSender,
  { brand, key }: z.infer<typeof DeliverSchema>,
): Promise<void> {
  const claim = await claimMessage(runtime.db, key, runtime.now());
  if (!claim) return;
  const { message, wasLost } = claim;
  if (wasLost) {
    await completeMessage(runtime.db, message, { state: 'UNKNOWN', reason: 'sender-lost' });
    return;
  }
  const delivery = await prepare(runtime, brand, message).catch(async (error: unknown) => {
    // Nothing has been sent yet: whoever comes next may start afresh.
    await completeMessage(runtime.db, message, { state: 'PENDING', reason: 'not-prepared' });
    throw error;
  });
  if (typeof delivery === 'string') {
    await completeMessage(runtime.db, message, { state: 'SKIPPED', reason: delivery });
    return;
  }
  await sendClaimed(runtime, sender, message, delivery);
}

/** What to send, or why it must not be sent now. */
async function prepare(runtime: Runtime, brand: string, message: StoredMessage): Promise<Delivery | string> {
  const gathered = await gather(runtime, brand, message);
  return obstacleNow(message, gathered, runtime.now()) ?? (await deliveryOf(runtime, message, gathered));
}

async function sendClaimed(
  runtime: Runtime,
  sender: ChannelSender,
  message: StoredMessage,
  delivery: Delivery,
): Promise<void> {
  try {
    const { providerMessageId } = await sender.send(delivery);
    await completeMessage(runtime.db, message, { state: 'SENT', providerMessageId });
  } catch (error) {
    if (!(error instanceof ChannelError)) throw error;
    const { meaning, reason } = error;
    if (meaning === 'busy') {
      await completeMessage(runtime.db, message, { state: 'PENDING', reason });
      throw error;
    }
    await completeMessage(runtime.db, message, { state: meaning === 'rejected' ? 'FAILED' : 'UNKNOWN', reason });
  }
}

/** What forbids sending now, though it was right to promise: time has passed since, and minds change. */
function obstacleNow(message: StoredMessage, { snapshot, stored }: Gathered, now: number): string | undefined {
  if (now > message.freshUntil) return 'stale';
  if (!stored) return 'unknown-person';
  const campaign = snapshot.campaigns.find(({ campaignId }) => campaignId === message.campaignId);
  if (campaign?.state !== 'live') return 'campaign-not-live';
  const obstacle = channelObstacle(message.channel, stored.person, stored.standing);
  if (obstacle) return obstacle;
  if (lacksLocationConsent(message.signalKind, stored.standing)) return 'no-consent';
  const place = message.placeId === undefined ? undefined : snapshot.places.get(message.placeId);
  if (!checkSchedule({ campaign, place, now }).passed) return 'schedule';
  return quietState(campaign, now, place?.timeZone).quiet ? 'quiet-hours' : undefined;
}

async function deliveryOf(runtime: Runtime, message: StoredMessage, { snapshot, stored }: Gathered): Promise<Delivery> {
  const campaign = snapshot.campaigns.find(({ campaignId }) => campaignId === message.campaignId);
  const { brand } = message;
  const address = stored && addressOf(message.channel, stored.person);
  if (!campaign || !stored || !address)
    throw new Error('a message without campaign, person or address was let through');
  const composed = compose({
    campaign,
    person: stored.person,
    personalised: hasConsent(stored.standing.consents, 'personalisation', message.channel),
    place: message.placeId === undefined ? undefined : snapshot.places.get(message.placeId),
    code: couponCode(await runtime.secret('couponSecret'), brand, message.couponId),
    expiresAt: message.couponExpiresAt,
  });
  const token = unsubscribeToken(await runtime.secret('linkSecret'), {
    brand,
    personId: message.personId,
    channel: message.channel,
  });
  return {
    ...composed,
    messageId: message.messageId,
    address,
    unsubscribeUrl: `${runtime.requireEnv(ENV.publicUrl)}/u/${token}`,
  };
}

async function gather(runtime: Runtime, brand: string, message: StoredMessage): Promise<Gathered> {
  const profileKey = peopleKeys.profile(brand, message.personId);
  const standingKey = peopleKeys.standing(brand, message.personId);
  const { snapshot, found } = await runtime.catalogue.read(brand, () => ({ people: [profileKey, standingKey] }));
  const profile = found.get('people', profileKey);
  return { snapshot, stored: profile && personOf(profile, found.get('people', standingKey)) };
}
