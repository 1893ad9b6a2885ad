import * as z from 'zod/mini';
import type { Crossing } from '../geo/amazon/crossings.ts';
import { deviceOfPosition, type Owner, placeOfGeofence } from '../geo/amazon/names.ts';
import { IdSchema, InstantSchema } from '../model/common.ts';

const PropertiesSchema = z.optional(z.record(z.string(), z.string()));

/**
 * EventBridge `Location Geofence Event`. Position and accuracy are left behind on purpose: the place says where.
 * https://docs.aws.amazon.com/location/latest/developerguide/location-events.html
 */
export const GeofenceEventSchema = z.object({
  source: z.literal('aws.geo'),
  'detail-type': z.literal('Location Geofence Event'),
  time: InstantSchema,
  detail: z.object({
    EventType: z.enum(['ENTER', 'EXIT']),
    GeofenceId: z.string().check(z.minLength(1), z.maxLength(100)),
    DeviceId: z.string().check(z.minLength(1), z.maxLength(100)),
    SampleTime: InstantSchema,
    GeofenceProperties: PropertiesSchema,
    PositionProperties: PropertiesSchema,
  }),
});
export type GeofenceEvent = z.infer<typeof GeofenceEventSchema>;

/** A crossing, and whose: the device's brand, and the owner of the place. `shape`: what the geofence was made of. */
export type SeenCrossing = {
  brand: string;
  deviceId: string;
  owner: Owner;
  crossing: Crossing;
  receivedAt: string;
  shape?: string;
};

/** Of a geofence that names no place; of a device that names no brand, at a venue's place. */
export type Nobodys = 'geofence of nobody' | 'device of nobody';

/**
 * What an event says. The brand is the one that sent the position; of a device that was reported to the tracker by
 * another way, under its own id, the brand that owns the geofence. A geofence that Beckon has not put counts where it
 * has the id of a place, and the property `brand`. Any other is nobody's: it says why.
 */
export function crossingFromGeofenceEvent({ time, detail }: GeofenceEvent): SeenCrossing | Nobodys {
  const { EventType, GeofenceId, DeviceId, SampleTime, GeofenceProperties, PositionProperties } = detail;
  const place = placeOfGeofence(GeofenceId, GeofenceProperties) ?? placeByHand(GeofenceId, GeofenceProperties);
  const device = deviceOfPosition(DeviceId, PositionProperties);
  const brand = device?.brand ?? (place?.owner.kind === 'brand' ? place.owner.id : undefined);
  if (!place) return 'geofence of nobody';
  if (brand === undefined) return 'device of nobody';
  return {
    brand,
    // As handles are stored.
    deviceId: device?.deviceId ?? DeviceId.normalize('NFC'),
    owner: place.owner,
    crossing: {
      kind: EventType === 'ENTER' ? 'geofence.enter' : 'geofence.exit',
      placeId: place.placeId,
      at: Date.parse(SampleTime),
    },
    receivedAt: new Date(time).toISOString(),
    ...(GeofenceProperties?.shape !== undefined && { shape: GeofenceProperties.shape }),
  };
}

function placeByHand(geofenceId: string, properties: z.infer<typeof PropertiesSchema>) {
  const [placeId, brand] = [IdSchema.safeParse(geofenceId), IdSchema.safeParse(properties?.brand)];
  if (!placeId.success || !brand.success) return undefined;
  return { owner: { kind: 'brand', id: brand.data } as Owner, placeId: placeId.data };
}
