import { createHmac } from 'node:crypto';
import * as z from 'zod/mini';
import { type DoorMessage, instantOf, isOneOf, MaybeText, namesOf, nothingHeard, type Told } from './heard.ts';

const BodySchema = z.object({ topic: z.string(), events: z.array(z.unknown()) });
const EventSchema = z.object({
  mac: MaybeText,
  type: MaybeText,
  trigger: MaybeText,
  timestamp: z.optional(z.unknown()),
  zone_id: MaybeText,
  map_id: MaybeText,
  site_id: MaybeText,
  ap: MaybeText,
  bssid: MaybeText,
  ssid: MaybeText,
});

/**
 * Juniper Mist webhooks: zones, locations and joins of WiFi clients. `X-Mist-Signature-v2` is the HMAC-SHA256 of the
 * body; the older SHA-1 beside it is not taken. Source: mist_openapi, `webhooks`.
 */
export function hearMist(message: DoorMessage, secrets: string | readonly string[]): Told {
  const { bytes, headers, parse } = message;
  const signatures = [secrets].flat().map((secret) => createHmac('sha256', secret).update(bytes).digest('hex'));
  if (!isOneOf(headers['x-mist-signature-v2'] ?? '', signatures)) {
    return { refused: 'X-Mist-Signature-v2 is not the HMAC-SHA256 of the body under this connector’s secret' };
  }
  const body = BodySchema.safeParse(parse(bytes));
  if (!body.success) return { unreadable: 'must have a topic and a list of events' };
  const { topic, events } = body.data;
  const heard = nothingHeard();
  for (const one of events) {
    const event = EventSchema.safeParse(one).data;
    if (!event) heard.ignored.push('not-readable');
    else if (topic !== 'zone' && topic !== 'location' && topic !== 'client-join') heard.ignored.push('other-event');
    // Assets are things, and an app's users are known to the app.
    else if (event.mac === undefined || (event.type ?? 'wifi') !== 'wifi') heard.ignored.push('not-wifi');
    else if (topic === 'zone' && event.trigger !== 'enter') heard.ignored.push('left');
    else {
      const { mac, zone_id, ap, bssid, ssid, map_id, site_id } = event;
      heard.sightings.push({
        kind: topic === 'client-join' ? 'wifi.join' : 'wifi.seen',
        mac,
        at: instantOf(event.timestamp),
        where: namesOf(zone_id, ap, bssid, map_id, ssid, site_id),
      });
    }
  }
  return heard;
}
