import { Duration } from 'aws-cdk-lib';
import { Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs';
import type { Construct } from 'constructs';

/** Where work ends that nobody could do. 14 days, the most SQS offers: a person has to look. */
export function deadLetterQueue(scope: Construct, id: string, { fifo = false }: { fifo?: boolean } = {}): Queue {
  return new Queue(scope, id, {
    // A FIFO queue can only redrive to a FIFO queue.
    ...(fifo && { fifo, contentBasedDeduplication: true }),
    retentionPeriod: Duration.days(14),
    encryption: QueueEncryption.SQS_MANAGED,
    enforceSSL: true,
  });
}
