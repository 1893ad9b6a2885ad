import { listReceipts } from '#store/tombstones.ts';
import { brandOf, type HttpRequest, type HttpResponse } from '../shared/http.ts';
import { pageRequest, pageResponse } from '../shared/paging.ts';
import { Problem } from '../shared/problem.ts';
import { erasePerson } from './erase.ts';

/** `DELETE /v1/people/{personId}`: erases a person with all their profiles. Asking again answers the same receipt. */
export async function erase(request: HttpRequest): Promise<HttpResponse> {
  const { runtime, path } = request;
  const receipt = await erasePerson(runtime, brandOf(request), path.personId ?? '', { source: 'api' });
  if (!receipt) throw new Problem('not-found', 'there is no such person');
  return { status: 200, body: receipt };
}

/** `GET /v1/erasures`: every receipt, newest first. They name nobody. */
export function listErasures(request: HttpRequest): Promise<HttpResponse> {
  return pageResponse(listReceipts(request.runtime.db, brandOf(request), pageRequest(request)), (receipt) => [receipt]);
}
