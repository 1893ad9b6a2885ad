import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { DescribeTableCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import {
  DescribeStreamCommand,
  DynamoDBStreamsClient,
  GetRecordsCommand,
  GetShardIteratorCommand,
  type _Record as StreamRecord,
} from '@aws-sdk/client-dynamodb-streams';

const IDLE_MS = 20;
const RETRY_MS = 500;

type Position = { streamArn: string; sequences: Record<string, string> };

/**
 * What Lambda's event source mapping does for a DynamoDB stream: each shard in order, at least once, from where the last
 * handled batch ended. The checkpoint is a file, so that a killed host goes on where it was.
 */
export async function pollStream(args: {
  table: string;
  checkpointFile: string | undefined;
  batchSize: number;
  handler: (records: StreamRecord[]) => Promise<void>;
  signal: AbortSignal;
}): Promise<void> {
  const database = new DynamoDBClient({});
  const streams = new DynamoDBStreamsClient({});
  const { Table } = await database.send(new DescribeTableCommand({ TableName: args.table }));
  database.destroy();
  const streamArn = Table?.LatestStreamArn;
  if (!streamArn) throw new Error(`the table ${args.table} has no stream`);
  const position = readPosition(args.checkpointFile, streamArn);
  const { StreamDescription } = await streams.send(new DescribeStreamCommand({ StreamArn: streamArn }));
  const shards = (StreamDescription?.Shards ?? []).map(({ ShardId = '' }) => ShardId);
  await Promise.all(shards.map((shardId) => pollShard({ ...args, streams, streamArn, shardId, position })));
  streams.destroy();
}

async function pollShard({
  streams,
  streamArn,
  shardId,
  position,
  batchSize,
  handler,
  signal,
  checkpointFile,
}: {
  streams: DynamoDBStreamsClient;
  streamArn: string;
  shardId: string;
  position: Position;
  batchSize: number;
  handler: (records: StreamRecord[]) => Promise<void>;
  signal: AbortSignal;
  checkpointFile: string | undefined;
}): Promise<void> {
  let iterator: string | undefined;
  while (!signal.aborted) {
    try {
      iterator ??= await iteratorAt(streams, streamArn, shardId, position.sequences[shardId]);
      const { Records = [], NextShardIterator } = await streams.send(
        new GetRecordsCommand({ ShardIterator: iterator, Limit: batchSize }),
        { abortSignal: signal },
      );
      if (Records.length > 0) {
        await handler(Records);
        position.sequences[shardId] = Records.at(-1)?.dynamodb?.SequenceNumber ?? '';
        savePosition(checkpointFile, position);
      } else {
        await sleep(IDLE_MS, undefined, { signal });
      }
      iterator = NextShardIterator;
    } catch (error) {
      if (signal.aborted) return;
      // From the checkpoint again: what was not handled is delivered again.
      iterator = undefined;
      console.error(`stream of ${streamArn}: ${error instanceof Error ? error.name : 'failed'}; trying again`);
      await sleep(RETRY_MS, undefined, { signal }).catch(() => undefined);
    }
  }
}

async function iteratorAt(
  streams: DynamoDBStreamsClient,
  StreamArn: string,
  ShardId: string,
  after: string | undefined,
) {
  const { ShardIterator } = await streams.send(
    new GetShardIteratorCommand({
      StreamArn,
      ShardId,
      ...(after
        ? { ShardIteratorType: 'AFTER_SEQUENCE_NUMBER', SequenceNumber: after }
        : { ShardIteratorType: 'TRIM_HORIZON' }),
    }),
  );
  return ShardIterator;
}

/** A checkpoint of another stream (the table was made anew) says nothing about this one. */
function readPosition(file: string | undefined, streamArn: string): Position {
  if (file && existsSync(file)) {
    const saved = JSON.parse(readFileSync(file, 'utf8')) as Position;
    if (saved.streamArn === streamArn) return saved;
  }
  return { streamArn, sequences: {} };
}

/** Renamed into place, so that a kill leaves the old one or the new one. */
function savePosition(file: string | undefined, position: Position): void {
  if (!file) return;
  writeFileSync(`${file}.new`, JSON.stringify(position));
  renameSync(`${file}.new`, file);
}
