import { type CrossingState, cross } from '#core/geo/amazon/crossings.ts';
import { shapeDigest } from '#core/geo/amazon/shape.ts';
import type { Place } from '#core/model/place.ts';
import {
  crossingFromGeofenceEvent,
  type GeofenceEvent,
  type SeenCrossing,
} from '#core/signals/from-amazon-location.ts';
import { getEntry } from '#store/catalogue.ts';
import { ConflictError } from '#store/conflict.ts';
import { presenceKeys } from '#store/keys.ts';
import { pendingOf, presenceOf, putPresence } from '#store/presence.ts';
import type { Snapshot } from '#store/snapshot.ts';
import { isStanding, tombstoneKey } from '#store/tombstones.ts';
import { log } from '../shared/log.ts';
import type { Runtime } from '../shared/runtime.ts';
import { sensitiveLayerOf } from '../shared/sensitive.ts';
import { type Crossed, publish } from '../visits/publish.ts';

const MAX_TRIES = 6;

/**
 * One geofence event: into the device's state, which knows no order and no number of deliveries (`cross`), then out as a
 * signal, whose id follows from the event. A crash between the two is mended by the event's next delivery.
 *
 * All brands share a collection and a tracker, so a brand's devices cross other brands' places too: that is dropped, as
 * is what happens at a sensitive place, or to a device whose person was erased.
 */
export async function take(event: GeofenceEvent, runtime: Runtime): Promise<void> {
  const seen = crossingFromGeofenceEvent(event);
  // Somebody has put a geofence that lacks its property: they learn of it from the dead letters.
  if (seen === 'geofence of nobody') throw new Error('not a geofence event of Beckon: the geofence names no brand');
  if (seen === 'device of nobody') {
    log('WARN', 'a device of no brand was at a venue’s place', { function: 'ingest-geo' });
    return;
  }
  for (let attempt = 0; attempt < MAX_TRIES; attempt += 1) {
    const crossed = await advance(runtime, seen);
    if (crossed === 'changed') continue;
    const { brand, deviceId, receivedAt } = seen;
    if (crossed) await publish(runtime, { brand, deviceId, receivedAt, source: 'amazon-location' }, crossed);
    return;
  }
  throw new ConflictError('the state of a device changed too often');
}

async function advance(runtime: Runtime, seen: SeenCrossing): Promise<Crossed | 'changed' | undefined> {
  const { brand, deviceId, crossing } = seen;
  const now = runtime.now();
  const key = presenceKeys.device(brand, deviceId);
  const gone = tombstoneKey(await runtime.secret('linkSecret'), brand, { kind: 'device', value: deviceId });
  const { snapshot, found } = await runtime.catalogue.read(brand, () => ({ presence: [key], tombstones: [gone] }));
  if (isStanding(found.get('tombstones', gone)) || !(await isTheirs(runtime, snapshot, seen))) return undefined;
  const crossed = await placeOf(runtime, snapshot, seen);
  const before = presenceOf(found.get('presence', key), now);
  const state = before?.state as CrossingState | undefined;
  const layer = sensitiveLayerOf(snapshot);
  const places = await snapshot.places.some(state?.visits.map(({ placeId }) => placeId) ?? []);
  const knows = (placeId: string): boolean => {
    const place = placeId === crossing.placeId ? crossed : places.get(placeId);
    return place !== undefined && !layer.silences(place);
  };
  const after = cross({ state, crossing, knows });
  if (after.changed) {
    const version = (before?.version ?? 0) + 1;
    const presence = { version, state: after.state, pending: pendingOf(before, now), writtenAt: now };
    if (!(await putPresence(runtime.db, brand, deviceId, presence))) return 'changed';
  }
  return { before: state, state: after.state, transitions: after.transitions, snapshot };
}

/** Whether the geofence is of a place that is the brand's: its own, or a venue's that no own place of that id hides. */
async function isTheirs(
  { db }: Runtime,
  { meta }: Snapshot,
  { brand, owner, crossing }: SeenCrossing,
): Promise<boolean> {
  if (owner.kind === 'brand') return owner.id === brand;
  if (!meta.venues.includes(owner.id)) return false;
  return (await getEntry(db, { kind: 'brand', id: brand }, 'place', crossing.placeId)) === undefined;
}

/**
 * The place that was crossed; the one in memory may be older than the event. None where it was entered in a shape that
 * it has no more: it has moved since, and who is in the new one will be seen to enter that.
 */
async function placeOf({ db }: Runtime, snapshot: Snapshot, seen: SeenCrossing): Promise<Place | undefined> {
  const { owner, shape, crossing } = seen;
  const known = (await snapshot.places.some([crossing.placeId])).get(crossing.placeId);
  if (known && (shape === undefined || shapeDigest(known) === shape)) return known;
  const place = await getEntry<Place>(db, owner, 'place', crossing.placeId);
  if (!place || shape === undefined || shapeDigest(place) === shape) return place;
  return crossing.kind === 'geofence.exit' ? place : undefined;
}
