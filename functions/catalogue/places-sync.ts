import { createSensitiveLayer } from '#core/geo/sensitive-layer.ts';
import type { Place } from '#core/model/place.ts';
import type { SensitivePlace } from '#core/model/sensitive-place.ts';
import { allEntries } from '#store/catalogue.ts';
import { getSyncCheck, listPlaceSyncs, noteTenant } from '#store/geofences.ts';
import type { HttpRequest, HttpResponse } from '../shared/http.ts';
import { pageRequest, pageResponse } from '../shared/paging.ts';
import { placesChanged } from '../shared/places-changed.ts';
import { Problem } from '../shared/problem.ts';
import { tenantOf } from './entries.ts';

/** `GET /v1/places/sync`: what the last check of Amazon Location found, and the places that are not there as they should be. */
export async function getPlacesSync(request: HttpRequest): Promise<HttpResponse> {
  const { db, locator = 'embedded' } = request.runtime;
  const tenant = tenantOf(request);
  const page = await pageResponse(listPlaceSyncs(db, tenant, pageRequest(request)), (sync) => sync);
  if (locator !== 'amazon') return { status: 200, body: { locator, items: [] } };
  const check = await getSyncCheck(db, tenant);
  return { status: 200, body: { locator, ...(check && { check }), ...(page.body as object) } };
}

/** `POST /v1/places/sync`: has every place sent to Amazon Location, as after choosing it. @throws Problem 404 where it is not the locator */
export async function syncAllPlaces(request: HttpRequest): Promise<HttpResponse> {
  const { runtime } = request;
  if (runtime.locator !== 'amazon') {
    throw new Problem('not-found', 'this deployment locates by itself: there is nothing to bring anywhere');
  }
  const tenant = tenantOf(request);
  await noteTenant(runtime.db, tenant);
  const places = await allEntries<Place>(runtime.db, tenant, 'place');
  await placesChanged(
    runtime,
    tenant,
    places.map(({ placeId }) => placeId),
  );
  return { status: 202, body: { places: places.length } };
}

/** Has the places synced again that these sensitive places silence, or have silenced until now. */
export async function silencedChanged(request: HttpRequest, sensitive: readonly SensitivePlace[]): Promise<void> {
  const { runtime } = request;
  if (runtime.locator !== 'amazon' || sensitive.length === 0) return;
  const tenant = tenantOf(request);
  const layer = createSensitiveLayer(sensitive, []);
  const places = await allEntries<Place>(runtime.db, tenant, 'place');
  const touched = places.filter((place) => layer.silences(place)).map(({ placeId }) => placeId);
  await placesChanged(runtime, tenant, touched);
}
