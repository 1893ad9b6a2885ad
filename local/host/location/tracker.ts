import { haversineM } from '#core/geo/sphere.ts';
import type { Collection, Item, StoredGeofence } from './geofences.ts';
import type { PositionUpdateBody } from './requests.ts';

/** A crossing as EventBridge tells it, still without its envelope. */
export type Crossed = { type: 'ENTER' | 'EXIT'; update: PositionUpdateBody; geofence: StoredGeofence };

type Device = { at: number; lng: number; lat: number; accuracyM: number; inside: Map<string, StoredGeofence> };

/** AWS's guide: after so long without a position a device is new. */
const FORGOTTEN_MS = 30 * 24 * 3_600_000;

/**
 * A tracker with `AccuracyBased` filtering, as `lib/constructs/geo.ts` makes it, linked to the collection: plain
 * containment, whatever the accuracy. A first position inside enters, one outside says nothing. Of a geofence that was
 * put anew or deleted while a device was inside it tells no exit, because nothing promises one. A position that is not
 * newer than the last is not evaluated: what AWS does with one is not documented.
 */
export function createTracker(collection: Collection) {
  const devices = new Map<string, Device>();
  return {
    devices,
    /** How many positions were compared with the geofences: what is billed. */
    evaluated: 0,
    update(update: PositionUpdateBody): Crossed[] {
      const [lng, lat] = update.Position;
      const at = Date.parse(update.SampleTime);
      const accuracyM = update.Accuracy?.Horizontal ?? 0;
      const known = devices.get(update.DeviceId);
      const before = known && at - known.at < FORGOTTEN_MS ? known : undefined;
      if (before && isFiltered(before, { at, lng, lat, accuracyM })) return [];
      this.evaluated += 1;
      const inside = new Map(collection.containing(lng, lat).map((geofence) => [geofence.GeofenceId, geofence]));
      devices.set(update.DeviceId, { at, lng, lat, accuracyM, inside });
      const [was, is] = [[...(before?.inside.values() ?? [])], [...inside.values()]];
      const left = was.filter((one) => collection.all.get(one.GeofenceId) === one && !is.includes(one));
      const entered = is.filter((one) => !was.includes(one));
      return [
        ...left.map((geofence) => ({ type: 'EXIT' as const, update, geofence })),
        ...entered.map((geofence) => ({ type: 'ENTER' as const, update, geofence })),
      ];
    },
    forget: (deviceId: string): Item | undefined =>
      devices.delete(deviceId) ? undefined : { Code: 'ResourceNotFoundError', Message: 'there is no such device' },
  };
}
export type Tracker = ReturnType<typeof createTracker>;

/** Not newer; or not farther than both accuracies together could make of standing still. */
function isFiltered(before: Device, { at, lng, lat, accuracyM }: Omit<Device, 'inside'>): boolean {
  return at <= before.at || haversineM(before.lng, before.lat, lng, lat) < before.accuracyM + accuracyM;
}
