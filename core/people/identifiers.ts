import type { Identifier } from '../model/person.ts';

/** Controls and invisible characters (Cc, Cf, Cs) have no place before the @ either: they would travel into headers. */
const EMAIL = /^[^\s\p{Cc}\p{Cf}\p{Cs}@<>",;:\\()[\]]{1,64}@[a-z0-9-]{1,63}(\.[a-z0-9-]{1,63})+$/u;
const E164 = /^\+[1-9]\d{6,14}$/;

/**
 * The one spelling under which an identifier is stored and looked up, or undefined when the value cannot be one.
 * Phones are E.164 (ITU-T E.164, 15 digits) in international form; emails are lower-cased; the rest is trimmed.
 */
export function normaliseIdentifier({ kind, value }: Identifier): Identifier | undefined {
  const trimmed = value.normalize('NFC').trim();
  if (kind === 'phone') {
    const digits = trimmed.replace(/[\s().-]/g, '');
    return E164.test(digits) ? { kind, value: digits } : undefined;
  }
  if (kind === 'email') {
    const lower = trimmed.toLowerCase();
    return lower.length <= 254 && EMAIL.test(lower) ? { kind, value: lower } : undefined;
  }
  // Control characters have no place in a handle, and would travel into headers and logs.
  return trimmed.length > 0 && !/\p{Cc}/u.test(trimmed) ? { kind, value: trimmed } : undefined;
}
