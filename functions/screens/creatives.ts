import { type Creative, CreativeInputSchema } from '#core/model/creative.ts';
import type { SignageKind } from '#store/keys.ts';
import { getSignage, listSignage, putSignage } from '#store/signage.ts';
import { tenantOf } from '../catalogue/entries.ts';
import type { HttpRequest, HttpResponse } from '../shared/http.ts';
import { pageRequest, pageResponse } from '../shared/paging.ts';
import { Problem } from '../shared/problem.ts';
import { validate } from '../shared/validate.ts';

/** `PUT /v1/creatives/{creativeId}`. */
export async function putCreative(request: HttpRequest): Promise<HttpResponse> {
  const creativeId = request.path.creativeId ?? '';
  const creative: Creative = { creativeId, ...validate(CreativeInputSchema, request.body) };
  return await storeSignage(request, 'creative', creativeId, creative);
}

export const getCreative = (request: HttpRequest): Promise<HttpResponse> =>
  readSignage(request, 'creative', request.path.creativeId ?? '');

export const listCreatives = (request: HttpRequest): Promise<HttpResponse> => listOf(request, 'creative');

/** Stores what is a tenant's own and answers it. @throws Problem 413 */
export async function storeSignage(
  request: HttpRequest,
  kind: SignageKind,
  id: string,
  body: unknown,
): Promise<HttpResponse> {
  try {
    await putSignage(request.runtime.db, tenantOf(request), kind, id, body);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new Problem('too-large', error.message, [{ pointer: '', detail: 'is too large to store' }]);
  }
  return { status: 200, body };
}

/** @throws Problem 404 */
export async function readSignage(request: HttpRequest, kind: SignageKind, id: string): Promise<HttpResponse> {
  const body = await getSignage(request.runtime.db, tenantOf(request), kind, id);
  if (!body) throw new Problem('not-found', `there is no such ${kind}`);
  return { status: 200, body };
}

export const listOf = (request: HttpRequest, kind: SignageKind): Promise<HttpResponse> =>
  pageResponse(listSignage<unknown>(request.runtime.db, tenantOf(request), kind, pageRequest(request)), (entry) => [
    entry,
  ]);
