import { merge } from '#core/imports/merge.ts';
import type { Consent, Identifier, PersonInput } from '#core/model/person.ts';
import type { ShopCustomer, ShopPerson } from '#core/shops/news.ts';
import { findErasing, forgetErasing, noteErasing } from '#store/connectors.ts';
import { changeProfile } from '#store/links.ts';
import { changePerson, findPersonId, getPerson, IdentifierTakenError, type StoredPerson } from '#store/people.ts';
import { ErasedError } from '#store/tombstones.ts';
import { erasePerson } from '../people/erase.ts';
import { readPerson } from '../people/people.ts';
import { Problem } from '../shared/problem.ts';
import { markOf } from './secrets.ts';
import type { ShopDoor } from './shops.ts';
import type { Tally } from './tally.ts';

const MAX_TRIES = 4;
/** As many as a person may have. */
const MAX_IDENTIFIERS = 20;

/**
 * A customer as the shop has them now, in the profile that their number makes: what the shop does not speak of stays, and
 * what is older than what it has said is passed over. A handle that is another profile's stays there.
 */
export async function putCustomer(
  door: ShopDoor,
  { personId, updatedAt, without, person }: ShopCustomer,
  tally: Tally,
): Promise<boolean> {
  const line = readableCustomer(person, door.now);
  if (!line) {
    tally.ignore('not-readable');
    return false;
  }
  const since = `${door.connector.kind}UpdatedAt`;
  const attributes = { ...line.attributes, [since]: updatedAt };
  let isOld = false;
  const done = await changeFreely(door, personId, line.identifiers, (before, identifiers) => {
    isOld = Date.parse(String(before?.person.attributes[since])) > Date.parse(updatedAt);
    const kept = before?.person.identifiers.filter(({ kind }) => !without.includes(kind)) ?? [];
    // A number that another shop or the merchant knows them by is not this shop's to take away.
    const members = kept.filter(({ kind }) => kind === 'member');
    const all = [...identifiers, ...members].slice(0, MAX_IDENTIFIERS);
    const known = before && { ...before.person, identifiers: kept };
    return isOld ? undefined : merge(known, { ...line, identifiers: all, attributes }, 'patch');
  });
  if (!done) tally.ignore('erased');
  else if (isOld) tally.ignore('older-than-known');
  return done && !isOld;
}

/** A customer whose record the shop has deleted agreed there, and nobody there can take that back any more. */
export async function noteDeletion(door: ShopDoor, { personId }: ShopPerson, tally: Tally): Promise<boolean> {
  const { kind } = door.connector;
  const at = new Date(door.now).toISOString();
  const consents = (['email', 'sms'] as const).map(
    (channel): Consent => ({ purpose: 'marketing', channel, granted: false, at, source: `${kind}: deleted there` }),
  );
  return await changeKnown(door, personId, { consents }, tally);
}

/** That somebody wants to know what is held of them: noted where the merchant sees it, and where it goes when they go. */
export async function noteDataRequest(door: ShopDoor, person: ShopPerson, tally: Tally): Promise<boolean> {
  const [personId] = await profilesOf(door, person);
  if (personId === undefined) {
    tally.ignore('no-person');
    return false;
  }
  return await changeKnown(
    door,
    personId,
    { attributes: { dataRequestedAt: new Date(door.now).toISOString() } },
    tally,
  );
}

/** Everybody who has the customer's number or a handle of theirs, with all that is held of them. */
export async function eraseCustomer(door: ShopDoor, person: ShopPerson, tally: Tally): Promise<boolean> {
  const { runtime, brand, owner, connector, venueSecret, now } = door;
  const { connectorId } = connector;
  const erasing = { owner, connectorId, mark: markOf(venueSecret, person.personId) };
  const begun = await findErasing(runtime.db, erasing);
  const personIds = [...new Set([...begun, ...(await profilesOf(door, person))])];
  if (personIds.length === 0) {
    tally.ignore('no-person');
    return false;
  }
  await noteErasing(runtime.db, erasing, { personIds, now });
  for (const personId of personIds) await erasePerson(runtime, brand, personId, { source: connectorId });
  await forgetErasing(runtime.db, erasing);
  return true;
}

/** The profile that the customer's number makes, and whoever has a handle of theirs. */
async function profilesOf({ runtime, brand }: ShopDoor, { personId, handles }: ShopPerson): Promise<string[]> {
  const owners = await Promise.all(handles.map((handle) => findPersonId(runtime.db, brand, handle)));
  const own = (await getPerson(runtime.db, brand, personId)) ? [personId] : [];
  return [...new Set([...own, ...owners.flatMap((owner) => owner ?? [])])];
}

async function changeKnown(
  { runtime, brand }: ShopDoor,
  personId: string,
  { attributes = {}, consents = [] }: Partial<PersonInput>,
  tally: Tally,
): Promise<boolean> {
  const after = await changePerson(runtime.db, brand, personId, (before) => {
    if (!before) return undefined;
    const { person } = before;
    return { identifiers: person.identifiers, attributes: { ...person.attributes, ...attributes }, consents };
  });
  if (!after) tally.ignore('no-person');
  return after !== undefined;
}

type Change = (before: StoredPerson | undefined, identifiers: readonly Identifier[]) => PersonInput | undefined;

/** Changes somebody without those handles that are others'. False when they were erased, and have agreed to nothing since. */
async function changeFreely(
  { runtime, brand, now }: ShopDoor,
  personId: string,
  wanted: readonly Identifier[],
  change: Change,
): Promise<boolean> {
  const admission = { linkSecret: await runtime.secret('linkSecret'), now };
  for (let attempt = 0; attempt < MAX_TRIES; attempt += 1) {
    const owners = await Promise.all(wanted.map((handle) => findPersonId(runtime.db, brand, handle)));
    const free = wanted.filter((_, index) => owners[index] === undefined || owners[index] === personId);
    try {
      await changeProfile(runtime.db, brand, personId, (before) => change(before, free), admission);
      return true;
    } catch (error) {
      if (error instanceof ErasedError) return false;
      // Somebody has got a handle since we looked.
      if (!(error instanceof IdentifierTakenError)) throw error;
    }
  }
  throw new Problem('unavailable', 'others keep taking handles of this customer; send it again');
}

/** What the schema of a person takes of it; undefined where it takes nothing. */
function readableCustomer(person: ShopCustomer['person'], now: number): PersonInput | undefined {
  const { tags, ...attributes } = person.attributes;
  try {
    const { input, identifiers, consents } = readPerson(
      { ...person, attributes: { ...attributes, ...(Array.isArray(tags) && { tags: tags.slice(0, 100) }) } },
      now,
    );
    return { identifiers, attributes: input.attributes, consents };
  } catch (error) {
    if (error instanceof Problem) return undefined;
    throw error;
  }
}
