import * as z from 'zod/mini';
import type { MerakiSecret } from '../model/connector.ts';
import {
  type DoorMessage,
  type Heard,
  instantOf,
  isSame,
  MaybeText,
  namesOf,
  nothingHeard,
  type Told,
} from './heard.ts';

const EnvelopeSchema = z.object({ secret: z.string(), type: z.string(), data: z.optional(z.unknown()) });
const DataSchema = z.object({
  networkId: MaybeText,
  /** Version 2: one access point per message. */
  apMac: MaybeText,
  observations: z.array(z.unknown()),
});
/** Associated clients have an SSID. RSSI, coordinates, operating system and `userId` are not even read. */
const ObservationSchema = z.object({
  clientMac: z.string(),
  ssid: MaybeText,
  latestRecord: z.catch(z.object({ time: z.optional(z.unknown()), nearestApMac: MaybeText }), { time: undefined }),
  /** Version 2. */
  seenTime: z.optional(z.unknown()),
  seenEpoch: z.optional(z.unknown()),
});

/**
 * Cisco Meraki's Scanning API, versions 3 and 2 (WiFi and Bluetooth). It signs nothing: each message carries the secret,
 * over TLS. https://developer.cisco.com/meraki/scanning-api/3-0
 */
export function hearMeraki({ bytes, parse }: DoorMessage, { secret }: MerakiSecret): Told {
  const envelope = EnvelopeSchema.safeParse(parse(bytes));
  if (!isSame(envelope.data?.secret ?? '', secret))
    return { refused: 'the secret in the message is not this connector’s' };
  const { type, data } = envelope.data ?? {};
  const isBluetooth = type === 'Bluetooth' || type === 'BluetoothDevicesSeen';
  if (!isBluetooth && type !== 'WiFi' && type !== 'DevicesSeen') return { ...nothingHeard(), ignored: ['other-event'] };
  const read = DataSchema.safeParse(data);
  if (!read.success) return { unreadable: 'data.observations must be a list' };
  const { networkId, apMac, observations } = read.data;
  const heard: Heard = nothingHeard();
  for (const one of observations) {
    const observation = ObservationSchema.safeParse(one);
    if (!observation.success) {
      heard.ignored.push('not-readable');
      continue;
    }
    const { clientMac, ssid, latestRecord, seenTime, seenEpoch } = observation.data;
    heard.sightings.push({
      kind: isBluetooth ? 'beacon.near' : ssid === undefined ? 'wifi.seen' : 'wifi.join',
      mac: clientMac,
      at: instantOf(latestRecord.time) ?? instantOf(seenTime) ?? instantOf(seenEpoch),
      where: namesOf(latestRecord.nearestApMac ?? apMac, ssid, networkId),
    });
  }
  return heard;
}
