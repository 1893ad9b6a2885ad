import { createSensitiveLayer, type SensitiveLayer } from '#core/geo/sensitive-layer.ts';
import { digestId } from '#core/hash.ts';
import type { Consent, PersonInput } from '#core/model/person.ts';
import type { Place } from '#core/model/place.ts';
import type { PortalBrand } from '#core/model/portal.ts';
import type { SensitivePlace } from '#core/model/sensitive-place.ts';
import type { Signal } from '#core/model/signal.ts';
import { ASKED, type Asked, consentKeyOf, consentSource, consentText, proofOf } from '#core/portal/consents.ts';
import { allEntries, getEntry } from '#store/catalogue.ts';
import { type Guest, type GuestConsent, guestIdentifier, recordGuestConsents, sharesWith } from '#store/guests.ts';
import { changeProfile } from '#store/links.ts';
import { findPersonId, getPerson, IdentifierTakenError, type StoredPerson } from '#store/people.ts';
import { ErasedError } from '#store/tombstones.ts';
import { objectionsAt, objectOnce, objects } from '../shared/gpc.ts';
import { readVisitor } from '../shared/visitor.ts';
import { placeOf, type Visit } from './visit.ts';

/** A guest who walks through a lobby has come once; one who is there again after lunch has come again. */
const SLOT_MS = 30 * 60_000;
/** As which consent of a person, on which channel, a brand's records keep what a guest has agreed to. */
const AT_THE_BRAND = {
  sharing: { purpose: 'sharing', channel: 'any' },
  marketing: { purpose: 'marketing', channel: 'inbox' },
} as const satisfies Record<Asked, Pick<Consent, 'purpose' | 'channel'>>;

/** What a guest has ticked, by `consentKeyOf`. */
export type Ticked = ReadonlySet<string>;

/** Every brand that a guest is asked about, and each they have said yes to before and can no longer see otherwise. */
export function brandsFor({ portal }: Visit, guest: Guest): PortalBrand[] {
  const asked = new Set(portal.brands.map(({ brand }) => brand));
  const others = Object.entries(guest.consents).flatMap(([key, { granted }]) => {
    const brand = key.slice(key.indexOf('/') + 1);
    return granted && !asked.has(brand) ? [brand] : [];
  });
  return [...portal.brands, ...[...new Set(others)].map((brand) => ({ brand, name: brand }))];
}

/**
 * Makes what a guest has ticked true, at once: here, and in the records of each brand that it concerns. Doing it twice
 * is doing it once, and what a crash has left undone is done the next time.
 * @returns the guest as they are now, and who they are at the brands they share with
 */
export async function applyChoices(
  visit: Visit,
  before: Guest,
  ticked: Ticked,
): Promise<{ guest: Guest; people: Map<string, string> }> {
  const { runtime, venue, portal, language, now } = visit;
  const brands = brandsFor(visit, before);
  const said = brands.flatMap(({ brand, name }) =>
    ASKED.map((asked): GuestConsent => {
      // A brand that is told nothing shows nothing: without sharing there is no offer to agree to.
      const granted = ticked.has(consentKeyOf('sharing', brand)) && ticked.has(consentKeyOf(asked, brand));
      const text = consentText(asked, language, { brand: name, network: portal.networkName });
      return { asked, brand, granted, source: consentSource(language), proof: proofOf(text) };
    }),
  );
  const recorded = await recordGuestConsents(runtime.db, venue, before.guestId, { said, now });
  if (!recorded) return { guest: before, people: new Map() };
  const { guest, news } = recorded;
  const fresh = new Set(news.map(({ asked, brand }) => consentKeyOf(asked, brand)));
  const people = new Map<string, string>();
  for (const { brand } of brands) {
    const personId = await tellBrand(visit, guest, brand, fresh);
    if (personId !== undefined && sharesWith(guest, brand)) people.set(brand, personId);
  }
  return { guest, people };
}

/** Brings a brand's person up to what their guest has said; nothing is written for a brand that was never agreed to. */
async function tellBrand(
  visit: Visit,
  guest: Guest,
  brand: string,
  fresh: ReadonlySet<string>,
): Promise<string | undefined> {
  const { db, now, secret } = visit.runtime;
  const admission = { linkSecret: await secret('linkSecret'), now: now() };
  const identifier = guestIdentifier(visit.venue, guest.guestId);
  const change = (before: StoredPerson | undefined): PersonInput | undefined => {
    const { identifiers = [], attributes = {} } = before?.person ?? {};
    const held = withIdentifier(identifiers, identifier);
    const said = consentsFor(visit, guest, brand, before, fresh);
    // A moment before what somebody new ticks, so that the tick holds.
    const objections = !before && objects(visit.request) ? objectionsAt(new Date(visit.now - 1).toISOString()) : [];
    const consents = [...objections, ...said];
    return held === identifiers && consents.length === 0 ? undefined : { identifiers: held, attributes, consents };
  };
  const known = await findPersonId(db, brand, identifier);
  const personId = known ?? (sharesWith(guest, brand) ? await personFor(visit, guest, brand) : undefined);
  if (personId === undefined) return undefined;
  if (objects(visit.request)) await objectOnce(visit.runtime, brand, personId);
  try {
    await changeProfile(db, brand, personId, change, admission);
    return personId;
  } catch (error) {
    // Erased there, and what they say now is what they said before: nothing is told.
    if (error instanceof ErasedError) return undefined;
    if (!(error instanceof IdentifierTakenError)) throw error;
    // The same guest in another window was first: theirs is the person.
    const holder = await findPersonId(db, brand, identifier);
    if (holder === undefined || holder === personId) throw error;
    await changeProfile(db, brand, holder, change, admission);
    return holder;
  }
}

function withIdentifier(held: PersonInput['identifiers'], identifier: PersonInput['identifiers'][number]) {
  const has = held.some(({ kind, value }) => kind === identifier.kind && value === identifier.value);
  return has ? held : [...held, identifier];
}

/** What the guest has said and this person's record does not say yet. */
function consentsFor(
  visit: Visit,
  guest: Guest,
  brand: string,
  before: StoredPerson | undefined,
  fresh: ReadonlySet<string>,
): Consent[] {
  return ASKED.flatMap((asked) => {
    const key = consentKeyOf(asked, brand);
    const agreed = guest.consents[key];
    if (!agreed) return [];
    const kind = AT_THE_BRAND[asked];
    const recorded = before?.standing.consents[`${kind.purpose}/${kind.channel}`];
    const isNew = fresh.has(key) || !recorded || recorded.at < agreed.at;
    if (!isNew || (recorded?.granted === agreed.granted && recorded.at >= agreed.at)) return [];
    // Said just now, it is later than all that was said before, whichever clock said it.
    const at = fresh.has(key) ? Math.max(agreed.at, (recorded?.at ?? 0) + 1) : agreed.at;
    const source = consentSource(visit.language);
    return [{ ...kind, granted: agreed.granted, at: new Date(at).toISOString(), source }];
  });
}

/**
 * Who a guest is at a brand that has not known them as one: who the brand's own app says they are, or whom its pages on
 * this phone remember, or somebody new. Never somebody who is another guest of this venue.
 */
async function personFor(visit: Visit, guest: Guest, brand: string): Promise<string> {
  const { db } = visit.runtime;
  const ours = `${visit.venue.id}.`;
  for (const personId of [handedOver(guest, brand), await rememberedPerson(visit, brand)]) {
    const found = personId === undefined ? undefined : await getPerson(db, brand, personId);
    const isAnother = found?.person.identifiers.some(({ kind, value }) => kind === 'portal' && value.startsWith(ours));
    if (found && !isAnother) return found.person.personId;
  }
  return digestId('portal-person', visit.venue.kind, visit.venue.id, guest.guestId, brand);
}

/** Who this phone is to the brand's own pages. */
export async function rememberedPerson({ runtime, request, now }: Visit, brand: string): Promise<string | undefined> {
  const secret = await runtime.secret('linkSecret');
  return readVisitor(secret, brand, { cookies: request.cookies, now });
}

/** Who a guest is at each brand that they share with. */
export async function peopleOf({ runtime, venue }: Visit, guest: Guest): Promise<Map<string, string>> {
  const people = new Map<string, string>();
  for (const key of Object.keys(guest.consents)) {
    const brand = key.startsWith('sharing/') ? key.slice('sharing/'.length) : undefined;
    if (brand === undefined || !sharesWith(guest, brand)) continue;
    const personId = await findPersonId(runtime.db, brand, guestIdentifier(venue, guest.guestId));
    if (personId !== undefined) people.set(brand, personId);
  }
  return people;
}

function handedOver({ identifiers }: Guest, brand: string): string | undefined {
  const member = identifiers.find(({ kind, value }) => kind === 'member' && value.startsWith(`${brand}/`));
  return member?.value.slice(brand.length + 1);
}

/**
 * Tells every brand that this guest shares with that they have joined, and nobody else. The access point is the query's
 * word, so the signal claims no more than an app would: T1.
 */
export async function sendJoins(visit: Visit, guest: Guest): Promise<void> {
  const { portal, runtime, venue, now } = visit;
  const where = placeOf(visit);
  // That somebody is at a clinic is told to nobody, whatever they have ticked.
  const place = where && (await getEntry<Place>(runtime.db, venue, 'place', where.placeId));
  if (place && (await layerOf(visit)).silences(place)) return;
  const at = new Date(now).toISOString();
  const slot = String(Math.floor(now / SLOT_MS));
  const signals = portal.brands
    .filter(({ brand }) => sharesWith(guest, brand))
    .map(
      ({ brand }): Signal => ({
        signalId: digestId('portal-join', brand, venue.kind, venue.id, guest.guestId, where?.placeId ?? '', slot),
        brand,
        kind: 'wifi.join',
        source: 'portal',
        trust: 'T1',
        occurredAt: at,
        receivedAt: at,
        subject: guestIdentifier(venue, guest.guestId),
        ...where,
      }),
    );
  if (signals.length === 0) return;
  await runtime.send(
    'signals',
    signals.map((body) => ({ body, group: body.brand })),
  );
}

/** What the venue's own sensitive places forbid. */
async function layerOf({ runtime, venue }: Visit): Promise<SensitiveLayer> {
  return createSensitiveLayer(await allEntries<SensitivePlace>(runtime.db, venue, 'sensitive-place'), []);
}
