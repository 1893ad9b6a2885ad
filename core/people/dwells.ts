import type { Behaviour, PastVisit } from '../model/behaviour.ts';

/** Whoever left later than this after they came was away in between. */
const MAX_DWELL_MS = 86_400_000;

/**
 * When a visit ended, in epoch milliseconds: the last time that somebody was known to have left the place, after they
 * were last seen there, within a day of their coming and before they came again. Undefined where nobody knows.
 */
export function endOfVisit({ placeId, at, until }: PastVisit, { visits, exits }: Behaviour): number | undefined {
  const nextAt = Math.min(
    ...visits.filter((other) => other.placeId === placeId && other.at > at).map((other) => other.at),
    at + MAX_DWELL_MS + 1,
  );
  const left = exits.filter((exit) => exit.placeId === placeId && exit.at >= until && exit.at < nextAt);
  return left.length === 0 ? undefined : Math.max(...left.map((exit) => exit.at));
}
