import * as z from 'zod/mini';
import { macOf } from '../model/connector.ts';
import { type DoorMessage, instantOf, namesOf, nothingHeard, refuseBearer, type Sighting, type Told } from './heard.ts';

/** `rlm_rest` writes `{"type": "string", "value": ["…"]}`; a template of one's own writes the value as it is. */
const ScalarSchema = z.union([z.string(), z.number()]);
const AttributeSchema = z.catch(
  z.optional(z.union([ScalarSchema, z.object({ value: z.union([ScalarSchema, z.array(ScalarSchema)]) })])),
  undefined,
);
const AccountingSchema = z.object({
  'Acct-Status-Type': AttributeSchema,
  'Calling-Station-Id': AttributeSchema,
  'Called-Station-Id': AttributeSchema,
  'Called-Station-SSID': AttributeSchema,
  'NAS-Identifier': AttributeSchema,
  'Event-Timestamp': AttributeSchema,
});

/** RFC 2866, section 5.1, and the names of FreeRADIUS's dictionary. */
const KINDS = new Map<string, Sighting['kind']>([
  ['1', 'wifi.join'],
  ['Start', 'wifi.join'],
  ['3', 'wifi.seen'],
  ['Interim-Update', 'wifi.seen'],
  ['Alive', 'wifi.seen'],
]);

/**
 * RADIUS accounting (RFC 2866) as FreeRADIUS's `rlm_rest` posts it: a session's start is a join, its interim updates say
 * that it goes on. `Called-Station-Id` is `AP:SSID` (RFC 3580, section 3.20). The user's name is not read.
 */
export function hearRadius(message: DoorMessage, tokens: string | readonly string[]): Told {
  const refused = refuseBearer(message, tokens);
  if (refused !== undefined) return { refused };
  const accounting = AccountingSchema.safeParse(message.parse(message.bytes)).data;
  if (!accounting) return { unreadable: 'must be an object of attributes' };
  const read = (name: keyof typeof accounting): string | undefined => textOf(accounting[name]);
  const kind = KINDS.get(read('Acct-Status-Type') ?? '');
  const mac = read('Calling-Station-Id');
  if (kind === undefined) return { ...nothingHeard(), ignored: ['other-event'] };
  if (mac === undefined) return { ...nothingHeard(), ignored: ['no-address'] };
  const where = [
    ...calledStation(read('Called-Station-Id')),
    ...namesOf(read('Called-Station-SSID'), read('NAS-Identifier')),
  ];
  return { ...nothingHeard(), sightings: [{ kind, mac, at: eventTime(read('Event-Timestamp')), where }] };
}

function textOf(attribute: z.infer<typeof AttributeSchema>): string | undefined {
  const value = typeof attribute === 'object' ? [attribute.value].flat()[0] : attribute;
  return value === undefined || value === '' ? undefined : String(value);
}

/** `00-00-5E-00-53-A1:Guest` is an access point and an SSID; anything else is taken as it is. */
function calledStation(text: string | undefined): string[] {
  if (text === undefined) return [];
  const [, address, ssid] = /^((?:[0-9A-F]{2}[:-]){5}[0-9A-F]{2}|[0-9A-F]{12}):(.+)$/i.exec(text) ?? [];
  return macOf(address) !== undefined ? namesOf(address, ssid) : [text];
}

/** FreeRADIUS also writes `Nov 22 2026 10:00:00 UTC`; other zones by their letters mean several things, so none. */
function eventTime(text: string | undefined): number | undefined {
  const isDate = /^[A-Z][a-z]{2} [ \d]?\d \d{4} \d\d:\d\d:\d\d (UTC|GMT)$/.test(text ?? '');
  return isDate ? instantOf(Date.parse(text ?? '') / 1000) : instantOf(text);
}
