import { type CountryCode, isSupportedCountry, parsePhoneNumberFromString } from 'libphonenumber-js/min';

export const isCountry = (text: string): text is CountryCode => isSupportedCountry(text);

/** A number as it is dialled in a country (ISO 3166-1 alpha-2), in international form; what is none stays as it is. */
export function internationalPhone(text: string, country: CountryCode | undefined): string {
  const trimmed = text.trim();
  if (trimmed.startsWith('+') || !country) return trimmed;
  const number = parsePhoneNumberFromString(trimmed, { defaultCountry: country, extract: false });
  return number?.isPossible() ? number.number : trimmed;
}
