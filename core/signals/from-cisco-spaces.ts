import * as z from 'zod/mini';
import {
  type DoorMessage,
  type Heard,
  instantOf,
  MaybeText,
  namesOf,
  nothingHeard,
  refuseBearer,
  type Told,
} from './heard.ts';

/** A floor is in a building is on a campus is in a group: deeper is nobody's. */
const MAX_LOCATION_LEVELS = 10;

const PresenceSchema = z.object({
  presenceEventType: MaybeText,
  deviceClassification: MaybeText,
  /** It also names the person's phone and email, which are not read. */
  device: z.object({ macAddress: MaybeText }),
  location: z.optional(z.unknown()),
  ssid: MaybeText,
});
const RecordSchema = z.object({
  eventType: z.string(),
  recordTimestamp: z.optional(z.unknown()),
  devicePresence: z.catch(z.optional(PresenceSchema), undefined),
  deviceLocationUpdate: z.catch(z.optional(PresenceSchema), undefined),
});
const LocationSchema = z.object({ locationId: MaybeText, parent: z.optional(z.unknown()) });

/** Whoever left is not here; the others are. */
const GONE = new Set(['DEVICE_EXIT_EVENT', 'DEVICE_INACTIVE_EVENT', 'DEVICE_IN_ACTIVE_EVENT']);

/**
 * Records of the Cisco Spaces Firehose, one JSON document on each line, as a bridge posts them: the stream itself is
 * pulled, which a function cannot do. https://developer.cisco.com/docs/cisco-spaces-firehose
 */
export function hearCiscoSpaces(message: DoorMessage, tokens: string | readonly string[]): Told {
  const refused = refuseBearer(message, tokens);
  if (refused !== undefined) return { refused };
  const heard = nothingHeard();
  let readable = 0;
  for (const line of linesOf(message.bytes)) {
    const record = recordOf(message, line);
    if (record) {
      readable += 1;
      hearRecord(heard, record);
    } else heard.ignored.push('not-readable');
  }
  return readable > 0 ? heard : { unreadable: 'must be one JSON record on each line' };
}

function hearRecord(heard: Heard, record: z.infer<typeof RecordSchema>): void {
  const { eventType, recordTimestamp, devicePresence, deviceLocationUpdate } = record;
  const isPresence = eventType === 'DEVICE_PRESENCE';
  if (!isPresence && eventType !== 'DEVICE_LOCATION_UPDATE') {
    heard.ignored.push('other-event');
    return;
  }
  const seen = isPresence ? devicePresence : deviceLocationUpdate;
  if (!seen) heard.ignored.push('not-readable');
  else if (GONE.has(seen.presenceEventType ?? '')) heard.ignored.push('left');
  else if (seen.device.macAddress === undefined) heard.ignored.push('no-address');
  else {
    const isAssociated = isPresence && (seen.deviceClassification === 'ASSOCIATED' || seen.ssid !== undefined);
    heard.sightings.push({
      kind: isAssociated ? 'wifi.join' : 'wifi.seen',
      mac: seen.device.macAddress,
      at: instantOf(recordTimestamp),
      where: [...locationIds(seen.location), ...namesOf(seen.ssid)],
    });
  }
}

/** A location and what it lies in, from within. */
function locationIds(location: unknown): string[] {
  const ids: string[] = [];
  let level = LocationSchema.safeParse(location);
  for (let depth = 0; level.success && depth < MAX_LOCATION_LEVELS; depth += 1) {
    ids.push(...namesOf(level.data.locationId));
    level = LocationSchema.safeParse(level.data.parent);
  }
  return ids;
}

function recordOf({ parse }: DoorMessage, line: Buffer): z.infer<typeof RecordSchema> | undefined {
  try {
    return RecordSchema.safeParse(parse(line)).data;
  } catch {
    // One line that was cut off does not take the others with it.
    return undefined;
  }
}

function linesOf(bytes: Buffer): Buffer[] {
  const lines: Buffer[] = [];
  for (let start = 0; start < bytes.length; ) {
    const end = bytes.indexOf(0x0a, start);
    const line = bytes.subarray(start, end < 0 ? undefined : end);
    // Blank lines keep a stream alive.
    if (line.some((byte) => byte > 0x20)) lines.push(line);
    start = end < 0 ? bytes.length : end + 1;
  }
  return lines;
}
