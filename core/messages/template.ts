/** `{{person.firstName|there}}`: a name, and what to say when there is no value. Nothing else: no logic, no filters. */
const PLACEHOLDER = /\{\{\s*([A-Za-z][A-Za-z0-9_.-]{0,63})\s*(?:\|([^{}|]{0,100}))?\}\}/g;

/** A profile value longer than this is not a name. */
const MAX_VALUE_CHARS = 100;

export type TemplateValues = Record<string, string | undefined>;

/**
 * A template with its placeholders filled. Values are data: they are never read as a template again, carry no control
 * characters, and are dropped when they look like a link, so that nobody advertises through their own profile.
 * @param encode how a value is written on this channel, for example HTML-escaped
 */
export function renderTemplate(template: string, values: TemplateValues, encode: (text: string) => string): string {
  return template.replace(PLACEHOLDER, (_, name: string, fallback = '') =>
    encode(plainValue(Object.hasOwn(values, name) ? values[name] : undefined) ?? fallback.trim()),
  );
}

/** Placeholders that name none of `known` (prefixes ending in `.` allow any name behind them). */
export function unknownPlaceholders(template: string, known: readonly string[]): string[] {
  return [...template.matchAll(PLACEHOLDER)]
    .map(([, name = '']) => name)
    .filter((name) => !known.some((entry) => (entry.endsWith('.') ? isMember(name, entry) : name === entry)));
}

/** `person.firstName` of `person.`: a name of its own follows, and none that means something to JavaScript. */
function isMember(name: string, prefix: string): boolean {
  const own = name.startsWith(prefix) ? name.slice(prefix.length) : '';
  return /^[A-Za-z]/.test(own) && own !== 'constructor' && own !== 'prototype';
}

/** Braces that are not a placeholder: a typing mistake that customers would otherwise see. */
export function hasStrayBraces(template: string): boolean {
  return /\{\{|\}\}/.test(template.replace(PLACEHOLDER, ''));
}

function plainValue(value: string | undefined): string | undefined {
  if (value === undefined) return undefined;
  // Cc and Cf: line breaks that forge headers, and marks that reverse or hide text.
  const clean = value.replace(/[\p{Cc}\p{Cf}]/gu, '').trim();
  if (clean === '' || clean.length > MAX_VALUE_CHARS || looksLikeLink(clean)) return undefined;
  return clean;
}

function looksLikeLink(text: string): boolean {
  return /:\/\/|\bwww\.|[\w-]\.[a-z]{2,}(?:[/:?#]|$)/i.test(text);
}
