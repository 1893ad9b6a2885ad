import { Duration, Stack } from 'aws-cdk-lib';
import type { HttpApi } from 'aws-cdk-lib/aws-apigatewayv2';
import { Alarm, ComparisonOperator, type IMetric, MathExpression, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import type { TableV2 } from 'aws-cdk-lib/aws-dynamodb';
import { ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { EmailSubscription } from 'aws-cdk-lib/aws-sns-subscriptions';
import type { Queue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import type { TableName } from '#functions/routes.ts';
import { STORE_OPERATIONS } from '../store-operations.ts';

/** Each has a section of this name in docs/runbook.md, and the alarm's description names it. */
export const RUNBOOK_SECTIONS = [
  'dead-letters',
  'queue-age',
  'function-errors',
  'function-throttles',
  'iterator-age',
  'api-5xx',
  'table-throttles',
  'table-system-errors',
] as const;
type RunbookSection = (typeof RUNBOOK_SECTIONS)[number];

/** A signal older than the campaigns' default freshness (10 minutes) is skipped, so half of it is time to act. */
const MAX_QUEUE_AGE = Duration.minutes(5);
const PERIOD = Duration.minutes(5);

export type AlarmsProps = {
  /** Who is told; without one the topic is there to subscribe to. */
  email: string | undefined;
};

/** One topic, and the alarms that reach it: each says that a person must act, and where to read how. */
export class Alarms extends Construct {
  readonly topic: Topic;

  constructor(scope: Construct, id: string, { email }: AlarmsProps) {
    super(scope, id);
    this.topic = new Topic(this, 'Topic', { enforceSSL: true });
    // A topic policy of one's own (here: TLS only) replaces the default one, under which CloudWatch could publish.
    this.topic.grantPublish(
      new ServicePrincipal('cloudwatch.amazonaws.com', {
        conditions: { StringEquals: { 'aws:SourceAccount': Stack.of(this).account } },
      }),
    );
    if (email !== undefined) this.topic.addSubscription(new EmailSubscription(email));
  }

  /** Any message here is work that was not done. */
  watchDeadLetters(name: string, queue: Queue): void {
    const metric = queue.metricApproximateNumberOfMessagesVisible({
      period: Duration.minutes(1),
      statistic: 'Maximum',
    });
    this.alarm('dead-letters', name, metric, 1);
  }

  /** @param keptBack how long its messages may be kept back: whether their age counts from then, SQS does not say */
  watchQueueAge(name: string, queue: Queue, keptBack: Duration): void {
    const metric = queue.metricApproximateAgeOfOldestMessage({ period: Duration.minutes(1), statistic: 'Maximum' });
    this.alarm('queue-age', name, metric, MAX_QUEUE_AGE.plus(keptBack).toSeconds(), 3);
  }

  watchFunction(name: string, { fn, hot }: { fn: IFunction; hot: boolean }): void {
    this.alarm('function-errors', name, fn.metricErrors({ period: PERIOD, statistic: 'Sum' }), 1, 2);
    // Queues and streams try again; on a signal's way throttling is still time that its occasion has not got.
    if (hot) this.alarm('function-throttles', name, fn.metricThrottles({ period: PERIOD, statistic: 'Sum' }), 1, 2);
  }

  watchStream(name: string, fn: IFunction): void {
    const metric = fn.metric('IteratorAge', { period: Duration.minutes(1), statistic: 'Maximum' });
    this.alarm('iterator-age', name, metric, MAX_QUEUE_AGE.toMilliseconds(), 3);
  }

  watchApi(api: HttpApi): void {
    this.alarm('api-5xx', 'api', api.metricServerError({ period: PERIOD, statistic: 'Sum' }), 5, 2);
  }

  watchTable(name: TableName, table: TableV2): void {
    // Throttles are counted for the whole table, whatever the operation; system errors for each operation by itself.
    const throttles = new MathExpression({
      expression: 'reads + writes',
      usingMetrics: {
        reads: table.metric('ReadThrottleEvents', { period: PERIOD, statistic: 'Sum' }),
        writes: table.metric('WriteThrottleEvents', { period: PERIOD, statistic: 'Sum' }),
      },
      period: PERIOD,
    });
    this.alarm('table-throttles', name, throttles, 10, 2);
    const operations = [...STORE_OPERATIONS[name]];
    const errors = table.metricSystemErrorsForOperations({ operations, period: PERIOD, statistic: 'Sum' });
    this.alarm('table-system-errors', name, errors, 5, 2);
  }

  /** Fires when `metric` is at or above `threshold` for so many periods in a row; silence is no alarm. */
  private alarm(section: RunbookSection, name: string, metric: IMetric, threshold: number, periods = 1): void {
    const alarm = new Alarm(this, `${section}-${name}`, {
      alarmDescription: `${name}: ${section}. What to do: docs/runbook.md#${section}`,
      metric,
      threshold,
      evaluationPeriods: periods,
      comparisonOperator: ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
      treatMissingData: TreatMissingData.NOT_BREACHING,
    });
    alarm.addAlarmAction(new SnsAction(this.topic));
  }
}
