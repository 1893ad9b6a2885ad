import type { Segment } from '#core/model/segment.ts';
import { withRegion } from '#core/people/regions.ts';
import { whyMatches } from '#core/people/why.ts';
import { getPerson } from '#store/people.ts';
import { brandOf, type HttpRequest, type HttpResponse } from '../shared/http.ts';
import { Problem } from '../shared/problem.ts';
import { regionsAskedBy } from '../shared/regions.ts';
import { localeOf } from '../tap/answer.ts';
import { read } from './entries.ts';

/** `GET /v1/segments/{segmentId}/why?personId=`: whether somebody is in it now, and what each part of its rule found. */
export async function whySegment(request: HttpRequest): Promise<HttpResponse> {
  const { runtime } = request;
  const { segmentId, rule } = await read<Segment>(request, 'segment', request.path.segmentId ?? '');
  const { personId } = request.query;
  if (personId === undefined || !/^[A-Za-z0-9._-]{1,64}$/.test(personId)) {
    throw new Problem('invalid-input', 'the query is not valid', [
      { pointer: '/personId', detail: 'must be the id of a person' },
    ]);
  }
  const stored = await getPerson(runtime.db, brandOf(request), personId);
  if (!stored) throw new Problem('not-found', 'there is no such person');
  const now = runtime.now();
  const regions = await regionsAskedBy(runtime, brandOf(request), [rule]);
  const why = whyMatches(rule, withRegion(stored.person, regions), now, localeOf(request));
  return { status: 200, body: { segmentId, personId, at: new Date(now).toISOString(), in: why.matched, why } };
}
