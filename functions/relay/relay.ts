import type { DynamoDBRecord } from 'aws-lambda';
import { fromItem, type Item } from '#store/client.ts';
import type { StoredCoupon } from '#store/coupons.ts';
import type { QueueName } from '../routes.ts';
import type { DeliverMessage } from '../shared/deliver.ts';
import { log } from '../shared/log.ts';
import type { OutgoingMessage } from '../shared/queues.ts';
import type { Runtime } from '../shared/runtime.ts';

/** The queue of each channel that has a sender. */
const QUEUE_OF_CHANNEL: Record<string, QueueName> = { email: 'email', sms: 'sms' };

/**
 * The outbox: the message of each new coupon goes to the queue of its channel. The stream delivers at least once, and
 * so does this; the sender's claim makes it once. All or nothing: a failure throws, and the stream delivers again.
 */
export async function relay(records: readonly DynamoDBRecord[], runtime: Runtime): Promise<void> {
  const outgoing = new Map<QueueName, OutgoingMessage[]>();
  for (const { eventName, dynamodb } of records) {
    if (eventName !== 'INSERT' || !dynamodb?.NewImage) continue;
    const item = fromItem<Item>(dynamodb.NewImage as Parameters<typeof fromItem>[0]);
    if (item.entity !== 'coupon' || item.send !== 'PENDING') continue;
    const message = messageOf(item as StoredCoupon);
    const queue = QUEUE_OF_CHANNEL[message.channel];
    if (!queue) {
      // Nothing will ever send it, and to throw would hold up everybody behind it: it ends as stale, and a person looks.
      log('ERROR', 'a message on a channel that has no sender', { brand: message.brand });
      continue;
    }
    // The group is whose turn it is: one brand's rush does not keep the others waiting (SQS fair queues).
    outgoing.set(queue, [...(outgoing.get(queue) ?? []), { body: message, group: message.brand }]);
  }
  await Promise.all([...outgoing].map(([queue, messages]) => runtime.send(queue, messages)));
}

function messageOf(coupon: StoredCoupon): DeliverMessage {
  const { brand, couponKey, couponId, campaignId, personId, triggerPlaceId, signalKind, channel } = coupon;
  const { freshUntil, expiresAt } = coupon;
  return {
    brand,
    couponKey,
    couponId,
    campaignId,
    personId,
    ...(triggerPlaceId !== undefined && { placeId: triggerPlaceId }),
    signalKind,
    channel,
    freshUntil,
    expiresAt,
  };
}
