import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';

/** Above it a rewrite would keep whoever pressed Ctrl-C waiting. */
const MAX_BYTES = 512 * 1024 * 1024;

/**
 * Rewrites a stopped host's files without what was deleted: SQLite leaves the bytes of deleted rows where they were, and
 * the streams' records hold every picture of every row. Those that every reader has handled are emptied; they stay as
 * numbers, because the next one's number follows from them.
 */
export function compactFolder(dir: string): void {
  const tables = path.join(dir, 'dynamodb.sqlite');
  if (isSmall(tables)) rewrite(tables, (database) => emptyHandled(database, dir));
  const queues = path.join(dir, 'fauxqs.db');
  if (isSmall(queues)) rewrite(queues, () => {});
}

const isSmall = (file: string): boolean => existsSync(file) && statSync(file).size <= MAX_BYTES;

function rewrite(file: string, prepare: (database: DatabaseSync) => void): void {
  const database = new DatabaseSync(file);
  try {
    prepare(database);
    database.exec('VACUUM');
    database.exec('PRAGMA wal_checkpoint(TRUNCATE)');
  } finally {
    database.close();
  }
}

function emptyHandled(database: DatabaseSync, dir: string): void {
  const empty = database.prepare(
    `UPDATE _stream_records SET keys_json = '{}', new_image = NULL, old_image = NULL
     WHERE table_name = ? AND CAST(sequence_number AS INTEGER) <= ?`,
  );
  for (const [table, handled] of handledByAll(dir)) empty.run(table, handled);
}

/** How far every reader of a table's stream has come, by table. */
function handledByAll(dir: string): Map<string, number> {
  const handled = new Map<string, number>();
  for (const file of readdirSync(dir).filter((name) => name.endsWith('-checkpoint.json'))) {
    const { streamArn, sequences } = JSON.parse(readFileSync(path.join(dir, file), 'utf8'));
    const [, table = ''] = /:table\/([^/]+)\//.exec(streamArn) ?? [];
    const last = Math.min(...Object.values(sequences as Record<string, string>).map(Number));
    handled.set(table, Math.min(handled.get(table) ?? Number.POSITIVE_INFINITY, last));
  }
  return handled;
}
