import { EntryTooLargeError, getEntry, listEntries, putEntry } from '#store/catalogue.ts';
import type { CatalogueKind, Tenant } from '#store/keys.ts';
import { brandOf, type HttpRequest, type HttpResponse } from '../shared/http.ts';
import { pageRequest, pageResponse } from '../shared/paging.ts';
import { Problem } from '../shared/problem.ts';

/** Whose catalogue a request writes: the caller's own, a brand's or a venue's. */
export function tenantOf({ caller }: HttpRequest): Tenant {
  if (!caller) throw new Problem('unauthorised', 'a bearer token is needed');
  return caller.tenant;
}

/** Places and screens are a brand's or a venue's; who is addressed, and with what, is a brand's alone. */
function ownerOf(request: HttpRequest, kind: CatalogueKind): Tenant {
  return kind === 'campaign' || kind === 'segment' ? { kind: 'brand', id: brandOf(request) } : tenantOf(request);
}

/** Stores an entry and answers it. @throws Problem 413, 403 for a campaign or segment of a venue */
export async function store(
  request: HttpRequest,
  kind: CatalogueKind,
  id: string,
  body: unknown,
): Promise<HttpResponse> {
  try {
    await putEntry(request.runtime.db, ownerOf(request, kind), kind, { id, body });
  } catch (error) {
    throw tooLarge(error, kind);
  }
  return { status: 200, body };
}

export function tooLarge(error: unknown, kind?: CatalogueKind): unknown {
  if (!(error instanceof EntryTooLargeError)) return error;
  // Of a place nothing else grows so large.
  const pointer = kind === 'place' || kind === 'sensitive-place' ? '/geometry' : '';
  return new Problem('too-large', `${error.message}; simplify it`, [{ pointer, detail: 'is too large to store' }]);
}

export async function read<T>(request: HttpRequest, kind: CatalogueKind, id: string): Promise<T> {
  const entry = await getEntry<T>(request.runtime.db, ownerOf(request, kind), kind, id);
  if (!entry) throw new Problem('not-found', `there is no such ${kind}`);
  return entry;
}

export function list(request: HttpRequest, kind: CatalogueKind): Promise<HttpResponse> {
  return pageResponse(
    listEntries<unknown>(request.runtime.db, ownerOf(request, kind), kind, pageRequest(request)),
    (entry) => [entry],
  );
}
