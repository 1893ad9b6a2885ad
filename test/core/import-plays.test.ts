import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Imported, type LogRecord, playsFromCsv, playsFromXibo } from '#core/screens/import-plays.ts';
import { localInstants } from '#core/screens/local-instants.ts';
import golden from '../cases/import-plays.json' with { type: 'json' };

const SEED = Number(process.env.SEED ?? 20261122);
const now = Date.parse(golden.now);
const context = (timeZone: string) => ({ screenId: 'screen1', ownBrand: undefined, timeZone, now });
type Case = { plays?: string[][]; rejected?: (string | number)[][]; aggregates?: object[] };

const iso = (ms: number) => new Date(ms).toISOString();
const views = ({ airings, rejected, aggregates }: Imported) => ({
  plays: airings
    .map(({ brand, creativeId, startedAt, endedAt }) => [
      brand === undefined ? creativeId : `${brand}/${creativeId}`,
      iso(startedAt),
      iso(endedAt),
    ])
    .sort(),
  rejected: rejected.map(({ index, reason }) => [index, reason]),
  aggregates,
});
const wanted = ({ plays = [], rejected = [], aggregates = [] }: Case) => ({
  plays: plays.toSorted(),
  rejected,
  aggregates,
});

describe('Xibo’s proof of play', () => {
  it.each(golden.xibo)('$name', ({ timeZone, stats, ...expected }) => {
    expect(views(playsFromXibo(stats as LogRecord[], context(timeZone)))).toEqual(wanted(expected as Case));
  });
});

describe('a log as CSV', () => {
  it.each(golden.csv)('$name', ({ timeZone, rows, ...expected }) => {
    expect(views(playsFromCsv(rows as LogRecord[], context(timeZone)))).toEqual(wanted(expected as Case));
  });

  it('gives the same plays for the same lines, whatever else is in the log', () => {
    const rows = golden.csv[0]?.rows as LogRecord[];
    const [first] = playsFromCsv(rows, context('Asia/Shanghai')).airings;
    expect(playsFromCsv(rows.toReversed(), context('Asia/Shanghai')).airings).toContainEqual(first);
    expect(first).toMatchObject({ sequence: 0, logId: expect.stringMatching(/^csv-[A-Za-z0-9_-]{16}$/) });
  });
});

describe('a wall clock', () => {
  const zones = ['Europe/Berlin', 'America/New_York', 'Australia/Lord_Howe', 'Asia/Kolkata', 'Africa/Casablanca'];
  const hour = 3_600_000;

  it(`is read as it was shown, at every instant and in every zone (SEED=${SEED})`, () => {
    const known = new Map(zones.map((zone) => [zone, localInstants(zone)]));
    const instant = fc.oneof(
      fc.integer({ min: now - 400 * 24 * hour, max: now }),
      // Around the changes of the clocks.
      fc
        .tuple(
          fc.constantFrom('2026-10-25T01:00Z', '2026-03-29T01:00Z', '2026-11-01T06:00Z', '2026-04-04T15:00Z'),
          fc.integer({ min: -2 * hour, max: 2 * hour }),
        )
        .map(([change, offset]) => Date.parse(change) + offset),
    );
    fc.assert(
      fc.property(fc.constantFrom(...zones), instant, (zone, ms) => {
        const second = Math.floor(ms / 1000) * 1000;
        // Swedish writes dates as we read them.
        const shown = new Date(second).toLocaleString('sv-SE', { timeZone: zone });
        const instants = known.get(zone)?.(shown) ?? [];
        expect(instants).toContain(second);
        expect(instants.length).toBeLessThanOrEqual(2);
        for (const one of instants) expect(new Date(one).toLocaleString('sv-SE', { timeZone: zone })).toBe(shown);
      }),
      { seed: SEED, numRuns: 2000 },
    );
  });

  it('of a log that never stops is known on every day of the year', () => {
    const from = Date.parse('2026-10-24T22:00:00Z');
    const plays = Array.from({ length: 1000 }, (_, index) => [from + index * 15_000, from + (index + 1) * 15_000]);
    const local = (ms = 0) => new Date(ms).toLocaleString('sv-SE', { timeZone: 'Europe/Berlin' });
    const stats = plays.map(([start, end]) => ({
      fromdt: local(start),
      todt: local(end),
      type: 'layout',
      layoutid: '1',
    }));
    const { airings, rejected } = playsFromXibo(stats, context('Europe/Berlin'));
    expect(rejected).toEqual([]);
    expect(airings.map(({ startedAt, endedAt }) => [startedAt, endedAt])).toEqual(plays);
  });
});
