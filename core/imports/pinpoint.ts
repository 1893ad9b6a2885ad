import { createHash } from 'node:crypto';
import * as z from 'zod/mini';
import { IdSchema } from '../model/common.ts';
import {
  AttributeNameSchema,
  AttributeSchema,
  type AttributeValue,
  type Channel,
  type Identifier,
} from '../model/person.ts';
import { type Consents, instantOf, type Read, type Vouch } from './draft.ts';
import { isObject, objectsOf } from './ndjson.ts';

/** What else may be said of a file of endpoints. */
export const PinpointMappingSchema = z.strictObject({
  /** Names in Pinpoint that cannot be names here, or should not be: `{"first name": "firstName"}`. */
  rename: z._default(z.record(z.string(), AttributeNameSchema), {}),
  /** Set on everybody in the file: of the endpoints of an imported segment, `{"segment.vip": true}`. */
  set: z._default(z.record(AttributeNameSchema, AttributeSchema), {}),
  /** Latitude and longitude as well. They say where somebody was: only where they have agreed to that being kept. */
  keepPosition: z._default(z.boolean(), false),
});
export type PinpointMapping = z.infer<typeof PinpointMappingSchema>;
export type PinpointOptions = { mapping: PinpointMapping; vouch?: Vouch | undefined };

/** Which of our channels an endpoint's address is of, and what kind of handle it is. */
const CHANNEL_TYPES: Record<string, { channel: Channel; kind?: Identifier['kind'] }> = {
  EMAIL: { channel: 'email', kind: 'email' },
  SMS: { channel: 'sms', kind: 'phone' },
  VOICE: { channel: 'sms', kind: 'phone' },
  CUSTOM: { channel: 'webhook' },
  IN_APP: { channel: 'inbox' },
};
/** As a segment's `Demographic.Channel` sums them up: `PUSH`. */
export const PUSH_TYPES = ['ADM', 'APNS', 'APNS_SANDBOX', 'APNS_VOIP', 'APNS_VOIP_SANDBOX', 'BAIDU', 'GCM'];

/**
 * An export of Amazon Pinpoint: an endpoint a line, of which several may be one user's; so what a line says is added to
 * what is known (`union`), in whichever order they come.
 *
 * - `OptOut: ALL` is a withdrawal. An endpoint that has not opted out is no consent: Pinpoint takes addresses that nobody
 *   was asked about, and NONE is what it writes when it has not been told. It becomes one only when the caller vouches
 *   for it; and since an export is how things stand when it is made, its opt-outs are later than what was vouched for.
 * - The address of an INACTIVE endpoint reaches nobody, or somebody else by now: it is left out.
 * - An app's endpoint is known by its `Id` as a device, and its push token is kept as an attribute.
 *
 * Source: docs.aws.amazon.com/pinpoint/latest/apireference/apps-application-id-endpoints.html
 */
export function* peopleFromPinpoint(text: string, options: PinpointOptions): Generator<Read> {
  for (const { line, value } of objectsOf(text)) {
    if (typeof value === 'string') yield { line, reason: value };
    else yield readEndpoint(line, isObject(value.EndpointResponse) ? value.EndpointResponse : value, options);
  }
}

const TextListSchema = z.array(z.string());
const ListsSchema = z.record(z.string(), TextListSchema);
const TextsSchema = z.record(z.string(), z.nullish(z.union([z.string(), z.number()])));
const EndpointSchema = z.object({
  Id: z.string(),
  ChannelType: z.nullish(z.string()),
  Address: z.nullish(z.string()),
  OptOut: z.nullish(z.enum(['ALL', 'NONE'])),
  EndpointStatus: z.nullish(z.enum(['ACTIVE', 'INACTIVE'])),
  EffectiveDate: z.nullish(z.string()),
  Attributes: z.nullish(ListsSchema),
  Metrics: z.nullish(z.record(z.string(), z.number())),
  Demographic: z.nullish(TextsSchema),
  Location: z.nullish(TextsSchema),
  User: z.nullish(z.object({ UserId: z.nullish(z.string()), UserAttributes: z.nullish(ListsSchema) })),
});
type Endpoint = z.infer<typeof EndpointSchema>;

function readEndpoint(line: number, value: unknown, { mapping, vouch }: PinpointOptions): Read {
  const parsed = EndpointSchema.safeParse(value);
  if (!parsed.success) {
    const path = parsed.error.issues[0]?.path ?? [];
    return {
      line,
      reason: 'is not as Pinpoint writes endpoints',
      pointer: path.map((step) => `/${String(step)}`).join(''),
    };
  }
  const endpoint = parsed.data;
  const type = channelOf(endpoint.ChannelType);
  if (!type) return { line, reason: 'has a ChannelType that Pinpoint does not have', pointer: '/ChannelType' };
  const effectiveAt = endpoint.EffectiveDate ? instantOf(endpoint.EffectiveDate) : undefined;
  if (endpoint.EffectiveDate && !effectiveAt) return { line, reason: 'is not a time', pointer: '/EffectiveDate' };
  const attributes = attributesOf(endpoint, effectiveAt, mapping);
  if ('reason' in attributes) return { line, ...attributes };
  const consents = consentsOf(endpoint, { channel: type.channel, effectiveAt, vouch });
  if (!consents) {
    return {
      line,
      reason: 'has opted out nobody knows when: give consentAt, the time of the export',
      pointer: '/EffectiveDate',
    };
  }
  const person = { identifiers: identifiersOf(endpoint, type.kind), attributes: attributes.of, consents };
  return { line, personId: personIdOf(endpoint), person };
}

function channelOf(
  channelType: string | null | undefined,
): { channel: Channel; kind?: Identifier['kind'] } | undefined {
  if (!channelType || PUSH_TYPES.includes(channelType)) return { channel: 'push', kind: 'device' };
  return Object.hasOwn(CHANNEL_TYPES, channelType) ? CHANNEL_TYPES[channelType] : undefined;
}

/** The user's id; of an endpoint of no user, its own. One that no path of ours can carry becomes a digest of itself. */
function personIdOf({ Id, User }: Endpoint): string {
  const id = User?.UserId || Id;
  if (IdSchema.safeParse(id).success) return id;
  return `pinpoint-${createHash('sha256').update(id).digest('base64url').slice(0, 22)}`;
}

/** Under its own id a user is found as a member, whatever the id looks like. */
function identifiersOf({ Id, Address, EndpointStatus, User }: Endpoint, kind: Identifier['kind'] | undefined) {
  const identifiers: Identifier[] = [];
  if (User?.UserId) identifiers.push({ kind: 'member', value: User.UserId });
  if (kind === 'device' && EndpointStatus !== 'INACTIVE') identifiers.push({ kind, value: Id });
  else if (kind && Address && EndpointStatus !== 'INACTIVE') identifiers.push({ kind, value: Address });
  return identifiers;
}

function consentsOf(
  { OptOut, EndpointStatus }: Endpoint,
  { channel, effectiveAt, vouch }: { channel: Channel; effectiveAt: string | undefined; vouch: Vouch | undefined },
): Consents | undefined {
  const about = { purpose: 'marketing', channel } as const;
  if (OptOut === 'ALL') {
    const times = [effectiveAt, vouch?.at].filter((at) => at !== undefined);
    const at = times.sort((left, right) => Date.parse(left) - Date.parse(right)).at(-1);
    return at === undefined ? undefined : [{ ...about, granted: false, at, source: 'pinpoint:OptOut' }];
  }
  return vouch && EndpointStatus !== 'INACTIVE' ? [{ ...about, granted: true, ...vouch }] : [];
}

/** Where each thing that Pinpoint knows of an endpoint goes; segments are translated by the same names. */
export const fieldOf = {
  user: (name: string, { rename }: PinpointMapping): string => renamed(name, rename),
  endpoint: (name: string, { rename }: PinpointMapping): string => `endpoint.${renamed(name, rename)}`,
  metric: (name: string, { rename }: PinpointMapping): string => `metrics.${renamed(name, rename)}`,
  demographic: (name: string): string => `demographic.${name.charAt(0).toLowerCase()}${name.slice(1)}`,
  location: (name: string): string =>
    name === 'Country' ? 'country' : `location.${name.charAt(0).toLowerCase()}${name.slice(1)}`,
  channels: 'channels',
  lastActiveAt: 'lastActiveAt',
  position: 'position',
  positionAt: 'positionAt',
};
const renamed = (name: string, rename: Record<string, string>): string =>
  (Object.hasOwn(rename, name) ? rename[name] : undefined) ?? name;

/** What each endpoint has a part of; the attributes of a user are the same at all of theirs. */
const PARTS = /^(endpoint|metrics|demographic|location|push)\.|^(country|channels)$/;

/**
 * What is known of somebody from all their endpoints so far: of what each has a part of, all that was said, in order; the
 * highest number; the latest time, and the position of the latest. The same again, or in another order, is the same.
 */
export function gather(
  before: Record<string, AttributeValue>,
  more: Record<string, AttributeValue>,
): Record<string, AttributeValue> {
  const all = { ...before, ...more };
  for (const [field, value] of Object.entries(more)) {
    const known = Object.hasOwn(before, field) ? before[field] : null;
    if (known === null || known === undefined) continue;
    if (typeof known === 'number' && typeof value === 'number') all[field] = Math.max(known, value);
    else if (field === fieldOf.lastActiveAt) all[field] = [known, value].map(String).sort().at(-1) ?? null;
    else if (PARTS.test(field)) all[field] = together(known, value);
  }
  const [then, now] = [before[fieldOf.positionAt], more[fieldOf.positionAt]];
  if (typeof then === 'string' && typeof now === 'string' && then > now) {
    all[fieldOf.positionAt] = then;
    all[fieldOf.position] = before[fieldOf.position] ?? null;
  }
  return all;
}

function together(known: AttributeValue, value: AttributeValue): AttributeValue {
  const values = new Set([known, value].flat().filter((item) => item !== null));
  const sorted = [...values].sort((left, right) => (String(left) < String(right) ? -1 : 1));
  return sorted.length === 1 ? (sorted[0] ?? null) : sorted;
}

type Named = [path: string, field: string, value: AttributeValue];

function attributesOf(
  endpoint: Endpoint,
  effectiveAt: string | undefined,
  mapping: PinpointMapping,
): { of: Record<string, AttributeValue> } | { reason: string; pointer: string } {
  const { Attributes, Metrics, Demographic, Location, User, ChannelType, Address, EndpointStatus } = endpoint;
  const listed: Named[] = [
    ...entriesOf(User?.UserAttributes, '/User/UserAttributes', (name) => fieldOf.user(name, mapping)),
    ...entriesOf(Attributes, '/Attributes', (name) => fieldOf.endpoint(name, mapping)),
    ...entriesOf(Metrics, '/Metrics', (name) => fieldOf.metric(name, mapping)),
    ...entriesOf(Demographic, '/Demographic', fieldOf.demographic),
    ...entriesOf(placeOf(Location), '/Location', fieldOf.location),
  ];
  const faulty = listed.find(([, field]) => !AttributeNameSchema.safeParse(field).success);
  if (faulty)
    return { reason: 'has a name that an attribute here cannot have: rename it in the mapping', pointer: faulty[0] };
  const of = Object.fromEntries(listed.map(([, field, value]) => [field, value]));
  if (effectiveAt) of[fieldOf.lastActiveAt] = effectiveAt;
  if (ChannelType) of[fieldOf.channels] = ChannelType;
  if (ChannelType && PUSH_TYPES.includes(ChannelType) && Address && EndpointStatus !== 'INACTIVE') {
    of[`push.${ChannelType}`] = Address;
  }
  const { Latitude, Longitude } = Location ?? {};
  if (mapping.keepPosition && typeof Latitude === 'number' && typeof Longitude === 'number') {
    of[fieldOf.position] = [Longitude, Latitude];
    if (effectiveAt) of[fieldOf.positionAt] = effectiveAt;
  }
  return { of: { ...of, ...mapping.set } };
}

function placeOf(location: Endpoint['Location']) {
  const { Latitude: _, Longitude: __, ...place } = location ?? {};
  return place;
}

function entriesOf(
  record: Record<string, string[] | string | number | null | undefined> | null | undefined,
  at: string,
  field: (name: string) => string,
): Named[] {
  return Object.entries(record ?? {}).flatMap(([name, value]): Named[] => {
    const held = Array.isArray(value) && value.length === 1 ? value[0] : value;
    if (held === null || held === undefined || (Array.isArray(held) && held.length === 0)) return [];
    return [[`${at}/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`, field(name), held]];
  });
}
