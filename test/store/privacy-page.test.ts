import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { everyFunction, type TableName } from '#functions/routes.ts';
import { STORE_OPERATIONS } from '#lib/store-operations.ts';
import * as keys from '#store/keys.ts';

const page = readFileSync('docs/privacy.md', 'utf8');
const [, table = ''] = /## What is held where\n([\s\S]*?)\n## /.exec(page) ?? [];

/** `peopleKeys.person` of every kind of key that there is. */
const names = Object.entries(keys).flatMap(([group, members]) =>
  typeof members === 'object' ? Object.keys(members).map((member) => `${group}.${member}`) : [],
);

describe('the page for a data-protection officer', () => {
  it('names every kind of row that there is, and none that there is not', () => {
    const named = new Set(
      [...table.matchAll(/`(\w+Keys)\.(\w+|\*)`/g)].map(([, group, member]) => `${group}.${member}`),
    );
    const isNamed = (name: string): boolean => named.has(name) || named.has(`${name.split('.')[0]}.*`);
    expect(names.length).toBeGreaterThan(40);
    expect(names.filter((name) => !isNamed(name))).toEqual([]);
    const known = new Set([...names, ...names.map((name) => `${name.split('.')[0]}.*`)]);
    expect([...named].filter((name) => !known.has(name))).toEqual([]);
  });

  it('has every table and every queue in its first column', () => {
    const first = [...table.matchAll(/^\| ([^|]+) \|/gm)].map(([, cell]) => cell).join('\n');
    const tables = Object.keys(STORE_OPERATIONS) as TableName[];
    const queues = everyFunction.flatMap(({ queue }) => queue?.queue ?? []);
    const missing = [...tables, ...queues].filter((name) => !new RegExp(`\\b${name}\\b`).test(first));
    expect(missing).toEqual([]);
  });

  it('says of every row of the table why it is held and until when', () => {
    const rows = table.split('\n').filter((line) => line.startsWith('| ') && !line.startsWith('| where'));
    expect(rows.length).toBeGreaterThan(30);
    for (const row of rows) expect(row.split('|').length, row).toBe(6);
  });
});
