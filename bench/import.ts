import { once } from 'node:events';
import { createReadStream, createWriteStream, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { PersonInput } from '#core/model/person.ts';
import { importPeople } from '#functions/people/import.ts';
import type { HttpRequest } from '#functions/shared/http.ts';
import type { Runtime } from '#functions/shared/runtime.ts';
import { partsOf } from '#local/import/parts.ts';
import type { Database } from '#store/client.ts';
import { putPerson } from '#store/people.ts';
import { startDatabase } from './import/database.ts';
import { machine } from './machine.ts';
import type { BenchResult } from './main.ts';

const PEOPLE = 100_000;
/** Put one by one, for comparison, by as many callers at once as an import has batches under way. */
const ONE_BY_ONE = 5_000;
const CALLERS = 8;
const BRAND = 'harbour';
/** As many lines in a part as the command sends by itself. */
const ROWS = 1_000;
const MAX_REPORTS = 20;

/**
 * `npm run bench -- import [--people N]`: a file of people as `npm run import` cuts it and the API's step takes it in,
 * into an empty brand; the same file again; and one `putPerson` after the other, as the measure of what it saves. All but
 * HTTP between the two; the database answers from another process' memory.
 */
async function importBench({ people = PEOPLE }: { people?: number } = {}): Promise<BenchResult> {
  if (!(Number.isInteger(people) && people > 0)) throw new RangeError('--people takes a number from 1 on');
  const dir = mkdtempSync(path.join(tmpdir(), 'beckon-bench-'));
  const { db, takeUnits, stop } = startDatabase();
  try {
    const file = path.join(dir, 'people.ndjson');
    await writePeople(file, people);
    const single = await putOneByOne(db);
    const singleUnits = takeUnits() / ONE_BY_ONE;
    const first = await runImport(db, file, people);
    const firstUnits = takeUnits() / people;
    const again = await runImport(db, file, people);
    const peakRssMb = Math.ceil(process.resourceUsage().maxRSS / 1024);
    return {
      name: 'import',
      machine: machine(),
      rows: [
        { what: 'one by one', people: ONE_BY_ONE, perSecond: single, unitsPerPerson: round(singleUnits) },
        { what: 'import', people, perSecond: first, unitsPerPerson: round(firstUnits) },
        { what: 'the same again', people, perSecond: again, unitsPerPerson: round(takeUnits() / people) },
      ],
      headline: {
        peoplePerSecond: first,
        peakRssMb,
        unitsPerPerson: round(firstUnits),
        ratioToOneByOne: round(first / single),
        people,
      },
    };
  } finally {
    stop();
    rmSync(dir, { recursive: true, force: true });
  }
}

// A function cannot be called `import`; what a module exports can.
export { importBench as import };

const round = (figure: number): number => Math.round(figure * 10) / 10;

/** A customer as a shop knows one: three handles, what they agreed to, and a few things about them. */
const personOf = (name: string, index: number): PersonInput => ({
  identifiers: [
    { kind: 'member', value: `M-${name}` },
    { kind: 'email', value: `${name}@example.com` },
    { kind: 'phone', value: `+86138${name.startsWith('p') ? '1' : '2'}${String(index).padStart(7, '0')}` },
  ],
  attributes: { firstName: 'Mei', tier: index % 5 ? 'silver' : 'gold', region: `r${index % 50}`, visits: index % 30 },
  consents: [
    { purpose: 'marketing', channel: 'email', granted: true, at: '2026-01-01T00:00:00.000Z', source: 'webshop:v2' },
  ],
});

async function writePeople(file: string, people: number): Promise<void> {
  const stream = createWriteStream(file);
  for (let index = 0; index < people; index += 1) {
    const personId = `p${index}`;
    if (!stream.write(`${JSON.stringify({ personId, ...personOf(personId, index) })}\n`)) await once(stream, 'drain');
  }
  stream.end();
  await once(stream, 'close');
}

/** People a second, as `PUT /v1/people/{personId}` writes them. */
async function putOneByOne(db: Database): Promise<number> {
  const admission = { linkSecret: 'a secret of the bench', now: Date.now() };
  const began = performance.now();
  let next = 0;
  const call = async (): Promise<void> => {
    for (let index = next++; index < ONE_BY_ONE; index = next++) {
      const personId = `single${index}`;
      await putPerson(db, BRAND, personId, personOf(personId, index), admission);
    }
  };
  await Promise.all(Array.from({ length: CALLERS }, call));
  return Math.round(ONE_BY_ONE / ((performance.now() - began) / 1000));
}

/** People a second, of a whole file. */
async function runImport(db: Database, file: string, people: number): Promise<number> {
  const began = performance.now();
  // All that the step asks of its runtime.
  const runtime = { db, secret: async () => 'a secret of the bench', now: () => Date.now() } as unknown as Runtime;
  let done = 0;
  for await (const { text } of partsOf(createReadStream(file), { kind: 'lines' }, { offset: 0, lines: 0 }, ROWS)) {
    const bytes = Buffer.from(text, 'latin1');
    const request: HttpRequest = {
      runtime,
      caller: { subject: 'bench', role: 'marketer', tenant: { kind: 'brand', id: BRAND } },
      path: {},
      query: { format: 'ndjson' },
      headers: {},
      body: undefined,
      text: bytes.toString('utf8'),
      bytes,
      cookies: {},
    };
    const { body } = await importPeople(request);
    const { imported, unchanged, rejected } = body as { imported: number; unchanged: number; rejected: unknown[] };
    if (rejected.length > 0) throw new Error(`${rejected.length} people were rejected: ${JSON.stringify(rejected[0])}`);
    const before = done;
    done += imported + unchanged;
    report(before, done, people, began);
  }
  if (done !== people) throw new Error(`${done} of ${people} people came in`);
  return Math.round(people / ((performance.now() - began) / 1000));
}

function report(before: number, done: number, people: number, began: number): void {
  const step = Math.max(1, Math.floor(people / MAX_REPORTS));
  if (Math.floor(before / step) === Math.floor(done / step)) return;
  const perSecond = Math.round(done / ((performance.now() - began) / 1000));
  process.stderr.write(`${done.toLocaleString('en')} people, ${perSecond.toLocaleString('en')}/s\n`);
}
