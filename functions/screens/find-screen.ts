import type { Screen } from '#core/model/place.ts';
import { getEntry, getMeta } from '#store/catalogue.ts';
import { catalogueKeys, type Tenant } from '#store/keys.ts';
import { batchGet } from '#store/read.ts';
import { tenantOf } from '../catalogue/entries.ts';
import type { HttpRequest } from '../shared/http.ts';
import { Problem } from '../shared/problem.ts';

const noSuchScreen = () => new Problem('not-found', 'there is no such screen');

/** The caller's own screen that the path names. @throws Problem 404 for anybody else's */
export async function ownScreen(request: HttpRequest): Promise<{ owner: Tenant; screen: Screen }> {
  const owner = tenantOf(request);
  const screen = await getEntry<Screen>(request.runtime.db, owner, 'screen', request.path.screenId ?? '');
  if (!screen) throw noSuchScreen();
  return { owner, screen };
}

/** Whose screen the path names: the caller's own, or that of a venue where the calling brand is shown. @throws Problem 404 */
export async function screenOwner(request: HttpRequest): Promise<Tenant> {
  const { db } = request.runtime;
  const caller = tenantOf(request);
  const { venues } = caller.kind === 'brand' ? await getMeta(db, caller) : { venues: [] };
  const owners = [caller, ...venues.map((id): Tenant => ({ kind: 'venue', id }))];
  const keyOf = (owner: Tenant) => catalogueKeys.entry(owner, 'screen', request.path.screenId ?? '');
  const found = await batchGet(db, { catalogue: owners.map(keyOf) });
  // As in the catalogue that decisions are made with: a brand's own goes before a venue's of the same id.
  const owner = owners.find((candidate) => found.get('catalogue', keyOf(candidate)));
  if (!owner) throw noSuchScreen();
  return owner;
}
