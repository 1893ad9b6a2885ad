/** A fix less accurate than this (a cell tower) is ignored by confirmed places; it also bounds how far to look around one. */
export const MAX_ACCURACY_M = 1000;

/**
 * What a phone in the street usually reaches: taken where a device does not say, and good enough for any place, since
 * otherwise a place smaller than this would never be entered.
 */
export const UNKNOWN_ACCURACY_M = 20;

/** Up to the size of the place, and at most up to this, the centre of a fix is believed; a worse fix must lie inside whole. */
const GOOD_ACCURACY_M = 100;

/** Phones that say better than this are no better: public logs show phones 200 m off that claim 2 m. */
const BEST_ACCURACY_M = 12;

/**
 * Log-odds for each accuracy that a fix lies from an edge. A two-dimensional normal error whose 68 % radius is the
 * accuracy has a standard deviation of accuracy / 1.51 on each axis (Rayleigh), and log-odds of a normal distribution are
 * nearly 1.702 for each deviation (Camilli 1994, "Origin of the scaling constant d = 1.7").
 */
const LOG_ODDS_PER_ACCURACY = 1.702 * 1.51;

/** No fix says more than this, 92 %: whatever it claims, it may be a reflection. So none is enough on its own. */
const MAX_LOG_ODDS = 2.5;

/** Where a fix is so sure that looking farther tells nothing more; in its accuracies. */
const SURE_ACCURACIES = MAX_LOG_ODDS / LOG_ODDS_PER_ACCURACY;

/** Errors of two fixes within this time are much the same error: the second adds only what is new. */
const ERROR_MEMORY_MS = 15_000;
const MAX_NEWS = 2.5;

/** How far around a fix to look for places, in metres: farther off, it says "outside" as clearly as any fix can. */
export function sightM(accuracyM: number): number {
  return SURE_ACCURACIES * Math.max(accuracyM, BEST_ACCURACY_M);
}

/**
 * What one fix says about one confirmed place, as log-odds of inside against outside: positive inside. `distanceM` is
 * signed: negative inside; undefined: farther than `sightM`. 0 where it cannot tell: where its centre is inside, but its
 * accuracy circle is larger than the place, and not whole inside. With `marginM`: of the place and so much of its surroundings.
 */
export function logOdds(
  sighting: { distanceM: number; sizeM: number } | undefined,
  accuracyM: number,
  marginM = 0,
): number {
  if (!sighting) return -MAX_LOG_ODDS;
  const { sizeM } = sighting;
  const distanceM = sighting.distanceM - marginM;
  const enoughM = Math.max(UNKNOWN_ACCURACY_M, Math.min(sizeM, GOOD_ACCURACY_M));
  if (distanceM <= 0 && accuracyM > enoughM && !clearlyInside(distanceM, accuracyM)) return 0;
  const odds = (-distanceM * LOG_ODDS_PER_ACCURACY) / Math.max(accuracyM, BEST_ACCURACY_M);
  return Math.max(-MAX_LOG_ODDS, Math.min(MAX_LOG_ODDS, odds));
}

/** The whole accuracy circle is inside. */
export function clearlyInside(distanceM: number, accuracyM: number): boolean {
  return -distanceM >= accuracyM;
}

/**
 * How much a fix counts, `elapsedMs` after the last one: 0 to 2.5. Beyond the memory more than in proportion: two that are
 * long apart are not one reflection, so that half a minute between two clear fixes is enough for an exit.
 */
export function newsOf(elapsedMs: number): number {
  const memories = elapsedMs / ERROR_MEMORY_MS;
  return Math.min(MAX_NEWS, memories <= 1 ? memories : memories ** 1.2);
}

/** The probability that log-odds stand for. */
export function probability(odds: number): number {
  return 1 / (1 + Math.exp(-odds));
}
