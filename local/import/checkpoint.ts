import { createHash } from 'node:crypto';
import { closeSync, existsSync, fsyncSync, openSync, readFileSync, renameSync, statSync, writeSync } from 'node:fs';
import type { Position } from './parts.ts';
import type { Counts } from './progress.ts';

/** How far an import is: everything before `position` has been answered, and its rejects are in the file. */
export type Checkpoint = { of: string; position: Position; counts: Counts; rejectsBytes: number };

/** What makes it the same import: the same file, read in the same way. */
export function importId(file: string, target: string): string {
  const { size, mtimeMs } = statSync(file);
  return createHash('sha256')
    .update(JSON.stringify([size, mtimeMs, target]))
    .digest('base64url')
    .slice(0, 22);
}

/** Written beside and moved into place, so that there is always a whole one. */
export function writeCheckpoint(path: string, checkpoint: Checkpoint): void {
  const descriptor = openSync(`${path}.new`, 'w');
  writeSync(descriptor, JSON.stringify(checkpoint));
  fsyncSync(descriptor);
  closeSync(descriptor);
  renameSync(`${path}.new`, path);
}

export function readCheckpoint(path: string): Checkpoint | undefined {
  return existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as Checkpoint) : undefined;
}
