import { Duration } from 'aws-cdk-lib';
import { Rule, Schedule } from 'aws-cdk-lib/aws-events';
import { LambdaFunction } from 'aws-cdk-lib/aws-events-targets';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';
import type { ScheduleTrigger as ScheduleTriggerSpec } from '#functions/routes.ts';

export type ScheduleTriggerProps = { consumer: IFunction; spec: ScheduleTriggerSpec };

/** Runs a function every so many minutes. A run that is lost is made up for by the next: none is tried again. */
export class ScheduleTrigger extends Construct {
  constructor(scope: Construct, id: string, { consumer, spec }: ScheduleTriggerProps) {
    super(scope, id);
    new Rule(this, 'Rule', {
      schedule: Schedule.rate(Duration.minutes(spec.everyMinutes)),
      targets: [new LambdaFunction(consumer, { retryAttempts: 0, maxEventAge: Duration.minutes(spec.everyMinutes) })],
    });
    consumer.configureAsyncInvoke({ retryAttempts: 0 });
  }
}
