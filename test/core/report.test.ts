import { createPublicKey, verify } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MIN_GROUP } from '#core/people/min-group.ts';
import { keyIdOf, publicKeyPem, signedText } from '#core/reports/sign.ts';
import { type Statement, statementCsv, statementJson } from '#core/reports/statement.ts';
import type { Airing } from '#core/screens/on-air.ts';
import { type Effect, screenReport } from '#core/screens/report.ts';

const HOUR = 3_600_000;
const T0 = Date.parse('2026-11-22T00:00:00Z');
const DAY = { from: T0, to: T0 + 24 * HOUR };
const VENUE = { kind: 'venue', id: 'mall' } as const;
const DAIRY = { kind: 'brand', id: 'dairy' } as const;

function play(sequence: number, startSeconds: number, seconds: number, overrides: Partial<Airing> = {}): Airing {
  const startedAt = T0 + startSeconds * 1000;
  return {
    creativeId: 'milk',
    brand: 'dairy',
    startedAt,
    endedAt: startedAt + seconds * 1000,
    open: false,
    uncertaintyMs: 0,
    logId: 'log',
    sequence,
    ...overrides,
  };
}

/** A venue's own. */
const OWN = { creativeId: 'house', brand: undefined };

const effect = (overrides: Partial<Effect> = {}): Effect => ({
  brand: 'dairy',
  creativeId: 'milk',
  taps: 0,
  offers: 0,
  redemptions: 0,
  ...overrides,
});

const report = (args: Partial<Parameters<typeof screenReport>[0]>) =>
  screenReport({ plays: [], effects: [], window: DAY, now: DAY.to, owner: VENUE, reader: VENUE, ...args });

describe('what a screen has shown', () => {
  it('counts a play where it began, once its end is told, and its seconds where they were', () => {
    const plays = [
      play(1, -5, 10),
      play(2, 5, 10, { creativeId: 'bread', brand: 'bakery' }),
      play(3, 24 * 3600 - 4, 8),
      play(4, 24 * 3600 + 4, 8),
      play(5, 100, 10, { open: true }),
    ];
    const { rows, hours, gaps } = report({ plays });
    expect(rows).toEqual([
      {
        brand: 'bakery',
        creativeId: 'bread',
        plays: 1,
        secondsOnAir: 10,
        taps: 0,
        offers: 0,
        redemptions: 0,
        tapsPerThousandPlays: 0,
      },
      {
        brand: 'dairy',
        creativeId: 'milk',
        plays: 1,
        secondsOnAir: 9,
        taps: 0,
        offers: 0,
        redemptions: 0,
        tapsPerThousandPlays: 0,
      },
    ]);
    expect(hours.map(({ secondsOnAir }) => secondsOnAir)).toEqual([15, ...Array(22).fill(0), 4]);
    expect(gaps).toEqual([]);
  });

  it('gives the moments of two plays to the later one, and the first goes on after it', () => {
    const plays = [play(1, 0, 60), play(1, 10, 20, { creativeId: 'bread', brand: 'bakery', logId: 'import' })];
    const { rows } = report({ plays });
    expect(rows.map(({ creativeId, secondsOnAir }) => [creativeId, secondsOnAir])).toEqual([
      ['bread', 20],
      ['milk', 40],
    ]);
  });

  it('names what is missing of a log, over midnight too, and the hours it may be in', () => {
    const plays = [play(7, -20, 10), play(9, 30, 10), play(10, 3 * 3600, 10), play(14, 5 * 3600 + 60, 10)];
    const { gaps, hours } = report({ plays, now: T0 + 6.5 * HOUR });
    expect(gaps).toEqual([
      { from: '2026-11-21T23:59:50.000Z', to: '2026-11-22T00:00:30.000Z', playsMissing: 1 },
      { from: '2026-11-22T03:00:10.000Z', to: '2026-11-22T05:01:00.000Z', playsMissing: 3 },
    ]);
    expect(hours.map(({ complete }) => complete)).toEqual([false, true, true, false, false, false, true]);
  });

  it('adds up over the days', () => {
    const bounds = fc.array(fc.tuple(fc.integer({ min: -3600, max: 100_000 }), fc.integer({ min: 1, max: 3600 })), {
      maxLength: 40,
    });
    fc.assert(
      fc.property(bounds, fc.integer({ min: 1, max: 86_399 }), (some, cut) => {
        const plays = some.map(([start, seconds], index) =>
          play(index, start, seconds, { creativeId: index % 2 ? 'milk' : 'bread' }),
        );
        const middle = T0 + cut * 1000;
        const parts = [DAY, { from: T0, to: middle }, { from: middle, to: DAY.to }].map((window) =>
          Object.fromEntries(
            report({ plays, window }).rows.map(({ creativeId, plays: count, secondsOnAir }) => [
              creativeId,
              { count, secondsOnAir },
            ]),
          ),
        );
        for (const creativeId of ['milk', 'bread']) {
          const [whole, ...halves] = parts.map((part) => part[creativeId] ?? { count: 0, secondsOnAir: 0 });
          expect(halves.reduce((sum, { count }) => sum + count, 0)).toBe(whole?.count);
          expect(halves.reduce((sum, { secondsOnAir }) => sum + secondsOnAir, 0)).toBeCloseTo(whole?.secondsOnAir ?? 0);
          // By hand, second by second: who began last of those that run.
          const seconds = Array.from({ length: 86_400 }, (_, index) => T0 + index * 1000).filter((at) => {
            const running = plays.filter(({ startedAt, endedAt }) => startedAt <= at && at < endedAt);
            const last = running.reduce<Airing | undefined>(
              (best, one) => (best && best.startedAt > one.startedAt ? best : one),
              undefined,
            );
            return last?.creativeId === creativeId;
          });
          expect(whole?.secondsOnAir).toBe(seconds.length);
        }
      }),
      { numRuns: 30 },
    );
  });
});

describe('who sees what', () => {
  const plays = [play(1, 0, 10), play(2, 10, 10, { creativeId: 'bread', brand: 'bakery' }), play(3, 20, 10, OWN)];
  const many = (count: number, overrides: Partial<Effect>) =>
    Array.from({ length: count }, () => effect({ offers: 1, redemptions: 1, ...overrides }));

  it('shows a brand its own rows, and of others not that they are there', () => {
    const effects = [
      effect({ taps: 1 }),
      effect({ offers: 1, redemptions: 1, discount: { amount: 500, currency: 'CNY' } }),
      effect({ brand: 'bakery', creativeId: 'bread', taps: 1 }),
      effect({ creativeId: undefined, taps: 1 }),
      effect({ brand: undefined, creativeId: undefined, taps: 1 }),
    ];
    const { rows, unknown, hours } = report({ plays, effects, reader: DAIRY });
    expect(rows).toEqual([
      {
        brand: 'dairy',
        creativeId: 'milk',
        plays: 1,
        secondsOnAir: 10,
        taps: 1,
        offers: 1,
        redemptions: 1,
        tapsPerThousandPlays: 1000,
        discounts: [{ amount: 500, currency: 'CNY' }],
      },
    ]);
    expect(unknown).toEqual({ taps: 1, offers: 0, redemptions: 0 });
    expect(hours[0]?.secondsOnAir).toBe(10);
  });

  it.each([
    [MIN_GROUP - 1, null],
    [MIN_GROUP, MIN_GROUP],
  ])('tells a venue of %i offers of a brand %s redemptions', (offers, told) => {
    const effects = [
      ...many(offers, { discount: { amount: 500, currency: 'CNY' } }),
      ...many(offers, { creativeId: undefined }),
    ];
    const { rows, unknown } = report({ plays, effects });
    const milk = rows.find(({ creativeId }) => creativeId === 'milk');
    expect(milk).toMatchObject({ plays: 1, offers, redemptions: told });
    expect(milk).not.toHaveProperty('discounts');
    expect(unknown).toEqual({ taps: 0, offers, redemptions: told });
    expect(rows.find(({ creativeId }) => creativeId === 'house')).not.toHaveProperty('brand');
  });

  it('gives a brand that owns the screen what nobody else’s is', () => {
    const { rows } = report({ plays: [play(1, 0, 10, OWN)], owner: DAIRY, reader: DAIRY });
    expect(rows).toMatchObject([{ brand: 'dairy', creativeId: 'house', plays: 1 }]);
  });

  it('keeps a statement for one brand to that brand', () => {
    const { rows, unknown, hours } = report({
      plays,
      effects: [effect({ brand: 'bakery', creativeId: undefined, taps: 1 })],
      only: 'dairy',
    });
    expect(rows.map(({ brand }) => brand)).toEqual(['dairy']);
    expect([unknown.taps, hours[0]?.secondsOnAir]).toEqual([0, 10]);
  });
});

describe('a statement', () => {
  const SECRET = 'a report secret of the tests';
  const statement: Statement = {
    statement: 'beckon.screen.v1',
    screenId: 'lobby',
    owner: VENUE,
    from: '2026-11-22',
    to: '2026-11-22',
    asOf: '2026-11-23T00:00:00.000Z',
    key: keyIdOf(SECRET),
    ...report({ plays: [play(1, 0, 10), play(3, 60, 10)], effects: [effect({ creativeId: undefined, taps: 1 })] }),
  };
  const check = (text: string): boolean => {
    const [, body = '', hex = ''] = /^([\s\S]*\n)"([0-9a-f]{128})"\n$/.exec(text) ?? [];
    return verify(null, Buffer.from(body), createPublicKey(publicKeyPem(SECRET)), Buffer.from(hex, 'hex'));
  };

  it('is the same bytes for the same facts, whatever the order of their keys', () => {
    const { gaps, ...rest } = statement;
    expect(statementJson({ gaps, ...rest })).toBe(statementJson(statement));
    expect(JSON.parse(statementJson(statement))).toMatchObject({ screenId: 'lobby', rows: [{ plays: 2 }] });
    expect(signedText(SECRET, statementJson(statement))).toBe(signedText(SECRET, statementJson(statement)));
  });

  it('is signed as JSON and as CSV, by a key that only this secret has', () => {
    expect(check(signedText(SECRET, statementJson(statement)))).toBe(true);
    expect(check(signedText(SECRET, statementCsv(statement)))).toBe(true);
    expect(check(signedText('another secret', statementJson(statement)))).toBe(false);
    expect(statementCsv(statement)).toBe(
      [
        'ownerKind,ownerId,screenId,from,to,asOf,key,brand,creativeId,plays,secondsOnAir,taps,tapsPerThousandPlays,offers,redemptions,playsMissingOfAllBrands',
        `venue,mall,lobby,2026-11-22,2026-11-22,2026-11-23T00:00:00.000Z,${keyIdOf(SECRET)},dairy,milk,2,20,0,0,0,0,1`,
        `venue,mall,lobby,2026-11-22,2026-11-22,2026-11-23T00:00:00.000Z,${keyIdOf(SECRET)},,,0,0,1,,0,0,1`,
        '',
      ].join('\n'),
    );
  });
});
