import { BatchWriteItemCommand, type QueryCommand } from '@aws-sdk/client-dynamodb';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Airing, MAX_LOOKBACK_MS, onAirAt } from '#core/screens/on-air.ts';
import type { Database } from '#store/client.ts';
import { PLAY_SPAN_MS, type Tenant } from '#store/keys.ts';
import { airingsAround, listPlays, MAX_RANGES, putPlays, recordPlays } from '#store/plays.ts';
import { InProcessDynamoDb } from '#test/sim/dynamo/database.ts';
import type { Wire } from './shop.ts';

const SEED = Number(process.env.SEED ?? 20261122);
const OWNER: Tenant = { kind: 'venue', id: 'plaza' };
const SCREEN = 'screen1';
/** The first moment of a span. */
const EDGE = Math.floor(Date.parse('2026-11-22T10:00:00Z') / PLAY_SPAN_MS) * PLAY_SPAN_MS;

function openPlays() {
  const dynamo = new InProcessDynamoDb({ tables: ['plays'], now: () => EDGE });
  const world = { wire: undefined as Wire | undefined, commands: [] as object[] };
  const send = (command: object) => {
    world.commands.push(command);
    const carryOut = (): Promise<unknown> => dynamo.client.send(command as QueryCommand);
    return world.wire ? world.wire(command, carryOut) : carryOut();
  };
  const db: Database = { client: { send: send as never }, table: (name) => name, sleep: async () => {} };
  return {
    world,
    db,
    record: (plays: Airing[], logId = 'log') => recordPlays(db, OWNER, SCREEN, { logId, plays }),
    around: (at: number) => airingsAround(db, OWNER, SCREEN, { from: at, to: at }),
    listed: async (from: number, to: number) => {
      const plays: Airing[] = [];
      for await (const play of listPlays(db, OWNER, SCREEN, { from, to })) plays.push(play);
      return plays;
    },
    keys: () => [...dynamo.table('plays').items()].map(({ item }) => `${item.pk?.S} ${item.sk?.S}`).sort(),
    rows: () => JSON.stringify([...dynamo.table('plays').items()].map(({ item }) => item).sort(byKey)),
  };
}
const byKey = (left: object, right: object) => (JSON.stringify(left) < JSON.stringify(right) ? -1 : 1);

const play = (sequence: number, changes: Partial<Airing> = {}): Airing => ({
  creativeId: 'milk',
  brand: undefined,
  startedAt: EDGE + sequence * 8000,
  endedAt: EDGE + (sequence + 1) * 8000,
  open: false,
  uncertaintyMs: 2000,
  logId: 'log',
  sequence,
  ...changes,
});

describe('plays of a log', () => {
  it('are each taken once, and what is missing is named', async () => {
    const { record, listed } = openPlays();
    expect(await record([play(4), play(5)])).toEqual({ accepted: 2, repeated: 0, gaps: [] });
    expect(await record([play(8), play(5), play(1), play(8)])).toEqual({
      accepted: 2,
      repeated: 2,
      gaps: [
        { from: 2, to: 3 },
        { from: 6, to: 7 },
      ],
    });
    expect(await record([play(7), play(6), play(2), play(3)])).toEqual({ accepted: 4, repeated: 0, gaps: [] });
    expect((await listed(EDGE, EDGE + PLAY_SPAN_MS)).map(({ sequence }) => sequence)).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
  });

  it('of another log, as after a restart, have their own numbers', async () => {
    const { record, around } = openPlays();
    await record([play(0)]);
    const other = play(0, { logId: 'log2', creativeId: 'tea', startedAt: EDGE + 3000 });
    expect(await record([other], 'log2')).toEqual({ accepted: 1, repeated: 0, gaps: [] });
    expect(await around(EDGE + 1000)).toEqual([other, play(0)]);
  });

  it('hold by the first word about a number', async () => {
    const { record, listed } = openPlays();
    await record([play(3)]);
    expect(await record([play(3, { creativeId: 'tea' })])).toMatchObject({ accepted: 0, repeated: 1 });
    expect(await listed(EDGE, EDGE + PLAY_SPAN_MS)).toEqual([play(3)]);
  });

  it('are not taken into a log that is all holes', async () => {
    const { record, keys } = openPlays();
    const holes = Array.from({ length: MAX_RANGES }, (_, index) => play(index * 2));
    for (let start = 0; start < holes.length; start += 500) await record(holes.slice(start, start + 500));
    const before = keys();
    await expect(record([play(MAX_RANGES * 2)])).rejects.toThrow(RangeError);
    expect(keys()).toEqual(before);
    expect(await record([play(1)])).toMatchObject({ accepted: 1 });
  });
});

describe('an open play', () => {
  const open = play(7, { open: true, startedAt: EDGE - 30_000, endedAt: EDGE + 20_000 });
  const final = play(7, { startedAt: EDGE - 30_000, endedAt: EDGE - 15_000 });

  it('is on air until the final one takes its place, in every span', async () => {
    const { record, around, keys, listed } = openPlays();
    expect(await record([open])).toEqual({ accepted: 1, repeated: 0, gaps: [] });
    expect(await around(EDGE + 5000)).toEqual([open]);
    expect(keys()).toHaveLength(3);
    expect(await record([final])).toMatchObject({ accepted: 1, repeated: 0 });
    expect(await around(EDGE + 5000)).toEqual([]);
    expect(await around(EDGE - 20_000)).toEqual([final]);
    expect(await listed(EDGE - PLAY_SPAN_MS, EDGE + PLAY_SPAN_MS)).toEqual([final]);
    expect(keys()).toHaveLength(2);
  });

  it('leaves nothing behind where the clock was set before it ended', async () => {
    const { record, listed } = openPlays();
    await record([open]);
    const moved = { ...final, startedAt: final.startedAt + 700, endedAt: final.endedAt + 700 };
    await record([moved]);
    expect(await listed(EDGE - PLAY_SPAN_MS, EDGE + PLAY_SPAN_MS)).toEqual([moved]);
  });

  it('that is told after the final one, or twice, changes nothing', async () => {
    const { record, rows } = openPlays();
    await record([open]);
    expect(await record([open])).toMatchObject({ accepted: 0, repeated: 1 });
    await record([final]);
    const before = rows();
    expect(await record([open])).toMatchObject({ accepted: 0, repeated: 1 });
    expect(rows()).toBe(before);
  });

  it('in one batch with the final one is the final one', async () => {
    const { record, listed } = openPlays();
    expect(await record([open, final, open])).toMatchObject({ accepted: 1, repeated: 2 });
    expect(await listed(EDGE - PLAY_SPAN_MS, EDGE + PLAY_SPAN_MS)).toEqual([final]);
  });

  it('does not fill a gap: it may never end', async () => {
    const { record } = openPlays();
    await record([play(1)]);
    await record([play(2, { open: true })]);
    expect(await record([play(3)])).toMatchObject({ gaps: [{ from: 2, to: 2 }] });
  });
});

describe('what goes wrong', () => {
  const script = [
    [play(7, { open: true, startedAt: EDGE - 30_000, endedAt: EDGE + 20_000 })],
    [
      play(7, { startedAt: EDGE - 30_000, endedAt: EDGE - 15_000 }),
      play(8),
      play(9, { open: true, endedAt: EDGE + 3_000_000 }),
    ],
    [play(9), play(11)],
  ];

  it('at any write, before it or after it, is made good by the same call again', async () => {
    const undisturbed = openPlays();
    for (const batch of script) await undisturbed.record(batch);
    const steps = undisturbed.world.commands.length;
    expect(steps).toBeGreaterThan(7);
    for (let step = 0; step < steps; step += 1) {
      for (const after of [false, true]) {
        const { world, record, rows } = openPlays();
        let count = 0;
        world.wire = async (_, carryOut) => {
          const isIt = count === step;
          count += 1;
          if (isIt && !after) throw new Error('cut');
          const output = await carryOut();
          if (isIt) throw new Error('cut');
          return output;
        };
        for (const batch of script) await record(batch).catch(() => record(batch));
        expect(withoutVersion(rows())).toBe(withoutVersion(undisturbed.rows()));
      }
    }
  });

  it(`of two at once neither is lost, whoever is faster (SEED=${SEED})`, async () => {
    const opened = play(7, { open: true, startedAt: EDGE - 30_000, endedAt: EDGE + 20_000 });
    const ended = play(7, { startedAt: EDGE - 30_000, endedAt: EDGE - 15_000 });
    await fc.assert(
      fc.asyncProperty(fc.scheduler(), async (scheduler) => {
        const { world, record, listed, around } = openPlays();
        world.wire = async (_, carryOut) => {
          await scheduler.schedule(Promise.resolve(), 'command');
          return carryOut();
        };
        const batches = [record([opened]), record([ended, play(8)]), record([play(8), play(9)])];
        await scheduler.waitFor(Promise.all(batches));
        world.wire = undefined;
        const plays = await listed(EDGE - PLAY_SPAN_MS, EDGE + PLAY_SPAN_MS);
        expect(plays).toEqual([ended, play(8), play(9)]);
        expect(await around(EDGE + 5000)).toEqual([]);
        expect(await record([])).toMatchObject({ gaps: [] });
      }),
      { seed: SEED, numRuns: 300 },
    );
  });

  it('half of a BatchWriteItem that is left unprocessed is written by another', async () => {
    const { world, record, listed } = openPlays();
    let batches = 0;
    world.wire = async (command, carryOut) => {
      if (!(command instanceof BatchWriteItemCommand)) return carryOut();
      batches += 1;
      if (batches > 1) return carryOut();
      return { UnprocessedItems: command.input.RequestItems };
    };
    await record([play(1), play(2)]);
    expect(await listed(EDGE, EDGE + PLAY_SPAN_MS)).toEqual([play(1), play(2)]);
  });
});

/** A write that was repeated has raised the version twice. */
const withoutVersion = (rows: string): string => rows.replace(/"version":\{"N":"\d+"\}/g, '');

describe('what is asked of them', () => {
  const airing = fc.record({
    start: fc.integer({ min: -30_000, max: 2 * PLAY_SPAN_MS }),
    length: fc.oneof(fc.integer({ min: 1, max: 30_000 }), fc.integer({ min: 1, max: 3_600_000 })),
    uncertaintyMs: fc.integer({ min: 0, max: 8000 }),
    creative: fc.nat(3),
  });

  it(`is answered from one span as from all that there is (SEED=${SEED})`, async () => {
    const near = fc
      .tuple(fc.constantFrom(0, 1, 2), fc.integer({ min: -12_000, max: 12_000 }))
      .map(([span, offset]) => span * PLAY_SPAN_MS + offset);
    await fc.assert(
      fc.asyncProperty(
        fc.array(airing, { minLength: 1, maxLength: 12 }),
        fc.array(fc.oneof(near, fc.integer({ min: -20_000, max: 2 * PLAY_SPAN_MS })), { minLength: 8, maxLength: 8 }),
        async (airings, moments) => {
          const { world, db } = openPlays();
          const all = airings.map(({ start, length, uncertaintyMs, creative }, sequence) => {
            const startedAt = EDGE + start;
            const endedAt = startedAt + length;
            return play(sequence, { startedAt, endedAt, uncertaintyMs, creativeId: `c${creative}` });
          });
          await putPlays(db, OWNER, SCREEN, all);
          for (const moment of moments) {
            const window = { from: EDGE + moment - MAX_LOOKBACK_MS, to: EDGE + moment };
            const before = world.commands.length;
            const found = await airingsAround(db, OWNER, SCREEN, window);
            expect(world.commands.length - before).toBe(1);
            expect(onAirAt(found, window)).toEqual(onAirAt(all, window));
          }
        },
      ),
      { seed: SEED, numRuns: 150 },
    );
  });

  it('lists each play once, in order, by when it began', async () => {
    const { db, listed } = openPlays();
    const all = Array.from({ length: 400 }, (_, index) =>
      play(index, {
        startedAt: EDGE + index * 9000,
        endedAt: EDGE + index * 9000 + (index % 50 === 0 ? 3_600_000 : 9000),
      }),
    );
    await putPlays(db, OWNER, SCREEN, all.toReversed());
    expect(await listed(EDGE, EDGE + 3_600_000)).toEqual(all);
    const [from, to] = [EDGE + 99 * 9000, EDGE + 199 * 9000];
    expect(await listed(from, to)).toEqual(all.slice(99, 199));
    expect(await listed(from, from)).toEqual([]);
  });

  it('is not looked for where no log has been', async () => {
    const { world, record, listed } = openPlays();
    await record([play(0), play(1)]);
    const far = EDGE + 300 * 86_400_000;
    await record([play(0, { logId: 'other', startedAt: far, endedAt: far + 8000 })], 'other');
    const before = world.commands.length;
    expect(await listed(EDGE - 31 * 86_400_000, far + 1)).toHaveLength(3);
    // The logs, and the two spans.
    expect(world.commands.length - before).toBe(3);
  });

  it('is not answered for longer than it can be', async () => {
    const { db } = openPlays();
    await expect(airingsAround(db, OWNER, SCREEN, { from: EDGE - 2001, to: EDGE })).rejects.toThrow(RangeError);
  });
});
