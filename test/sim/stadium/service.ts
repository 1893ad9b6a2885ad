import {
  type BatchGetItemCommand,
  PutItemCommand,
  TransactWriteItemsCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import type { Random } from '#local/random.ts';
import { conflict, singleConflict, throttled } from '../database-errors.ts';
import type { InProcessDynamoDb } from '../dynamo/database.ts';
import type { Scheduler } from '../scheduler.ts';

/**
 * DynamoDB's limits on the virtual clock, of what its documentation states: a partition gives 1,000 write and 3,000
 * read units a second, and a transaction refuses whoever writes one of its items meanwhile. Burst capacity, which AWS
 * gives on no promise, is left out. Latencies are those of a call inside one region; a transaction's hold is assumed.
 */
const PARTITION_WRITES_PER_SECOND = 1000;
const PARTITION_READS_PER_SECOND = 3000;
/** Warm throughput of 25,000 write units, as the runbook asks for before a rush. */
const PARTITIONS = 25;
const HOLD_MS = 10;
const READ_MS = 3;
const WRITE_MS = 5;
const TRANSACTION_MS = 14;

export type ServiceCounts = { conflicts: number; throttles: number; writes: number; reads: number };
type Writes = { key: string; partition: number }[];
type Command = BatchGetItemCommand | TransactWriteItemsCommand | UpdateItemCommand | PutItemCommand;
type Key = { pk?: { S?: string }; sk?: { S?: string } };

export function createService(world: {
  scheduler: Scheduler;
  random: Random;
  dynamo: InProcessDynamoDb;
  tables: readonly string[];
}) {
  const { scheduler, random, dynamo, tables } = world;
  const held = new Map<string, number>();
  const buckets = new Map<string, { read: number; write: number; at: number }>();
  const counts: ServiceCounts = { conflicts: 0, throttles: 0, writes: 0, reads: 0 };

  function bucketOf(partition: string): { read: number; write: number } {
    const now = scheduler.now();
    const bucket = buckets.get(partition) ?? {
      read: PARTITION_READS_PER_SECOND,
      write: PARTITION_WRITES_PER_SECOND,
      at: now,
    };
    const seconds = (now - bucket.at) / 1000;
    bucket.read = Math.min(PARTITION_READS_PER_SECOND, bucket.read + seconds * PARTITION_READS_PER_SECOND);
    bucket.write = Math.min(PARTITION_WRITES_PER_SECOND, bucket.write + seconds * PARTITION_WRITES_PER_SECOND);
    bucket.at = now;
    buckets.set(partition, bucket);
    return bucket;
  }

  /** Throws what the service would answer instead of carrying the command out. */
  function admit(command: Command): void {
    const writes = writesOf(command);
    const isTransaction = command instanceof TransactWriteItemsCommand;
    const refused = (at: number) => ({ count: writes.length, at });
    const throttledAt = writes.findIndex(({ key, partition }) => bucketOf(partitionKey(key, partition)).write < 1);
    if (throttledAt >= 0) {
      counts.throttles += 1;
      throw throttled(isTransaction ? refused(throttledAt) : undefined);
    }
    const now = scheduler.now();
    const conflictAt = writes.findIndex(({ key }) => (held.get(key) ?? 0) > now);
    if (conflictAt < 0) return;
    counts.conflicts += 1;
    throw isTransaction ? conflict(writes.length, conflictAt) : singleConflict();
  }

  /** What was consumed is paid by the partitions that were written, or read. */
  function pay(command: Command, before: { read: number; write: number }): void {
    const after = consumed(dynamo, tables);
    counts.writes += after.write - before.write;
    counts.reads += after.read - before.read;
    const writes = writesOf(command);
    for (const { key, partition } of writes) {
      bucketOf(partitionKey(key, partition)).write -= (after.write - before.write) / writes.length;
    }
    const reads = keysOf(command);
    for (const key of reads)
      bucketOf(partitionKey(key, partitionOf(key))).read -= (after.read - before.read) / reads.length;
  }

  return {
    counts,
    /** Resolves with the answer, in virtual time. */
    call: (command: Command): Promise<object> =>
      new Promise((resolve, reject) => {
        const isTransaction = command instanceof TransactWriteItemsCommand;
        const latency = isTransaction ? TRANSACTION_MS : writesOf(command).length > 0 ? WRITE_MS : READ_MS;
        const half = (latency / 2) * (0.7 + random.exponential(0.3));
        scheduler.after(half, () => {
          const before = consumed(dynamo, tables);
          try {
            admit(command);
            if (isTransaction) for (const { key } of writesOf(command)) held.set(key, scheduler.now() + HOLD_MS);
            const output = dynamo.apply(command);
            pay(command, before);
            scheduler.after(half, () => resolve(output));
          } catch (error) {
            pay(command, before);
            scheduler.after(half, () => reject(error));
          }
        });
      }),
  };
}

export type Service = ReturnType<typeof createService>;

function writesOf(command: Command): Writes {
  if (command instanceof TransactWriteItemsCommand) {
    return (command.input.TransactItems ?? []).map(({ Put, Update, Delete, ConditionCheck }) => {
      const part = Update ?? Delete ?? ConditionCheck;
      return writeOf(Put?.TableName ?? part?.TableName, (Put?.Item ?? part?.Key) as Key);
    });
  }
  if (command instanceof UpdateItemCommand) return [writeOf(command.input.TableName, command.input.Key as Key)];
  return command instanceof PutItemCommand ? [writeOf(command.input.TableName, command.input.Item as Key)] : [];
}

function writeOf(table: string | undefined, key: Key): Writes[number] {
  const text = `${table}/${key.pk?.S}/${key.sk?.S}`;
  return { key: text, partition: partitionOf(text) };
}

function keysOf(command: Command): string[] {
  const { RequestItems, TableName, Key } = command.input as {
    RequestItems?: Record<string, { Keys?: Key[] }>;
    TableName?: string;
    Key?: Key;
  };
  if (writesOf(command).length > 0) return [];
  if (Key) return [writeOf(TableName, Key).key];
  return Object.entries(RequestItems ?? {}).flatMap(([table, { Keys = [] }]) =>
    Keys.map((key) => writeOf(table, key).key),
  );
}

/** Items of one partition key lie together. */
function partitionOf(key: string): number {
  let hash = 0;
  for (const character of key.slice(0, key.lastIndexOf('/')))
    hash = (Math.imul(hash, 31) + character.charCodeAt(0)) | 0;
  return (hash >>> 0) % PARTITIONS;
}

const partitionKey = (key: string, partition: number): string => `${key.slice(0, key.indexOf('/'))}/${partition}`;

function consumed(dynamo: InProcessDynamoDb, tables: readonly string[]): { read: number; write: number } {
  let [read, write] = [0, 0];
  for (const name of tables) {
    const { consumed: units } = dynamo.table(name);
    read += units.read;
    write += units.write;
  }
  return { read, write };
}
