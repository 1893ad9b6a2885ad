import { describe, expect, it } from 'vitest';
import {
  deadLetterEnv,
  ENV,
  type FunctionSpec,
  functionsOf,
  LOCATORS,
  type LocationAccess,
  queueEnv,
  secretEnv,
  type TableName,
  tableEnv,
} from '#functions/routes.ts';
import { logicalId, ofType, type Resource, synthesise } from './synthesis.ts';

describe.each(LOCATORS)('where the locator is %s', (locator) => {
  const { resources, refs, beckon } = synthesise({ locator });
  const functions = functionsOf(locator);
  const geo = beckon.data.geo;
  const table = (name: string): string => logicalId(beckon.data, `Table-${name}/Table/Resource`);
  const secret = (name: string): string => logicalId(beckon.data, `Secret-${name}/Secret/Resource`);
  const queue = (name: string): string => logicalId(beckon.service, `Queue-${name}/Queue/Resource`);
  const deadLetters = (name: string): string => logicalId(beckon.service, `Queue-${name}/DeadLetters/Resource`);
  const fn = (name: string): string => logicalId(beckon.service, `Function-${name}/Function/Resource`);

  describe('the API is the routing table', () => {
    const wanted = functions.flatMap(({ name, http = [] }) => http.map((route) => ({ name, route })));
    const made = new Map(
      ofType(resources, 'AWS::ApiGatewayV2::Route').map(([, { Properties }]) => [Properties.RouteKey, Properties]),
    );

    it('has every route and no other', () => {
      expect([...made.keys()].sort()).toEqual(wanted.map(({ route }) => `${route.method} ${route.path}`).sort());
    });

    it.each(wanted)('$route.method $route.path reaches $name, with a token unless it is public', ({ name, route }) => {
      const properties = made.get(`${route.method} ${route.path}`);
      const integration =
        resources[refs(properties.Target).find((id) => resources[id]?.Type.endsWith('Integration')) ?? ''];
      expect(refs(integration?.Properties.IntegrationUri)).toContain(fn(name));
      expect(properties.AuthorizationType).toBe(route.roles === 'public' ? 'NONE' : 'JWT');
      expect(refs(properties.AuthorizerId).length).toBe(route.roles === 'public' ? 0 : 1);
    });

    it('is throttled, and logs neither path nor address', () => {
      const [[, stage]] = ofType(resources, 'AWS::ApiGatewayV2::Stage') as [[string, Resource]];
      expect(stage.Properties.DefaultRouteSettings).toEqual({ ThrottlingRateLimit: 2000, ThrottlingBurstLimit: 4000 });
      const logged = [...stage.Properties.AccessLogSettings.Format.matchAll(/\$context\.([\w.]+)/g)].map(
        ([, name]) => name,
      );
      expect(logged).toContain('routeKey');
      expect(logged.filter((name) => /path|identity|authorizer|sourceIp|userAgent/i.test(name))).toEqual([]);
    });

    it('takes its tokens from the user pool', () => {
      const [[, authorizer]] = ofType(resources, 'AWS::ApiGatewayV2::Authorizer') as [[string, Resource]];
      const { Issuer, Audience } = authorizer.Properties.JwtConfiguration;
      expect(refs(Issuer).map((id) => resources[id]?.Type)).toContain('AWS::Cognito::UserPool');
      expect(refs(Audience).map((id) => resources[id]?.Type)).toEqual(['AWS::Cognito::UserPoolClient']);
    });
  });

  describe.each(functions)('function $name', (spec) => {
    const properties = resources[fn(spec.name)]?.Properties;
    const environment: Record<string, unknown> = properties?.Environment?.Variables ?? {};
    const grants = grantsOf(spec);

    it('has its time and memory', () => {
      expect([properties.Timeout, properties.MemorySize]).toEqual([spec.timeoutSeconds, spec.memoryMb]);
      expect(properties.ReservedConcurrentExecutions).toBeUndefined();
    });

    it('knows of what it may touch, and of nothing else', () => {
      const tables = tableNames(spec).map((name) => [tableEnv(name), table(name)]);
      const queues = (spec.sends ?? []).map((name) => [queueEnv(name), queue(name)]);
      const secrets = (spec.secrets ?? []).map((name) => [secretEnv(name), secret(name)]);
      const dead = spec.queue ? [[deadLetterEnv(spec.queue.queue), deadLetters(spec.queue.queue)]] : [];
      const touched = Object.fromEntries([...tables, ...queues, ...secrets, ...dead]);
      expect(Object.keys(environment).sort()).toEqual([...Object.keys(touched), ...plainNames(spec)].sort());
      for (const [name, id] of Object.entries(touched)) expect(refs(environment[name])).toEqual([id]);
      if (spec.erases) expect(refs(environment[ENV.deadLetters]).sort()).toEqual(sweptQueues().sort());
    });

    it('may do what the table says, and nothing else', () => {
      expect(Object.fromEntries(grants)).toEqual(Object.fromEntries(wantedGrants(spec)));
    });

    it('is started by what the table says', () => {
      const mappings = ofType(resources, 'AWS::Lambda::EventSourceMapping').filter(([, mapping]) =>
        refs(mapping.Properties.FunctionName).includes(fn(spec.name)),
      );
      const sources = [spec.queue && queue(spec.queue.queue), spec.stream && table(spec.stream.table)].filter(Boolean);
      expect(mappings.flatMap(([, mapping]) => refs(mapping.Properties.EventSourceArn))).toEqual(sources);
      for (const [, mapping] of mappings) {
        expect(mapping.Properties.BatchSize).toBe((spec.queue ?? spec.stream)?.batchSize);
        expect(mapping.Properties.ScalingConfig?.MaximumConcurrency).toBe(spec.queue?.maxConcurrency);
      }
      const rules = ofType(resources, 'AWS::Events::Rule').filter(([, rule]) =>
        refs(rule.Properties).includes(fn(spec.name)),
      );
      expect(
        rules.map(([, { Properties }]) => Properties.EventPattern?.source ?? Properties.ScheduleExpression),
      ).toEqual([
        ...(spec.event ? [spec.event.source] : []),
        ...(spec.schedule ? [`rate(${spec.schedule.everyMinutes} minutes)`] : []),
      ]);
    });
  });

  describe('triggers', () => {
    it('keep the order of a device’s positions and of an owner’s places, and only theirs', () => {
      const fifo = functions.filter((spec) => spec.queue?.fifo).map((spec) => queue(spec.queue?.queue ?? ''));
      const made = ofType(resources, 'AWS::SQS::Queue').filter(([, { Properties }]) => Properties.FifoThroughputLimit);
      expect(made.map(([id]) => id)).toEqual(fifo);
      for (const [, { Properties }] of made) {
        expect([Properties.FifoThroughputLimit, Properties.DeduplicationScope]).toEqual([
          'perMessageGroupId',
          'messageGroup',
        ]);
      }
    });

    it('pass on only what their functions ask for from the stream, give up in the end, and keep what they gave up on', () => {
      const streams = ofType(resources, 'AWS::Lambda::EventSourceMapping').filter(
        ([, { Properties }]) => Properties.StartingPosition,
      );
      const patterns = streams.flatMap(([, { Properties }]) =>
        Properties.FilterCriteria.Filters.map(({ Pattern }: { Pattern: string }) => JSON.parse(Pattern)),
      );
      const isCoupon = { entity: { S: ['coupon'] } };
      expect(patterns).toEqual([
        { eventName: ['INSERT'], dynamodb: { NewImage: isCoupon } },
        {
          eventName: ['INSERT', 'MODIFY'],
          dynamodb: { NewImage: { ...isCoupon, screenId: { S: [{ exists: true }] } } },
        },
        { eventName: ['INSERT', 'MODIFY'], dynamodb: { NewImage: { entity: { S: ['person'] } } } },
      ]);
      for (const [, { Properties }] of streams) {
        expect(Properties.BisectBatchOnFunctionError).toBe(true);
        expect(Properties.MaximumRecordAgeInSeconds).toBeGreaterThan(3 * 3600);
        expect(Properties.MaximumRecordAgeInSeconds).toBeLessThan(24 * 3600);
        expect(refs(Properties.DestinationConfig)).toHaveLength(1);
      }
    });

    it('see what was there before where their functions compare with it', () => {
      const compared = functions.flatMap(({ stream }) => (stream?.oldImages ? [table(stream.table)] : []));
      const tables = ofType(resources, 'AWS::DynamoDB::GlobalTable');
      const both = tables.filter(([, { Properties }]) => /OLD/.test(Properties.StreamSpecification?.StreamViewType));
      expect(both.map(([id]) => id)).toEqual(compared);
    });

    it('listen to our own geofences only', () => {
      const patterns = ofType(resources, 'AWS::Events::Rule').flatMap(
        ([, { Properties }]) => Properties.EventPattern ?? [],
      );
      const listened = patterns.flatMap((pattern) => refs(pattern.resources).map((id) => resources[id]?.Type));
      expect(listened).toEqual(locator === 'amazon' ? ['AWS::Location::GeofenceCollection'] : []);
    });
  });

  it('makes Amazon Location’s resources where it is the locator, and nowhere else', () => {
    const made = Object.values(resources).filter(({ Type }) => Type.startsWith('AWS::Location::'));
    expect(made.map(({ Type }) => Type.slice('AWS::Location::'.length)).sort()).toEqual(
      locator === 'amazon' ? ['GeofenceCollection', 'Tracker', 'TrackerConsumer'] : [],
    );
    expect(made.every(({ DeletionPolicy }) => DeletionPolicy === 'Retain')).toBe(true);
  });

  /** Environment variables that are values and not names of something to touch. */
  function plainNames(spec: FunctionSpec): string[] {
    const { issuer, jwksUrl, clientId, catalogueMaxAge, deadLetters, channels, publicUrl, emailFrom, smsOrigin } = ENV;
    const guarded = spec.knowsCallers === true || spec.http?.some(({ roles }) => roles !== 'public') === true;
    return [
      ...(guarded ? [issuer, jwksUrl, clientId] : []),
      ...(spec.tables?.catalogue ? [catalogueMaxAge] : []),
      ...(spec.erases ? [deadLetters] : []),
      ...(locator === 'amazon' && (spec.withAmazon || spec.location) ? [ENV.locator] : []),
      ...placesNames(spec),
      ...(spec.decides ? [channels] : []),
      ...(spec.provider ? [publicUrl, spec.provider === 'ses' ? emailFrom : smsOrigin] : []),
    ];
  }

  function placesNames({ files, location }: FunctionSpec): string[] {
    return [...(files ? [ENV.bucket] : []), ...(location ? [ENV.geofenceCollection, ENV.tracker] : [])];
  }

  /** Dead letters that may name somebody: of every queue, and of what comes as an event. */
  function sweptQueues(): string[] {
    const queues = functions.flatMap((spec) => (spec.queue ? [deadLetters(spec.queue.queue)] : []));
    const events = functions.filter((spec) => spec.event);
    return [...queues, ...events.map(({ name }) => logicalId(beckon.service, `Event-${name}/Failures/Resource`))];
  }

  /** What a function may do to which resource, by its row. */
  function wantedGrants(spec: FunctionSpec): Map<string, string> {
    const expected = new Map<string, string>();
    for (const name of tableNames(spec)) expected.set(table(name), `table ${spec.tables?.[name]}`);
    for (const name of spec.sends ?? []) expected.set(queue(name), 'send');
    for (const name of spec.secrets ?? []) expected.set(secret(name), 'secret');
    for (const [id, what] of triggerGrants(spec)) expected.set(id, what);
    for (const [id, what] of streamGrants(spec)) expected.set(id, what);
    if (spec.erases) for (const id of sweptQueues()) expected.set(id, 'receive');
    for (const [id, what] of locationGrants(spec)) expected.set(id, what);
    expected.set(logicalId(beckon.service, `Function-${spec.name}/Logs/Resource`), 'log');
    return expected;
  }

  function triggerGrants({ name, queue: trigger, event, sends = [] }: FunctionSpec): [id: string, what: string][] {
    const failures = event ? logicalId(beckon.service, `Event-${name}/Failures/Resource`) : undefined;
    return [
      ...(trigger
        ? ([
            [queue(trigger.queue), sends.includes(trigger.queue) ? 'receive, send' : 'receive'],
            [deadLetters(trigger.queue), 'send'],
          ] as const)
        : []),
      ...(failures === undefined ? [] : ([[failures, 'send']] as const)),
    ].map(([id, what]) => [id, what]);
  }

  /** What the bucket may be asked; and Amazon Location: of the collection, or of the tracker. */
  function locationGrants({ files, location = [] }: FunctionSpec): [id: string, what: string][] {
    if (files) return [[logicalId(beckon.data, 'Events/Bucket/Resource'), `files ${files}`]];
    if (!geo || location.length === 0) return [];
    const isOf = (access: LocationAccess) => (access === 'positions' ? geo.tracker : geo.collection);
    return [...Map.groupBy(location, isOf)].map(([resource, accesses]) => [
      beckon.data.resolve(beckon.data.getLogicalId(resource)),
      [...accesses].sort().join(', '),
    ]);
  }

  /** Of a table whose stream it reads, a function may also read the rows. */
  function streamGrants({ name, stream, tables }: FunctionSpec): [id: string, what: string][] {
    if (!stream) return [];
    const rows = tables?.[stream.table];
    return [
      [table(stream.table), rows ? `table ${rows}, stream` : 'stream'],
      [logicalId(beckon.service, `Stream-${name}/Failures/Resource`), 'send'],
    ];
  }

  /** What a function's role may do to which resource, each set of actions by a short name. */
  function grantsOf(spec: FunctionSpec): Map<string, string> {
    const role = refs(resources[fn(spec.name)]?.Properties.Role)[0];
    const statements = ofType(resources, 'AWS::IAM::Policy')
      .filter(([, policy]) => refs(policy.Properties.Roles).includes(role ?? ''))
      .flatMap(([, policy]) => policy.Properties.PolicyDocument.Statement);
    const actions = new Map<string, Set<string>>();
    for (const { Action, Resource: target } of statements) {
      for (const id of refs(target)) {
        const set = actions.get(id) ?? new Set();
        for (const action of [Action].flat()) set.add(action);
        actions.set(id, set);
      }
    }
    return new Map([...actions].map(([id, set]) => [id, SHORT.get([...set].sort().join(' ')) ?? [...set].join(' ')]));
  }

  function tableNames(spec: FunctionSpec): TableName[] {
    return Object.keys(spec.tables ?? {}) as TableName[];
  }
});

const READ = ['BatchGetItem', 'ConditionCheckItem', 'GetItem', 'Query'];
const STREAM = ['DescribeStream', 'GetRecords', 'GetShardIterator', 'ListStreams'];
const SHORT = new Map(
  Object.entries({
    'table read': ['dynamodb', READ],
    'table write': ['dynamodb', [...READ, 'BatchWriteItem', 'DeleteItem', 'PutItem', 'UpdateItem']],
    stream: ['dynamodb', STREAM],
    'table read, stream': ['dynamodb', [...READ, ...STREAM]],
    send: ['sqs', ['GetQueueAttributes', 'GetQueueUrl', 'SendMessage']],
    receive: [
      'sqs',
      ['ChangeMessageVisibility', 'DeleteMessage', 'GetQueueAttributes', 'GetQueueUrl', 'ReceiveMessage'],
    ],
    'receive, send': [
      'sqs',
      [
        'ChangeMessageVisibility',
        'DeleteMessage',
        'GetQueueAttributes',
        'GetQueueUrl',
        'ReceiveMessage',
        'SendMessage',
      ],
    ],
    'files read': ['s3', ['GetObject', 'ListBucket']],
    'files write': ['s3', ['DeleteObject', 'GetObject', 'ListBucket', 'PutObject']],
    secret: ['secretsmanager', ['DescribeSecret', 'GetSecretValue']],
    'read-geofences': ['geo', ['GetGeofence', 'ListGeofences']],
    'read-geofences, write-geofences': [
      'geo',
      ['BatchDeleteGeofence', 'BatchPutGeofence', 'GetGeofence', 'ListGeofences'],
    ],
    positions: ['geo', ['BatchDeleteDevicePositionHistory', 'BatchUpdateDevicePosition']],
    log: ['logs', ['CreateLogStream', 'PutLogEvents']],
  } as const).map(([short, [service, names]]) => [
    names
      .map((name) => `${service}:${name}`)
      .sort()
      .join(' '),
    short,
  ]),
);
