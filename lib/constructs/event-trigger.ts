import { Duration } from 'aws-cdk-lib';
import { Rule } from 'aws-cdk-lib/aws-events';
import { LambdaFunction } from 'aws-cdk-lib/aws-events-targets';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import { SqsDestination } from 'aws-cdk-lib/aws-lambda-destinations';
import type { Queue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import type { EventTrigger as EventTriggerSpec } from '#functions/routes.ts';
import { deadLetterQueue } from './dead-letter-queue.ts';

/** An event older than this is history, not an occasion. */
const MAX_EVENT_AGE = Duration.hours(4);

export type EventTriggerProps = {
  consumer: IFunction;
  spec: EventTriggerSpec;
  /** Only events about these: other teams' geofences share the account's bus. */
  resourceArns: string[];
  /** How long an event may lie anywhere: waiting to be handed over, to be handled, to be looked at. */
  lifetime: Duration;
};

/**
 * Runs a function on events of the account's default bus. There are two ways to lose one, and both end in the same
 * queue: EventBridge cannot hand it over, or the function fails on it until Lambda gives up.
 */
export class EventTrigger extends Construct {
  readonly failures: Queue;

  constructor(scope: Construct, id: string, { consumer, spec, resourceArns, lifetime }: EventTriggerProps) {
    super(scope, id);
    // EventBridge and Lambda may each have kept it for MAX_EVENT_AGE.
    const retention = lifetime.minus(MAX_EVENT_AGE).minus(MAX_EVENT_AGE);
    this.failures = deadLetterQueue(this, 'Failures', { retention });
    new Rule(this, 'Rule', {
      eventPattern: { source: spec.source, detailType: spec.detailType, resources: resourceArns },
      targets: [
        new LambdaFunction(consumer, {
          deadLetterQueue: this.failures,
          maxEventAge: MAX_EVENT_AGE,
          retryAttempts: 185,
        }),
      ],
    });
    consumer.configureAsyncInvoke({
      maxEventAge: MAX_EVENT_AGE,
      retryAttempts: 2,
      onFailure: new SqsDestination(this.failures),
    });
  }
}
