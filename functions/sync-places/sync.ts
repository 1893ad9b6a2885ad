import {
  BatchDeleteGeofenceCommand,
  BatchPutGeofenceCommand,
  type GeofenceGeometry,
  GetGeofenceCommand,
  ResourceNotFoundException,
  ThrottlingException,
} from '@aws-sdk/client-location';
import { geofenceIdOf } from '#core/geo/amazon/names.ts';
import { type Geofence, wantedGeofence } from '#core/geo/amazon/wanted.ts';
import {
  clearPlaceSync,
  noteTenant,
  type PlaceAndSync,
  type PlaceSync,
  putPlaceSync,
  readPlaces,
} from '#store/geofences.ts';
import type { Tenant } from '#store/keys.ts';
import { inBatches, type LocationService } from '../shared/location.ts';
import { log } from '../shared/log.ts';
import type { Runtime } from '../shared/runtime.ts';
import { ownLayer } from './layer.ts';
import type { ChangedPlaces } from './message.ts';

/** What became of a place: `active` and `absent` are as it should be. */
type Outcome = { placeId: string; state: 'active' | 'absent' | PlaceSync['state']; reason: string };

/** Geofences are searched a moment after they were taken: how often, and how long apart, that is asked for. */
const ASKS = 6;
const FIRST_ASK_MS = 250;

/**
 * Brings the geofences of some places to what the places are now. Repeating it changes nothing, and no two messages of
 * one owner are handled at the same time, so that what was read last is what lies there last.
 */
export async function syncPlaces(message: ChangedPlaces, runtime: Runtime, location: LocationService): Promise<void> {
  const { tenant } = message;
  await noteTenant(runtime.db, tenant);
  const layer = await ownLayer(runtime.db, tenant);
  const places = await readPlaces(runtime.db, tenant, message.placeIds);
  const wanted = places.map(({ place }) => wantedGeofence(tenant, place, layer));
  const puts = places.flatMap(({ placeId }, i) => {
    const one = wanted[i];
    return one?.kind === 'geofence' ? [{ placeId, geofence: one.geofence }] : [];
  });
  const outcomes: Outcome[] = places.flatMap(({ placeId }, i): Outcome[] => {
    const one = wanted[i];
    if (one?.kind === 'none') return [{ placeId, state: 'absent', reason: '' }];
    return one?.kind === 'refused' ? [{ placeId, state: 'refused', reason: one.reason }] : [];
  });
  await remove(tenant, outcomes, { runtime, location });
  outcomes.push(...(await put(puts, { runtime, location })));
  await Promise.all(outcomes.map((outcome) => remember(runtime, tenant, places, outcome)));
  tell(tenant, outcomes);
}

type Ways = { runtime: Runtime; location: LocationService };

/** What is not there is as good as deleted. */
async function remove(tenant: Tenant, gone: readonly Outcome[], { runtime, location }: Ways): Promise<void> {
  const { client, collection: CollectionName } = location;
  const refused = await inBatches(
    gone.map(({ placeId }) => geofenceIdOf({ owner: tenant, placeId })),
    {
      runtime,
      call: async (GeofenceIds) => {
        const { Errors = [] } = await client.send(new BatchDeleteGeofenceCommand({ CollectionName, GeofenceIds }));
        return GeofenceIds.map((id) => Errors.find(({ GeofenceId }) => GeofenceId === id)?.Error);
      },
    },
  );
  const failed = refused.find(({ error }) => error.Code !== 'ResourceNotFoundError');
  if (failed) throw new Error(`Amazon Location did not delete a geofence: ${failed.error.Code}`);
}

type Put = { placeId: string; geofence: Geofence };

/** Puts geofences, and waits until they are searched. */
async function put(puts: readonly Put[], ways: Ways): Promise<Outcome[]> {
  const { runtime, location } = ways;
  const { client, collection: CollectionName } = location;
  const refused = await inBatches(puts, {
    runtime,
    bytesOf: ({ geofence }) =>
      'Geobuf' in geofence.Geometry ? geofence.Geometry.Geobuf.length * 1.4 : JSON.stringify(geofence).length,
    call: async (batch) => {
      // Ours is a union of what the SDK has as optional fields.
      const Entries = batch.map(({ geofence }) => ({ ...geofence, Geometry: geofence.Geometry as GeofenceGeometry }));
      const { Errors = [] } = await client.send(new BatchPutGeofenceCommand({ CollectionName, Entries }));
      return batch.map(({ geofence }) => Errors.find(({ GeofenceId }) => GeofenceId === geofence.GeofenceId)?.Error);
    },
  });
  const reasons = new Map(refused.map(({ item, error }) => [item, `${error.Code}: ${error.Message ?? ''}`]));
  const taken = puts.filter((one) => !reasons.has(one));
  return [
    ...[...reasons].map(([{ placeId }, reason]): Outcome => ({ placeId, state: 'refused', reason })),
    ...(await Promise.all(taken.map((one) => untilSearched(one, ways)))),
  ];
}

async function untilSearched({ placeId, geofence }: Put, { runtime, location }: Ways): Promise<Outcome> {
  const { client, collection: CollectionName } = location;
  for (let ask = 0; ask < ASKS; ask += 1) {
    await runtime.sleep(FIRST_ASK_MS * 2 ** ask * (0.5 + runtime.random() / 2));
    try {
      const { GeofenceId } = geofence;
      const { Status } = await client.send(new GetGeofenceCommand({ CollectionName, GeofenceId }));
      if (Status === 'ACTIVE') return { placeId, state: 'active', reason: '' };
      if (Status === 'FAILED') return { placeId, state: 'failed', reason: 'Amazon Location could not take it in' };
    } catch (error) {
      // What was just put may not be read yet; and others may be asking as much as may be asked.
      if (!(error instanceof ResourceNotFoundException || error instanceof ThrottlingException)) throw error;
    }
  }
  return { placeId, state: 'pending', reason: 'Amazon Location does not search it yet' };
}

async function remember(
  { db, now }: Runtime,
  tenant: Tenant,
  places: readonly PlaceAndSync[],
  { placeId, state, reason }: Outcome,
): Promise<void> {
  if (state !== 'active' && state !== 'absent') {
    await putPlaceSync(db, tenant, { placeId, state, reason: reason.slice(0, 500), at: new Date(now()).toISOString() });
  } else if (places.some((one) => one.placeId === placeId && one.sync)) {
    await clearPlaceSync(db, tenant, placeId);
  }
}

function tell(tenant: Tenant, outcomes: readonly Outcome[]): void {
  const fields = { function: 'sync-places', ...(tenant.kind === 'brand' && { brand: tenant.id }) };
  const bad = outcomes.filter(({ state }) => state === 'refused' || state === 'failed');
  log('INFO', 'places were brought to Amazon Location', { ...fields, count: outcomes.length - bad.length });
  if (bad.length > 0) log('WARN', 'places are not in Amazon Location', { ...fields, count: bad.length });
}
