import { createSensitiveLayer, type SensitiveLayer } from '#core/geo/sensitive-layer.ts';
import type { SensitivePlace } from '#core/model/sensitive-place.ts';
import { allEntries, getMeta } from '#store/catalogue.ts';
import type { Database } from '#store/client.ts';
import type { Tenant } from '#store/keys.ts';

/**
 * What the sensitive places of a tenant forbid: a venue's own, or a brand's and those of its venues. What a brand's
 * forbid at a venue's place is forbidden to that brand alone: `ingest-geo` asks for it at each event.
 */
export async function ownLayer(db: Database, tenant: Tenant): Promise<SensitiveLayer> {
  const venues = tenant.kind === 'brand' ? (await getMeta(db, tenant)).venues : [];
  const places: SensitivePlace[] = [];
  for (const owner of [tenant, ...venues.map((id): Tenant => ({ kind: 'venue', id }))]) {
    places.push(...(await allEntries<SensitivePlace>(db, owner, 'sensitive-place')));
  }
  return createSensitiveLayer(places, []);
}
