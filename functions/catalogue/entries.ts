import { EntryTooLargeError, getEntry, listEntries, putEntry } from '#store/catalogue.ts';
import type { CatalogueKind, Tenant } from '#store/keys.ts';
import type { HttpRequest, HttpResponse } from '../shared/http.ts';
import { pageRequest, pageResponse } from '../shared/paging.ts';
import { Problem } from '../shared/problem.ts';
import { database } from '../shared/process.ts';

/** Whose catalogue a request writes: the caller's own, a brand's or a venue's. */
export function tenantOf({ caller }: HttpRequest): Tenant {
  if (!caller) throw new Problem('unauthorised', 'a bearer token is needed');
  return caller.tenant;
}

/** Stores an entry and answers it. @throws Problem 413 */
export async function store(tenant: Tenant, kind: CatalogueKind, id: string, body: unknown): Promise<HttpResponse> {
  try {
    await putEntry(database(), tenant, kind, { id, body });
  } catch (error) {
    throw tooLarge(error);
  }
  return { status: 200, body };
}

export function tooLarge(error: unknown): unknown {
  return error instanceof EntryTooLargeError
    ? new Problem('too-large', `${error.message}; simplify it`, [{ pointer: '', detail: 'is too large to store' }])
    : error;
}

export async function read<T>(request: HttpRequest, kind: CatalogueKind, id: string): Promise<T> {
  const entry = await getEntry<T>(database(), tenantOf(request), kind, id);
  if (!entry) throw new Problem('not-found', `there is no such ${kind}`);
  return entry;
}

export function list(request: HttpRequest, kind: CatalogueKind): Promise<HttpResponse> {
  return pageResponse(listEntries<unknown>(database(), tenantOf(request), kind, pageRequest(request)), (entry) => [
    entry,
  ]);
}
