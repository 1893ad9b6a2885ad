import type { Place } from './model/place.ts';
import { localTime, withinTimetable } from './time.ts';

const MINUTE_MS = 60_000;

/** Whether a place is open, by its own clock; one that says no hours always is. `now` in epoch milliseconds. */
export const isOpen = ({ openingHours, timeZone }: Pick<Place, 'openingHours' | 'timeZone'>, now: number): boolean =>
  !openingHours || withinTimetable(localTime(now, timeZone), openingHours);

/** When a place that is closed opens next, to the minute, if that is within `withinMs`; epoch milliseconds. */
export function nextOpening(
  place: Pick<Place, 'openingHours' | 'timeZone'>,
  now: number,
  withinMs: number,
): number | undefined {
  if (isOpen(place, now)) return undefined;
  // Minute by minute, so that a night of 23 or 25 hours is no special case.
  for (let at = Math.ceil(now / MINUTE_MS) * MINUTE_MS; at <= now + withinMs; at += MINUTE_MS) {
    if (isOpen(place, at)) return at;
  }
  return undefined;
}
