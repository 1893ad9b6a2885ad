import { createHmac } from 'node:crypto';
import * as z from 'zod/mini';
import { type DoorMessage, instantOf, isOneOf, MaybeText, namesOf, nothingHeard, type Told } from './heard.ts';

const BodySchema = z.object({ events: z.array(z.unknown()) });
const EventSchema = z.object({
  type: z.string(),
  webhookEventId: MaybeText,
  timestamp: z.optional(z.unknown()),
  source: z.catch(z.optional(z.object({ userId: MaybeText })), undefined),
  beacon: z.catch(z.optional(z.object({ hwid: MaybeText, type: MaybeText })), undefined),
});

/**
 * LINE's webhook: `beacon` events say that a friend of the brand's account is near a LINE beacon. `x-line-signature` is
 * the HMAC-SHA256 of the body in base64. A beacon can be copied, so it is the phone's own word: T1.
 * https://developers.line.biz/en/reference/messaging-api/#beacon-event
 */
export function hearLine(message: DoorMessage, secrets: string | readonly string[]): Told {
  const { bytes, headers, parse } = message;
  const signatures = [secrets].flat().map((secret) => createHmac('sha256', secret).update(bytes).digest('base64'));
  if (!isOneOf(headers['x-line-signature'] ?? '', signatures)) {
    return { refused: 'x-line-signature is not the HMAC-SHA256 of the body under the channel’s secret' };
  }
  const body = BodySchema.safeParse(parse(bytes));
  if (!body.success) return { unreadable: 'must have a list of events' };
  const heard = nothingHeard();
  for (const one of body.data.events) {
    const event = EventSchema.safeParse(one).data;
    const userId = event?.source?.userId;
    if (!event) heard.ignored.push('not-readable');
    else if (event.type !== 'beacon' || !event.beacon) heard.ignored.push('other-event');
    // Every ten seconds, as long as somebody is there.
    else if (event.beacon.type === 'stay') heard.ignored.push('still-there');
    else if (userId === undefined) heard.ignored.push('no-person');
    else {
      const { webhookEventId, timestamp, beacon } = event;
      heard.reports.push({
        kind: 'beacon.near',
        subject: { kind: 'line', value: userId },
        at: instantOf(timestamp),
        trust: 'T1',
        where: namesOf(beacon.hwid),
        ...(webhookEventId !== undefined && { eventId: webhookEventId }),
      });
    }
  }
  // A redelivery says that it is one: other bytes, the same events.
  const ids = heard.reports.flatMap(({ eventId }) => (eventId === undefined ? [] : [eventId]));
  const isNamed = ids.length > 0 && ids.length === heard.reports.length;
  return isNamed ? { ...heard, messageId: ids.join('/') } : heard;
}
