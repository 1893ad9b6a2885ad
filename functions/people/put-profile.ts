import type { Identifier, PersonInput } from '#core/model/person.ts';
import { isStrong } from '#core/people/graph.ts';
import { changeProfile, handleProfileId } from '#store/links.ts';
import { findPersonId, IdentifierTakenError } from '#store/people.ts';
import type { Admission } from '#store/tombstones.ts';
import type { Runtime } from '../shared/runtime.ts';
import { linkIdentifiers } from './link.ts';

/** An identifier of the input belongs to somebody else's profile. */
export class HandleTakenError extends Error {
  override name = 'HandleTakenError';
  readonly identifier: Identifier | undefined;
  constructor(identifier: Identifier | undefined) {
    super('the identifier belongs to another person');
    this.identifier = identifier;
  }
}

/**
 * Puts a profile. A handle that has a profile of its own, because a purchase spoke of it before anybody had put it, stays
 * there and is linked to another of the person's: what was seen of it is theirs.
 * @throws HandleTakenError, ErasedError
 */
export async function putProfile(
  runtime: Runtime,
  { brand, personId, input, admission }: { brand: string; personId: string; input: PersonInput; admission: Admission },
): Promise<void> {
  let free = input.identifiers;
  const apart: Identifier[] = [];
  for (;;) {
    try {
      await changeProfile(runtime.db, brand, personId, () => ({ ...input, identifiers: free }), admission);
      break;
    } catch (error) {
      if (!(error instanceof IdentifierTakenError)) throw error;
      const taken = free[error.index];
      const others = free.filter((identifier) => identifier !== taken);
      const owner = taken && (await findPersonId(runtime.db, brand, taken));
      const canBeLinked = taken && others.some((other) => isStrong(other) || isStrong(taken));
      if (!canBeLinked || owner !== handleProfileId(admission.linkSecret, brand, taken))
        throw new HandleTakenError(taken);
      apart.push(taken);
      free = others;
    }
  }
  const own = free.find(isStrong) ?? free[0];
  const said = { evidence: 'import' as const, source: 'profile', at: new Date(admission.now).toISOString() };
  for (const handle of apart) if (own) await linkIdentifiers(runtime, brand, { a: handle, b: own, ...said });
}
