import { randomUUID } from 'node:crypto';
import type { Signal } from '#core/model/signal.ts';
import type { RedemptionAction } from '#core/offers/redemption.ts';
import type { Job } from './crew.ts';

/** Deliveries of one message before its own handler would give it up; ours come from a queue that never does. */
const FIRST_RECEIVE = '1';

/** A signal as SQS hands it to `functions/engage`. */
export function deliveryOf(signal: Signal): Job {
  const record = {
    messageId: randomUUID(),
    receiptHandle: '',
    body: JSON.stringify(signal),
    attributes: {
      ApproximateReceiveCount: FIRST_RECEIVE,
      SentTimestamp: '0',
      SenderId: '',
      ApproximateFirstReceiveTimestamp: '0',
    },
    messageAttributes: {},
    md5OfBody: '',
    eventSource: 'aws:sqs',
    eventSourceARN: '',
    awsRegion: 'eu-west-1',
  };
  return { handler: 'engage', event: { Records: [record] } };
}

/** Whether the queue may delete it. */
export function isDeleted(value: unknown): boolean {
  return (value as { batchItemFailures: unknown[] }).batchItemFailures.length === 0;
}

/** A till's request as API Gateway hands it to `functions/redeem`. */
export function tillRequestOf(args: { action: RedemptionAction; code: string; token: string; body: unknown }): Job {
  const event = {
    version: '2.0',
    routeKey: `POST /v1/coupons/{code}/${args.action}`,
    rawPath: `/v1/coupons/${args.code}/${args.action}`,
    rawQueryString: '',
    headers: { authorization: `Bearer ${args.token}`, 'content-type': 'application/json' },
    pathParameters: { code: args.code },
    requestContext: {},
    body: JSON.stringify(args.body),
    isBase64Encoded: false,
  };
  return { handler: 'redeem', event };
}

export type HttpAnswer = { statusCode: number; body: string };

/** A till asks again after a 5xx, as after no answer at all. */
export function isAnswered(value: unknown): boolean {
  return (value as HttpAnswer).statusCode < 500;
}
