/** Somebody who reads codes aloud or scans a leaflet gets this many wrong in a minute; a guesser needs billions. */
export const BAD_GUESSES_PER_CALLER = 10;
/** Many stolen tokens together: from here on whoever has guessed wrong once in this minute waits for the next. */
export const BAD_GUESSES_PER_BRAND = 300;
const GUESS_WINDOW_MS = 60_000;

/** Codes that were none, in this minute. */
export type BadGuesses = { caller: number; brand: number };

/**
 * Whether a caller gets no answer before the minute is over, for right codes neither. A till that has not guessed wrong
 * in this minute is never locked out, whatever others do.
 */
export function isLockedOut({ caller, brand }: BadGuesses): boolean {
  return caller >= BAD_GUESSES_PER_CALLER || (caller > 0 && brand >= BAD_GUESSES_PER_BRAND);
}

/** The minute in which guesses are counted together: its number, and when it ends, in epoch milliseconds. */
export function guessWindow(now: number): { number: number; endsAt: number } {
  const number = Math.floor(now / GUESS_WINDOW_MS);
  return { number, endsAt: (number + 1) * GUESS_WINDOW_MS };
}
