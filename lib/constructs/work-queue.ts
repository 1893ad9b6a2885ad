import { Duration } from 'aws-cdk-lib';
import type { IGrantable } from 'aws-cdk-lib/aws-iam';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import { SqsEventSource } from 'aws-cdk-lib/aws-lambda-event-sources';
import { DeduplicationScope, FifoThroughputLimit, Queue, QueueEncryption, type QueueProps } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { MAX_RECEIVES } from '#functions/routes.ts';
import type { Retention } from '../retention.ts';
import { deadLetterQueue } from './dead-letter-queue.ts';

/** AWS asks for at least six times the function's timeout, so that a throttled batch is not delivered twice. */
const VISIBILITY_PER_TIMEOUT = 6;

/** A handler dead-letters at MAX_RECEIVES itself, with the reason; the redrive is for one that dies before it can. */
const MAX_RECEIVES_BEFORE_REDRIVE = MAX_RECEIVES + 2;

/** Groups (devices) run side by side at up to thousands a second, each in its own order. */
const FIFO: Partial<QueueProps> = {
  fifo: true,
  contentBasedDeduplication: true,
  deduplicationScope: DeduplicationScope.MESSAGE_GROUP,
  fifoThroughputLimit: FifoThroughputLimit.PER_MESSAGE_GROUP_ID,
};

export type WorkQueueProps = {
  consumerTimeout: Duration;
  retention: Retention;
  fifo: boolean;
};

/** A queue with its dead-letter queue and its one consumer. */
export class WorkQueue extends Construct {
  readonly queue: Queue;
  readonly deadLetters: Queue;

  constructor(scope: Construct, id: string, { consumerTimeout, retention, fifo }: WorkQueueProps) {
    super(scope, id);
    this.deadLetters = deadLetterQueue(this, 'DeadLetters', { retention: retention.deadLetters, fifo });
    this.queue = new Queue(this, 'Queue', {
      ...(fifo && FIFO),
      visibilityTimeout: Duration.seconds(consumerTimeout.toSeconds() * VISIBILITY_PER_TIMEOUT),
      retentionPeriod: retention.queue,
      deadLetterQueue: { queue: this.deadLetters, maxReceiveCount: MAX_RECEIVES_BEFORE_REDRIVE },
      encryption: QueueEncryption.SQS_MANAGED,
      enforceSSL: true,
    });
  }

  grantSend(grantee: IGrantable): void {
    this.queue.grantSendMessages(grantee);
  }

  /** Runs `consumer` on batches; it reports the failed items of a batch and dead-letters what it gives up on. */
  trigger(
    consumer: IFunction,
    { batchSize, maxConcurrency }: { batchSize: number; maxConcurrency?: number | undefined },
  ): void {
    consumer.addEventSource(
      new SqsEventSource(this.queue, {
        batchSize,
        reportBatchItemFailures: true,
        ...(maxConcurrency !== undefined && { maxConcurrency }),
      }),
    );
    this.deadLetters.grantSendMessages(consumer);
  }
}
