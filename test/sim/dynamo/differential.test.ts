import { execFileSync } from 'node:child_process';
import type { _Record } from '@aws-sdk/client-dynamodb-streams';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { agree, answerOf, stable } from './answers.ts';
import { InProcessDynamoDb } from './database.ts';
import { type Running, startDynamoDbLocal, startDynoxide } from './engines.ts';
import { asStreamed, countsUnits, KNOWN_DIFFERENCES, type Quirk } from './known-differences.ts';
import { RandomOperations, TABLES } from './random-operations.ts';
import { sourceOf } from './random-values.ts';
import { answerQuirks, stateQuirks } from './state-quirks.ts';
import type { Item } from './values.ts';

/** The same in every run, so that a change is judged by itself; any other by the environment. */
const SEED = Number(process.env.BECKON_SEED_DYNAMO ?? 20_261_122);
/** Ten thousand round trips take a while on a busy machine. */
const PATIENCE_MS = 300_000;
const START = Date.UTC(2026, 0, 1);

describe('the in-process DynamoDB does as dynoxide does', () => {
  let engine: Running;
  beforeAll(async () => {
    engine = await startDynoxide(TABLES);
  });
  afterAll(() => engine.stop());

  test(
    'operations, items, streams and units',
    async () => {
      await compare(engine, 10_000);
    },
    PATIENCE_MS,
  );
});

const javaTrouble = whyNoJava();
if (javaTrouble) console.warn(`NOT COMPARED WITH DYNAMODB LOCAL: ${javaTrouble}`);

describe.skipIf(javaTrouble)('the in-process DynamoDB does as DynamoDB Local does', () => {
  let engine: Running;
  beforeAll(async () => {
    engine = await startDynamoDbLocal(TABLES);
  });
  afterAll(() => engine.stop());

  test(
    'operations, items, streams and units',
    async () => {
      await compare(engine, 3000);
    },
    PATIENCE_MS,
  );
});

/** The same random operations on both, one by one, until the first that is answered differently. */
async function compare(engine: Running, count: number): Promise<void> {
  console.info(`seed ${SEED}: ${count} operations against ${engine.name}`);
  let now = START;
  const own = new InProcessDynamoDb({ tables: TABLES, now: () => now });
  const operations = new RandomOperations(sourceOf(SEED), String(SEED));
  const tally = new Map<string, number>();
  let compared = 0;
  while (compared < count) {
    const operation = operations.next();
    if (differs(engine, [...operation.quirks, ...stateQuirks(operation.command, own)])) {
      add(tally, 'known to differ');
      continue;
    }
    now += 1;
    const name = operation.command.constructor.name;
    const withUnits = countsUnits(engine.name, operation);
    const ours = await answerOf(own.client, operation.command, withUnits);
    // What is refused, or only read, has changed nothing: it need not be carried out there.
    if (differs(engine, answerQuirks(operation.command, ours))) {
      add(tally, 'known to differ');
      continue;
    }
    const theirs = await answerOf(engine.client, operation.command, withUnits);
    const context = `seed ${SEED}, operation ${compared}: ${name} ${stable(operation.command.input)}`;
    if (!agree(ours, theirs)) expect(ours.json, context).toBe(theirs.json);
    operations.answered(operation, ours.lastKey as Item | undefined);
    add(tally, ours.error ?? `${name} done`);
    compared += 1;
  }
  console.info(
    [...tally]
      .sort()
      .map(([what, times]) => `${what}: ${times}`)
      .join('\n'),
  );
  for (const table of TABLES) {
    const items = [...own.table(table).items()].map(({ item }) => stable(item)).sort();
    expect((await engine.items(table)).map(stable).sort()).toEqual(items);
    const streams = [byKey(own.table(table).stream.read(0)), byKey(await engine.records(table))] as const;
    const [ours, theirs] = streams.map((changes) => changes.map((change) => asStreamed(engine.name, change)));
    expect(ours?.length, `changes of ${table}`).toBe(theirs?.length);
    for (const [index, change] of (ours ?? []).entries()) expect(change).toBe(theirs?.[index]);
    console.info(`${table}: ${items.length} items and ${ours?.length} changes are equal`);
  }
}

const differs = ({ name }: Running, quirks: readonly Quirk[]): boolean =>
  quirks.some((quirk) => KNOWN_DIFFERENCES[quirk].engine === name);

/** The changes item by item, each item's in their order, which is all that a stream promises. */
function byKey(records: readonly _Record[]): string[] {
  // dynoxide also tells of writes that changed nothing; DynamoDB does not (developer guide, "DynamoDB Streams").
  const real = records.filter(({ dynamodb }) => stable(dynamodb?.OldImage) !== stable(dynamodb?.NewImage));
  const changes = real.map(({ eventName, dynamodb: { Keys, OldImage, NewImage } = {} }) => ({
    key: stable(Keys),
    change: stable({ eventName, Keys, OldImage, NewImage }),
  }));
  return changes.sort((a, b) => (a.key < b.key ? -1 : Number(a.key > b.key))).map(({ change }) => change);
}

const add = (tally: Map<string, number>, what: string) => tally.set(what, (tally.get(what) ?? 0) + 1);

function whyNoJava(): string | undefined {
  try {
    execFileSync('java', ['-version'], { stdio: 'ignore' });
    return undefined;
  } catch (error) {
    return `java does not run here (${(error as Error).message})`;
  }
}
