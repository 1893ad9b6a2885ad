import { digestId } from '#core/hash.ts';
import type { PastPurchase } from '#core/model/behaviour.ts';
import type { Identifier } from '#core/model/person.ts';
import type { Place } from '#core/model/place.ts';
import type { PurchaseInput } from '#core/model/purchase.ts';
import { addPurchase, addRedemption, NOTHING_DONE } from '#core/people/behaviour.ts';
import { normaliseIdentifier } from '#core/people/identifiers.ts';
import { pastPurchaseOf } from '#core/people/past-purchase.ts';
import { ConflictError } from '#store/conflict.ts';
import type { StoredCoupon } from '#store/coupons.ts';
import { readOwnProfile } from '#store/doings.ts';
import { findPersonId, getPerson, type StoredPerson } from '#store/people.ts';
import { findTakenPurchase, putPurchase, type TakenPurchase } from '#store/purchases.ts';
import type { Runtime } from '../shared/runtime.ts';
import { couponsOf } from './coupons-of.ts';
import { handlesOf, linkEvidence } from './evidence.ts';

/** Each try that fails was one in which the buyer changed: more of them at once are no customer. */
const MAX_TRIES = 8;
const BACKOFF_MS = 15;

/** `recorded`: now. `repeated`: it had been taken in. With the profile that it went to, where anybody was known. */
export type PurchaseResult = { outcome: 'recorded' | 'repeated'; personId?: string };

/** The id names another purchase. */
export class PurchaseConflictError extends Error {
  override name = 'PurchaseConflictError';
  constructor() {
    super('the purchaseId was used with other content');
  }
}

/**
 * Takes in a basket that was paid for, once however often it is told: whose it is, what they have bought, and what
 * their region has. The one way in, for tills, shops and imports. Handles that cannot be ones are nobody's.
 *
 * It is its `person`'s; where that names nobody known, the first known of `identifiers`'; where nothing does, whoever's
 * coupon paid for a part of it. Of nobody known nobody is made: what is bought without a word of consent counts for its
 * region, and is forgotten.
 * @throws PurchaseConflictError
 */
export async function recordPurchase(runtime: Runtime, brand: string, input: PurchaseInput): Promise<PurchaseResult> {
  const purchase = { ...input, at: new Date(input.at).toISOString() };
  const digest = digestOf(purchase);
  for (let attempt = 0; attempt < MAX_TRIES; attempt += 1) {
    const taken = await findTakenPurchase(runtime.db, brand, purchase.purchaseId);
    if (taken) return await repeated(runtime, brand, purchase, { taken, digest });
    const result = await tryOnce(runtime, brand, { purchase, digest });
    if (result) return result;
    await runtime.sleep(runtime.random() * BACKOFF_MS * 2 ** attempt);
  }
  throw new ConflictError('a buyer changed too often to be written');
}

/** Undefined when something moved between reading and writing, and nothing was done. */
async function tryOnce(
  runtime: Runtime,
  brand: string,
  { purchase, digest }: { purchase: PurchaseInput; digest: string },
): Promise<PurchaseResult | undefined> {
  const { db } = runtime;
  const coupons = await couponsOf(runtime, brand, purchase.couponCodes);
  // First, so that a card which nobody had before has a profile for its purchases to lie in.
  await linkEvidence(runtime, brand, purchase, coupons);
  const personId = await buyerOf(runtime, brand, purchase, coupons);
  const profile = personId === undefined ? undefined : await readOwnProfile(db, brand, personId);
  const person = profile && (await getPerson(db, brand, profile.person.personId));
  const past = pastPurchaseOf(purchase, regionOf(purchase, await placeOf(runtime, brand, purchase), person));
  const { person: _, identifiers: __, couponCodes: ___, ...facts } = purchase;
  const isDone = await putPurchase(db, {
    brand,
    purchase: {
      ...facts,
      ...(past.region !== undefined && { region: past.region }),
      couponIds: coupons.map(({ couponId }) => couponId),
    },
    digest,
    buyer: profile && { profile, behaviour: behaviourAfter(profile, past, coupons) },
    sale: { past, isNewBuyer: isNewBuyer(person, past) },
    now: runtime.now(),
  });
  if (!isDone) return undefined;
  return { outcome: 'recorded', ...(profile && { personId: profile.person.personId }) };
}

/** The same purchase again, or another one of its id; and what was seen with it is evidence still. */
async function repeated(
  runtime: Runtime,
  brand: string,
  purchase: PurchaseInput,
  { taken, digest }: { taken: TakenPurchase; digest: string },
): Promise<PurchaseResult> {
  if (taken.digest !== digest) throw new PurchaseConflictError();
  const { personId } = taken;
  if (personId === undefined) return { outcome: 'repeated' };
  // Told of somebody else only: that is another purchase. Who has come to be known since is not.
  const owners = await Promise.all(handlesOf(purchase).map((handle) => ownerOf(runtime, brand, handle)));
  const known = owners.filter((owner) => owner !== undefined);
  if (known.length > 0 && !known.includes(personId)) throw new PurchaseConflictError();
  return { outcome: 'repeated', personId };
}

/** Tells purchases apart by all but whose they are: no digest of a handle lies anywhere. */
function digestOf({ purchaseId, at, channel, placeId, region, lines, total, currency }: PurchaseInput): string {
  const items = lines.map(({ sku, name, category, quantity, amount }) => [sku, name, category, quantity, amount]);
  return digestId(JSON.stringify([purchaseId, at, channel, placeId, region, items, total, currency]));
}

/** The profile that the purchase goes to. */
async function buyerOf(
  runtime: Runtime,
  brand: string,
  purchase: PurchaseInput,
  coupons: readonly StoredCoupon[],
): Promise<string | undefined> {
  const handles = handlesOf(purchase);
  for (const handle of handles) {
    const personId = await ownerOf(runtime, brand, handle);
    if (personId !== undefined) return personId;
  }
  // A code is secret and good once: whoever spends it and says nothing else is taken for whom it was given to.
  return handles.length === 0 ? coupons[0]?.personId : undefined;
}

async function ownerOf({ db }: Runtime, brand: string, handle: Identifier): Promise<string | undefined> {
  const identifier = normaliseIdentifier(handle);
  return identifier && (await findPersonId(db, brand, identifier));
}

async function placeOf(runtime: Runtime, brand: string, { placeId }: PurchaseInput): Promise<Place | undefined> {
  if (placeId === undefined) return undefined;
  const { snapshot } = await runtime.catalogue.read(brand, () => ({}));
  return (await snapshot.places.some([placeId])).get(placeId);
}

/** The purchase's own word, or the shop's, or that of whoever bought. */
function regionOf(
  { region }: PurchaseInput,
  place: Place | undefined,
  buyer: StoredPerson | undefined,
): string | undefined {
  const home = buyer?.person.attributes.region;
  const label = typeof home === 'string' && home !== '' ? home.slice(0, 100) : undefined;
  return region ?? place?.region ?? label;
}

/** A coupon that was given to this very profile counts as used by it. */
function behaviourAfter({ person }: StoredPerson, past: PastPurchase, coupons: readonly StoredCoupon[]) {
  const own = coupons.filter(({ personId }) => personId === person.personId);
  return own.reduce(
    (behaviour, { couponId, campaignId }) => addRedemption(behaviour, { couponId, campaignId, at: past.at }),
    addPurchase(person.behaviour ?? NOTHING_DONE, past),
  );
}

/** Counted with the first purchase there that is remembered; never where some are forgotten: rather one too few. */
function isNewBuyer(buyer: StoredPerson | undefined, { region, purchaseId }: PastPurchase): boolean {
  if (!buyer || region === undefined) return false;
  const { purchases, earlier } = buyer.person.behaviour ?? NOTHING_DONE;
  if (earlier.online.count + earlier.offline.count > 0) return false;
  return !purchases.some((past) => past.region === region && past.purchaseId !== purchaseId);
}
