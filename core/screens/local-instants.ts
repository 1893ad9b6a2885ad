const LOCAL = /^(\d{4})-(\d\d)-(\d\d)[ T](\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,3}))?)?$/;
/** Zones change at quarters of an hour. */
const QUARTER_MS = 900_000;
/** Further from UTC than any zone is (+14 h), and less than two changes are apart. */
const REACH_MS = 16 * 3_600_000;

/** The instants (epoch ms, in order) at which the clocks show `2026-10-25 02:30:00`; undefined: it is no local time. */
export type LocalInstants = (local: string) => number[] | undefined;

/**
 * What a wall clock's time means in a zone: one instant; none in the hour that the clocks leave out in spring; two in
 * the one that they show twice in autumn.
 */
export function localInstants(timeZone: string): LocalInstants {
  const offsetAt = offsets(timeZone);
  return (local) => {
    const wall = wallMs(local);
    if (wall === undefined) return undefined;
    const around = [offsetAt(wall - REACH_MS), offsetAt(wall + REACH_MS)];
    const found = around.map((offset) => wall - offset).filter((instant) => offsetAt(instant) === wall - instant);
    return [...new Set(found)].sort((left, right) => left - right);
  };
}

/** The time as if it were UTC's. */
function wallMs(local: string): number | undefined {
  const [, year, month, day, hour, minute, second = '0', fraction = '0'] = LOCAL.exec(local) ?? [];
  if (year === undefined) return undefined;
  const ms = Date.UTC(Number(year), Number(month) - 1, Number(day), Number(hour), Number(minute), Number(second));
  // The thirtieth of February would be the second of March.
  const shown = new Date(ms).toISOString();
  const isReal = shown.startsWith(`${year}-${month}-${day}T${hour}:${minute}:${second.padStart(2, '0')}`);
  return isReal ? ms + Number(fraction.padEnd(3, '0')) : undefined;
}

/** How much a zone's clocks are ahead of UTC at an instant, in ms; asked thousands of times for the same few hours. */
function offsets(timeZone: string): (instant: number) => number {
  const formatter = new Intl.DateTimeFormat('en-US', {
    timeZone,
    calendar: 'iso8601',
    hourCycle: 'h23',
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
  });
  const known = new Map<number, number>();
  return (instant) => {
    const quarter = Math.floor(instant / QUARTER_MS) * QUARTER_MS;
    let offset = known.get(quarter);
    if (offset === undefined) {
      const parts: Record<string, number> = {};
      for (const { type, value } of formatter.formatToParts(quarter)) parts[type] = Number(value);
      const { year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = parts;
      offset = Date.UTC(year, month - 1, day, hour, minute, second) - quarter;
      known.set(quarter, offset);
    }
    return offset;
  };
}
