import { IDENTIFIER_KINDS, type Identifier } from '../model/person.ts';
import { normaliseIdentifier } from './identifiers.ts';

/** Somebody, as a message names them: by their id or by a handle. `brand` is whose message it is, if it says so. */
export type Named = { brand: string | undefined; subject: { personId: string } | Identifier };

const MAX_DEPTH = 12;
const FIELDS: Record<string, (value: string) => Named['subject']> = {
  personId: (personId) => ({ personId }),
  deviceId: (value) => ({ kind: 'device', value }),
  // As Amazon Location writes it.
  DeviceId: (value) => ({ kind: 'device', value }),
};

/**
 * Everybody whom the body of a message names, wherever in it: a dead letter may be anything. Of text that is no JSON
 * each word is taken for whatever it could be.
 */
export function namedIn(body: string): Named[] {
  let value: unknown;
  try {
    value = JSON.parse(body);
  } catch {
    return wordsOf(body).flatMap((word) => anything(undefined, word));
  }
  const found: Named[] = [];
  collect(value, undefined, found, 0);
  return found;
}

function collect(value: unknown, outer: string | undefined, found: Named[], depth: number): void {
  if (typeof value !== 'object' || value === null || depth > MAX_DEPTH) return;
  const record = value as Record<string, unknown>;
  const brand = typeof record.brand === 'string' ? record.brand : outer;
  const kind = IDENTIFIER_KINDS.find((known) => known === record.kind);
  if (kind && typeof record.value === 'string') found.push({ brand, subject: spelled({ kind, value: record.value }) });
  found.push(...profilesIn(record).map((personId) => ({ brand, subject: { personId } })));
  for (const [name, inner] of Object.entries(record)) {
    if (typeof inner === 'string' && Object.hasOwn(FIELDS, name)) {
      const subject = FIELDS[name]?.(inner);
      if (subject) found.push({ brand, subject: 'personId' in subject ? subject : spelled(subject) });
    }
    collect(inner, brand, found, depth + 1);
  }
}

/** Of somebody with several profiles a message tells the ids of all. */
const profilesIn = ({ profiles }: Record<string, unknown>): string[] =>
  Array.isArray(profiles) ? profiles.filter((id) => typeof id === 'string') : [];

/** As it is stored; what cannot be an identifier stays as it is. */
const spelled = (identifier: Identifier): Identifier => normaliseIdentifier(identifier) ?? identifier;

const wordsOf = (text: string): string[] => [...new Set(text.match(/[\p{L}\p{N}@+._:/#-]+/gu) ?? [])].slice(0, 1000);

const anything = (brand: string | undefined, word: string): Named[] => [
  { brand, subject: { personId: word } },
  ...IDENTIFIER_KINDS.map((kind) => ({ brand, subject: spelled({ kind, value: word }) })),
];
