import type { ReportRow, ReportView } from '../shared/api.ts';

const DAY_MS = 86_400_000;

/** The last days as the report takes them: UTC dates, both included. */
export function lastDays(count: number, now: number): { from: string; to: string } {
  const date = (ms: number) => new Date(ms).toISOString().slice(0, 10);
  return { from: date(now - (count - 1) * DAY_MS), to: date(now) };
}

export const keyOf = ({ brand = '', creativeId }: Pick<ReportRow, 'brand' | 'creativeId'>): string =>
  `${brand}/${creativeId}`;

/** A colour for each creative, by its name and not by its rank: it must not change while plays come in. */
export function coloursOf(rows: readonly ReportRow[]): (row: ReportRow) => string {
  const keys = rows.map(keyOf).sort();
  return (row) => {
    const index = keys.indexOf(keyOf(row));
    return index < COLOURS ? `var(--voice-${index})` : 'var(--ink-soft)';
  };
}
const COLOURS = 6;

/** An hour of the screen's own day: `day` as `2026-11-22`, `hour` 0 to 23, seconds on air of up to 3,600. */
export type HourCell = { at: string; day: string; hour: number; seconds: number; complete: boolean };

/** The report's hours by the clock on the wall. Where clocks are set back two hours fall into one cell; the later shows. */
export function hourCells({ hours, timeZone = 'UTC' }: Pick<ReportView, 'hours' | 'timeZone'>): HourCell[] {
  const format = new Intl.DateTimeFormat('en-CA', {
    timeZone,
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    hourCycle: 'h23',
  });
  return hours.map(({ at, secondsOnAir, complete }) => {
    const part = Object.fromEntries(format.formatToParts(new Date(at)).map(({ type, value }) => [type, value]));
    const day = `${part.year}-${part.month}-${part.day}`;
    return { at, day, hour: Number(part.hour), seconds: secondsOnAir, complete };
  });
}
