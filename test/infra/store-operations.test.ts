import { globSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { TableName } from '#functions/routes.ts';
import { STORE_OPERATIONS } from '#lib/store-operations.ts';
import { logicalId, ofType, synthesise } from './synthesis.ts';

const TABLES = Object.keys(STORE_OPERATIONS) as TableName[];

describe('what the store asks of each table', () => {
  const sources = globSync(['store/*.ts', 'functions/**/*.ts']).filter((file) => !READ_BY_CALLERS.includes(file));
  const asked = operationsIn(sources.map((file) => readFileSync(file, 'utf8')));

  it('is what lib/store-operations.ts says', () => {
    const said = TABLES.flatMap((table) => STORE_OPERATIONS[table].map((operation) => `${table} ${operation}`));
    expect([...asked].sort()).toEqual(said.sort());
  });

  it('is what the alarms for system errors watch', () => {
    const { resources, refs, beckon } = synthesise();
    const alarms = ofType(resources, 'AWS::CloudWatch::Alarm').filter(([, { Properties }]) =>
      Properties.AlarmDescription.endsWith('#table-system-errors'),
    );
    const metrics = alarms.flatMap(([, { Properties }]) => Properties.Metrics);
    const dimensions = metrics.flatMap(({ MetricStat }) => (MetricStat ? [MetricStat.Metric.Dimensions] : []));
    const nameOf = new Map(
      TABLES.map((table) => [logicalId(beckon.data, `Table-${table}/Table/Resource`), table] as const),
    );
    const watched = dimensions.map((pairs: { Name: string; Value: unknown }[]) => {
      const value = (name: string) => pairs.find(({ Name }) => Name === name)?.Value;
      return `${nameOf.get(refs(value('TableName'))[0] ?? '')} ${value('Operation')}`;
    });
    expect(alarms).toHaveLength(TABLES.length);
    expect(watched.sort()).toEqual([...asked].sort());
  });

  it('is read from the source, however a table is named there', () => {
    const source = `
      await db.client.send(new GetItemCommand({ TableName: db.table('people'), Key }));
      const items = [{ Put: { TableName: db.table('offers') } }];
      await db.client.send(new TransactWriteItemsCommand({ TransactItems: items }));
      const table = db.table('catalogue');
      await db.client.send(new BatchWriteItemCommand({ RequestItems: { [table]: puts } }));
      await queryPage<Row>(db, 'stock', where, page);
      await runtime.catalogue.read(brand, () => ({ presence: [keyOf(device)] }));`;
    expect([...operationsIn([source])].sort()).toEqual([
      'catalogue BatchGetItem',
      'catalogue BatchWriteItem',
      'offers TransactWriteItems',
      'people GetItem',
      'presence BatchGetItem',
      'stock Query',
    ]);
  });

  it.each([
    "const name = db.table('people');",
    'new GetItemCommand({ TableName: db.table(name) })',
    'new GetItemCommand({ TableName: name })',
    'queryAll(db, table, where)',
    'batchGet(db, wanted)',
  ])('is never guessed: %s', (source) => {
    expect(() => operationsIn([source])).toThrow(/cannot tell/);
  });
});

/** They name no table themselves. */
const READ_BY_CALLERS = ['store/read.ts', 'store/client.ts'];

/** `table operation` of every request to DynamoDB in these sources. */
function operationsIn(sources: string[]): Set<string> {
  return new Set(sources.flatMap((source) => [...writesAndGets(source), ...queries(source), ...batchGets(source)]));
}

/** The nearest before a table's name says what it is named for. */
const PURPOSE = /new (?<command>\w+?)Command\(|\b(?<item>Put|Update|Delete|ConditionCheck): \{|const (?<alias>\w+) =/g;

function writesAndGets(source: string): string[] {
  const [unnamed] = source.match(/new \w+?Command\(\{\s*TableName(?!: db\.table\()/) ?? [];
  if (unnamed) throw new Error(`cannot tell which table this is for: ${unnamed}`);
  return calls(source, /\bdb\.table\((?:'(\w+)'\))?/g).flatMap(({ index, table }) =>
    purposesAt(source, index).map((operation) => `${table} ${operation}`),
  );
}

/** What the table named at `index` is named for: one thing, or, of a constant, all that it is used for. */
function purposesAt(source: string, index: number): string[] {
  const { command, item, alias } = [...source.slice(0, index).matchAll(PURPOSE)].at(-1)?.groups ?? {};
  if (command) return [command];
  if (item) return ['TransactWriteItems'];
  const end = source.indexOf('\n}\n', index);
  const scope = source.slice(0, end < 0 ? undefined : end);
  const uses = [...scope.matchAll(new RegExp(`\\b${alias}\\b(?!:)`, 'g'))].filter((use) => use.index > index);
  if (!alias || uses.length === 0) throw new Error(`cannot tell what ${source.slice(index, index + 40)} is for`);
  return uses.flatMap((use) => purposesAt(source, use.index));
}

function queries(source: string): string[] {
  return calls(source, /\b(?:queryPage|querySparse|queryAll)(?:<[^(]*>)?\((?:\s*db,\s*'(\w+)')?/g).map(
    ({ table }) => `${table} Query`,
  );
}

/** The keys of what is wanted; the catalogue cache adds its own check of the versions. */
function batchGets(source: string): string[] {
  return [...source.matchAll(/\bbatchGet\(|\bcatalogue\.read\(/g)].flatMap(({ 0: call, index }) => {
    const tables = TABLES.filter((table) => new RegExp(`\\b${table}: `).test(argumentsAt(source, index + call.length)));
    if (call !== 'batchGet(') tables.push('catalogue');
    if (tables.length === 0) throw new Error(`cannot tell what ${source.slice(index, index + 40)} is for`);
    return tables.map((table) => `${table} BatchGetItem`);
  });
}

function calls(source: string, pattern: RegExp): { index: number; table: string }[] {
  return [...source.matchAll(pattern)].map(({ 0: text, 1: table, index }) => {
    if (table === undefined)
      throw new Error(`cannot tell which table ${source.slice(index, index + 40)} is for: ${text}`);
    return { index, table };
  });
}

/** The text from `start` to the parenthesis that closes the one before it. */
function argumentsAt(source: string, start: number): string {
  let depth = 1;
  let end = start;
  for (; depth > 0 && end < source.length; end += 1) {
    if (source[end] === '(') depth += 1;
    if (source[end] === ')') depth -= 1;
  }
  return source.slice(start, end);
}
