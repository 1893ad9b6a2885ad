import { createHmac } from 'node:crypto';
import * as z from 'zod/mini';
import { MAX_SIGNALS, SignalInputSchema } from '../model/signal.ts';
import { type DoorMessage, instantOf, isOneOf, MaybeText, namesOf, nothingHeard, type Told } from './heard.ts';

/** A sender's clock may be this much off, and a message older than that is somebody's recording of one. */
export const MAX_SKEW_MS = 5 * 60_000;
const MAX_SIGHTINGS = 1000;
/** A sender that changes its secret signs with both; more than a few signatures are somebody trying. */
const MAX_SIGNATURES = 10;

const BodySchema = z.object({
  signals: z.optional(z.array(z.unknown()).check(z.maxLength(MAX_SIGNALS))),
  sightings: z.optional(z.array(z.unknown()).check(z.maxLength(MAX_SIGHTINGS))),
});
/** For controllers that have no connector of their own: a phone was seen, `associated` or not, by an access point. */
const SightingSchema = z.object({
  mac: z.string(),
  at: z.optional(z.unknown()),
  ap: MaybeText,
  ssid: MaybeText,
  zone: MaybeText,
  associated: z.catch(z.optional(z.boolean()), undefined),
});

/**
 * Anybody's system, signed as Standard Webhooks asks: `webhook-signature` is `v1,` and the HMAC-SHA256 of
 * `{webhook-id}.{webhook-timestamp}.{body}` in base64. The body is that of `POST /v1/signals`, or `{sightings: […]}`.
 * https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
 */
export function hearWebhook(message: DoorMessage, secrets: string | readonly string[]): Told {
  const refused = refuseStandardWebhook(message, [secrets].flat());
  if (refused !== undefined) return { refused };
  const body = BodySchema.safeParse(message.parse(message.bytes));
  if (!body.success) {
    return { unreadable: `must have signals (at most ${MAX_SIGNALS}) or sightings (at most ${MAX_SIGHTINGS})` };
  }
  const heard = { ...nothingHeard(), messageId: message.headers['webhook-id'] ?? '' };
  for (const one of body.data.signals ?? []) {
    const input = SignalInputSchema.safeParse(one).data;
    if (!input) {
      heard.ignored.push('not-readable');
      continue;
    }
    const { id: signalId, at, ...rest } = input;
    heard.reports.push({ ...rest, signalId, at: instantOf(at), trust: 'T2', where: [] });
  }
  for (const one of body.data.sightings ?? []) {
    const sighting = SightingSchema.safeParse(one).data;
    if (!sighting) {
      heard.ignored.push('not-readable');
      continue;
    }
    const { mac, at, ap, ssid, zone, associated = ssid !== undefined } = sighting;
    const kind = associated ? 'wifi.join' : 'wifi.seen';
    heard.sightings.push({ kind, mac, at: instantOf(at), where: namesOf(zone, ap, ssid) });
  }
  return heard;
}

/** Why a message is not one that the holder of a secret has sent just now; undefined when it is. */
function refuseStandardWebhook({ bytes, headers, now }: DoorMessage, secrets: readonly string[]): string | undefined {
  const id = headers['webhook-id'] ?? '';
  const timestamp = headers['webhook-timestamp'] ?? '';
  const given = (headers['webhook-signature'] ?? '').split(' ').slice(0, MAX_SIGNATURES);
  if (!/^[\x21-\x7e]{1,256}$/.test(id) || !/^\d{1,12}$/.test(timestamp)) {
    return 'send the headers webhook-id, webhook-timestamp (in seconds) and webhook-signature';
  }
  const expected = secrets.map((secret) => {
    const key = Buffer.from(secret.slice('whsec_'.length), 'base64');
    return `v1,${createHmac('sha256', key).update(`${id}.${timestamp}.`).update(bytes).digest('base64')}`;
  });
  if (!given.some((signature) => isOneOf(signature, expected))) {
    return 'webhook-signature is not one of this message under this connector’s secret';
  }
  const isNow = Math.abs(Number(timestamp) * 1000 - now) <= MAX_SKEW_MS;
  return isNow ? undefined : 'webhook-timestamp is more than five minutes off: sign the message anew';
}
