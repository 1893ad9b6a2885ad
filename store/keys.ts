import type { Identifier } from '#core/model/person.ts';
import type { Key } from './client.ts';

/** Who owns data: a brand, or a venue. Every key begins with one, so none can be built without. */
export type Tenant = { kind: 'brand' | 'venue'; id: string };

const prefix = ({ kind, id }: Tenant): string => `${kind === 'brand' ? 'B' : 'V'}#${id}`;
const brand = (id: string): string => prefix({ kind: 'brand', id });

export const catalogueKeys = {
  partition: (tenant: Tenant): string => prefix(tenant),
  meta: (tenant: Tenant): Key => ({ pk: prefix(tenant), sk: 'META' }),
  entry: (tenant: Tenant, kind: CatalogueKind, id: string): Key => ({ pk: prefix(tenant), sk: `${kind}#${id}` }),
};
export type CatalogueKind = 'place' | 'screen' | 'segment' | 'campaign';

export const peopleKeys = {
  /** All that a decision needs of a person, in one item: one read, and one version that every change of it raises. */
  person: (brandId: string, personId: string): Key => ({ pk: `${brand(brandId)}#P#${personId}`, sk: 'PERSON' }),
  /** One row for each consent record ever given: proof, never rewritten. */
  consent: (brandId: string, personId: string, at: string, what: string): Key => ({
    pk: `${brand(brandId)}#P#${personId}`,
    sk: `CONSENT#${at}#${what}`,
  }),
  identifier: (brandId: string, { kind, value }: Identifier): Key => ({
    pk: `${brand(brandId)}#I#${kind}#${value}`,
    sk: 'IDENTIFIER',
  }),
  /** The list of a brand's people, spread over 16 partitions so that an import does not heat one. */
  listed: (brandId: string, shard: number, personId: string): Key => ({
    pk: `${brand(brandId)}#L#${shard}`,
    sk: personId,
  }),
};

export const presenceKeys = {
  device: (brandId: string, deviceId: string): Key => ({ pk: `${brand(brandId)}#D#${deviceId}`, sk: 'STATE' }),
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
};
