import { digestId } from '#core/hash.ts';
import type { Identifier } from '#core/model/person.ts';
import { namedIn } from '#core/people/named-in.ts';
import { getMeta } from '#store/catalogue.ts';
import type { Key } from '#store/client.ts';
import { couponKeyOf, getCoupons } from '#store/coupons.ts';
import { type DoomedProfile, deleteRows, forgetBuyer, voidCoupon } from '#store/erasure.ts';
import { deleteGuest, findGuestId, forgetLogin, getGuest } from '#store/guests.ts';
import { insideKeysOf } from '#store/inside.ts';
import { offerKeys, peopleKeys, presenceKeys, type Tenant } from '#store/keys.ts';
import { listLinks, regroup } from '#store/links.ts';
import { batchGet, queryPage } from '#store/read.ts';
import type { Receipt, Subject } from '#store/tombstones.ts';
import { emailLogin, handoverLogin, loginDigest } from '../portal/login.ts';
import { Problem } from '../shared/problem.ts';
import type { Runtime } from '../shared/runtime.ts';
import type { ForgottenDevice } from '../track/message.ts';

/** Rows taken at a time: their coupons are looked up together. */
const PAGE = 100;
/** A request has half a minute. */
const SWEEP_MS = 12_000;

type OfferRow = Key & { couponIds?: string[]; purchaseId?: string };
export type Counts = Record<string, number>;
export type Erasing = { runtime: Runtime; receipt: Receipt; profiles: readonly DoomedProfile[] };

/** Everything by which a person may be named. */
export const subjectsOf = (profiles: readonly DoomedProfile[]): Subject[] => [
  ...profiles.flatMap(({ identifiers }) => identifiers),
  ...profiles.map(({ personId }) => ({ personId })),
];

/** The ledger, purchases, and coupons with their messages, page by page: the coupons first, because the ledger leads to them. */
export async function eraseOffers({ runtime, receipt }: Erasing, { personId }: DoomedProfile): Promise<Counts> {
  const { db } = runtime;
  const { brand } = receipt;
  const couponSecret = await runtime.secret('couponSecret');
  const where = { pk: offerKeys.person(brand, personId), skPrefix: '', consistent: true };
  const counts = { signals: 0, coupons: 0, purchases: 0 };
  for (;;) {
    const { items } = await queryPage<OfferRow>(db, 'offers', where, { limit: PAGE });
    if (items.length === 0) return counts;
    const keys = items
      // Of a purchase they are what paid for it, whoever's they were.
      .flatMap(({ sk, couponIds = [] }) => (sk.startsWith('S#') ? couponIds : []))
      .map((couponId) => couponKeyOf(couponSecret, brand, couponId));
    for (const coupon of await getCoupons(db, brand, keys)) {
      if (coupon && (await voidCoupon(db, brand, { ...coupon, personId }))) counts.coupons += 1;
    }
    for (const { purchaseId } of items) {
      if (purchaseId !== undefined) await forgetBuyer(db, offerKeys.purchaseTaken(brand, purchaseId));
    }
    await deleteRows(db, { offers: items });
    for (const { sk } of items) counts[sk.startsWith('Q#') ? 'purchases' : 'signals'] += 1;
  }
}

/**
 * Evidence about who they are, at its other ends first: whoever shares a tablet or a card with them is asked anew who is
 * one person. Their own rows go last, because they lead to the others; their groups stay, because they lead to each other.
 */
export async function eraseLinks({ runtime, receipt, profiles }: Erasing): Promise<Counts> {
  const { db } = runtime;
  const { brand } = receipt;
  const own = new Set(profiles.map(({ personId }) => personId));
  const links = await listLinks(db, brand, [...own]);
  const ends = links.flatMap(({ linkId, aProfile, bProfile }) =>
    [aProfile, bProfile].map((personId) => ({ personId, key: peopleKeys.link(brand, personId, linkId) })),
  );
  const others = ends.filter(({ personId }) => !own.has(personId));
  await deleteRows(db, { people: others.map(({ key }) => key) });
  for (const personId of new Set(others.map((end) => end.personId))) await regroup(db, brand, personId);
  await deleteRows(db, { people: ends.filter(({ personId }) => own.has(personId)).map(({ key }) => key) });
  return { links: links.length };
}

/** Consents, and whatever else lies beside a profile; the profile itself goes last. */
export async function erasePeopleRows({ runtime, receipt }: Erasing, { personId }: DoomedProfile): Promise<Counts> {
  const { db } = runtime;
  const { pk, sk: own } = peopleKeys.person(receipt.brand, personId);
  const counts = { consents: 0 };
  for (;;) {
    const where = { pk, skPrefix: '', consistent: true };
    const { items } = await queryPage<Key>(db, 'people', where, { limit: PAGE });
    const doomed = items.filter(({ sk }) => sk !== own);
    if (doomed.length === 0) return counts;
    await deleteRows(db, { people: doomed });
    counts.consents += doomed.length;
  }
}

/**
 * Where their phones were last. What Amazon Location keeps, where it is the locator, goes after whatever of theirs waits
 * to be sent there.
 */
export async function erasePresence({ runtime, receipt }: Erasing, { identifiers }: DoomedProfile): Promise<Counts> {
  const { brand } = receipt;
  const devices = identifiers.flatMap(({ kind, value }) => (kind === 'device' ? [value] : []));
  const keys = devices.map((deviceId) => presenceKeys.device(brand, deviceId));
  const found = await batchGet(runtime.db, { presence: keys }, { consistent: true });
  // Where they are inside leads from their state: it goes last.
  const inside = devices.flatMap((deviceId, i) => insideKeysOf(brand, deviceId, found.get('presence', keys[i] as Key)));
  await deleteRows(runtime.db, { presence: inside });
  await deleteRows(runtime.db, { presence: keys });
  if (runtime.locator === 'amazon') {
    await runtime.send(
      'positions',
      devices.map((deviceId) => ({
        body: { brand, deviceId, forget: true } satisfies ForgottenDevice,
        group: digestId(brand, deviceId),
        dedupId: digestId('forget', receipt.receiptId, brand, deviceId),
      })),
    );
  }
  return { positions: devices.length };
}

/**
 * Who they were as guests: at the brand's own portals all of it. At a venue's the brand's word for who they are; what
 * else a venue knows of its guests is the venue's.
 */
export async function eraseGuests({ runtime, receipt }: Erasing, profile: DoomedProfile): Promise<Counts> {
  const { db } = runtime;
  const { brand } = receipt;
  const { personId, identifiers } = profile;
  const own: Tenant = { kind: 'brand', id: brand };
  const secret = await runtime.secret('venueSecret');
  const logins = [handoverLogin(brand, personId), ...emailsOf(identifiers).map(emailLogin)];
  const digests = logins.map((login) => loginDigest(secret, own, login));
  const found = await Promise.all(digests.map((digest) => findGuestId(db, own, digest)));
  const guestIds = new Set([...guestIdsAt(own, identifiers), ...found.flatMap((guestId) => guestId ?? [])]);
  for (const guestId of guestIds) {
    const guest = await getGuest(db, own, guestId);
    const theirs = guestDigests(secret, own, guest?.identifiers ?? []);
    await deleteGuest(db, own, guestId, [...new Set([...digests, ...theirs])]);
  }
  let guests = guestIds.size;
  for (const id of (await getMeta(db, own)).venues) {
    const venue: Tenant = { kind: 'venue', id };
    const digest = loginDigest(secret, venue, handoverLogin(brand, personId));
    guests += await forgetLogin(db, venue, digest, { kind: 'member', value: `${brand}/${personId}` });
  }
  return { guests };
}

/** What stands in keys for what a guest logs in with. */
export const guestDigests = (venueSecret: string, owner: Tenant, identifiers: readonly Identifier[]): string[] =>
  identifiers.flatMap(({ kind, value }) => {
    if (kind === 'email') return [loginDigest(venueSecret, owner, emailLogin(value))];
    const [brand = '', personId] = value.split('/');
    return kind === 'member' && personId !== undefined
      ? [loginDigest(venueSecret, owner, handoverLogin(brand, personId))]
      : [];
  });

const emailsOf = (identifiers: readonly Identifier[]): string[] =>
  identifiers.flatMap(({ kind, value }) => (kind === 'email' ? [value] : []));

/** The guests of this tenant's portals who these identifiers are. */
const guestIdsAt = ({ id }: Tenant, identifiers: readonly Identifier[]): string[] =>
  identifiers.flatMap(({ kind, value }) =>
    kind === 'portal' && value.startsWith(`${id}.`) ? [value.slice(id.length + 1)] : [],
  );

/** Messages that nobody could handle, and that name them. @throws Problem 503 where there are more than can be read */
export async function eraseDeadLetters({ runtime, receipt, profiles }: Erasing): Promise<Counts> {
  const gone = new Set(subjectsOf(profiles).map(nameOf));
  const isDoomed = async (bodies: readonly string[]) =>
    bodies.map((body) =>
      namedIn(body).some(({ brand = receipt.brand, subject }) => brand === receipt.brand && gone.has(nameOf(subject))),
    );
  const swept = await runtime.sweepDeadLetters?.(isDoomed, runtime.now() + SWEEP_MS);
  if (swept?.complete === false) {
    throw new Problem('unavailable', 'the dead-letter queues are too long to be read in one request; ask again');
  }
  return { deadLetters: swept?.deleted ?? 0 };
}

const nameOf = (subject: Subject): string =>
  'personId' in subject ? `person/${subject.personId}` : `${subject.kind}/${subject.value}`;
