import { ListGeofencesCommand, type ListGeofencesResponse } from '@aws-sdk/client-location';
import { geofenceIdOf, placeOfGeofence } from '#core/geo/amazon/names.ts';
import { isSameGeofence, type Wanted, wantedGeofence } from '#core/geo/amazon/wanted.ts';
import type { Place } from '#core/model/place.ts';
import { allEntries } from '#store/catalogue.ts';
import { clearPlaceSync, listPlaceSyncs, notedTenants, putSyncCheck, type SyncCheck } from '#store/geofences.ts';
import type { Tenant } from '#store/keys.ts';
import type { LocationService } from '../shared/location.ts';
import { log } from '../shared/log.ts';
import { placesChanged } from '../shared/places-changed.ts';
import type { Runtime } from '../shared/runtime.ts';
import { ownLayer } from '../sync-places/layer.ts';

type Entry = NonNullable<ListGeofencesResponse['Entries']>[number];

/**
 * Compares everything in the collection with the places, and has what differs synced again: geofences that are missing,
 * other than their places, failed, or of places that are gone. Geofences that Beckon has not put are left alone. It
 * changes nothing by itself, so that a change of the catalogue meanwhile costs a message and no more.
 */
export async function checkPlaces(runtime: Runtime, location: LocationService): Promise<void> {
  const found = new Map<string, Entry>();
  for await (const entry of geofences(location)) found.set(entry.GeofenceId ?? '', entry);
  const tenants = await notedTenants(runtime.db);
  for (const tenant of tenants) await checkTenant(tenant, found, runtime);
}

async function* geofences({ client, collection: CollectionName }: LocationService): AsyncGenerator<Entry> {
  let NextToken: string | undefined;
  do {
    const page: ListGeofencesResponse = await client.send(new ListGeofencesCommand({ CollectionName, NextToken }));
    yield* page.Entries ?? [];
    NextToken = page.NextToken;
  } while (NextToken !== undefined);
}

async function checkTenant(tenant: Tenant, found: ReadonlyMap<string, Entry>, runtime: Runtime): Promise<void> {
  const { db, now } = runtime;
  const layer = await ownLayer(db, tenant);
  const places = await allEntries<Place>(db, tenant, 'place');
  const verdicts = places.map((place) => {
    const entry = found.get(geofenceIdOf({ owner: tenant, placeId: place.placeId }));
    return { placeId: place.placeId, verdict: judge(wantedGeofence(tenant, place, layer), entry) };
  });
  const ids = (wanted: Verdict): string[] =>
    verdicts.flatMap(({ placeId, verdict }) => (verdict === wanted ? [placeId] : []));
  const known = new Set(places.map(({ placeId }) => placeId));
  const strays = [...found.values()].flatMap(({ GeofenceId = '', GeofenceProperties }) => {
    const of = placeOfGeofence(GeofenceId, GeofenceProperties);
    const isOurs = of?.owner.kind === tenant.kind && of.owner.id === tenant.id;
    return isOurs && !known.has(of.placeId) ? [of.placeId] : [];
  });
  const drifted = [...ids('differs'), ...strays];
  await placesChanged(runtime, tenant, drifted);
  await settle(tenant, new Set(ids('active')), runtime);
  const check: SyncCheck = {
    checkedAt: new Date(now()).toISOString(),
    places: places.length,
    active: ids('active').length,
    pending: ids('pending').length,
    repaired: drifted.length,
  };
  await putSyncCheck(db, tenant, check);
  const fields = { function: 'check-places', ...(tenant.kind === 'brand' && { brand: tenant.id }) };
  if (drifted.length > 0) log('WARN', 'geofences were not as their places', { ...fields, count: drifted.length });
}

type Verdict = 'active' | 'pending' | 'absent' | 'differs';

function judge(wanted: Wanted, entry: Entry | undefined): Verdict {
  if (wanted.kind !== 'geofence') return entry ? 'differs' : 'absent';
  if (!entry || !isSameGeofence(wanted.geofence, entry)) return 'differs';
  if (entry.Status === 'ACTIVE') return 'active';
  return entry.Status === 'PENDING' ? 'pending' : 'differs';
}

/** What was waited for in vain has come since. */
async function settle(tenant: Tenant, active: ReadonlySet<string>, { db }: Runtime): Promise<void> {
  let cursor: string | undefined;
  do {
    const page = await listPlaceSyncs(db, tenant, { limit: 200, cursor });
    for (const { placeId } of page.items) if (active.has(placeId)) await clearPlaceSync(db, tenant, placeId);
    cursor = page.cursor;
  } while (cursor !== undefined);
}
