import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkSchedule } from '#core/decide/gates/schedule.ts';
import { type Campaign, CampaignInputSchema } from '#core/model/campaign.ts';
import { DurationSchema, durationMs, HoursSchema, parseDurationMs } from '#core/model/common.ts';
import { clock, DAYS, dayOfHours, type LocalTime, localTime, withinHours, withinTimetable } from '#core/time.ts';
import { aCampaign } from '#test/support/builders.ts';

const MINUTE_MS = 60_000;
const DAY_MINUTES = 1440;

/** Offsets from UTC in minutes, from when on, as the tz database has them for 2026: written down here, not asked of Intl. */
const OFFSETS: Record<string, [from: string, minutes: number][]> = {
  'Europe/London': [
    ['2026-01-01T00:00Z', 0],
    ['2026-03-29T01:00Z', 60],
    ['2026-10-25T01:00Z', 0],
  ],
  'America/New_York': [
    ['2026-01-01T00:00Z', -300],
    ['2026-03-08T07:00Z', -240],
    ['2026-11-01T06:00Z', -300],
  ],
  'Asia/Shanghai': [['2026-01-01T00:00Z', 480]],
  'Asia/Kathmandu': [['2026-01-01T00:00Z', 345]],
  'Pacific/Apia': [['2026-01-01T00:00Z', 780]],
  'Pacific/Kiritimati': [['2026-01-01T00:00Z', 840]],
};
const WINDOWS = ['2026-03-06', '2026-03-27', '2026-07-01', '2026-10-23', '2026-10-30', '2026-12-30'];

/** The wall clock by hand: shift by the offset that holds, and read it off UTC. */
function byHand(ms: number, timeZone: string): LocalTime {
  const offset = (OFFSETS[timeZone] ?? []).findLast(([from]) => Date.parse(from) <= ms)?.[1] ?? 0;
  const shifted = new Date(ms + offset * MINUTE_MS);
  // Sunday is 0 there, and Monday is first here.
  const day = DAYS[(shifted.getUTCDay() + 6) % 7] ?? 'mon';
  return { day, minutes: shifted.getUTCHours() * 60 + shifted.getUTCMinutes() };
}

describe('the wall clock', () => {
  it.each(Object.keys(OFFSETS))('in %s is right at every minute about every change of clocks', (timeZone) => {
    for (const window of WINDOWS) {
      const start = Date.parse(`${window}T00:00Z`);
      for (let minute = 0; minute < 4 * DAY_MINUTES; minute += 1) {
        const ms = start + minute * MINUTE_MS;
        const local = localTime(ms, timeZone);
        const expected = byHand(ms, timeZone);
        if (local.day !== expected.day || local.minutes !== expected.minutes) expect(local, `${ms}`).toEqual(expected);
      }
    }
  });

  it('does not change within a minute', () => {
    const ms = Date.parse('2026-10-25T00:59:00Z');
    expect(localTime(ms + 59_999, 'Europe/London')).toEqual({ day: 'sun', minutes: 119 });
    expect(localTime(ms + 60_000, 'Europe/London')).toEqual({ day: 'sun', minutes: 60 });
  });

  it.each([
    [0, '00:00'],
    [9, '00:09'],
    [605, '10:05'],
    [1439, '23:59'],
  ])('%i minutes read %s', (minutes, text) => expect(clock({ day: 'mon', minutes })).toBe(text));
});

const anyMinute = fc.integer({ min: 0, max: DAY_MINUTES - 1 });
const anyHours = fc.oneof(
  fc.tuple(anyMinute, anyMinute).map(([start, end]) => `${hhmm(start)}-${hhmm(end)}`),
  anyMinute.map((start) => `${hhmm(start)}-24:00`),
  anyMinute.map((start) => `${hhmm(start)}-${hhmm(start)}`),
  fc.constantFrom('22:00-02:00', '00:00-24:00', '00:00-00:00', '23:59-00:00', '00:00-00:01'),
);
const anyLocal = fc.record({ day: fc.constantFrom(...DAYS), minutes: anyMinute });
const hhmm = (minutes: number) => clock({ day: 'mon', minutes });

/** A week of wall minutes that are open: walked one by one from each opening until its closing time is on the clock. */
function walk(timetable: Partial<Record<LocalTime['day'], string>>): Map<number, LocalTime['day']> {
  const open = new Map<number, LocalTime['day']>();
  DAYS.forEach((day, index) => {
    const [from = '', until = ''] = timetable[day]?.split('-') ?? [];
    if (!from) return;
    const end = until === '24:00' ? '00:00' : until;
    let minute = 0;
    while (hhmm(minute) !== from) minute += 1;
    do {
      open.set((index * DAY_MINUTES + minute) % (7 * DAY_MINUTES), day);
      minute += 1;
    } while (hhmm(minute % DAY_MINUTES) !== end);
  });
  return open;
}

const minuteOfWeek = ({ day, minutes }: LocalTime) => DAYS.indexOf(day) * DAY_MINUTES + minutes;

describe('hours, against a walk minute by minute', () => {
  it('withinHours: the hours of every day', () => {
    fc.assert(
      fc.property(anyHours, anyLocal, (hours, local) => {
        const everyDay = walk(Object.fromEntries(DAYS.map((day) => [day, hours])));
        expect(withinHours(local, hours)).toBe(everyDay.has(minuteOfWeek(local)));
      }),
      { numRuns: 300 },
    );
  });

  it('withinTimetable: each day its own hours, or none', () => {
    const timetable = fc.dictionary(fc.constantFrom(...DAYS), anyHours, { maxKeys: 7 });
    fc.assert(
      fc.property(timetable, fc.array(anyLocal, { minLength: 20, maxLength: 20 }), (week, locals) => {
        const open = walk(week);
        for (const local of locals) expect(withinTimetable(local, week)).toBe(open.has(minuteOfWeek(local)));
      }),
      { numRuns: 300 },
    );
  });

  it('dayOfHours: within hours, the day on which the walk began', () => {
    fc.assert(
      fc.property(anyHours, fc.constantFrom(...DAYS), anyMinute, (hours, day, minute) => {
        const opened = [...walk({ [day]: hours }).keys()];
        const at = opened[minute % opened.length] ?? 0;
        const local = { day: DAYS[Math.floor(at / DAY_MINUTES)] ?? 'mon', minutes: at % DAY_MINUTES };
        expect(dayOfHours(local, hours)).toBe(day);
      }),
      { numRuns: 500 },
    );
  });

  it('dayOfHours: without hours, the day on the wall', () => {
    expect(dayOfHours({ day: 'sat', minutes: 60 }, undefined)).toBe('sat');
  });

  /** What a passer-by sees on the 23-, 24- and 25-hour days: minutes open from noon to noon. */
  it.each([
    ['Europe/London', '2026-03-28T12:00Z', '22:00-03:00', 4 * 60],
    ['Europe/London', '2026-10-24T11:00Z', '22:00-03:00', 6 * 60],
    ['Europe/London', '2026-03-28T12:00Z', '01:00-02:00', 0],
    ['Europe/London', '2026-10-24T11:00Z', '01:00-02:00', 2 * 60],
    ['America/New_York', '2026-03-07T17:00Z', '22:00-03:00', 4 * 60],
    ['America/New_York', '2026-10-31T16:00Z', '22:00-03:00', 6 * 60],
    ['Asia/Shanghai', '2026-03-28T04:00Z', '22:00-03:00', 5 * 60],
  ])('%s from %s is open %s for %i minutes of the night', (timeZone, noon, hours, minutes) => {
    let open = 0;
    for (let ms = Date.parse(noon); ms < Date.parse(noon) + 22 * 60 * MINUTE_MS; ms += MINUTE_MS) {
      if (
        withinTimetable(localTime(ms, timeZone), {
          sat: hours,
          sun: '12:00-12:01',
          ...(hours < '12' && { sun: hours }),
        })
      )
        open += 1;
    }
    expect(open).toBe(minutes);
  });
});

type Wall = [timeZone: string, instant: string, day: LocalTime['day'], clock: string];
type Opening = {
  name: string;
  timeZone: string;
  from: string;
  to: string;
  days?: LocalTime['day'][];
  hours?: string;
  minutes: number;
};
const cases: { wall: Wall[]; open: Opening[] } = JSON.parse(
  readFileSync(new URL('../cases/time.json', import.meta.url), 'utf8'),
);

describe('days that are not 24 hours long', () => {
  it.each(cases.wall)('in %s, %s is %s %s', (timeZone, instant, day, time) => {
    const local = localTime(Date.parse(instant), timeZone);
    expect([local.day, clock(local)]).toEqual([day, time]);
  });

  it.each(cases.open)('$name', ({ from, to, minutes, name: _, ...schedule }) => {
    const campaign: Campaign = {
      ...CampaignInputSchema.parse(aCampaign({ schedule })),
      campaignId: 'night',
      state: 'live',
    };
    const { hours } = schedule;
    let open = 0;
    for (let now = Date.parse(from); now < Date.parse(to); now += MINUTE_MS) {
      const { passed } = checkSchedule({ campaign, place: undefined, now });
      if (passed) open += 1;
      // Without days the gate and the hours are the same question.
      if (!schedule.days && hours) expect(withinHours(localTime(now, schedule.timeZone), hours)).toBe(passed);
    }
    expect(open).toBe(minutes);
  });
});

describe('hours and durations as they are written', () => {
  it.each(['00:00-24:00', '22:00-02:00', '09:00-09:00', '23:59-00:00'])('%s are hours', (text) =>
    expect(HoursSchema.safeParse(text).success).toBe(true),
  );

  it.each(['24:00-01:00', '9:00-17:00', '09:00-24:01', '09:60-10:00', '09:00', '09:00-17:00 ', '09:00–17:00', ''])(
    '%j are not',
    (text) => expect(HoursSchema.safeParse(text).success).toBe(false),
  );

  it.each([
    ['PT1S', 1000],
    ['PT10M', 600_000],
    ['PT4H', 14_400_000],
    ['P7D', 604_800_000],
    ['P1W', 604_800_000],
    ['P1DT12H', 129_600_000],
    ['PT1H30M15S', 5_415_000],
    ['P366D', 366 * 86_400_000],
  ])('%s is %i ms', (text, ms) => {
    expect(durationMs(text)).toBe(ms);
    expect(DurationSchema.safeParse(text).success).toBe(true);
  });

  it.each([
    'P',
    'PT',
    'P1M',
    'P1Y',
    'PT0S',
    'P0D',
    '-P1D',
    'P-1D',
    'P1.5D',
    'P367D',
    'P1W1D',
    'P1DT',
    'p7d',
    '7D',
    'PT1H ',
    '',
  ])('%j is no duration', (text) => {
    expect(parseDurationMs(text)).toBeUndefined();
    expect(DurationSchema.safeParse(text).success).toBe(false);
    expect(() => durationMs(text)).toThrow(RangeError);
  });
});
