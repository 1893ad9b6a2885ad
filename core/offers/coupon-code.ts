import { createHmac } from 'node:crypto';

/** Crockford's base 32: no I, L, O, U. https://www.crockford.com/base32.html */
const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
/** 60 bits: a guesser at 10,000 tries a second needs years for the first hit among a million live codes. */
const DATA_SYMBOLS = 12;

/**
 * The secret code of a coupon: 12 Crockford symbols and a check symbol, `XXXX-XXXX-XXXX-C`.
 * Derived, not drawn: whoever holds the secret can show it again, so it is never stored.
 */
export function couponCode(secret: string, brand: string, couponId: string): string {
  const digest = createHmac('sha256', secret).update(`code/${brand}/${couponId}`).digest();
  const symbols: number[] = Array.from({ length: DATA_SYMBOLS }, (_, index) => (digest[index] ?? 0) & 31);
  const text = [...symbols, checkSymbol(symbols)].map((value) => ALPHABET[value]).join('');
  return `${text.slice(0, 4)}-${text.slice(4, 8)}-${text.slice(8, 12)}-${text.slice(12)}`;
}

/** What a person typed or scanned, as a code; undefined when its check symbol says that it is none. */
export function parseCouponCode(typed: string): string | undefined {
  if (typed.length > 64) return undefined;
  const text = typed.toUpperCase().replace(/[\s-]/g, '').replace(/O/g, '0').replace(/[IL]/g, '1');
  const symbols = [...text].map((symbol) => ALPHABET.indexOf(symbol));
  if (symbols.length !== DATA_SYMBOLS + 1 || symbols.includes(-1)) return undefined;
  if (checkSymbol(symbols.slice(0, -1)) !== symbols[DATA_SYMBOLS]) return undefined;
  return `${text.slice(0, 4)}-${text.slice(4, 8)}-${text.slice(8, 12)}-${text.slice(12)}`;
}

/** The key under which a coupon is found: an HMAC, so that reading the table yields no code. */
export function couponKey(secret: string, brand: string, code: string): string {
  return createHmac('sha256', secret).update(`key/${brand}/${code}`).digest('base64url').slice(0, 32);
}

/**
 * Luhn's algorithm modulo 32 (ISO/IEC 7812-1 annex B, generalised): catches every single wrong symbol and nearly
 * every swap of neighbours. Crockford's own modulo-37 check would need the symbols * ~ $ = U.
 */
function checkSymbol(symbols: readonly number[]): number {
  let sum = 0;
  for (let index = symbols.length - 1, double = true; index >= 0; index -= 1, double = !double) {
    const value = (symbols[index] ?? 0) * (double ? 2 : 1);
    sum += Math.floor(value / 32) + (value % 32);
  }
  return (32 - (sum % 32)) % 32;
}
