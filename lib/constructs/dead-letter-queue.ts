import type { Duration } from 'aws-cdk-lib';
import { Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs';
import type { Construct } from 'constructs';

export type DeadLetterQueueProps = {
  retention: Duration;
  fifo?: boolean;
};

/** Where work ends that nobody could do. */
export function deadLetterQueue(
  scope: Construct,
  id: string,
  { retention, fifo = false }: DeadLetterQueueProps,
): Queue {
  return new Queue(scope, id, {
    // A FIFO queue can only redrive to a FIFO queue.
    ...(fifo && { fifo, contentBasedDeduplication: true }),
    retentionPeriod: retention,
    encryption: QueueEncryption.SQS_MANAGED,
    enforceSSL: true,
  });
}
