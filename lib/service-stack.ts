import { CfnOutput, Duration, Stack, type StackProps } from 'aws-cdk-lib';
import type { Queue } from 'aws-cdk-lib/aws-sqs';
import type { Construct, IConstruct } from 'constructs';
import { type FunctionSpec, functionsOf, type QueueName } from '#functions/routes.ts';
import { Alarms } from './constructs/alarms.ts';
import { BeckonFunction } from './constructs/beckon-function.ts';
import { EventTrigger } from './constructs/event-trigger.ts';
import type { Geo } from './constructs/geo.ts';
import { BeckonApi } from './constructs/http-api.ts';
import { grantSendEmail, grantSendSms, smsWildcard } from './constructs/providers.ts';
import { ScheduleTrigger } from './constructs/schedule-trigger.ts';
import { StreamTrigger } from './constructs/stream-trigger.ts';
import { WorkQueue } from './constructs/work-queue.ts';
import type { DataStack } from './data-stack.ts';
import { environmentOf, tablesOf } from './environment.ts';
import { POSITION_LIFETIME, retentionOf } from './retention.ts';
import type { Settings } from './settings.ts';

export type ServiceStackProps = StackProps & {
  data: DataStack;
  settings: Settings;
  /** Folder of a function's bundle, by its name in the routing table. */
  bundleDirs: ReadonlyMap<string, string>;
};

/** What runs: built row by row from the routing table. Nothing here keeps anything; delete and deploy it as you like. */
export class ServiceStack extends Stack {
  /** Dead-letter queues of what is not a queue: of an event rule and of a stream. */
  readonly failureQueues: Queue[] = [];
  /** Of an event rule: its dead letters are events. A stream's say only where in the stream, and name nobody. */
  private readonly eventFailures: Queue[] = [];
  /** The role that may send SMS from whatever a wildcard covers. */
  smsWildcard: { role: IConstruct; granted: string } | undefined;
  /** The roles of functions that reach files of places. */
  readonly readersOfFiles: IConstruct[] = [];
  private readonly data: DataStack;
  private readonly settings: Settings;
  private readonly functions: readonly FunctionSpec[];
  private readonly api: BeckonApi;
  private readonly queues: ReadonlyMap<QueueName, WorkQueue>;
  private readonly alarms: Alarms;

  constructor(scope: Construct, id: string, { data, settings, bundleDirs, ...props }: ServiceStackProps) {
    super(scope, id, props);
    this.data = data;
    this.settings = settings;
    this.functions = functionsOf(settings.locator);
    this.alarms = new Alarms(this, 'Alarms', { email: settings.alarmEmail });
    this.api = this.makeApi();
    this.queues = this.makeQueues();
    for (const spec of this.functions) {
      const made = this.makeFunction(spec, need(bundleDirs, spec.name));
      this.grant(made);
      this.trigger(made);
    }
    for (const [name, { table }] of data.tables) this.alarms.watchTable(name, table);
    this.describe();
  }

  /** The routes that ask for no token. */
  get publicRoutes(): IConstruct[] {
    return this.api.publicRoutes;
  }

  private makeApi(): BeckonApi {
    const { domainName, certificateArn, apiRateLimit, apiBurstLimit } = this.settings;
    const api = new BeckonApi(this, 'Http', {
      issuer: this.data.identity.issuer,
      clientId: this.data.identity.client.userPoolClientId,
      rateLimit: apiRateLimit,
      burstLimit: apiBurstLimit,
      ...(domainName !== undefined && certificateArn !== undefined && { domain: { name: domainName, certificateArn } }),
    });
    this.alarms.watchApi(api.api);
    return api;
  }

  private makeQueues(): Map<QueueName, WorkQueue> {
    const queues = new Map<QueueName, WorkQueue>();
    for (const { queue: trigger, timeoutSeconds } of this.functions) {
      if (!trigger) continue;
      const { queue: name, fifo = false, keptBackSeconds = 0 } = trigger;
      const queue = new WorkQueue(this, `Queue-${name}`, {
        consumerTimeout: Duration.seconds(timeoutSeconds),
        retention: retentionOf(name),
        fifo,
      });
      this.alarms.watchDeadLetters(name, queue.deadLetters);
      this.alarms.watchQueueAge(name, queue.queue, Duration.seconds(keptBackSeconds));
      queues.set(name, queue);
    }
    return queues;
  }

  private makeFunction(spec: FunctionSpec, bundleDir: string): BeckonFunction {
    const { identity, tables, secrets } = this.data;
    const made = new BeckonFunction(this, `Function-${spec.name}`, {
      spec,
      bundleDir,
      tracing: this.settings.tracing,
      reservedConcurrency: this.settings.reservedConcurrency[spec.name],
      environment: environmentOf(spec, {
        table: (name) => need(tables, name).table.tableName,
        queue: (name) => need(this.queues, name).queue.queueUrl,
        deadLetters: (name) => need(this.queues, name).deadLetters.queueUrl,
        everyDeadLetters: () => this.sweptQueues().map(({ queueUrl }) => queueUrl),
        secret: (name) => need(secrets, name).secret.secretArn,
        issuer: identity.issuer,
        jwksUrl: identity.jwksUrl,
        clientId: identity.client.userPoolClientId,
        publicUrl: this.api.url,
        emailFrom: this.settings.emailFrom,
        smsOrigin: this.settings.smsOrigin,
        bucket: this.data.events.bucket.bucketName,
        location: this.data.geo?.names,
      }),
    });
    this.alarms.watchFunction(spec.name, { fn: made.function, hot: spec.hot === true });
    return made;
  }

  private grant({ spec, function: fn }: BeckonFunction): void {
    for (const name of tablesOf(spec)) {
      const table = need(this.data.tables, name);
      if (spec.tables?.[name] === 'write') table.grantWrite(fn);
      else table.grantRead(fn);
    }
    for (const name of spec.sends ?? []) need(this.queues, name).grantSend(fn);
    for (const name of spec.secrets ?? []) need(this.data.secrets, name).grantRead(fn);
    if (spec.files) {
      this.data.events.grantPlaces(fn, spec.files);
      if (fn.role) this.readersOfFiles.push(fn.role);
    }
    if (spec.erases) for (const queue of this.sweptQueues()) queue.grantConsumeMessages(fn);
    for (const access of spec.location ?? []) needGeo(this.data.geo).grant(fn, access);
    this.grantProvider(spec, fn);
  }

  private grantProvider(spec: FunctionSpec, fn: BeckonFunction['function']): void {
    const { emailFrom, smsOrigin } = this.settings;
    if (spec.provider === 'ses' && emailFrom !== undefined) grantSendEmail(fn, fn, emailFrom);
    if (spec.provider === 'sms' && smsOrigin !== undefined) {
      grantSendSms(this, fn, smsOrigin);
      const granted = smsWildcard(smsOrigin);
      if (granted !== undefined && fn.role) this.smsWildcard = { role: fn.role, granted };
    }
  }

  /** Dead letters that may name somebody; functions on events come before those that erase, in the routing table. */
  private sweptQueues(): Queue[] {
    return [...[...this.queues.values()].map(({ deadLetters }) => deadLetters), ...this.eventFailures];
  }

  private trigger({ spec, function: fn }: BeckonFunction): void {
    const { name, http, queue, stream, event, schedule } = spec;
    if (http) this.api.addRoutes(fn, name, http);
    if (queue) need(this.queues, queue.queue).trigger(fn, queue);
    if (stream) {
      const table = need(this.data.tables, stream.table);
      const { failures } = new StreamTrigger(this, `Stream-${name}`, { table, consumer: fn, spec: stream });
      this.failureQueues.push(failures);
      this.alarms.watchDeadLetters(`${name}-stream`, failures);
      this.alarms.watchStream(name, fn);
    }
    if (event) {
      const resourceArns = [needGeo(this.data.geo).collection.attrArn];
      const { failures } = new EventTrigger(this, `Event-${name}`, {
        consumer: fn,
        spec: event,
        resourceArns,
        // A geofence event carries the position that caused it.
        lifetime: POSITION_LIFETIME,
      });
      this.failureQueues.push(failures);
      this.eventFailures.push(failures);
      this.alarms.watchDeadLetters(`${name}-event`, failures);
    }
    if (schedule) new ScheduleTrigger(this, `Schedule-${name}`, { consumer: fn, spec: schedule });
  }

  /** What a person needs after deploying. */
  private describe(): void {
    const { identity, geo, events } = this.data;
    new CfnOutput(this, 'ApiUrl', { value: this.api.url });
    new CfnOutput(this, 'UserPoolId', { value: identity.userPool.userPoolId });
    new CfnOutput(this, 'UserPoolClientId', { value: identity.client.userPoolClientId });
    if (geo) {
      new CfnOutput(this, 'GeofenceCollection', { value: geo.names.collection });
      new CfnOutput(this, 'Tracker', { value: geo.names.tracker });
    }
    new CfnOutput(this, 'EventBucket', { value: events.bucket.bucketName });
    new CfnOutput(this, 'AlarmTopic', { value: this.alarms.topic.topicArn });
  }
}

/** What the routing table names exists; if not, the synth says which name is wrong. */
function need<Name extends string, T>(all: ReadonlyMap<Name, T>, name: Name): T {
  const found = all.get(name);
  if (found === undefined) throw new Error(`functions/routes.ts names ${name}, which nothing makes`);
  return found;
}

function needGeo(geo: Geo | undefined): Geo {
  if (!geo) throw new Error('functions/routes.ts asks Amazon Location of a deployment without it');
  return geo;
}
