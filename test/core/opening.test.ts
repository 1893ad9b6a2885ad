import { expect, it } from 'vitest';
import { isOpen, nextOpening } from '#core/opening.ts';

const HOUR = 3_600_000;
const at = (iso: string): number => Date.parse(iso);
const shanghai = { timeZone: 'Asia/Shanghai', openingHours: { sun: '09:00-18:00', fri: '22:00-02:00' } } as const;

it.each([
  ['an hour before', '2026-11-22T00:00:00Z', '2026-11-22T01:00:00Z'],
  ['within a minute', '2026-11-22T00:59:30.001Z', '2026-11-22T01:00:00Z'],
  ['too far off', '2026-11-21T23:59:59Z', undefined],
  ['open already', '2026-11-22T01:00:00Z', undefined],
  ['closed for the day', '2026-11-22T10:00:00Z', undefined],
  ['the day before it opens', '2026-11-20T13:30:00Z', '2026-11-20T14:00:00Z'],
])('%s', (_, now, opensAt) => {
  expect(nextOpening(shanghai, at(now), HOUR)).toBe(opensAt === undefined ? undefined : at(opensAt));
});

it('knows nights of 23 and of 25 hours', () => {
  const london = { timeZone: 'Europe/London', openingHours: { sun: '03:00-18:00' } } as const;
  // Clocks go from 01:00 to 02:00 on 29 March, and from 02:00 to 01:00 on 25 October 2026.
  expect(nextOpening(london, at('2026-03-29T00:30:00Z'), 4 * HOUR)).toBe(at('2026-03-29T02:00:00Z'));
  expect(nextOpening(london, at('2026-10-25T00:30:00Z'), 4 * HOUR)).toBe(at('2026-10-25T03:00:00Z'));
});

it('is always open where it says no hours', () => {
  expect(isOpen({ timeZone: 'UTC' }, 0)).toBe(true);
  expect(nextOpening({ timeZone: 'UTC' }, 0, HOUR)).toBeUndefined();
});
