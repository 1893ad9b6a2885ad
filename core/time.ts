/** Here and not with the schemas: what tells the time on a screen carries no zod. */
export const DAYS = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const;

export type LocalTime = {
  day: (typeof DAYS)[number] /** Minutes since local midnight, by the clock on the wall. */;
  minutes: number;
};

const formatters = new Map<string, Intl.DateTimeFormat>();

/** What the wall clock in `timeZone` shows at `ms`, daylight saving included. */
export function localTime(ms: number, timeZone: string): LocalTime {
  let formatter = formatters.get(timeZone);
  if (!formatter) {
    formatter = new Intl.DateTimeFormat('en-US', {
      timeZone,
      weekday: 'short',
      hour: '2-digit',
      minute: '2-digit',
      hourCycle: 'h23',
    });
    formatters.set(timeZone, formatter);
  }
  const parts: Record<string, string> = {};
  for (const { type, value } of formatter.formatToParts(ms)) parts[type] = value;
  return {
    day: parts.weekday?.toLowerCase() as LocalTime['day'],
    minutes: Number(parts.hour) * 60 + Number(parts.minute),
  };
}

const dateFormatters = new Map<string, Intl.DateTimeFormat>();

/** The calendar date in `timeZone` at `ms`, as `2026-03-29`: days of 23 and 25 hours, and days left out, included. */
export function localDate(ms: number, timeZone: string): string {
  let formatter = dateFormatters.get(timeZone);
  if (!formatter) {
    // Not by a pattern: which order a locale's pattern has is not promised.
    formatter = new Intl.DateTimeFormat('en-US', {
      timeZone,
      calendar: 'iso8601',
      year: 'numeric',
      month: '2-digit',
      day: '2-digit',
    });
    dateFormatters.set(timeZone, formatter);
  }
  const parts: Record<string, string> = {};
  for (const { type, value } of formatter.formatToParts(ms)) parts[type] = value;
  return `${parts.year}-${parts.month}-${parts.day}`;
}

/** `16:05`. */
export function clock({ minutes }: LocalTime): string {
  const pad = (value: number) => String(value).padStart(2, '0');
  return `${pad(Math.floor(minutes / 60))}:${pad(minutes % 60)}`;
}

/** Whether a wall clock lies in `HH:MM-HH:MM`, half-open; an end at or before the start runs past midnight. */
export function withinHours(local: LocalTime, hours: string): boolean {
  const { start, end } = hourBounds(hours);
  const { minutes } = local;
  return start < end ? minutes >= start && minutes < end : minutes >= start || minutes < end;
}

/**
 * Whether a weekly timetable is open now. Hours that run past midnight belong to the day on which they begin,
 * so Friday 22:00-02:00 is open on Saturday at 01:00.
 */
export function withinTimetable(local: LocalTime, timetable: Partial<Record<LocalTime['day'], string>>): boolean {
  const today = timetable[local.day];
  if (today) {
    const { start, end } = hourBounds(today);
    if (start < end ? local.minutes >= start && local.minutes < end : local.minutes >= start) return true;
  }
  const yesterday = timetable[dayBefore(local.day)];
  if (!yesterday) return false;
  const { start, end } = hourBounds(yesterday);
  return end <= start && local.minutes < end;
}

/** The day on which hours that may run past midnight began. */
export function dayOfHours(local: LocalTime, hours: string | undefined): LocalTime['day'] {
  if (!hours) return local.day;
  const { start, end } = hourBounds(hours);
  return end <= start && local.minutes < end ? dayBefore(local.day) : local.day;
}

function hourBounds(hours: string): { start: number; end: number } {
  const [start = 0, end = 0] = hours.split('-').map((part) => {
    const [hour = 0, minute = 0] = part.split(':').map(Number);
    return hour * 60 + minute;
  });
  return { start, end };
}

function dayBefore(day: LocalTime['day']): LocalTime['day'] {
  return DAYS[(DAYS.indexOf(day) + 6) % 7] ?? day;
}
