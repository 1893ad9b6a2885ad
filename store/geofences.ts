import { DeleteItemCommand, PutItemCommand } from '@aws-sdk/client-dynamodb';
import type { Place } from '#core/model/place.ts';
import { parseEntry } from './catalogue.ts';
import { type Database, type Item, toItem, toKey } from './client.ts';
import { catalogueKeys, geofenceKeys, type Tenant } from './keys.ts';
import { batchGet, type Page, type PageRequest, queryAll, queryPage } from './read.ts';

/** A place that is not in Amazon Location as it should be, and why; one that is has no row. */
export type PlaceSync = {
  placeId: string;
  /** `pending`: taken and not searched yet. `failed`: taken and lost. `refused`: it cannot be a geofence there. */
  state: 'pending' | 'failed' | 'refused';
  reason: string;
  /** ISO 8601, UTC. */
  at: string;
};

/** What the last comparison of a tenant's places with Amazon Location found. */
export type SyncCheck = {
  /** ISO 8601, UTC. */
  checkedAt: string;
  places: number;
  /** There, and searched. */
  active: number;
  pending: number;
  /** Missing, changed, failed, or there without a place: sent again, or taken away. */
  repaired: number;
};

/** A place as it is now, and what is known of its geofence. */
export type PlaceAndSync = { placeId: string; place: Place | undefined; sync: PlaceSync | undefined };

/** At most a hundred places by their ids, as of now. */
export async function readPlaces(db: Database, tenant: Tenant, placeIds: readonly string[]): Promise<PlaceAndSync[]> {
  const keyOf = (placeId: string) => catalogueKeys.entry(tenant, 'place', placeId);
  const syncOf = (placeId: string) => geofenceKeys.place(tenant, placeId);
  const found = await batchGet(
    db,
    { catalogue: [...placeIds.map(keyOf), ...placeIds.map(syncOf)] },
    { consistent: true },
  );
  return placeIds.map((placeId) => {
    const stored = found.get('catalogue', keyOf(placeId));
    return {
      placeId,
      place: stored && parseEntry<Place>(stored as { sk: string; body: string }).body,
      sync: found.get('catalogue', syncOf(placeId)) as PlaceSync | undefined,
    };
  });
}

export async function putPlaceSync(db: Database, tenant: Tenant, sync: PlaceSync): Promise<void> {
  const Item = toItem({ ...geofenceKeys.place(tenant, sync.placeId), entity: 'geofence', ...sync });
  await db.client.send(new PutItemCommand({ TableName: db.table('catalogue'), Item }));
}

/** The place is there as it should be, or not there as it should not be. */
export async function clearPlaceSync(db: Database, tenant: Tenant, placeId: string): Promise<void> {
  const Key = toKey(geofenceKeys.place(tenant, placeId));
  await db.client.send(new DeleteItemCommand({ TableName: db.table('catalogue'), Key }));
}

export async function listPlaceSyncs(db: Database, tenant: Tenant, page: PageRequest): Promise<Page<PlaceSync>> {
  const where = { pk: geofenceKeys.partition(tenant), skPrefix: 'PLACE#' };
  const { items, ...rest } = await queryPage<Item & PlaceSync>(db, 'catalogue', where, page);
  return { items: items.map(({ placeId, state, reason, at }) => ({ placeId, state, reason, at })), ...rest };
}

/** Remembers that a tenant has places in Amazon Location, so that they are checked. */
export async function noteTenant(db: Database, tenant: Tenant): Promise<void> {
  const Item = toItem({ ...geofenceKeys.tenant(tenant), entity: 'geofences-of', ...tenant });
  await db.client.send(new PutItemCommand({ TableName: db.table('catalogue'), Item }));
}

export async function notedTenants(db: Database): Promise<Tenant[]> {
  const tenants: Tenant[] = [];
  for await (const { kind, id } of queryAll<Tenant>(db, 'catalogue', { pk: geofenceKeys.tenants, skPrefix: '' })) {
    tenants.push({ kind, id });
  }
  return tenants;
}

export async function putSyncCheck(db: Database, tenant: Tenant, check: SyncCheck): Promise<void> {
  const Item = toItem({ ...geofenceKeys.check(tenant), entity: 'geofence-check', ...check });
  await db.client.send(new PutItemCommand({ TableName: db.table('catalogue'), Item }));
}

export async function getSyncCheck(db: Database, tenant: Tenant): Promise<SyncCheck | undefined> {
  const key = geofenceKeys.check(tenant);
  const item = (await batchGet(db, { catalogue: [key] })).get('catalogue', key);
  if (!item) return undefined;
  const { checkedAt, places, active, pending, repaired } = item as Item & SyncCheck;
  return { checkedAt, places, active, pending, repaired };
}
