import { cpSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { createTables, startDynamoDb, tableName } from '#local/host/dynamodb.ts';
import type { Database } from '#store/client.ts';

export type Loaded = { db: Database; client: DynamoDBClient; stop: () => Promise<void> };

/**
 * A database on disk with what `load` has put into it: loaded in memory, where a million rows take minutes and not an
 * hour of waiting for the disk, and then moved.
 */
export async function openLoaded(load: (db: Database) => Promise<void>): Promise<Loaded> {
  const memory = mkdtempSync(path.join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'beckon-bench-'));
  const disk = mkdtempSync(path.join(tmpdir(), 'beckon-bench-'));
  try {
    const loading = await openDatabase(memory);
    try {
      await load(loading.db);
    } finally {
      await loading.stop();
    }
    cpSync(memory, disk, { recursive: true });
  } finally {
    rmSync(memory, { recursive: true, force: true });
  }
  const { db, client, stop } = await openDatabase(disk);
  return {
    db,
    client,
    stop: async () => {
      await stop();
      rmSync(disk, { recursive: true, force: true });
    },
  };
}

async function openDatabase(dir: string): Promise<Loaded> {
  const service = await startDynamoDb(dir);
  process.env.AWS_ENDPOINT_URL_DYNAMODB = service.url;
  process.env.AWS_REGION = 'eu-west-1';
  process.env.AWS_ACCESS_KEY_ID = 'local';
  process.env.AWS_SECRET_ACCESS_KEY = 'local';
  // A stream that nobody reads makes the local engine's writes ten times slower.
  await createTables({ streams: false });
  const client = new DynamoDBClient({ endpoint: service.url });
  const db: Database = { client, table: tableName, sleep: () => Promise.resolve() };
  const stop = async () => {
    client.destroy();
    await service.stop();
  };
  return { db, client, stop };
}
