import * as z from 'zod/mini';
import { digestId } from '../hash.ts';
import { IdSchema, InstantSchema } from '../model/common.ts';
import type { Signal } from '../model/signal.ts';

/**
 * EventBridge `Location Geofence Event`. `GeofenceProperties.brand` is set when Beckon puts the geofence; position and
 * accuracy are left behind on purpose: the place says where.
 * https://docs.aws.amazon.com/location/latest/developerguide/location-events.html
 */
export const GeofenceEventSchema = z.object({
  source: z.literal('aws.geo'),
  'detail-type': z.literal('Location Geofence Event'),
  time: InstantSchema,
  detail: z.object({
    EventType: z.enum(['ENTER', 'EXIT']),
    GeofenceId: IdSchema,
    DeviceId: z.string().check(z.minLength(1), z.maxLength(100)),
    SampleTime: InstantSchema,
    GeofenceProperties: z.object({ brand: IdSchema }),
  }),
});

/** The same event delivered twice has the same business key, whatever its envelope id: one signal. */
export function signalFromGeofenceEvent(event: z.infer<typeof GeofenceEventSchema>): Signal {
  const { EventType, GeofenceId, DeviceId, SampleTime, GeofenceProperties } = event.detail;
  const occurredAt = new Date(SampleTime).toISOString();
  return {
    signalId: digestId('aws.geo', DeviceId, GeofenceId, EventType, occurredAt),
    brand: GeofenceProperties.brand,
    kind: EventType === 'ENTER' ? 'geofence.enter' : 'geofence.exit',
    source: 'amazon-location',
    trust: 'T1',
    occurredAt,
    receivedAt: new Date(event.time).toISOString(),
    subject: { kind: 'device', value: DeviceId },
    placeId: GeofenceId,
  };
}
