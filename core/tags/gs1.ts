/**
 * GS1 Digital Link (URI Syntax 1.6.0): what a garment's or a shelf's code says about what it is on. Keys and their
 * qualifiers are those of the GS1 Syntax Dictionary that shops use.
 */

/** Primary keys with the shape of their values and the qualifiers that may follow, in this order. */
const PRIMARY: Record<string, { shape: RegExp; isChecked: boolean; checkedDigits?: number; qualifiers: string[][] }> = {
  '00': { shape: /^\d{18}$/, isChecked: true, qualifiers: [] },
  '01': { shape: /^(\d{8}|\d{12,14})$/, isChecked: true, qualifiers: [['22', '10', '21'], ['235']] },
  '255': { shape: /^\d{13,25}$/, isChecked: true, checkedDigits: 13, qualifiers: [] },
  '414': { shape: /^\d{13}$/, isChecked: true, qualifiers: [['254']] },
  '417': { shape: /^\d{13}$/, isChecked: true, qualifiers: [] },
  '8018': { shape: /^\d{18}$/, isChecked: true, qualifiers: [['8019']] },
};
/** Keys of other things than this one: a link names one thing. */
const EXCLUSIVE: Record<string, string[]> = {
  '01': ['255', '02', '37'],
  '255': ['01', '02', '415', '8006', '8020', '8026'],
};

export type DigitalLink = {
  key: string;
  value: string;
  qualifiers: Record<string, string>;
  attributes: Record<string, string>;
};

/** Reads a Digital Link, whoever's domain it is on. @returns why it is none, where it is none */
export function parseDigitalLink(link: string): DigitalLink | { reason: string } {
  const url = URL.parse(link);
  if (!url || !/^https?:$/.test(url.protocol)) return { reason: 'is not a web address' };
  const parts = decoded(url.pathname);
  if (!parts) return { reason: 'has a broken escape' };
  const start = parts.findIndex((part, index) => Object.hasOwn(PRIMARY, part) && (parts.length - index) % 2 === 0);
  const [key = '', value = ''] = start < 0 ? [] : parts.slice(start, start + 2);
  const rule = PRIMARY[key];
  if (!rule) return { reason: 'has no GS1 key that is known here' };
  if (!rule.shape.test(value)) return { reason: `(${key}) has not the right number of digits` };
  if (rule.isChecked && !hasCheckDigit(value.slice(0, rule.checkedDigits)))
    return { reason: `(${key}) has a wrong check digit` };
  const qualifiers = qualifiersOf(parts.slice(start + 2), rule.qualifiers);
  if (!qualifiers) return { reason: `(${key}) is followed by what does not qualify it` };
  const attributes = Object.fromEntries([...url.searchParams].filter(([name]) => /^\d{2,4}$/.test(name)));
  const foreign = EXCLUSIVE[key]?.find((other) => other in attributes);
  if (foreign !== undefined) return { reason: `(${key}) and (${foreign}) exclude each other` };
  return { key, value: key === '01' ? value.padStart(14, '0') : value, qualifiers, attributes };
}

/** Modulo 10 with weights 3 and 1 from the right (GS1 General Specifications, 7.9.1). */
export function hasCheckDigit(digits: string): boolean {
  const sum = [...digits]
    .reverse()
    .reduce((total, digit, index) => total + Number(digit) * (index % 2 === 1 ? 3 : 1), 0);
  return digits.length > 1 && sum % 10 === 0;
}

function decoded(pathname: string): string[] | undefined {
  try {
    return pathname.split('/').slice(1).map(decodeURIComponent);
  } catch {
    return undefined;
  }
}

/** Pairs of qualifier and value, in the order of one of the lists; undefined where they are not. */
function qualifiersOf(parts: readonly string[], lists: readonly string[][]): Record<string, string> | undefined {
  const names = parts.filter((_, index) => index % 2 === 0);
  const fits = names.length === 0 || lists.some((list) => isSubsequence(names, list));
  const values = parts.filter((_, index) => index % 2 === 1);
  if (!fits || values.some((value) => !/^[!-z]{1,28}$/.test(value))) return undefined;
  return Object.fromEntries(names.map((name, index) => [name, values[index] ?? '']));
}

function isSubsequence(names: readonly string[], list: readonly string[]): boolean {
  let at = -1;
  return names.every((name) => {
    const next = list.indexOf(name, at + 1);
    at = next;
    return next >= 0;
  });
}
