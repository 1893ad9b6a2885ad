import { digestId } from '#core/hash.ts';
import type { Identifier } from '#core/model/person.ts';
import type { Key } from '#store/client.ts';
import { couponKeyOf, getCoupons } from '#store/coupons.ts';
import {
  blankProfile,
  type DoomedProfile,
  deleteProfiles,
  deleteRows,
  MAX_PROFILES,
  readProfile,
  voidCoupon,
} from '#store/erasure.ts';
import { offerKeys, peopleKeys, presenceKeys } from '#store/keys.ts';
import { queryPage } from '#store/read.ts';
import {
  addToReceipt,
  beginReceipt,
  getReceipt,
  getTombstone,
  putTombstone,
  type Receipt,
  type Subject,
  tombstoneKey,
} from '#store/tombstones.ts';
import { Problem } from '../shared/problem.ts';
import type { Runtime } from '../shared/runtime.ts';

/** Whoever has read somebody before they went has written what came of it by then. */
const SETTLE_MS = 2000;
/** Each try that fails was one in which somebody wrote of the person: more of them at once are no erasure. */
const MAX_TRIES = 6;
/** Rows taken at a time: their coupons are looked up together. */
const PAGE = 100;

type Counts = Record<string, number>;
type Erasing = { runtime: Runtime; linkSecret: string; receipt: Receipt; profiles: readonly DoomedProfile[] };

/**
 * Erases a person with all their profiles: first the word that they are gone, then all that could decide about them,
 * then what hangs on them, and last, at once, the items by which the rest is found. So wherever it breaks off, asking
 * again goes on, and asking again after it is done answers the same receipt.
 * @param source who asked, for the receipt: `api`, a connector's name
 * @returns undefined where nobody is, or ever was, known by this id
 * @throws Problem 503 when others keep writing of them, or something is left over: ask again
 */
export async function erasePerson(
  runtime: Runtime,
  brand: string,
  personId: string,
  { source }: { source: string },
): Promise<Receipt | undefined> {
  const { db } = runtime;
  const linkSecret = await runtime.secret('linkSecret');
  for (let attempt = 0; attempt < MAX_TRIES; attempt += 1) {
    const profiles = await profilesOf(runtime, brand, personId);
    const tombstone = await getTombstone(db, brand, linkSecret, { personId });
    const last = tombstone && (await getReceipt(db, brand, tombstone.receiptId));
    if (profiles.length === 0) return last;
    const receipt = last?.state === 'erasing' ? last : newReceipt(runtime, linkSecret, { brand, personId, source });
    await beginReceipt(db, receipt);
    const done = await eraseProfiles({ runtime, linkSecret, receipt, profiles });
    if (done) return done;
  }
  throw new Problem('unavailable', 'others keep writing of this person; ask again to go on');
}

/** All profiles of the person, the one that was asked for last: it leads to the others. */
async function profilesOf({ db }: Runtime, brand: string, personId: string): Promise<DoomedProfile[]> {
  const asked = await readProfile(db, brand, personId);
  if (!asked) return [];
  const others = await Promise.all(asked.group.filter((id) => id !== personId).map((id) => readProfile(db, brand, id)));
  return [...others.flatMap((profile) => profile ?? []).slice(0, MAX_PROFILES - 1), asked];
}

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
async function eraseProfiles(erasing: Erasing): Promise<Receipt | undefined> {
  const { runtime, linkSecret, receipt, profiles } = erasing;
  const { db } = runtime;
  const { brand, receiptId } = receipt;
  const erasedAt = Date.parse(receipt.erasedAt);
  const identifiers = profiles.flatMap((profile) => profile.identifiers);
  const subjects: Subject[] = [...identifiers, ...profiles.map(({ personId }) => ({ personId }))];
  for (const subject of subjects) await putTombstone(db, brand, linkSecret, { subject, erasedAt, receiptId });
  const blanked: DoomedProfile[] = [];
  for (const profile of profiles) {
    if (!(await blankProfile(db, brand, profile))) return undefined;
    blanked.push({ ...profile, version: profile.version + 1 });
  }
  await deleteRows(db, { people: identifiers.map((identifier) => peopleKeys.identifier(brand, identifier)) });
  await addToReceipt(db, receipt, { state: 'erasing', counts: { identifiers: identifiers.length } });
  await runtime.sleep(SETTLE_MS);
  for (const profile of profiles) {
    for (const step of [eraseOffers, erasePeopleRows, erasePresence]) {
      await addToReceipt(db, receipt, { state: 'erasing', counts: await step(erasing, profile) });
    }
  }
  if (!(await deleteProfiles(db, receipt, blanked))) return undefined;
  return await addToReceipt(db, receipt, { state: 'done', counts: { profiles: profiles.length } });
}

/** The ledger, purchases, and coupons with their messages, page by page: the coupons first, because the ledger leads to them. */
async function eraseOffers({ runtime, receipt }: Erasing, { personId }: DoomedProfile): Promise<Counts> {
  const { db } = runtime;
  const { brand } = receipt;
  const couponSecret = await runtime.secret('couponSecret');
  const where = { pk: offerKeys.person(brand, personId), skPrefix: '', consistent: true };
  const counts = { signals: 0, coupons: 0, purchases: 0 };
  for (;;) {
    const { items } = await queryPage<Key & { couponIds?: string[] }>(db, 'offers', where, { limit: PAGE });
    if (items.length === 0) return counts;
    const keys = items
      .flatMap(({ couponIds = [] }) => couponIds)
      .map((couponId) => couponKeyOf(couponSecret, brand, couponId));
    for (const coupon of await getCoupons(db, brand, keys)) {
      if (!coupon) continue;
      const { couponKey } = coupon;
      const { ttl } = coupon as unknown as { ttl: number };
      if (await voidCoupon(db, brand, { couponKey, personId: coupon.personId, ttl })) counts.coupons += 1;
    }
    await deleteRows(db, { offers: items.map(({ pk, sk }) => ({ pk, sk })) });
    for (const { sk } of items) counts[sk.startsWith('Q#') ? 'purchases' : 'signals'] += 1;
  }
}

/** Consents and whatever else lies beside a profile; the profile itself goes last. */
async function erasePeopleRows({ runtime, receipt }: Erasing, { personId }: DoomedProfile): Promise<Counts> {
  const { db } = runtime;
  const { pk, sk: own } = peopleKeys.person(receipt.brand, personId);
  const counts = { consents: 0 };
  for (;;) {
    const where = { pk, skPrefix: '', consistent: true };
    const { items } = await queryPage<Key>(db, 'people', where, { limit: PAGE });
    const doomed = items.filter(({ sk }) => sk !== own);
    if (doomed.length === 0) return counts;
    await deleteRows(db, { people: doomed.map(({ sk }) => ({ pk, sk })) });
    counts.consents += doomed.length;
  }
}

/** Where their phones were last. */
async function erasePresence({ runtime, receipt }: Erasing, { identifiers }: DoomedProfile): Promise<Counts> {
  const keys = identifiers
    .filter(({ kind }: Identifier) => kind === 'device')
    .map(({ value }) => presenceKeys.device(receipt.brand, value));
  await deleteRows(runtime.db, { presence: keys });
  return { positions: keys.length };
}
