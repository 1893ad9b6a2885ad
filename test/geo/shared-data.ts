import { existsSync, readFileSync } from 'node:fs';
import { test } from 'vitest';

const folder = new URL('../../../shared/data/', import.meta.url);

/** Real data beside the repository (see its SOURCES.md), in the shape that the test knows. A public clone has none: then `goldenTest` skips, and says so. */
export function sharedJson<T>(name: string): T {
  return JSON.parse(readFileSync(new URL(name, folder), 'utf8'));
}

/** A test that needs files of `../shared/data`. */
export function goldenTest(files: string[]): typeof test | typeof test.skip {
  const missing = files.filter((name) => !existsSync(new URL(name, folder)));
  if (missing.length === 0) return test;
  console.warn(`SKIPPED for want of ../shared/data: ${missing.join(', ')}`);
  return test.skip;
}
