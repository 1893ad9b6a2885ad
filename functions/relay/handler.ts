import middy from '@middy/core';
import type { AttributeValue, DynamoDBBatchResponse, DynamoDBStreamEvent } from 'aws-lambda';
import type { QueueName } from '../routes.ts';
import { log } from '../shared/log.ts';
import { processRuntime } from '../shared/process.ts';
import type { OutgoingMessage } from '../shared/queues.ts';

/** The queue of each channel that has a sender. */
const QUEUE_OF_CHANNEL: Record<string, QueueName> = { email: 'email', sms: 'sms' };

/**
 * The outbox: each new message row of the offers table goes to the queue of its channel. The stream delivers at least
 * once, and so does this; the sender's claim makes it once.
 */
export const handler = middy<DynamoDBStreamEvent, DynamoDBBatchResponse>().handler(
  async (event: DynamoDBStreamEvent) => {
    const outgoing = new Map<QueueName, OutgoingMessage[]>();
    for (const { eventName, dynamodb } of event.Records) {
      const row = dynamodb?.NewImage;
      if (eventName !== 'INSERT' || text(row?.entity) !== 'message' || text(row?.state) !== 'PENDING') continue;
      const queue = QUEUE_OF_CHANNEL[text(row?.channel) ?? ''];
      if (!queue) {
        // Nothing will ever send it, and to throw would hold up everybody behind it: it stays PENDING, for a person to see.
        log('ERROR', 'a message on a channel that has no sender', { messageId: text(row?.messageId) ?? '' });
        continue;
      }
      const body = { brand: text(row?.brand), key: { pk: text(row?.pk), sk: text(row?.sk) } };
      outgoing.set(queue, [...(outgoing.get(queue) ?? []), { body }]);
    }
    // All or nothing: a failure throws, and the stream delivers the batch again.
    await Promise.all([...outgoing].map(([queue, messages]) => processRuntime.send(queue, messages)));
    return { batchItemFailures: [] };
  },
);

const text = (value: AttributeValue | undefined): string | undefined => value?.S;
