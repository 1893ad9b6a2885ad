import { createHmac, timingSafeEqual } from 'node:crypto';

/** Crockford's base 32: no I, L, O, U. https://www.crockford.com/base32.html */
const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
/** 60 bits, to be typed: a guesser at 10,000 tries a second needs years for the first hit among a million live codes. */
const TYPED_SYMBOLS = 12;
/** 80 bits, to be scanned: the typed ones and four more; millions of years. */
const QR_SYMBOLS = 16;
/** Longer than any code with a hyphen after each symbol. */
const MAX_TYPED_LENGTH = 64;

/**
 * The secret code of a coupon: 12 Crockford symbols and a check symbol, `XXXX-XXXX-XXXX-C`.
 * Derived, not drawn: whoever holds the secret can show it again, so it is never stored.
 */
export function couponCode(secret: string, brand: string, couponId: string): string {
  return written(derived(secret, brand, couponId).slice(0, TYPED_SYMBOLS));
}

/** The same code for QR codes, where length costs nobody: `XXXX-XXXX-XXXX-XXXX-C`; its first 12 symbols are the typed ones. */
export function couponQrCode(secret: string, brand: string, couponId: string): string {
  return written(derived(secret, brand, couponId));
}

/** What a person typed or scanned, as a code of either length; undefined when its check symbol says that it is none. */
export function parseCouponCode(typed: string): string | undefined {
  if (typed.length > MAX_TYPED_LENGTH) return undefined;
  const text = typed.toUpperCase().replace(/[\s-]/g, '').replace(/O/g, '0').replace(/[IL]/g, '1');
  const symbols = [...text].map((symbol) => ALPHABET.indexOf(symbol));
  const data = symbols.slice(0, -1);
  if ((data.length !== TYPED_SYMBOLS && data.length !== QR_SYMBOLS) || symbols.includes(-1)) return undefined;
  return checkSymbol(data) === symbols.at(-1) ? written(data) : undefined;
}

/** The typed form of a code of either length: by it a coupon is found. */
export function typedForm(code: string): string {
  const symbols = [...code.replaceAll('-', '')].map((symbol) => ALPHABET.indexOf(symbol));
  return written(symbols.slice(0, TYPED_SYMBOLS));
}

/** Whether a parsed code of either length is this coupon's, all of it, in a time that does not depend on where it differs. */
export function isCodeOf(code: string, secret: string, brand: string, couponId: string): boolean {
  const symbols = derived(secret, brand, couponId);
  return [symbols.slice(0, TYPED_SYMBOLS), symbols].some((data) => {
    const own = Buffer.from(written(data));
    return own.length === Buffer.byteLength(code) && timingSafeEqual(own, Buffer.from(code));
  });
}

function derived(secret: string, brand: string, couponId: string): number[] {
  const digest = createHmac('sha256', secret).update(`code/${brand}/${couponId}`).digest();
  return Array.from({ length: QR_SYMBOLS }, (_, index) => (digest[index] ?? 0) & 31);
}

/** Data symbols with their check symbol, in groups of four that a person can read aloud. */
function written(data: readonly number[]): string {
  const text = data.map((value) => ALPHABET[value]).join('');
  return `${text.replace(/.{4}/g, '$&-')}${ALPHABET[checkSymbol(data)]}`;
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
