import type { Facts, Standing } from '../decide/facts.ts';
import type { AttributeValue, Identifier, Person } from '../model/person.ts';
import { mergeBehaviours } from './behaviour.ts';
import { mergeConsents } from './consent.ts';

/** A profile as it lies there. `updatedAt`: when it was last put, epoch milliseconds; 0 where nobody knows. */
export type Profile = Pick<Facts, 'person' | 'standing'> & { updatedAt?: number | undefined };

/**
 * The person whose profiles these are, as somebody sees them who asked for the first. Nothing is stored of it: taken
 * apart again, each profile is what it was.
 *
 * Handles and offers are those of all; of an attribute the profile that was put last has the say, of a consent the latest
 * word. `standing.version` is the acting profile's, `standing.others` has those of the others: a decision holds as long as
 * none of them has changed.
 */
export function foldProfiles(acting: Profile, others: readonly Profile[]): Profile {
  if (others.length === 0) return acting;
  const all = [acting, ...others.toSorted(byId)];
  const behaviours = all.flatMap(({ person }) => person.behaviour ?? []);
  const person: Person = {
    ...acting.person,
    identifiers: distinct(all.flatMap(({ person }) => person.identifiers)),
    attributes: attributesOf(all),
    behaviour: behaviours.length > 0 ? mergeBehaviours(behaviours) : undefined,
    receivedAt: all.flatMap(({ person }) => person.receivedAt ?? []).sort((a, b) => a - b),
  };
  const standing: Standing = {
    ...acting.standing,
    consents: mergeConsents(all.map(({ standing }) => standing.consents)),
    pastOffers: all.flatMap(({ standing }) => standing.pastOffers).sort((a, b) => a.at - b.at),
    ownPastOffers: acting.standing.pastOffers,
    others: others.map(({ person: { personId }, standing: { version } }) => ({ personId, version })),
  };
  return { ...acting, person, standing };
}

const byId = (a: Profile, b: Profile): number => (a.person.personId < b.person.personId ? -1 : 1);

const distinct = (identifiers: readonly Identifier[]): Identifier[] => [
  ...new Map(identifiers.map((identifier) => [`${identifier.kind}/${identifier.value}`, identifier])).values(),
];

/** By when the profiles were put, then by id, so that it does not matter who asks. */
function attributesOf(profiles: readonly Profile[]): Record<string, AttributeValue> {
  const ordered = profiles.toSorted((a, b) => (a.updatedAt ?? 0) - (b.updatedAt ?? 0) || byId(a, b));
  return Object.assign({}, ...ordered.map(({ person }) => person.attributes));
}
