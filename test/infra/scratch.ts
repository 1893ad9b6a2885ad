import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll } from 'vitest';

const root = mkdtempSync(path.join(tmpdir(), 'beckon-infra-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

/** A new folder, which goes when the test file is done. */
export function scratch(): string {
  return mkdtempSync(path.join(root, 'x'));
}
