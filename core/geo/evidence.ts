/** A fix less accurate than this (a cell tower) is ignored by confirmed places; it also bounds how far to look around one. */
export const MAX_ACCURACY_M = 1000;

/**
 * What a phone in the street usually reaches: taken where a device does not say, and good enough for any place, since
 * otherwise a place smaller than this would never be entered.
 */
export const UNKNOWN_ACCURACY_M = 20;

/** Up to the size of the place, and at most up to this, the centre of a fix is believed; a worse fix must lie inside whole. */
const GOOD_ACCURACY_M = 100;

/** Jitter of a phone at rest indoors: 50 m beyond the edge is not yet outside. */
const EXIT_MARGIN_M = 50;

/** The reported accuracy holds 68 % of fixes; twice it holds 99 %, so noise seldom reaches beyond it two times running. */
const EXIT_MARGIN_ACCURACIES = 2;

/** A reflection lasts seconds: at one fix a second, two fixes alone would confirm it. A false enter is a false offer. */
export const ENTER_CONFIRM_MS = 5_000;

/** Longer than for an enter: a late exit costs nothing, a false one is followed by a second enter and a second offer. */
export const EXIT_CONFIRM_MS = 10_000;

/** How far beyond the edge of a place, in metres, a fix must be to say that the device has left. */
export function exitMarginM(accuracyM: number): number {
  return Math.max(EXIT_MARGIN_M, EXIT_MARGIN_ACCURACIES * accuracyM);
}

/** `near`: outside, but not by enough to have left. `unclear`: the accuracy circle is too large to tell. */
export type Evidence = 'inside' | 'near' | 'outside' | 'unclear';

/**
 * What one fix says about one confirmed place. `distanceM` is signed: negative inside; undefined: beyond the margin.
 * A fix whose accuracy circle is larger than the place says inside only if that whole circle is inside.
 */
export function evidence(sighting: { distanceM: number; sizeM: number } | undefined, accuracyM: number): Evidence {
  if (!sighting || sighting.distanceM > exitMarginM(accuracyM)) return 'outside';
  const { distanceM, sizeM } = sighting;
  if (distanceM > 0) return accuracyM <= GOOD_ACCURACY_M ? 'near' : 'unclear';
  const enoughM = Math.max(UNKNOWN_ACCURACY_M, Math.min(sizeM, GOOD_ACCURACY_M));
  return accuracyM <= enoughM || clearlyInside(distanceM, accuracyM) ? 'inside' : 'unclear';
}

/** The whole accuracy circle is inside. */
export function clearlyInside(distanceM: number, accuracyM: number): boolean {
  return -distanceM >= accuracyM;
}
