import type { Identifier } from '../model/person.ts';

/** Controls and invisible characters (Cc, Cf, Cs) have no place before the @ either: they would travel into headers. */
const EMAIL = /^[^\s\p{Cc}\p{Cf}\p{Cs}@<>",;:\\()[\]]{1,64}@[a-z0-9-]{1,63}(\.[a-z0-9-]{1,63})+$/u;
const E164 = /^\+[1-9]\d{6,14}$/;

/**
 * The one spelling under which an identifier is stored and looked up, or undefined when the value cannot be one.
 * Phones are E.164 (ITU-T E.164, 15 digits) in international form, whether or not a zero is in it that is dialled at home
 * only (`+44 (0)20 …`); emails are lower-cased; the rest is trimmed.
 */
export function normaliseIdentifier({ kind, value }: Identifier): Identifier | undefined {
  const trimmed = value.normalize('NFC').trim();
  if (kind === 'phone') {
    const digits = trimmed.replace(/[\s().-]/g, '');
    return E164.test(digits) ? { kind, value: withoutTrunkPrefix(digits) } : undefined;
  }
  if (kind === 'email') {
    const lower = trimmed.toLowerCase();
    return lower.length <= 254 && EMAIL.test(lower) ? { kind, value: lower } : undefined;
  }
  // Control characters have no place in a handle, and would travel into headers and logs. Half a character (Cs) has no
  // UTF-8: any two of them would be one key.
  return trimmed.length > 0 && !/[\p{Cc}\p{Cs}]/u.test(trimmed) ? { kind, value: trimmed } : undefined;
}

/**
 * What is dialled at home only and stands after the country's code all the same: a zero where no number begins with one;
 * an 8, or 06. Facts of libphonenumber 1.13 (Google's metadata), which a test holds them against; the library itself is
 * 80 kB, and every function that knows a handle would begin with it.
 */
const TRUNK_ZERO = new Set(
  (
    '20 27 31 32 33 40 41 43 44 46 49 51 53 54 55 58 60 61 62 63 64 66 81 82 84 86 90 91 92 93 94 95 98 211 212 ' +
    '213 218 231 232 233 234 243 249 250 251 252 254 255 256 260 261 262 263 264 265 291 353 355 358 359 370 373 ' +
    '374 375 377 380 381 382 383 385 386 387 389 421 423 508 590 591 593 594 595 596 598 686 850 855 856 880 886 ' +
    '961 962 963 964 966 967 970 971 972 976 977 994 995 996'
  ).split(' '),
);
const TRUNK_OTHER = /^\+(?:(7(?=8\d{10}$)|370(?=8\d{8}$)|375(?=8\d{9}$)|993(?=8\d{8}$))8|(36)06)/;

/** Two spellings of one number must not be two people, nor lead past the tombstone of who was erased under the other. */
function withoutTrunkPrefix(digits: string): string {
  // No code begins with another.
  const code = [2, 3].map((length) => digits.slice(1, 1 + length)).find((start) => TRUNK_ZERO.has(start));
  const national = code === undefined ? digits : `+${code}${digits.slice(1 + code.length).replace(/^0+/, '')}`;
  const short = national.replace(TRUNK_OTHER, '+$1$2');
  return E164.test(short) ? short : digits;
}
