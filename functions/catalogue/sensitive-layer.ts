import { createSensitiveLayer, type SensitiveLayer } from '#core/geo/sensitive-layer.ts';
import type { Place } from '#core/model/place.ts';
import type { SensitivePlace } from '#core/model/sensitive-place.ts';
import { allEntries, getMeta } from '#store/catalogue.ts';
import type { CatalogueKind, Tenant } from '#store/keys.ts';
import type { HttpRequest } from '../shared/http.ts';
import { tenantOf } from './entries.ts';

/** What the sensitive places that concern the caller forbid: a venue's own, or a brand's and those of its venues. */
export async function layerFor(request: HttpRequest): Promise<SensitiveLayer> {
  return createSensitiveLayer(await everyEntry<SensitivePlace>(request, 'sensitive-place'), []);
}

/** The places at which nothing happens any more because of these. */
export async function blockedBy(request: HttpRequest, places: readonly SensitivePlace[]): Promise<string[]> {
  const layer = createSensitiveLayer(places, []);
  const known = await everyEntry<Place>(request, 'place');
  return [...new Set(known.filter((place) => layer.refusalOf(place)).map(({ placeId }) => placeId))].sort();
}

async function everyEntry<T>(request: HttpRequest, kind: CatalogueKind): Promise<T[]> {
  const { db } = request.runtime;
  const tenant = tenantOf(request);
  const venues = tenant.kind === 'brand' ? (await getMeta(db, tenant)).venues : [];
  const entries: T[] = [];
  for (const owner of [tenant, ...venues.map((id): Tenant => ({ kind: 'venue', id }))]) {
    entries.push(...(await allEntries<T>(db, owner, kind)));
  }
  return entries;
}
