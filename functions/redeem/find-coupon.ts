import { couponKey, isCodeOf, parseCouponCode, typedForm } from '#core/offers/coupon-code.ts';
import { guessWindow, isLockedOut } from '#core/offers/guessing.ts';
import type { StoredCoupon } from '#store/coupons.ts';
import { countBadGuess, type Guess, readCouponAndGuesses } from '#store/guesses.ts';
import type { HttpRequest } from '../shared/http.ts';
import { Problem } from '../shared/problem.ts';

/** One answer for codes that are malformed, unknown, wrong at the end or another brand's: a guesser learns nothing. */
export const noSuchCoupon = () => new Problem('not-found', 'there is no such coupon');

/**
 * The coupon whose code is in the path, typed or scanned. Every code costs the same reads, whatever is wrong with it.
 * @throws Problem 404 when there is none, which is counted; 429 when its caller has guessed too often, right or wrong
 */
export async function findCoupon(request: HttpRequest, brand: string): Promise<{ coupon: StoredCoupon; key: string }> {
  const { db, now, secret } = request.runtime;
  const couponSecret = await secret('couponSecret');
  const typed = request.path.code ?? '';
  const code = parseCouponCode(typed);
  // No code is written as what is not one: nothing lies under this key.
  const key = couponKey(couponSecret, brand, code === undefined ? typed : typedForm(code));
  const guess: Guess = { brand, caller: request.caller?.subject ?? '', now: now() };
  const { coupon, guesses } = await readCouponAndGuesses(db, guess, key);
  if (isLockedOut(guesses)) throw tooManyGuesses(guess.now);
  const isRight = isCodeOf(code ?? typed, couponSecret, brand, coupon?.couponId ?? 'none');
  if (coupon && code !== undefined && isRight) return { coupon, key };
  if (isLockedOut(await countBadGuess(db, guess))) throw tooManyGuesses(guess.now);
  throw noSuchCoupon();
}

/** The same for all who are locked out, whatever they asked. */
export function tooManyGuesses(now: number): Problem {
  const seconds = Math.ceil((guessWindow(now).endsAt - now) / 1000);
  return new Problem('too-many-attempts', `too many wrong codes by this token; ask again in ${seconds} s`, [], seconds);
}
