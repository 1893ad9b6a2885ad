import { parsePhoneNumberFromString } from 'libphonenumber-js/min';
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

/** Two spellings of one number must not be two people, nor lead past the tombstone of who was erased under the other. */
function withoutTrunkPrefix(digits: string): string {
  const { number } = parsePhoneNumberFromString(digits) ?? {};
  return number !== undefined && number.length < digits.length && E164.test(number)
    ? withoutTrunkPrefix(number)
    : digits;
}
