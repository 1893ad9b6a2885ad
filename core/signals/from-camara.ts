import * as z from 'zod/mini';
import { type DoorMessage, instantOf, MaybeText, namesOf, nothingHeard, refuseBearer, type Told } from './heard.ts';

const CloudEventSchema = z.object({
  id: z.string(),
  source: z.string(),
  type: z.string(),
  time: z.optional(z.unknown()),
  data: z.catch(
    z.optional(
      z.object({
        subscriptionId: MaybeText,
        device: z.catch(z.optional(z.object({ phoneNumber: MaybeText })), undefined),
      }),
    ),
    undefined,
  ),
});
const CROSSING = /^org\.camaraproject\.geofencing-subscriptions\.v\d+\.area-(entered|left)$/;

/**
 * A carrier's geofence (CAMARA geofencing subscriptions): a CloudEvent says that a subscriber's phone has entered or left
 * the area of a subscription. Source: camaraproject/DeviceLocation, `geofencing-subscriptions.yaml`.
 */
export function hearCamara(message: DoorMessage, tokens: string | readonly string[]): Told {
  const refused = refuseBearer(message, tokens);
  if (refused !== undefined) return { refused };
  const event = CloudEventSchema.safeParse(message.parse(message.bytes)).data;
  if (!event) return { unreadable: 'must be a CloudEvent with id, source and type' };
  const messageId = `${event.source}/${event.id}`;
  const crossing = CROSSING.exec(event.type)?.[1];
  const phone = event.data?.device?.phoneNumber;
  if (crossing === undefined) return { ...nothingHeard(), messageId, ignored: ['other-event'] };
  if (phone === undefined) return { ...nothingHeard(), messageId, ignored: ['no-person'] };
  return {
    ...nothingHeard(),
    messageId,
    reports: [
      {
        kind: crossing === 'entered' ? 'geofence.enter' : 'geofence.exit',
        subject: { kind: 'phone', value: phone },
        at: instantOf(event.time),
        trust: 'T2',
        where: namesOf(event.data?.subscriptionId),
        eventId: messageId,
      },
    ],
  };
}
