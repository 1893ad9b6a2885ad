import { createHash, timingSafeEqual } from 'node:crypto';
import * as z from 'zod/mini';
import type { Identifier } from '../model/person.ts';
import type { SignalKind, TrustTier } from '../model/signal.ts';

/** What came to a connector's door, as it came: signatures are of bytes. */
export type DoorMessage = {
  bytes: Buffer;
  headers: Readonly<Record<string, string | undefined>>;
  query: Readonly<Record<string, string>>;
  /** Epoch ms. */
  now: number;
  /** Bytes as JSON; throws for what is none, or nested beyond reason. */
  parse: (bytes: Buffer) => unknown;
};

/** A network address was near something. Who that is, if anybody, is not known here. */
export type Sighting = {
  kind: 'wifi.join' | 'wifi.seen' | 'beacon.near';
  /** A MAC address, as the vendor writes it. */
  mac: string;
  at: number | undefined;
  /** The vendor's names for where that was, the most telling first. */
  where: string[];
};

/** Somebody was near something, and the vendor says who in words that a brand knows them by. */
export type Report = {
  kind: SignalKind;
  subject: Identifier;
  at: number | undefined;
  trust: TrustTier;
  where: string[];
  /** What makes it this event and no other, where the vendor says so. */
  eventId?: string;
  /** A signal's id or place that the sender has chosen. */
  signalId?: string | undefined;
  placeId?: string | undefined;
  screenId?: string | undefined;
  tagId?: string | undefined;
};

/** Why something that was heard leads to nothing; each is counted in the answer. */
export type IgnoredReason =
  | 'not-readable'
  | 'not-wifi'
  | 'no-person'
  | 'no-address'
  | 'no-scene'
  | 'left'
  | 'still-there'
  | 'other-event'
  | 'location-not-used';

export type Heard = {
  sightings: Sighting[];
  reports: Report[];
  ignored: IgnoredReason[];
  /** The same for each delivery of one message; without, its bytes are. */
  messageId?: string;
};

/** What a message says; or that it is not the vendor's word (`refused`), or is, and cannot be read. Both for the sender. */
export type Told = Heard | { refused: string } | { unreadable: string };

export const nothingHeard = (): Heard => ({ sightings: [], reports: [], ignored: [] });

/** Whether two texts are the same, in a time that does not depend on where they differ. */
export function isSame(given: string, expected: string): boolean {
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(given), digest(expected));
}

/** The same for any of several, all of which are compared. */
export const isOneOf = (given: string, expected: readonly string[]): boolean =>
  expected.reduce((found, one) => isSame(given, one) || found, false);

/** `Authorization: Bearer`, for whoever has no better way. Words for the sender when it is not right. */
export function refuseBearer({ headers }: DoorMessage, tokens: string | readonly string[]): string | undefined {
  const given = /^Bearer (\S+)$/i.exec(headers.authorization ?? '')?.[1];
  if (given === undefined) return 'send the header Authorization: Bearer and this connector’s token';
  return isOneOf(given, [tokens].flat()) ? undefined : 'the bearer token is not this connector’s';
}

/** Vendors write what they like: a field of another type is a field that is not there. */
export const MaybeText = z.catch(z.optional(z.string().check(z.minLength(1), z.maxLength(512))), undefined);

const ISO = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,9})?)?(Z|[+-]\d\d:?\d\d)$/i;
/** As seconds this is the year 5138, as milliseconds 1973. */
const LEAST_MS = 1e11;

/** A time in epoch ms, from any form that controllers use: ISO-8601 with a zone, seconds or milliseconds, also as text. */
export function instantOf(value: unknown): number | undefined {
  if (typeof value === 'string' && ISO.test(value)) return validInstant(Date.parse(value));
  const number = typeof value === 'string' && /^\d{1,16}(\.\d{1,9})?$/.test(value) ? Number(value) : value;
  if (typeof number !== 'number') return undefined;
  return validInstant(Math.round(number < LEAST_MS ? number * 1000 : number));
}

const validInstant = (ms: number): number | undefined => (ms >= 0 && ms <= 8.64e15 ? ms : undefined);

/** Only what is there, in order. */
export const namesOf = (...names: (string | undefined)[]): string[] => names.filter((name) => name !== undefined);
