import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import {
  CreateTableCommand,
  DescribeTableCommand,
  DynamoDBClient,
  ResourceInUseException,
  UpdateTableCommand,
  UpdateTimeToLiveCommand,
} from '@aws-sdk/client-dynamodb';
import { functions, type TableName } from '#functions/routes.ts';
import { freePort } from './ports.ts';

export const TABLES: readonly TableName[] = [
  'catalogue',
  'people',
  'presence',
  'offers',
  'stock',
  'plays',
  'tombstones',
];
export const tableName = (table: TableName): string => `beckon-${table}`;

export type Service = { url: string; stop: () => Promise<void> };

/**
 * DynamoDB on this machine: dynoxide, a real transactional engine with streams, on disk or (`:memory:`) not.
 * `BECKON_DYNOXIDE` names its binary where npm has none for the platform.
 */
export async function startDynamoDb(dataDir: string): Promise<Service> {
  const inMemory = dataDir === ':memory:';
  // A file as well, so that it can have its index; where there is one, in a file system that is memory.
  const folder = inMemory ? mkdtempSync(path.join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'beckon-')) : dataDir;
  const pidFile = inMemory ? undefined : path.join(folder, 'dynoxide.pid');
  const database = path.join(folder, 'dynamodb.sqlite');
  if (pidFile) endOrphan(pidFile, database);
  const port = await freePort();
  const child = spawn(binary(), ['serve', '--port', String(port), '--db-path', database], {
    stdio: ['ignore', 'ignore', 'pipe'],
    // Its own group: Ctrl-C reaches us, and we end it after what is in flight.
    detached: true,
  });
  let complaints = '';
  child.stderr?.on('data', (chunk) => {
    complaints = (complaints + chunk).slice(-2000);
  });
  if (pidFile) writeFileSync(pidFile, String(child.pid));
  const url = `http://127.0.0.1:${port}`;
  await untilUp(url, child, () => complaints);
  indexStreams(database);
  return {
    url,
    stop: async () => {
      await end(child);
      if (inMemory) rmSync(folder, { recursive: true, force: true });
      else rmSync(path.join(folder, 'dynoxide.pid'), { force: true });
    },
  };
}

/** The tables, as `lib/data-stack.ts` makes them on AWS; those that are there already stay as they are. */
export async function createTables({ streams = true } = {}): Promise<void> {
  const client = new DynamoDBClient({});
  const streamed = new Set(functions.flatMap(({ stream }) => (stream ? [stream.table] : [])));
  await Promise.all(
    TABLES.map(async (table) => {
      try {
        await client.send(
          new CreateTableCommand({
            TableName: tableName(table),
            AttributeDefinitions: [
              { AttributeName: 'pk', AttributeType: 'S' },
              { AttributeName: 'sk', AttributeType: 'S' },
            ],
            KeySchema: [
              { AttributeName: 'pk', KeyType: 'HASH' },
              { AttributeName: 'sk', KeyType: 'RANGE' },
            ],
            BillingMode: 'PAY_PER_REQUEST',
            ...(streams &&
              streamed.has(table) && {
                StreamSpecification: { StreamEnabled: true, StreamViewType: 'NEW_AND_OLD_IMAGES' },
              }),
          }),
        );
      } catch (error) {
        if (!(error instanceof ResourceInUseException)) throw error;
        if (streams && streamed.has(table)) await addStream(client, tableName(table));
        return;
      }
      const TimeToLiveSpecification = { AttributeName: 'ttl', Enabled: true };
      await client.send(new UpdateTimeToLiveCommand({ TableName: tableName(table), TimeToLiveSpecification }));
    }),
  );
  client.destroy();
}

/** For a table that was made before anybody read its stream. */
async function addStream(client: DynamoDBClient, TableName: string): Promise<void> {
  const { Table } = await client.send(new DescribeTableCommand({ TableName }));
  if (Table?.LatestStreamArn !== undefined) return;
  const StreamSpecification = { StreamEnabled: true, StreamViewType: 'NEW_AND_OLD_IMAGES' } as const;
  await client.send(new UpdateTableCommand({ TableName, StreamSpecification }));
}

/**
 * With each write dynoxide (1.2) asks for the highest number in the stream, and reads all records of a day for it: this
 * index has the answer. It makes a host with a hundred thousand changes behind it as fast as a new one.
 */
function indexStreams(file: string): void {
  const database = new DatabaseSync(file, { timeout: 5000 });
  database.exec(
    'CREATE INDEX IF NOT EXISTS _stream_numbers ON _stream_records (table_name, CAST(sequence_number AS INTEGER))',
  );
  database.close();
}

function binary(): string {
  if (process.env.BECKON_DYNOXIDE) return process.env.BECKON_DYNOXIDE;
  const name = `@dynoxide/${process.platform}-${process.arch}`;
  try {
    return path.join(path.dirname(createRequire(import.meta.url).resolve(`${name}/package.json`)), 'dynoxide');
  } catch {
    throw new Error(
      `npm has no ${name}: set BECKON_DYNOXIDE to a dynoxide binary, or AWS_ENDPOINT_URL_DYNAMODB to a running DynamoDB (DynamoDB Local, LocalStack)`,
    );
  }
}

/** A host that was killed leaves its database running, with our file open. */
function endOrphan(pidFile: string, database: string): void {
  if (!existsSync(pidFile)) return;
  const pid = Number(readFileSync(pidFile, 'utf8'));
  try {
    // Numbers are given out again: end it only if it is still the one that serves this file.
    const command = execFileSync('ps', ['-o', 'args=', '-p', String(pid)], { encoding: 'utf8' });
    if (command.includes(database)) process.kill(pid, 'SIGKILL');
  } catch {
    // `ps` exits with 1 when there is no such process: nothing to end.
  }
}

async function untilUp(url: string, child: ChildProcess, complaints: () => string): Promise<void> {
  for (let attempt = 0; attempt < 200; attempt += 1) {
    if (child.exitCode !== null) throw new Error(`dynoxide ended at once: ${complaints()}`);
    try {
      await fetch(url);
      return;
    } catch {
      await new Promise((done) => setTimeout(done, 25));
    }
  }
  throw new Error('dynoxide did not answer within five seconds');
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return;
  const exited = once(child, 'exit');
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), 3000);
  await exited;
  clearTimeout(timer);
}
