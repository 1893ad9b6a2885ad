import type { Locale } from '#core/model/campaign.ts';
import type { Identifier } from '#core/model/person.ts';
import { couponCode, couponQrCode } from '#core/offers/coupon-code.ts';
import { stateAt } from '#core/offers/redemption.ts';
import type { Item } from '#store/client.ts';
import { couponKeyOf, type StoredCoupon } from '#store/coupons.ts';
import {
  readable,
  readCouponRows,
  readGuestRows,
  readOfferRows,
  readPeopleRows,
  readPresenceRows,
  readProfileItems,
} from '#store/dossier.ts';
import { findGuestId } from '#store/guests.ts';
import type { Tenant } from '#store/keys.ts';
import { entryOf } from '#store/ledger.ts';
import { BadCursorError } from '#store/read.ts';
import { emailLogin, handoverLogin, loginDigest } from '../portal/login.ts';
import { brandOf, type HttpRequest, type HttpResponse } from '../shared/http.ts';
import { Problem } from '../shared/problem.ts';
import type { Runtime } from '../shared/runtime.ts';
import { exportPage } from './export-page.ts';
import { decisionViews, localeOf, messageView } from './history.ts';

/** Raised when a field changes its meaning. */
const EXPORT_VERSION = 1;
const PAGE = 100;
/** Lambda answers 6 MB at most; what is over this goes to the next answer. */
const MAX_BYTES = 3_000_000;

/** What somebody has done, in the order of what it is and when: with a cursor where there is more. */
type History = { purchases: Item[]; signals: Item[]; coupons: Item[]; messages: Item[]; cursor?: string };

/** All that is held of a person. Later pages have the history only. */
export type Dossier = {
  version: number;
  brand: string;
  personId: string;
  exportedAt: string;
  profiles?: Item[];
  consents?: Item[];
  links?: Item[];
  other?: Item[];
  presence?: Item[];
  guests?: Item[];
} & History;

/** `GET /v1/people/{personId}/export`: everything that is held of a person, as JSON or, for who accepts HTML, as a page. */
export async function exportPerson(request: HttpRequest): Promise<HttpResponse> {
  const { runtime, path, query, headers } = request;
  const brand = brandOf(request);
  const personId = path.personId ?? '';
  const profiles = await readProfileItems(runtime.db, brand, personId);
  if (profiles.length === 0) throw new Problem('not-found', 'there is no such person');
  const ids = profiles.map((profile) => profile.personId as string);
  const start = { version: EXPORT_VERSION, brand, personId, exportedAt: new Date(runtime.now()).toISOString() };
  const known = query.cursor === undefined ? await knownOf(runtime, brand, profiles) : {};
  const history = await historyOf(runtime, { brand, ids, cursor: query.cursor, locale: localeOf(request) });
  const dossier: Dossier = { ...start, ...known, ...history };
  if (headers.accept?.includes('text/html')) return exportPage(dossier);
  return { status: 200, body: dossier, headers: { 'cache-control': 'no-store' } };
}

/** Who they are, what they agreed to, where they are. */
async function knownOf(runtime: Runtime, brand: string, profiles: readonly Item[]) {
  const { db } = runtime;
  const rows: Item[] = [];
  for (const { personId } of profiles) rows.push(...(await readPeopleRows(db, brand, personId as string)));
  const of = (prefix: string) => rows.filter(({ sk }) => (sk as string).startsWith(prefix)).map(readable);
  const identifiers = profiles.flatMap((profile) => profile.identifiers as Identifier[]);
  const presence = await readPresenceRows(db, brand, identifiers);
  return {
    profiles: profiles.map((profile) => readable({ ...profile, pastOffers: pastOffersOf(profile) })),
    consents: of('CONSENT#'),
    links: of('LINK#').map(withoutStaff),
    other: rows.filter(({ sk }) => !/^(CONSENT|LINK)#/.test(sk as string)).map(readable),
    presence: presence.map(({ deviceId, row, inside }) => {
      const { body, ...rest } = readable(row);
      return { deviceId, ...rest, ...JSON.parse(body as string), inside: inside.map(readable) };
    }),
    guests: await guestsOf(runtime, brand, { ids: profiles.map(({ personId }) => personId as string), identifiers }),
  };
}

/** Their short names are for who reads them with every signal. */
const pastOffersOf = ({ pastOffers = [] }: Item) =>
  (pastOffers as { c: string; t: number; p?: string }[]).map(({ c, t, p }) => ({
    campaignId: c,
    at: new Date(t).toISOString(),
    ...(p !== undefined && { placeId: p }),
  }));

/** Who they are at the brand's own portals. What a venue knows of its guests is the venue's to tell. */
async function guestsOf(
  runtime: Runtime,
  brand: string,
  { ids, identifiers }: { ids: readonly string[]; identifiers: readonly Identifier[] },
): Promise<Item[]> {
  const own: Tenant = { kind: 'brand', id: brand };
  const secret = await runtime.secret('venueSecret');
  const guestIds = new Set<string>();
  const logins = ids.map((id) => handoverLogin(brand, id));
  for (const { kind, value } of identifiers) {
    if (kind === 'email') logins.push(emailLogin(value));
    if (kind === 'portal' && value.startsWith(`${brand}.`)) guestIds.add(value.slice(brand.length + 1));
  }
  for (const login of logins) {
    const guestId = await findGuestId(runtime.db, own, loginDigest(secret, own, login));
    if (guestId !== undefined) guestIds.add(guestId);
  }
  const rows = await Promise.all([...guestIds].map((guestId) => readGuestRows(runtime.db, own, guestId)));
  return rows.flat().map(readable);
}

/** Pages of the history, profile after profile, until the answer is full. */
async function historyOf(
  runtime: Runtime,
  args: { brand: string; ids: readonly string[]; cursor: string | undefined; locale: Locale },
): Promise<History> {
  const { brand, ids, locale } = args;
  const history: History = { purchases: [], signals: [], coupons: [], messages: [] };
  let { index, cursor } = startOf(ids, args.cursor);
  let bytes = 0;
  for (; index < ids.length; index += 1) {
    const personId = ids[index] ?? '';
    do {
      if (bytes > MAX_BYTES) return { ...history, cursor: `${personId}.${cursor ?? ''}` };
      const page = await pageOf(runtime, { brand, personId, cursor });
      for (const row of page.items) {
        if ((row.sk as string).startsWith('S#')) history.signals.push(signalOf(row, personId, locale));
        else history.purchases.push(readable(row));
      }
      const coupons = await couponsOf(runtime, brand, page.items);
      history.coupons.push(...coupons.map(({ coupon }) => coupon));
      history.messages.push(...coupons.map(({ message }) => message));
      bytes = Buffer.byteLength(JSON.stringify(history));
      cursor = page.cursor;
    } while (cursor !== undefined);
  }
  return history;
}

/** @throws Problem 400 for a cursor that is not of this person's */
function startOf(ids: readonly string[], cursor: string | undefined): { index: number; cursor: string | undefined } {
  if (cursor === undefined) return { index: 0, cursor: undefined };
  const end = cursor.lastIndexOf('.');
  const index = ids.indexOf(cursor.slice(0, Math.max(end, 0)));
  if (index < 0) throw badCursor();
  return { index, cursor: cursor.slice(end + 1) || undefined };
}

const badCursor = () =>
  new Problem('invalid-input', 'the query is not valid', [
    { pointer: '/cursor', detail: 'is not one that this export has given' },
  ]);

async function pageOf(runtime: Runtime, at: { brand: string; personId: string; cursor: string | undefined }) {
  try {
    return await readOfferRows(runtime.db, at.brand, at.personId, { limit: PAGE, cursor: at.cursor });
  } catch (error) {
    throw error instanceof BadCursorError ? badCursor() : error;
  }
}

/** A signal with what was decided about it, in words. */
function signalOf(row: Item, personId: string, locale: Locale): Item {
  const { body: _, couponIds: __, ...rest } = readable(row);
  return { ...rest, decisions: decisionViews(entryOf(row), personId, locale) };
}

/** The coupons that these signals led to, each with the message that brought it. */
async function couponsOf(runtime: Runtime, brand: string, rows: readonly Item[]) {
  const couponSecret = await runtime.secret('couponSecret');
  const couponIds = rows.flatMap(({ couponIds = [], sk }) =>
    (sk as string).startsWith('S#') ? (couponIds as string[]) : [],
  );
  const keys = couponIds.map((couponId) => couponKeyOf(couponSecret, brand, couponId));
  const found = keys.length === 0 ? [] : await readCouponRows(runtime.db, brand, keys);
  const now = runtime.now();
  return found.map((row) => {
    const coupon = row as StoredCoupon & Item;
    const { couponId, issuedAt, expiresAt } = coupon;
    const { couponKey: _, sendHolder: __, sendLeaseUntil: ___, ...held } = readable(coupon);
    return {
      coupon: {
        ...withoutStaff(held),
        state: stateAt(coupon, now),
        code: couponCode(couponSecret, brand, couponId),
        qrCode: couponQrCode(couponSecret, brand, couponId),
        issuedAt: new Date(issuedAt).toISOString(),
        expiresAt: new Date(expiresAt).toISOString(),
      },
      message: { ...messageView(coupon, now) },
    };
  });
}

/** Who stood at the till, or took back a link, is theirs, not the customer's. */
const STAFF_FIELDS = ['staff', 'unlinkedBy'];
function withoutStaff(value: Item): Item {
  const clean = (inner: unknown): unknown => {
    if (Array.isArray(inner)) return inner.map(clean);
    if (typeof inner !== 'object' || inner === null) return inner;
    return Object.fromEntries(
      Object.entries(inner).flatMap(([name, one]) => (STAFF_FIELDS.includes(name) ? [] : [[name, clean(one)]])),
    );
  };
  return clean(value) as Item;
}
