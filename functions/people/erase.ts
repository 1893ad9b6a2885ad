import { digestId } from '#core/hash.ts';
import {
  blankProfile,
  type DoomedProfile,
  deleteProfiles,
  deleteRows,
  MAX_PROFILES,
  readProfile,
} from '#store/erasure.ts';
import { peopleKeys } from '#store/keys.ts';
import {
  addToReceipt,
  allTombstones,
  beginReceipt,
  getReceipt,
  putTombstone,
  type Receipt,
  type Subject,
  tombstoneKey,
} from '#store/tombstones.ts';
import { Problem } from '../shared/problem.ts';
import type { Runtime } from '../shared/runtime.ts';
import {
  type Counts,
  type Erasing,
  eraseDeadLetters,
  eraseGuests,
  eraseLinks,
  eraseOffers,
  erasePeopleRows,
  erasePresence,
  subjectsOf,
} from './erase-steps.ts';

/** Whoever has read somebody before they went has written what came of it by then. */
const SETTLE_MS = 2000;
/** Each try that fails was one in which somebody wrote of the person: more of them at once are no erasure. */
const MAX_TRIES = 6;

/**
 * Erases a person with all their profiles: first the word that they are gone, then all that could decide about them,
 * then what hangs on them, and last, at once, the items by which the rest is found. So wherever it breaks off, asking
 * again goes on, and asking again after it is done answers the same receipt.
 * @param source who asked, for the receipt: `api`, a connector's name
 * @param since when they were erased before, of somebody whom only a restore has brought back; epoch milliseconds
 * @returns undefined where nobody is, or ever was, known by this id
 * @throws Problem 503 when others keep writing of them, or something is left over: ask again
 */
export async function erasePerson(
  runtime: Runtime,
  brand: string,
  personId: string,
  { source, since }: { source: string; since?: number },
): Promise<Receipt | undefined> {
  const { db } = runtime;
  const linkSecret = await runtime.secret('linkSecret');
  for (let attempt = 0; attempt < MAX_TRIES; attempt += 1) {
    const profiles = await profilesOf(runtime, { brand, personId, linkSecret, onlyErased: since !== undefined });
    const [tombstone] = await allTombstones(db, brand, linkSecret, [{ personId }]);
    const last = tombstone && (await getReceipt(db, brand, tombstone.receiptId));
    // The profiles go last: where they are gone, another erasure of the same person has done all of it.
    if (profiles.length === 0)
      return last?.state === 'erasing' ? addToReceipt(db, last, { state: 'done', counts: {} }) : last;
    const receipt = last?.state === 'erasing' ? last : newReceipt(runtime, linkSecret, { brand, personId, source });
    await beginReceipt(db, receipt);
    const done = await eraseProfiles({ runtime, receipt, profiles }, { linkSecret, since });
    if (done) return done;
  }
  throw new Problem('unavailable', 'others keep writing of this person; ask again to go on');
}

/**
 * All profiles of the person, the one that was asked for last: it leads to the others. Of what a restore has brought back
 * only those that were erased: some may have been taken for the same person then, and not any more.
 */
async function profilesOf(
  { db }: Runtime,
  who: { brand: string; personId: string; linkSecret: string; onlyErased: boolean },
): Promise<DoomedProfile[]> {
  const { brand, personId, linkSecret, onlyErased } = who;
  const asked = await readProfile(db, brand, personId);
  if (!asked) return [];
  const ids = asked.group.filter((id) => id !== personId);
  const read = await Promise.all(ids.map((id) => readProfile(db, brand, id)));
  // One that has been parted from them since is somebody else.
  const others = read.flatMap((other) => (other?.group.includes(personId) ? other : []));
  const subjects = others.map((other) => ({ personId: other.personId }));
  const gone = onlyErased ? await allTombstones(db, brand, linkSecret, subjects) : undefined;
  const doomed = others.filter((other) => gone?.some(({ subject }) => isOf(subject, other)) ?? true);
  return [...doomed.slice(0, MAX_PROFILES - 1), asked];
}

const isOf = (subject: Subject, { personId }: DoomedProfile): boolean =>
  'personId' in subject && subject.personId === personId;

function newReceipt(
  runtime: Runtime,
  linkSecret: string,
  { brand, personId, source }: { brand: string; personId: string; source: string },
): Receipt {
  const erasedAt = new Date(runtime.now()).toISOString();
  // Tells times apart, and whom not: the key is a digest under a secret.
  const mark = digestId('receipt', tombstoneKey(linkSecret, brand, { personId }).pk, erasedAt).slice(0, 12);
  return {
    receiptId: `${erasedAt.replaceAll(/[-:.]/g, '')}-${mark}`,
    brand,
    erasedAt,
    source,
    state: 'erasing',
    counts: {},
  };
}

/** One way through all stores; undefined when a profile was written to meanwhile. */
async function eraseProfiles(
  erasing: Erasing,
  { linkSecret, since }: { linkSecret: string; since: number | undefined },
): Promise<Receipt | undefined> {
  const { runtime, receipt, profiles } = erasing;
  const { db } = runtime;
  const { brand, receiptId } = receipt;
  const erasedAt = since ?? Date.parse(receipt.erasedAt);
  for (const subject of subjectsOf(profiles))
    await putTombstone(db, brand, linkSecret, { subject, erasedAt, receiptId });
  const blanked: DoomedProfile[] = [];
  for (const profile of profiles) {
    // Two who erase at once must not undo each other's work: what one has blanked is as good to the other.
    if (!profile.isBlank && !(await blankProfile(db, brand, profile))) return undefined;
    blanked.push(profile.isBlank ? profile : { ...profile, version: profile.version + 1 });
  }
  const note = (counts: Counts): Promise<Receipt> => addToReceipt(db, receipt, { state: 'erasing', counts });
  const identifiers = profiles.flatMap((profile) => profile.identifiers);
  await deleteRows(db, { people: identifiers.map((identifier) => peopleKeys.identifier(brand, identifier)) });
  await note({ identifiers: identifiers.length });
  await runtime.sleep(SETTLE_MS);
  await note(await eraseLinks(erasing));
  for (const profile of profiles) {
    for (const step of [eraseOffers, erasePeopleRows, erasePresence, eraseGuests]) {
      await note(await step(erasing, profile));
    }
  }
  await note(await eraseDeadLetters(erasing));
  if (!(await deleteProfiles(db, receipt, blanked))) return undefined;
  return await addToReceipt(db, receipt, { state: 'done', counts: { profiles: profiles.length } });
}
