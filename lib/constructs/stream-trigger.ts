import { Duration } from 'aws-cdk-lib';
import { FilterCriteria, FilterRule, type IFunction, StartingPosition } from 'aws-cdk-lib/aws-lambda';
import { DynamoEventSource, SqsDlq } from 'aws-cdk-lib/aws-lambda-event-sources';
import type { Queue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import type { StreamTrigger as StreamTriggerSpec } from '#functions/routes.ts';
import { WORK } from '../retention.ts';
import type { BeckonTable } from './beckon-table.ts';
import { deadLetterQueue } from './dead-letter-queue.ts';

/** Long enough to sit out three hours of outage; after it 20 of the stream's 24 hours are left to replay by hand. */
const MAX_RECORD_AGE = Duration.hours(4);
/** As many as Lambda allows: the age decides when to give up, not a count that an outage uses up in minutes. */
const MAX_RETRY_ATTEMPTS = 10_000;

export type StreamTriggerProps = {
  table: BeckonTable;
  consumer: IFunction;
  spec: StreamTriggerSpec;
};

/** Runs a function on what appears in a table; where it had to give up on records, their position in the stream is kept. */
export class StreamTrigger extends Construct {
  readonly failures: Queue;

  constructor(scope: Construct, id: string, { table, consumer, spec }: StreamTriggerProps) {
    super(scope, id);
    const { entity, eventNames, having } = spec.filter;
    this.failures = deadLetterQueue(this, 'Failures', { retention: WORK.deadLetters });
    consumer.addEventSource(
      new DynamoEventSource(table.table, {
        startingPosition: StartingPosition.TRIM_HORIZON,
        batchSize: spec.batchSize,
        bisectBatchOnError: true,
        reportBatchItemFailures: true,
        retryAttempts: MAX_RETRY_ATTEMPTS,
        maxRecordAge: MAX_RECORD_AGE,
        onFailure: new SqsDlq(this.failures),
        filters: [
          FilterCriteria.filter({
            eventName: FilterRule.or(...eventNames),
            dynamodb: {
              NewImage: {
                entity: { S: FilterRule.isEqual(entity) },
                ...(having !== undefined && { [having]: { S: FilterRule.exists() } }),
              },
            },
          }),
        ],
      }),
    );
  }
}
