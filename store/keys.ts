import { createHash } from 'node:crypto';
import type { Identifier } from '#core/model/person.ts';
import type { Key } from './client.ts';

/** Who owns data: a brand, or a venue. Every key begins with one, so none can be built without. */
export type Tenant = { kind: 'brand' | 'venue'; id: string };

const prefix = ({ kind, id }: Tenant): string => `${kind === 'brand' ? 'B' : 'V'}#${id}`;
const brand = (id: string): string => prefix({ kind: 'brand', id });

/** Eight hexadecimal digits that say nothing about the id, and nothing about its shard. */
const listPosition = (personId: string): string => createHash('sha256').update(personId).digest('hex').slice(0, 8);

export const catalogueKeys = {
  partition: (tenant: Tenant): string => prefix(tenant),
  meta: (tenant: Tenant): Key => ({ pk: prefix(tenant), sk: 'META' }),
  entry: (tenant: Tenant, kind: CatalogueKind, id: string): Key => ({ pk: prefix(tenant), sk: `${kind}#${id}` }),
};
export type CatalogueKind = 'place' | 'screen' | 'segment' | 'campaign' | 'sensitive-place';

/** Which of a tenant's places have changed since they were built into files: apart from the catalogue itself. */
export const placeBaseKeys = {
  partition: (tenant: Tenant): string => `${prefix(tenant)}#PLACES`,
  mark: (tenant: Tenant, placeId: string): Key => ({ pk: `${prefix(tenant)}#PLACES`, sk: `MARK#${placeId}` }),
  placeIdOf: (sk: string): string => sk.slice('MARK#'.length),
  tagged: (tenant: Tenant): Key => ({ pk: `${prefix(tenant)}#PLACES`, sk: 'TAGGED' }),
};

/** What a tenant's places have become in Amazon Location: apart from the catalogue that every process holds. */
export const geofenceKeys = {
  /** Who has places there: without a tenant, because it is the question which tenants those are. */
  tenants: 'GEOFENCES',
  tenant: ({ kind, id }: Tenant): Key => ({ pk: 'GEOFENCES', sk: `${kind}#${id}` }),
  partition: (tenant: Tenant): string => `${prefix(tenant)}#GEOFENCES`,
  /** A place that is not there as it should be. */
  place: (tenant: Tenant, placeId: string): Key => ({ pk: `${prefix(tenant)}#GEOFENCES`, sk: `PLACE#${placeId}` }),
  check: (tenant: Tenant): Key => ({ pk: `${prefix(tenant)}#GEOFENCES`, sk: 'CHECK' }),
};

/** What belongs to screens and doors and no decision needs: apart from the catalogue that every process holds. */
export const signageKeys = {
  partition: (tenant: Tenant): string => `${prefix(tenant)}#SIGNAGE`,
  entry: (tenant: Tenant, kind: SignageKind, id: string): Key => ({
    pk: `${prefix(tenant)}#SIGNAGE`,
    sk: `${kind}#${id}`,
  }),
};
export type SignageKind = 'creative' | 'playlist' | 'tag' | 'connector';

/**
 * Who owns what a stranger names: the one key without a tenant, because it is the question which tenant it is. The item
 * says nothing else, but a player's also with which key it signs. First come, first served, over all tenants of a deployment.
 */
export const addressKeys = {
  address: (kind: AddressKind, id: string): Key => ({ pk: `ADDRESS#${kind}#${id}`, sk: 'OWNER' }),
};
export type AddressKind = 'tag' | 'connector' | 'player' | 'pairing';

/** Plays are looked for by when, and one is found in every span of time that it touches. */
export const PLAY_SPAN_MS = 600_000;
export const playKeys = {
  span: (owner: Tenant, screenId: string, span: number): string => `${prefix(owner)}#S#${screenId}#${span}`,
  /** A play within a span, by when it began. */
  play: (owner: Tenant, screenId: string, span: number, startedAt: number, logId: string, sequence: number): Key => ({
    pk: `${prefix(owner)}#S#${screenId}#${span}`,
    sk: `${String(startedAt).padStart(14, '0')}#${logId}#${sequence}`,
  }),
  /** What has come of one player's log: which sequence numbers, and so which are missing. */
  log: (owner: Tenant, screenId: string, logId: string): Key => ({
    pk: `${prefix(owner)}#S#${screenId}#LOGS`,
    sk: logId,
  }),
  screen: (owner: Tenant, screenId: string): string => `${prefix(owner)}#S#${screenId}`,
  /** A player of a screen and how it is: paired when, last seen, clock, cache. */
  player: (owner: Tenant, screenId: string, playerId: string): Key => ({
    pk: `${prefix(owner)}#S#${screenId}`,
    sk: `PLAYER#${playerId}`,
  }),
  /** What a screen shall show now because somebody beside it did something. */
  reaction: (owner: Tenant, screenId: string): Key => ({ pk: `${prefix(owner)}#S#${screenId}`, sk: 'REACTION' }),
  /** One tap or scan at a screen and what came of it, without the person: what reports count. */
  effects: (owner: Tenant, screenId: string, day: string): string => `${prefix(owner)}#S#${screenId}#E#${day}`,
};

/** What strangers do at doors, for as long as it matters. All of it has a ttl, but a chip's counter. */
export const doorKeys = {
  /** The last read counter of a chip that signs: of the chip, wherever it hangs. */
  tagCounter: (owner: Tenant, uid: string): Key => ({ pk: `${prefix(owner)}#T#${uid}`, sk: 'COUNTER' }),
  /** Whose a tap that was signed is, to one brand. */
  /** Strangers who have claimed with one code of a screen. */
  strangers: (owner: Tenant, tagId: string, slot: number): Key => ({
    pk: `${prefix(owner)}#T#${tagId}`,
    sk: `STRANGERS#${slot}`,
  }),
  tap: (owner: Tenant, tapId: string, brandId: string): Key => ({
    pk: `${prefix(owner)}#TP#${tapId}`,
    sk: `TAKER#${brandId}`,
  }),
  /** A webhook's message that has been taken in. */
  seen: (owner: Tenant, connectorId: string, messageId: string): Key => ({
    pk: `${prefix(owner)}#W#${connectorId}`,
    sk: messageId,
  }),
  /** A network address under today's pepper, and the guest who has logged in with it. */
  station: (owner: Tenant, stationHash: string): Key => ({ pk: `${prefix(owner)}#M#${stationHash}`, sk: 'STATION' }),
  /** The network addresses that a guest has logged in with today, each under its hash: how they are found again. */
  stationsOf: (owner: Tenant, guestId: string): string => `${prefix(owner)}#GS#${guestId}`,
  /** A word of a brand's software for who somebody is, that has been taken. */
  handover: (owner: Tenant, tokenId: string): Key => ({ pk: `${prefix(owner)}#HO#${tokenId}`, sk: 'USED' }),
  /** A one-time code that was sent to somebody who says who they are. */
  loginCode: (owner: Tenant, challengeId: string): Key => ({ pk: `${prefix(owner)}#LC#${challengeId}`, sk: 'CODE' }),
  /** When codes were last sent to an address, to a station, or by a portal. */
  turns: (owner: Tenant, digest: string): Key => ({ pk: `${prefix(owner)}#LT#${digest}`, sk: 'TURNS' }),
};

/** A venue's guests, as its portal knows them. */
export const guestKeys = {
  guest: (venue: Tenant, guestId: string): Key => ({ pk: `${prefix(venue)}#G#${guestId}`, sk: 'GUEST' }),
  consent: (venue: Tenant, guestId: string, at: string, what: string): Key => ({
    pk: `${prefix(venue)}#G#${guestId}`,
    sk: `CONSENT#${at}#${what}`,
  }),
  /** Whose login this is: a digest under a secret, so that no address stands in a key. */
  login: (venue: Tenant, digest: string): Key => ({ pk: `${prefix(venue)}#GL#${digest}`, sk: 'LOGIN' }),
};

export const peopleKeys = {
  /** All that a decision needs of a person, in one item: one read, and one version that every change of it raises. */
  person: (brandId: string, personId: string): Key => ({ pk: `${brand(brandId)}#P#${personId}`, sk: 'PERSON' }),
  /** Whose key that is: what a stream's record has. */
  brandOfPerson: (pk: string): string | undefined => /^B#([^#]+)#P#/.exec(pk)?.[1],
  /** One row for each consent record ever given: proof, never rewritten. */
  consent: (brandId: string, personId: string, at: string, what: string): Key => ({
    pk: `${brand(brandId)}#P#${personId}`,
    sk: `CONSENT#${at}#${what}`,
  }),
  /** Evidence that one of the profile's handles and another's are one person's: a row at each end. */
  link: (brandId: string, personId: string, linkId: string): Key => ({
    pk: `${brand(brandId)}#P#${personId}`,
    sk: `LINK#${linkId}`,
  }),
  identifier: (brandId: string, { kind, value }: Identifier): Key => ({
    pk: `${brand(brandId)}#I#${kind}#${value}`,
    sk: 'IDENTIFIER',
  }),
  /**
   * The list of a brand's people, spread over 16 partitions so that an import does not heat one. Within each they lie by
   * a digest of their ids, so that any stretch of the list is a random sample of them, and how long it is says how many
   * there are: `1f0c99ab.jo`.
   */
  listed: (brandId: string, shard: number, personId: string): Key => ({
    pk: `${brand(brandId)}#L#${shard}`,
    sk: `${listPosition(personId)}.${personId}`,
  }),
};

/** Who was erased, and what was done: in a table of their own, so that a restore of any other brings nobody back. */
export const tombstoneKeys = {
  /** Of a person's id or one of their handles, by a digest under a secret. */
  tombstone: (brandId: string, digest: string): Key => ({ pk: `${brand(brandId)}#X#${digest}`, sk: 'ERASED' }),
  receipt: (brandId: string, receiptId: string): Key => ({ pk: `${brand(brandId)}#RECEIPTS`, sk: receiptId }),
};

export const presenceKeys = {
  device: (brandId: string, deviceId: string): Key => ({ pk: `${brand(brandId)}#D#${deviceId}`, sk: 'STATE' }),
  /** A visit that stands: by place, spread over partitions by the device. No id of a place has a `#`. */
  inside: (brandId: string, shard: number, placeId: string, deviceId: string): Key => ({
    pk: `${brand(brandId)}#V#${shard}`,
    sk: `${placeId}#${deviceId}`,
  }),
};

export const offerKeys = {
  person: (brandId: string, personId: string): string => `${brand(brandId)}#P#${personId}`,
  /** The ledger entry of a signal: its decisions, or why there are none. Its existence is the durable dedup. */
  signal: (brandId: string, personId: string, at: string, signalId: string): Key => ({
    pk: `${brand(brandId)}#P#${personId}`,
    sk: `S#${at}#${signalId}`,
  }),
  /** The same for a signal of which nobody knows whose it is. */
  anonymousSignal: (brandId: string, at: string, signalId: string): Key => ({
    pk: `${brand(brandId)}#A#${signalId}`,
    sk: `S#${at}#${signalId}`,
  }),
  /** A coupon and its message. It is also the one unit of stock that it is: whoever puts it first has it. */
  coupon: (brandId: string, couponKey: string): Key => ({ pk: `${brand(brandId)}#C#${couponKey}`, sk: 'COUPON' }),
  /** A basket that a person bought, in their partition beside their signals. */
  purchase: (brandId: string, personId: string, at: string, purchaseId: string): Key => ({
    pk: `${brand(brandId)}#P#${personId}`,
    sk: `Q#${at}#${purchaseId}`,
  }),
  /** That a purchase has been taken in, and whose it is: its existence is the dedup, and outlives an erasure without a word of whose it was. */
  purchaseTaken: (brandId: string, purchaseId: string): Key => ({
    pk: `${brand(brandId)}#Q#${createHash('sha256').update(purchaseId).digest('base64url').slice(0, 22)}`,
    sk: 'TAKEN',
  }),
  /** Codes in one minute that were none: a caller's, or with no caller the whole brand's. */
  badGuesses: (brandId: string, minute: number, callerDigest = ''): Key => ({
    pk: `${brand(brandId)}#G#${callerDigest}`,
    sk: `MINUTE#${minute}`,
  }),
};

export const stockKeys = {
  campaign: (brandId: string, campaignId: string): Key => ({ pk: `${brand(brandId)}#K#${campaignId}`, sk: 'STOCK' }),
  /** What a campaign has issued on one local day, or at one place. Partitions of their own: each is hot by itself. */
  day: (brandId: string, campaignId: string, day: string): Key => ({
    pk: `${brand(brandId)}#K#${campaignId}#DAY#${day}`,
    sk: 'USED',
  }),
  place: (brandId: string, campaignId: string, placeId: string): Key => ({
    pk: `${brand(brandId)}#K#${campaignId}#PLACE#${placeId}`,
    sk: 'USED',
  }),
  /** What was bought in a region, by channel, spread over partitions so that a sale does not wait for another. */
  region: (brandId: string, shard: number, region: string): Key => ({
    pk: `${brand(brandId)}#R#${shard}`,
    sk: region,
  }),
};
