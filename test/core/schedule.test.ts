import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { NEW_ROTATION, nextItem, type Rotation, type ScheduledItem } from '#core/screens/schedule.ts';

const START = Date.parse('2026-11-22T10:00:00Z');
const HOUR_MS = 3_600_000;

const anItem = (creativeId: string, more: Partial<ScheduledItem> = {}): ScheduledItem => ({
  creativeId,
  weight: 1,
  priority: 0,
  seconds: 8,
  ...more,
});

type Played = { item: ScheduledItem; at: number };

/** Plays one after the other, and pauses some seconds where nothing may play. */
function run(
  items: readonly ScheduledItem[],
  { from = START, until = START + HOUR_MS, timeZone = 'UTC', pause = 1 } = {},
) {
  const played: Played[] = [];
  let rotation: Rotation = NEW_ROTATION;
  for (let now = from; now < until; ) {
    const next = nextItem(items, { now, timeZone, rotation });
    if (next) {
      played.push({ item: next.item, at: now });
      // What a player keeps over a restart is JSON.
      rotation = JSON.parse(JSON.stringify(next.rotation));
    }
    now += (next?.item.seconds ?? pause) * 1000;
  }
  return played;
}

const names = (played: readonly Played[]) => played.map(({ item }) => item.creativeId).join('');

const playlist = fc
  .array(
    fc.record({
      weight: fc.oneof(fc.integer({ min: 1, max: 1000 }), fc.double({ min: 0.01, max: 10, noNaN: true })),
      seconds: fc.oneof(fc.constant(8), fc.integer({ min: 1, max: 60 })),
    }),
    { minLength: 1, maxLength: 20 },
  )
  .map((items) => items.map((item, index) => anItem(`c${index}`, item)));

describe('share of voice', () => {
  it('is kept within one longest play at every moment, by airtime', () => {
    fc.assert(
      fc.property(playlist, (items) => {
        const weights = items.reduce((sum, { weight }) => sum + weight, 0);
        const longest = Math.max(...items.map(({ seconds }) => seconds));
        const had = new Map(items.map(({ creativeId }) => [creativeId, 0]));
        let total = 0;
        for (const { item } of run(items)) {
          had.set(item.creativeId, (had.get(item.creativeId) ?? 0) + item.seconds);
          total += item.seconds;
          for (const { creativeId, weight } of items) {
            const off = (had.get(creativeId) ?? 0) - (weight / weights) * total;
            expect(Math.abs(off)).toBeLessThanOrEqual(longest + 1e-6);
          }
        }
      }),
      { numRuns: 100 },
    );
  });

  it('is spread, not bunched', () => {
    const items = [anItem('a', { weight: 5 }), anItem('b'), anItem('c')];
    expect(names(run(items, { until: START + 14 * 8000 }))).toMatch(/^(?!.*(bb|cc|aaaa)).*$/);
    expect(names(run([anItem('a'), anItem('b'), anItem('c')])).slice(0, 9)).toBe('abcabcabc');
    expect(names(run([anItem('a', { seconds: 16 }), anItem('b')])).slice(0, 6)).toMatch(/^(.)(.)/);
    const long = run([anItem('a', { seconds: 16 }), anItem('b')]);
    const plays = (id: string) => long.filter(({ item }) => item.creativeId === id).length;
    expect(plays('b') / plays('a')).toBeCloseTo(2, 1);
  });

  it('is not made up for by who could not play', () => {
    const late = new Date(START + HOUR_MS / 2).toISOString();
    const played = run([anItem('a'), anItem('b', { startsAt: late })]);
    const second = played.filter(({ at }) => at >= START + HOUR_MS / 2);
    expect(names(played.filter(({ at }) => at < START + HOUR_MS / 2))).toMatch(/^a+$/);
    expect(names(second)).toMatch(/^(ab)+a?$|^(ba)+b?$/);
  });
});

describe('what may play', () => {
  const eligible = fc.array(
    fc.record(
      {
        weight: fc.integer({ min: 1, max: 9 }),
        priority: fc.integer({ min: 0, max: 2 }),
        seconds: fc.integer({ min: 20, max: 300 }),
        hours: fc.constantFrom('09:00-18:00', '22:00-03:00', '00:00-24:00', '12:30-12:40'),
        days: fc.uniqueArray(fc.constantFrom('sun' as const, 'mon' as const, 'sat' as const), { minLength: 1 }),
        startsAt: fc.constantFrom('2026-11-22T16:00:00Z', '2026-11-22T12:00:00+08:00'),
        endsAt: fc.constantFrom('2026-11-22T20:00:00Z', '2026-11-23T04:00:00Z'),
        maxPlaysPerHour: fc.integer({ min: 1, max: 12 }),
      },
      { requiredKeys: ['weight', 'priority', 'seconds'] },
    ),
    { minLength: 1, maxLength: 8 },
  );
  // Sunday 09:00 UTC, for a day and a bit: over midnight and into another weekday.
  const FROM = Date.parse('2026-11-22T09:00:00Z');
  const DAY = { from: FROM, until: FROM + 26 * HOUR_MS, pause: 47 };

  /** Weekday and minutes, the slow way, from the text that the wall would show. */
  function mayPlay({ hours = '00:00-24:00', days, startsAt, endsAt }: ScheduledItem, at: number): boolean {
    const minutes = Math.floor(at / 60_000) % 1440;
    const [from = 0, to = 0] = hours.split('-').map((text) => Number(text.slice(0, 2)) * 60 + Number(text.slice(3)));
    const past = from >= to;
    const inHours = past ? minutes >= from || minutes < to : minutes >= from && minutes < to;
    const began = past && minutes < to ? at - 86_400_000 : at;
    const day = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'][new Date(began).getUTCDay()];
    const inDays = !days || days.some((name) => name === day);
    return inHours && inDays && !(startsAt && at < Date.parse(startsAt)) && !(endsAt && at >= Date.parse(endsAt));
  }

  it('is in its hours, days and dates, of the highest priority, and never above its cap', () => {
    fc.assert(
      fc.property(eligible, (inputs) => {
        const items = inputs.map((input, index) => anItem(`c${index}`, input));
        const played = run(items, DAY);
        const within = (id: string, at: number) =>
          played.filter((one) => one.item.creativeId === id && one.at <= at && one.at > at - HOUR_MS).length;
        for (const { item, at } of played) {
          expect(mayPlay(item, at)).toBe(true);
          expect(within(item.creativeId, at)).toBeLessThanOrEqual(item.maxPlaysPerHour ?? Number.POSITIVE_INFINITY);
          const higher = items.filter((other) => other.priority > item.priority && mayPlay(other, at));
          // Of more important ones only those whose cap is reached let others through.
          for (const other of higher) expect(within(other.creativeId, at)).toBe(other.maxPlaysPerHour);
        }
      }),
      { numRuns: 40 },
    );
  });

  it('plays whenever something may, and nothing otherwise', () => {
    const items = [anItem('a', { hours: '10:10-10:20' }), anItem('b', { maxPlaysPerHour: 2 })];
    const played = run(items, { until: START + 2 * HOUR_MS });
    const inHours = played.filter(({ at }) => at >= START + 600_000 && at < START + 1_200_000);
    expect(inHours).toHaveLength(75);
    expect(played.filter(({ item }) => item.creativeId === 'b')).toHaveLength(4);
    expect(nextItem([], { now: START, timeZone: 'UTC', rotation: NEW_ROTATION })).toBeUndefined();
  });

  it('goes by the clock on the wall, through daylight saving', () => {
    const items = [anItem('night', { hours: '02:00-03:00', seconds: 60 })];
    const hour = (from: string) =>
      run(items, { from: Date.parse(from), until: Date.parse(from) + 6 * HOUR_MS, timeZone: 'Europe/Berlin' }).length;
    // In October two o'clock comes twice, in March never.
    expect([hour('2026-10-24T22:00:00Z'), hour('2026-03-28T22:00:00Z'), hour('2026-11-21T22:00:00Z')]).toEqual([
      120, 0, 60,
    ]);
  });

  it('is the same for the same arguments, and knows two items of one creative apart', () => {
    const items = [anItem('a', { maxPlaysPerHour: 1 }), anItem('a', { weight: 3 })];
    expect(run(items)).toEqual(run(items));
    expect(run(items).filter(({ item }) => item.maxPlaysPerHour === 1)).toHaveLength(1);
    expect(run(items)).toHaveLength(450);
  });
});
