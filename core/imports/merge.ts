import type { Identifier, PersonInput } from '../model/person.ts';
import { gather } from './pinpoint.ts';

/**
 * What a line says about somebody who is known already: `replace`, all of it, as PUT does; `patch`, what the file has a
 * column for; `gather`, added to what other lines said. Consents are always added.
 */
export type MergeMode = 'replace' | 'patch' | 'gather';

type Known = Pick<PersonInput, 'identifiers' | 'attributes'>;

/** Somebody as they are after a line. Saying it again changes nothing. */
export function merge(before: Known | undefined, line: PersonInput, mode: MergeMode): PersonInput {
  if (!before || mode === 'replace') return line;
  if (mode === 'gather') {
    return {
      identifiers: distinct([...before.identifiers, ...line.identifiers]),
      attributes: gather(before.attributes, line.attributes),
      consents: line.consents,
    };
  }
  // A new phone number takes the place of the old one; a kind of handle that the file does not have stays.
  const kinds = new Set(line.identifiers.map(({ kind }) => kind));
  return {
    identifiers: distinct([...before.identifiers.filter(({ kind }) => !kinds.has(kind)), ...line.identifiers]),
    attributes: { ...before.attributes, ...line.attributes },
    consents: line.consents,
  };
}

function distinct(identifiers: readonly Identifier[]): Identifier[] {
  return [...new Map(identifiers.map((identifier) => [`${identifier.kind}/${identifier.value}`, identifier])).values()];
}
