import { describe, expect, it } from 'vitest';
import { localDay } from '#core/decide/local-day.ts';
import { CampaignInputSchema } from '#core/model/campaign.ts';
import { aCampaign } from '#test/support/builders.ts';

const HOUR_MS = 3_600_000;
const byThePlace = CampaignInputSchema.parse(aCampaign());
const byAuckland = CampaignInputSchema.parse(aCampaign({ schedule: { timeZone: 'Pacific/Auckland' } }));

/** First instants of neighbouring local days, from the tz database's own text: a day lasts from one to the next. */
const DAYS: [timeZone: string, day: string, starts: string, ends: string, hours: number][] = [
  ['Europe/London', '2026-03-29', '2026-03-29T00:00Z', '2026-03-29T23:00Z', 23],
  ['Europe/London', '2026-10-25', '2026-10-24T23:00Z', '2026-10-26T00:00Z', 25],
  ['America/New_York', '2026-03-08', '2026-03-08T05:00Z', '2026-03-09T04:00Z', 23],
  ['America/New_York', '2026-11-01', '2026-11-01T04:00Z', '2026-11-02T05:00Z', 25],
  // Clocks that change at midnight: the day begins at 01:00.
  ['America/Santiago', '2026-09-06', '2026-09-06T04:00Z', '2026-09-07T03:00Z', 23],
  // Half an hour of summer time.
  ['Australia/Lord_Howe', '2026-04-05', '2026-04-04T13:00Z', '2026-04-05T13:30Z', 24.5],
  ['Asia/Kathmandu', '2026-11-18', '2026-11-17T18:15Z', '2026-11-18T18:15Z', 24],
  ['Pacific/Kiritimati', '2027-01-01', '2026-12-31T10:00Z', '2027-01-01T10:00Z', 24],
  ['Pacific/Pago_Pago', '2026-12-31', '2026-12-31T11:00Z', '2027-01-01T11:00Z', 24],
  ['Asia/Shanghai', '2028-02-29', '2028-02-28T16:00Z', '2028-02-29T16:00Z', 24],
  // Samoa left out 30 December 2011.
  ['Pacific/Apia', '2011-12-29', '2011-12-29T10:00Z', '2011-12-30T10:00Z', 24],
  ['Pacific/Apia', '2011-12-31', '2011-12-30T10:00Z', '2011-12-31T10:00Z', 24],
];

describe('the local day', () => {
  it.each(DAYS)('in %s, %s', (timeZone, day, starts, ends, hours) => {
    const [start, end] = [Date.parse(starts), Date.parse(ends)];
    expect((end - start) / HOUR_MS).toBe(hours);
    const at = (ms: number) => localDay(byThePlace, { timeZone }, ms);
    expect([at(start), at(end - 1)]).toEqual([day, day]);
    expect(at(start - 1)).not.toBe(day);
    expect(at(end)).not.toBe(day);
    for (let ms = start; ms < end; ms += HOUR_MS / 4) expect(at(ms)).toBe(day);
  });

  it('never comes back: days follow one another over every change of clocks of four years', () => {
    for (const timeZone of ['Europe/London', 'America/Santiago', 'Australia/Lord_Howe', 'Africa/Casablanca']) {
      let last = '';
      for (let ms = Date.parse('2024-01-01T00:00Z'); ms < Date.parse('2028-01-01T00:00Z'); ms += HOUR_MS / 2) {
        const day = localDay(byThePlace, { timeZone }, ms) ?? '';
        if (day < last) expect.fail(`${timeZone}: ${day} after ${last}`);
        last = day;
      }
    }
  });

  it('is the campaign’s where it names a clock, wherever the place is', () => {
    const now = Date.parse('2026-11-18T11:00:00Z');
    expect(localDay(byAuckland, { timeZone: 'Asia/Shanghai' }, now)).toBe('2026-11-19');
    expect(localDay(byAuckland, undefined, now)).toBe('2026-11-19');
    expect(localDay(byThePlace, { timeZone: 'Asia/Shanghai' }, now)).toBe('2026-11-18');
  });

  it('is not known without a place, by the clock of the place', () => {
    expect(localDay(byThePlace, undefined, 0)).toBeUndefined();
  });
});
