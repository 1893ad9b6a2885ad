import { existsSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';

/** What a bench answers: every figure that the README claims is in some `headline`, with the rows behind it. */
export type BenchResult = {
  name: string;
  /** Processor, cores and runtime: a figure without them means nothing. */
  machine: string;
  rows: Record<string, unknown>[];
  headline: Record<string, number>;
};

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { json: { type: 'boolean' }, people: { type: 'string' } },
});
const name = positionals[0] ?? '';
const file = path.join(import.meta.dirname, `${name}.ts`);
if (!/^[a-z][a-z0-9-]*$/.test(name) || name === 'main' || !existsSync(file)) {
  console.error(
    'usage: npm run bench -- NAME [--json] [--people N], where bench/NAME.ts exports an async function of that name',
  );
  process.exit(2);
}
const result = await run(file, name);
// With --json the last line of the output is the whole result, for scripts.
if (values.json) console.log(JSON.stringify(result));
else show(result);

async function run(module: string, bench: string): Promise<BenchResult> {
  const exported: Record<string, unknown> = await import(module);
  const camel = bench.replace(/-([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
  const fn = exported[camel];
  if (typeof fn !== 'function') throw new Error(`${module} exports no function ${camel}`);
  // How many people the brand has, where a bench asks.
  return fn(values.people === undefined ? {} : { people: Number(values.people) });
}

function show({ machine, rows, headline }: BenchResult): void {
  console.log(`${name}, on ${machine}`);
  console.table(rows);
  for (const [figure, value] of Object.entries(headline)) console.log(`${figure}: ${value}`);
}
