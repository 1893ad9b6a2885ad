import { MAX_RECEIVES } from '#functions/routes.ts';
import { RUNBOOK_SECTIONS } from '#lib/constructs/alarms.ts';
import { ofType, type Resource, type Resources, refsOf } from './synthesis.ts';

/** What every template of ours must keep, and the smallest template that breaks it, or one for each way to. */
export type Rule = {
  says: string;
  /** Logical ids, with what is wrong where one id can be wrong in several ways. */
  offences: (resources: Resources) => string[];
  bad: Resources | Resources[];
};

const QUEUE = 'AWS::SQS::Queue';
const TABLE = 'AWS::DynamoDB::GlobalTable';
const MAPPING = 'AWS::Lambda::EventSourceMapping';
const FUNCTION = 'AWS::Lambda::Function';
const VISIBILITY_PER_TIMEOUT = 6;
const MAX_RETENTION_DAYS = 30;

/** Logical ids of the resources of a type for which `wrong` holds. */
function where(type: string, wrong: (resource: Resource, id: string, all: Resources) => boolean) {
  return (resources: Resources): string[] =>
    ofType(resources, type)
      .filter(([id, resource]) => wrong(resource, id, resources))
      .map(([id]) => id);
}

function deadLetterQueues(resources: Resources): Set<string> {
  const targets = ofType(resources, 'AWS::Events::Rule').flatMap(([, rule]) => rule.Properties.Targets ?? []);
  return new Set(
    refsOf([
      ofType(resources, QUEUE).map(([, queue]) => queue.Properties.RedrivePolicy?.deadLetterTargetArn),
      targets.map((target: Resource['Properties']) => target.DeadLetterConfig),
      ofType(resources, MAPPING).map(([, mapping]) => mapping.Properties.DestinationConfig),
      ofType(resources, 'AWS::Lambda::EventInvokeConfig').map(([, config]) => config.Properties.DestinationConfig),
    ]),
  );
}

const RESTORABLE = { PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true } };
const isRestorable = ({ Properties }: Resource): boolean =>
  Properties.Replicas[0].PointInTimeRecoverySpecification?.PointInTimeRecoveryEnabled === true;
const isStreamed = ({ Properties }: Resource): boolean => Properties.StreamSpecification !== undefined;
const isPresence = (logicalId: string): boolean => logicalId.startsWith('Tablepresence');

/** Whether a policy of `type` denies what comes without TLS to the resource `id`. */
function deniesPlainText(resources: Resources, type: string, id: string): boolean {
  return ofType(resources, type).some(
    ([, policy]) =>
      refsOf(policy.Properties).includes(id) &&
      policy.Properties.PolicyDocument.Statement.some(
        (statement: Resource['Properties']) =>
          statement.Effect === 'Deny' && statement.Condition?.Bool?.['aws:SecureTransport'] === 'false',
      ),
  );
}

function withoutTls(type: string, policyType: string) {
  return where(type, (_resource, id, all) => !deniesPlainText(all, policyType, id));
}

/** Each allowed action and resource of an identity policy that says more than one thing: a wildcard, or a scan. */
function broadGrants(resources: Resources): string[] {
  return ofType(resources, 'AWS::IAM::Policy').flatMap(([id, policy]) =>
    policy.Properties.PolicyDocument.Statement.flatMap((statement: Resource['Properties']) => {
      const actions = [statement.Action].flat().filter((action) => action.includes('*') || action === 'dynamodb:Scan');
      const targets = [statement.Resource].flat().map((resource) => JSON.stringify(resource));
      // One folder of our own bucket: its files are named at run time.
      const broad = targets.filter((target) => target.replace('"/places/*"', '').includes('*'));
      return [...actions, ...broad].map((what) => `${id}: ${what}`);
    }),
  );
}

export const RULES: readonly Rule[] = [
  {
    says: 'every queue has a dead-letter queue, but for those that are one',
    offences: (resources) => {
      const dead = deadLetterQueues(resources);
      return where(QUEUE, (queue, id) => !queue.Properties.RedrivePolicy && !dead.has(id))(resources);
    },
    bad: { Q: { Type: QUEUE, Properties: {} } },
  },
  {
    says: 'a queue redrives only after its handler had the chance to dead-letter with a reason',
    offences: where(QUEUE, ({ Properties: { RedrivePolicy } }) => {
      return RedrivePolicy !== undefined && RedrivePolicy.maxReceiveCount !== MAX_RECEIVES + 2;
    }),
    bad: { Q: { Type: QUEUE, Properties: { RedrivePolicy: { maxReceiveCount: MAX_RECEIVES } } } },
  },
  {
    says: 'the dead-letter queue of a FIFO queue is FIFO, and of a standard queue standard',
    offences: where(QUEUE, (queue, _id, all) =>
      refsOf(queue.Properties.RedrivePolicy).some(
        (dead) => (all[dead]?.Properties.FifoQueue ?? false) !== (queue.Properties.FifoQueue ?? false),
      ),
    ),
    bad: {
      Q: { Type: QUEUE, Properties: { FifoQueue: true, RedrivePolicy: { deadLetterTargetArn: { Ref: 'D' } } } },
      D: { Type: QUEUE, Properties: {} },
    },
  },
  {
    says: 'a message stays invisible for at least six times its function’s timeout',
    offences: where(MAPPING, ({ Properties }, _id, all) => {
      const queue = all[refsOf(Properties.EventSourceArn)[0] ?? ''];
      const fn = all[refsOf(Properties.FunctionName)[0] ?? ''];
      if (queue?.Type !== QUEUE) return false;
      return !(queue.Properties.VisibilityTimeout >= VISIBILITY_PER_TIMEOUT * fn?.Properties.Timeout);
    }),
    bad: {
      M: { Type: MAPPING, Properties: { EventSourceArn: { Ref: 'Q' }, FunctionName: { Ref: 'F' } } },
      Q: { Type: QUEUE, Properties: { VisibilityTimeout: 30 } },
      F: { Type: FUNCTION, Properties: { Timeout: 30 } },
    },
  },
  {
    says: 'one failed item of a batch does not repeat the others',
    offences: where(
      MAPPING,
      ({ Properties }) => !Properties.FunctionResponseTypes?.includes('ReportBatchItemFailures'),
    ),
    bad: { M: { Type: MAPPING, Properties: {} } },
  },
  {
    says: 'every target of an event rule has a dead-letter queue, and so has its function',
    offences: (resources) => {
      const kept = new Set(
        ofType(resources, 'AWS::Lambda::EventInvokeConfig')
          .filter(([, { Properties }]) => Properties.DestinationConfig?.OnFailure)
          .flatMap(([, { Properties }]) => refsOf(Properties.FunctionName)),
      );
      return where('AWS::Events::Rule', ({ Properties }) =>
        Properties.Targets.some(
          (target: Resource['Properties']) =>
            !target.DeadLetterConfig || !refsOf(target.Arn).some((id) => kept.has(id)),
        ),
      )(resources);
    },
    bad: {
      R: { Type: 'AWS::Events::Rule', Properties: { Targets: [{ Arn: { Ref: 'F' }, DeadLetterConfig: {} }] } },
    },
  },
  {
    says: 'every table is protected, kept, expiring, encrypted and on demand',
    offences: where(TABLE, ({ Properties: table, DeletionPolicy }) => {
      const [replica] = table.Replicas;
      return !(
        replica.DeletionProtectionEnabled &&
        DeletionPolicy === 'Retain' &&
        table.TimeToLiveSpecification?.AttributeName === 'ttl' &&
        table.SSESpecification?.SSEEnabled &&
        table.BillingMode === 'PAY_PER_REQUEST'
      );
    }),
    bad: { T: { Type: TABLE, Properties: { Replicas: [{}] } } },
  },
  {
    says: 'every table is restorable but presence, of which a backup would keep positions for 35 days',
    offences: where(TABLE, (table, id) => isRestorable(table) === isPresence(id)),
    bad: [
      { Tableoffers: { Type: TABLE, Properties: { Replicas: [{}] } } },
      { Tablepresence: { Type: TABLE, Properties: { Replicas: [RESTORABLE] } } },
    ],
  },
  {
    says: 'every table is streamed but presence, of which a stream would keep positions for another day',
    offences: where(TABLE, (table, id) => isStreamed(table) === isPresence(id)),
    bad: [
      { Tableoffers: { Type: TABLE, Properties: {} } },
      { Tablepresence: { Type: TABLE, Properties: { StreamSpecification: {} } } },
    ],
  },
  {
    says: 'whatever holds data is kept when its stack goes',
    offences: (resources) =>
      [
        'AWS::S3::Bucket',
        'AWS::SecretsManager::Secret',
        'AWS::Cognito::UserPool',
        'AWS::Location::GeofenceCollection',
        'AWS::Location::Tracker',
      ].flatMap((type) => where(type, ({ DeletionPolicy }) => DeletionPolicy !== 'Retain')(resources)),
    bad: { B: { Type: 'AWS::S3::Bucket', Properties: {} } },
  },
  {
    says: 'buckets speak TLS only',
    offences: withoutTls('AWS::S3::Bucket', 'AWS::S3::BucketPolicy'),
    bad: { B: { Type: 'AWS::S3::Bucket', Properties: {} } },
  },
  {
    says: 'queues speak TLS only',
    offences: withoutTls(QUEUE, 'AWS::SQS::QueuePolicy'),
    bad: { Q: { Type: QUEUE, Properties: {} } },
  },
  {
    says: 'topics speak TLS only',
    offences: withoutTls('AWS::SNS::Topic', 'AWS::SNS::TopicPolicy'),
    bad: { T: { Type: 'AWS::SNS::Topic', Properties: {} } },
  },
  {
    says: 'nothing in a bucket is public',
    offences: where('AWS::S3::Bucket', ({ Properties }) => {
      const blocks = Object.values(Properties.PublicAccessBlockConfiguration ?? {});
      return blocks.length !== 4 || blocks.includes(false);
    }),
    bad: { B: { Type: 'AWS::S3::Bucket', Properties: {} } },
  },
  {
    says: 'queues are encrypted at rest',
    offences: where(QUEUE, ({ Properties }) => Properties.SqsManagedSseEnabled !== true),
    bad: { Q: { Type: QUEUE, Properties: {} } },
  },
  {
    says: 'no role may scan a table, or do or touch `*`',
    offences: broadGrants,
    bad: {
      P: {
        Type: 'AWS::IAM::Policy',
        Properties: { PolicyDocument: { Statement: [{ Action: 'dynamodb:Scan', Resource: { Ref: 'T' } }] } },
      },
    },
  },
  {
    says: 'no role borrows a managed policy or brings one inline',
    offences: where('AWS::IAM::Role', ({ Properties }) => Boolean(Properties.ManagedPolicyArns ?? Properties.Policies)),
    bad: { R: { Type: 'AWS::IAM::Role', Properties: { ManagedPolicyArns: ['arn:aws:iam::aws:policy/Any'] } } },
  },
  {
    says: 'logs are forgotten after 30 days',
    offences: where('AWS::Logs::LogGroup', ({ Properties }) => !(Properties.RetentionInDays <= MAX_RETENTION_DAYS)),
    bad: { L: { Type: 'AWS::Logs::LogGroup', Properties: {} } },
  },
  {
    says: 'every function runs Node 24 on arm64 and logs JSON to a group of its own',
    offences: where(FUNCTION, ({ Properties: fn }, _id, all) => {
      const group = refsOf(fn.LoggingConfig?.LogGroup)[0];
      const shared = ofType(all, FUNCTION).filter(
        ([, other]) => refsOf(other.Properties.LoggingConfig?.LogGroup)[0] === group,
      );
      return !(
        fn.Runtime === 'nodejs24.x' &&
        fn.Architectures?.[0] === 'arm64' &&
        fn.LoggingConfig?.LogFormat === 'JSON' &&
        shared.length === 1
      );
    }),
    bad: { F: { Type: FUNCTION, Properties: { Runtime: 'nodejs24.x', Architectures: ['arm64'] } } },
  },
  {
    says: 'every alarm tells somebody, and names its section of the runbook',
    offences: where('AWS::CloudWatch::Alarm', ({ Properties: { AlarmActions, AlarmDescription } }) => {
      const section = /docs\/runbook\.md#(\S+)$/.exec(AlarmDescription ?? '')?.[1];
      return AlarmActions?.length !== 1 || !RUNBOOK_SECTIONS.some((known) => known === section);
    }),
    bad: { A: { Type: 'AWS::CloudWatch::Alarm', Properties: { AlarmActions: [{ Ref: 'T' }] } } },
  },
  {
    says: 'nothing has a name of its own but what Amazon Location insists on',
    offences: (resources) =>
      Object.entries(resources)
        .filter(([, { Type }]) => !Type.startsWith('AWS::Location::'))
        .filter(([, { Properties }]) =>
          ['TableName', 'BucketName', 'QueueName', 'TopicName', 'LogGroupName', 'RoleName', 'AlarmName', 'UserPoolName']
            .concat(['FunctionName'].filter(() => Properties?.Code !== undefined))
            .some((name) => Properties?.[name] !== undefined),
        )
        .map(([id]) => id),
    bad: { Q: { Type: QUEUE, Properties: { QueueName: 'signals' } } },
  },
];
