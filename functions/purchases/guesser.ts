import { isLockedOut } from '#core/offers/guessing.ts';
import { countBadGuess, type Guess, readGuesses } from '#store/guesses.ts';
import { tooManyGuesses } from '../redeem/find-coupon.ts';
import type { HttpRequest } from '../shared/http.ts';
import { couponsOf, parsedCodes } from './coupons-of.ts';

/**
 * A purchase must not be a way to try codes that redeeming would not be: wrong ones count against the caller, as there.
 * @throws Problem 429
 */
export async function refuseGuesser(request: HttpRequest, brand: string, codes: readonly string[]): Promise<void> {
  const parsed = parsedCodes(codes);
  if (parsed.length === 0) return;
  const { db, now } = request.runtime;
  const guess: Guess = { brand, caller: request.caller?.subject ?? '', now: now() };
  if (isLockedOut(await readGuesses(db, guess))) throw tooManyGuesses(guess.now);
  const right = await couponsOf(request.runtime, brand, codes);
  for (let wrong = parsed.length - right.length; wrong > 0; wrong -= 1) {
    if (isLockedOut(await countBadGuess(db, guess))) throw tooManyGuesses(guess.now);
  }
}
