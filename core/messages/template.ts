/** `{{person.firstName|there}}`: a name, and what to say when there is no value. Nothing else: no logic, no filters. */
const PLACEHOLDER = /\{\{\s*([A-Za-z][A-Za-z0-9_.-]{0,63})\s*(?:\|([^{}|]{0,100}))?\}\}/g;

/** Values that a person, or whoever filled in their profile, chose: the others are the brand's own. */
const PROFILE = 'person.';

/** A profile value longer than this is not a name. */
const MAX_VALUE_CHARS = 100;

export type TemplateValues = Record<string, string | undefined>;

/**
 * A template with its placeholders filled. Values are data: they are never read as a template again and carry no control
 * characters. Profile values are dropped when they look like a link, so that nobody advertises through their profile.
 * What comes out is plain text: a channel that writes HTML escapes all of it.
 */
export function renderTemplate(template: string, values: TemplateValues): string {
  return template.replace(
    PLACEHOLDER,
    (_, name: string, fallback = '') =>
      plainValue(name, Object.hasOwn(values, name) ? values[name] : undefined) ?? fallback.trim(),
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
  return /\{{3}|\}{3}/.test(template) || /\{\{|\}\}/.test(template.replace(PLACEHOLDER, ''));
}

function plainValue(name: string, value: string | undefined): string | undefined {
  if (value === undefined) return undefined;
  // Line breaks that forge headers (Cc, Zl, Zp), and marks that reverse or hide text (Cf).
  const clean = value.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, '').trim();
  if (clean === '') return undefined;
  if (name.startsWith(PROFILE) && (clean.length > MAX_VALUE_CHARS || looksLikeLink(clean))) return undefined;
  return clean;
}

/** What a phone would make a link of: a scheme, a host name in any script, an IPv4 address. */
function looksLikeLink(text: string): boolean {
  // NFKC, because browsers read full-width letters, dots and slashes as plain ones (UTS 46); and 。 as a dot.
  return /:\/\/|\bwww\.|[\p{L}\p{M}\p{N}_-][.。]\p{L}{2,}|\b\d{1,3}(?:\.\d{1,3}){3}\b/iu.test(text.normalize('NFKC'));
}
