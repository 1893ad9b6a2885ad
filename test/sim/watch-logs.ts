import type { Truth } from './truth.ts';

const SECRETS: readonly { what: string; pattern: RegExp }[] = [
  { what: 'an email address', pattern: /[\w.-]+@example\.com/ },
  { what: 'a phone number', pattern: /\+86138\d{5,}/ },
  { what: 'a coupon code', pattern: /\b[0-9A-HJKMNP-TV-Z]{4}-[0-9A-HJKMNP-TV-Z]{4}-[0-9A-HJKMNP-TV-Z]{4}/ },
  { what: 'a first name', pattern: /\bMei\b/ },
  { what: 'a coordinate', pattern: /\b121\.47|\b31\.23/ },
];

/** Nothing that is logged tells who somebody is, where they are, or what their coupon is. */
export function watchLogs(truth: Truth): (entry: unknown) => void {
  return (entry) => {
    const text = typeof entry === 'string' ? entry : JSON.stringify(entry);
    for (const { what, pattern } of SECRETS) {
      if (pattern.test(text)) truth.violate('41', `${what} was logged`, []);
    }
  };
}
