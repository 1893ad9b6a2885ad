import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { inflateRawSync } from 'node:zlib';
import { DynamoDBClient, ListTablesCommand, ScanCommand } from '@aws-sdk/client-dynamodb';

/** Where a word was found, and in which of its spellings. */
export type Finding = { where: string; word: string };

/** Every way in which a word may lie in bytes that nobody has compressed. */
export function spellings(word: string): string[] {
  const bytes = Buffer.from(word);
  const hex = bytes.toString('hex');
  const forms = [word, word.toUpperCase(), hex, hex.toUpperCase(), encodeURIComponent(word)];
  forms.push(word.replace(/[^\x20-\x7e]/g, (sign) => `\\u${sign.charCodeAt(0).toString(16).padStart(4, '0')}`));
  // Base64 of a text in which the word begins at any of three places: without the letters that its neighbours share.
  for (let shift = 0; shift < 3; shift += 1) {
    const shifted = Buffer.concat([Buffer.alloc(shift), bytes]);
    const start = Math.ceil((shift * 8) / 6);
    const end = Math.floor((shifted.length * 8) / 6);
    for (const encoding of ['base64', 'base64url'] as const) forms.push(shifted.toString(encoding).slice(start, end));
  }
  return [...new Set(forms)].filter((form) => form.length >= 6);
}

/** Looks for words in bytes as they are, and in whatever of them is base64 of something deflated. */
function search(where: string, bytes: Buffer, words: readonly string[]): Finding[] {
  const opened = [bytes.toString('latin1'), ...inflated(bytes)];
  return words.flatMap((word) => {
    const forms = spellings(word).map((form) => Buffer.from(form).toString('latin1'));
    return opened.some((text) => forms.some((form) => text.includes(form))) ? [{ where, word }] : [];
  });
}

function inflated(bytes: Buffer): string[] {
  const runs = bytes.toString('latin1').match(/[A-Za-z0-9+/]{16,}={0,2}/g) ?? [];
  return runs.flatMap((run) => {
    try {
      return [inflateRawSync(Buffer.from(run, 'base64')).toString('latin1')];
    } catch {
      return [];
    }
  });
}

/** All tables of a host, item by item, as DynamoDB itself tells them. */
export async function readTables(endpoint: string): Promise<Map<string, Record<string, unknown>[]>> {
  const client = new DynamoDBClient({ endpoint, region: 'eu-west-1', credentials: LOCAL });
  const { TableNames = [] } = await client.send(new ListTablesCommand({}));
  const tables = new Map<string, Record<string, unknown>[]>();
  for (const TableName of TableNames) {
    const items: Record<string, unknown>[] = [];
    let ExclusiveStartKey: Record<string, never> | undefined;
    do {
      const page = await client.send(new ScanCommand({ TableName, ...(ExclusiveStartKey && { ExclusiveStartKey }) }));
      items.push(...(page.Items ?? []));
      ExclusiveStartKey = page.LastEvaluatedKey as typeof ExclusiveStartKey;
    } while (ExclusiveStartKey);
    tables.set(TableName, items);
  }
  client.destroy();
  return tables;
}

/**
 * Every message of every queue and dead-letter queue, by queue: as the stand-in for SQS has them on disk, because to
 * receive a message hides it from whoever comes next.
 */
export function readQueues(dataDir: string): Map<string, string[]> {
  const database = new DatabaseSync(path.join(dataDir, 'fauxqs.db'), { readOnly: true });
  try {
    const names = database.prepare('SELECT name FROM sqs_queues').all() as { name: string }[];
    const messages = database.prepare('SELECT * FROM sqs_messages').all() as { queue_name: string }[];
    return new Map(
      names.map(({ name }) => [
        name,
        messages.filter(({ queue_name }) => queue_name === name).map((message) => JSON.stringify(message)),
      ]),
    );
  } finally {
    database.close();
  }
}

/** All tables and queues of a running host. */
export async function searchStores(
  { endpoints, dataDir }: { endpoints: { dynamodb: string }; dataDir: string },
  words: readonly string[],
): Promise<Finding[]> {
  const found: Finding[] = [];
  for (const [table, items] of await readTables(endpoints.dynamodb)) {
    for (const item of items) {
      const text = JSON.stringify(item, (_, value) =>
        value instanceof Uint8Array ? Buffer.from(value).toString('base64') : value,
      );
      found.push(
        ...search(`table ${table}: ${JSON.stringify(item.pk)} ${JSON.stringify(item.sk)}`, Buffer.from(text), words),
      );
    }
  }
  for (const [queue, messages] of readQueues(dataDir)) {
    for (const message of messages) found.push(...search(`queue ${queue}: ${message}`, Buffer.from(message), words));
  }
  return found;
}

/** All files below a folder, but those that are left out. */
export function searchFiles(dir: string, words: readonly string[], leftOut: readonly string[]): Finding[] {
  return readdirSync(dir, { withFileTypes: true, recursive: true }).flatMap((entry) => {
    const file = path.join(entry.parentPath, entry.name);
    if (!entry.isFile() || leftOut.includes(path.relative(dir, file))) return [];
    return search(`file ${path.relative(dir, file)}`, readFileSync(file), words);
  });
}

export const LOCAL = { accessKeyId: 'local', secretAccessKey: 'local' };
