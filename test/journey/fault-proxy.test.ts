import {
  BatchGetItemCommand,
  BatchWriteItemCommand,
  CreateTableCommand,
  DynamoDBClient,
  GetItemCommand,
  ProvisionedThroughputExceededException,
  PutItemCommand,
  TransactionCanceledException,
  TransactionConflictException,
  TransactionInProgressException,
  TransactWriteItemsCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Service, startDynamoDb } from '#local/host/dynamodb.ts';
import { byRates, FAULTS, type Fault, type FaultProxy, startFaultProxy } from '#test/support/fault-proxy.ts';

const SEED = Number(process.env.SEED ?? Date.now() % 1_000_000);
const TableName = 'counters';

let service: Service;
let direct: DynamoDBClient;
let proxy: FaultProxy;
/** The faults of the next requests, first to last; then none. */
let script: Fault[] = [];
const opened: DynamoDBClient[] = [];

const client = (endpoint: string, maxAttempts: number): DynamoDBClient => {
  const credentials = { accessKeyId: 'local', secretAccessKey: 'local' };
  const made = new DynamoDBClient({ endpoint, region: 'eu-west-1', credentials, maxAttempts });
  opened.push(made);
  return made;
};
const once = (): DynamoDBClient => client(proxy.url, 1);
const patient = (): DynamoDBClient => client(proxy.url, 4);

beforeAll(async () => {
  console.log(`SEED=${SEED}`);
  service = await startDynamoDb(':memory:');
  direct = client(service.url, 3);
});
afterAll(async () => {
  for (const one of opened) one.destroy();
  await service.stop();
});
beforeEach(async () => {
  await direct
    .send(
      new CreateTableCommand({
        TableName,
        AttributeDefinitions: [{ AttributeName: 'pk', AttributeType: 'S' }],
        KeySchema: [{ AttributeName: 'pk', KeyType: 'HASH' }],
        BillingMode: 'PAY_PER_REQUEST',
      }),
    )
    .catch((error) => expect(error.name).toBe('ResourceInUseException'));
  await direct.send(new PutItemCommand({ TableName, Item: { ...key('a'), n: { N: '0' } } }));
  proxy = await startFaultProxy({ target: service.url, seed: SEED, choose: () => script.shift() });
});
afterEach(() => proxy.stop());

const key = (pk: string) => ({ pk: { S: pk } });
const addOne = {
  TableName,
  Key: key('a'),
  UpdateExpression: 'ADD n :one',
  ExpressionAttributeValues: { ':one': { N: '1' } },
};
const add = () => new UpdateItemCommand(addOne);
const addOnce = (ClientRequestToken: string) =>
  new TransactWriteItemsCommand({
    ClientRequestToken,
    TransactItems: [{ Update: addOne }, { Put: { TableName, Item: key('b') } }, { Put: { TableName, Item: key('c') } }],
  });
const caught = async (work: Promise<unknown>): Promise<Error & { code?: string; $metadata?: Metadata }> =>
  await work.then(
    () => expect.fail('it was to fail'),
    (error) => error,
  );
type Metadata = { httpStatusCode?: number; attempts?: number };
async function counted(): Promise<number> {
  await proxy.idle();
  const { Item } = await direct.send(new GetItemCommand({ TableName, Key: key('a'), ConsistentRead: true }));
  return Number(Item?.n?.N);
}

describe('what an SDK sees of each fault', () => {
  it('resetBefore: the connection breaks, and nothing was applied', async () => {
    script = ['resetBefore'];
    expect((await caught(once().send(add()))).code).toBe('ECONNRESET');
    expect(await counted()).toBe(0);
    expect(proxy.counts.resetBefore).toBe(1);
    script = ['resetBefore', 'resetBefore'];
    expect((await patient().send(add())).$metadata.attempts).toBe(3);
    expect(await counted()).toBe(1);
  });

  it('resetAfter: the connection breaks, and it was applied: a bare ADD counts twice, a token once', async () => {
    script = ['resetAfter'];
    expect((await caught(once().send(add()))).code).toBe('ECONNRESET');
    expect(await counted()).toBe(1);
    script = ['resetAfter'];
    await patient().send(add());
    expect(await counted()).toBe(3);
    script = ['resetAfter'];
    expect((await patient().send(addOnce(`after-${SEED}`))).$metadata.attempts).toBe(2);
    expect(await counted()).toBe(4);
    expect(proxy.counts.resetAfter).toBe(3);
  });

  it('twice: a bare ADD counts twice, a token once', async () => {
    script = ['twice'];
    await once().send(add());
    expect(await counted()).toBe(2);
    script = ['twice'];
    await once().send(addOnce(`twice-${SEED}`));
    expect(await counted()).toBe(3);
  });

  it('serverError: 500 or 503, tried again; a write under it may or may not have been applied', async () => {
    const seen = new Set<number>();
    const TRIES = 40;
    script = Array.from({ length: TRIES }, () => 'serverError');
    for (let attempt = 0; attempt < TRIES; attempt += 1) {
      const { name, $metadata } = await caught(once().send(add()));
      expect(['InternalServerError', 'ServiceUnavailableException']).toContain(name);
      seen.add($metadata?.httpStatusCode ?? 0);
    }
    expect([...seen].sort()).toEqual([500, 503]);
    const applied = await counted();
    expect(applied).toBeGreaterThan(0);
    expect(applied).toBeLessThan(TRIES);
    script = ['serverError'];
    expect((await patient().send(addOnce(`error-${SEED}`))).$metadata.attempts).toBe(2);
    expect(await counted()).toBe(applied + 1);
  });

  it('throttle: both of its names, tried again, never applied', async () => {
    const seen = new Set<string>();
    script = Array.from({ length: 30 }, () => 'throttle');
    for (let attempt = 0; attempt < 30; attempt += 1) {
      const error = await caught(once().send(add()));
      expect(error instanceof ProvisionedThroughputExceededException || error.name === 'ThrottlingException').toBe(
        true,
      );
      seen.add(error.name);
    }
    expect(seen.size).toBe(2);
    expect(await counted()).toBe(0);
    script = ['throttle'];
    expect((await patient().send(add())).$metadata.attempts).toBe(2);
    expect(await counted()).toBe(1);
  });

  it('conflict: a cancelled transaction names the item, a single write its own error; the SDK tries neither again', async () => {
    script = ['conflict'];
    const cancelled = (await caught(patient().send(addOnce(`conflict-${SEED}`)))) as TransactionCanceledException;
    expect(cancelled).toBeInstanceOf(TransactionCanceledException);
    const codes = cancelled.CancellationReasons?.map(({ Code }) => Code) ?? [];
    expect(codes.sort()).toEqual(['None', 'None', 'TransactionConflict']);
    expect(cancelled.$metadata.attempts).toBe(1);
    script = ['conflict'];
    expect(await caught(patient().send(add()))).toBeInstanceOf(TransactionConflictException);
    expect([await counted(), proxy.requests()]).toEqual([0, 2]);
    script = ['conflict'];
    await once().send(new GetItemCommand({ TableName, Key: key('a') }));
    expect(proxy.counts.conflict).toBe(2);
  });

  it('inProgress: tried again with the same token, applied once whichever of them did it', async () => {
    const TRIES = 8;
    for (let attempt = 0; attempt < TRIES; attempt += 1) {
      script = ['inProgress'];
      expect(await caught(once().send(addOnce(`progress-${SEED}-${attempt}`)))).toBeInstanceOf(
        TransactionInProgressException,
      );
      await once().send(addOnce(`progress-${SEED}-${attempt}`));
    }
    expect(await counted()).toBe(TRIES);
    script = ['inProgress'];
    expect((await patient().send(addOnce(`patient-${SEED}`))).$metadata.attempts).toBe(2);
    expect(await counted()).toBe(TRIES + 1);
  });

  it('unprocessed: a part of a batch is done, the rest handed back as it was asked', async () => {
    const names = ['k1', 'k2', 'k3', 'k4'];
    script = ['unprocessed'];
    const wrote = await once().send(
      new BatchWriteItemCommand({
        RequestItems: { [TableName]: names.map((name) => ({ PutRequest: { Item: key(name) } })) },
      }),
    );
    const left = wrote.UnprocessedItems?.[TableName] ?? [];
    expect(left.length).toBeGreaterThan(0);
    expect(left.length).toBeLessThan(names.length);
    const read = (keys: string[]) =>
      new BatchGetItemCommand({ RequestItems: { [TableName]: { Keys: keys.map(key), ConsistentRead: true } } });
    const there = (await direct.send(read(names))).Responses?.[TableName] ?? [];
    expect(there.length + left.length).toBe(names.length);
    await once().send(new BatchWriteItemCommand({ RequestItems: { [TableName]: left } }));
    script = ['unprocessed'];
    const { Responses, UnprocessedKeys } = await once().send(read(names));
    const asked = UnprocessedKeys?.[TableName];
    expect(asked?.ConsistentRead).toBe(true);
    const all = [...(Responses?.[TableName] ?? []), ...(asked?.Keys ?? [])].map(({ pk }) => pk?.S);
    expect(all.sort()).toEqual(names);
    expect(proxy.counts.unprocessed).toBe(2);
  });

  it('delay: late, and right', async () => {
    script = ['delay'];
    await once().send(add());
    expect([await counted(), proxy.counts.delay]).toEqual([1, 1]);
  });

  it('no fault: what DynamoDB refuses is refused as ever, and counted as nothing', async () => {
    const impossible = { ...addOne, ConditionExpression: 'n = :one' };
    expect((await caught(once().send(new UpdateItemCommand(impossible)))).name).toBe('ConditionalCheckFailedException');
    expect(Object.values(proxy.counts).every((count) => count === 0)).toBe(true);
  });
});

it('draws each fault as often as its rate says, and the same ones for the same seed', () => {
  const DRAWS = 20_000;
  const rates = Object.fromEntries(FAULTS.map((fault, index) => [fault, (index + 1) / 100]));
  const drawn = (seed: number) => {
    const choose = byRates(seed, rates);
    return Array.from({ length: DRAWS }, () => choose('PutItem'));
  };
  const faults = drawn(7);
  expect(drawn(7)).toEqual(faults);
  expect(drawn(8)).not.toEqual(faults);
  for (const [index, fault] of FAULTS.entries()) {
    const share = faults.filter((one) => one === fault).length / DRAWS;
    expect(share).toBeCloseTo((index + 1) / 100, 2);
  }
});
