import { type Segment, SegmentInputSchema } from '#core/model/segment.ts';
import { matchesRule, ruleProblems } from '#core/people/rules.ts';
import { allPeople } from '#store/people.ts';
import { brandOf, type HttpRequest, type HttpResponse } from '../shared/http.ts';
import { Problem } from '../shared/problem.ts';
import { validate } from '../shared/validate.ts';
import { list, read, store } from './entries.ts';

/** People looked at for one preview; beyond it the count is of a sample, and the answer says so. */
const MAX_PREVIEWED = 20_000;
const SAMPLE = 10;

/** `PUT /v1/segments/{segmentId}`. */
export async function putSegment(request: HttpRequest): Promise<HttpResponse> {
  const segment: Segment = { segmentId: request.path.segmentId ?? '', ...validate(SegmentInputSchema, request.body) };
  const problems = ruleProblems(segment.rule);
  if (problems.length > 0) {
    throw new Problem(
      'invalid-input',
      'the rule is not valid',
      problems.slice(0, 50).map(({ pointer, message }) => ({ pointer, detail: message })),
    );
  }
  return await store(request, 'segment', segment.segmentId, segment);
}

export const getSegment = async (request: HttpRequest): Promise<HttpResponse> => ({
  status: 200,
  body: await read<Segment>(request, 'segment', request.path.segmentId ?? ''),
});

export const listSegments = (request: HttpRequest): Promise<HttpResponse> => list(request, 'segment');

/** `POST /v1/segments/{segmentId}/preview`: how many are in it now, of how many, and a few of them. */
export async function previewSegment(request: HttpRequest): Promise<HttpResponse> {
  const { rule } = await read<Segment>(request, 'segment', request.path.segmentId ?? '');
  // One moment for everybody, however long the walk takes.
  const now = request.runtime.now();
  const sample: { personId: string }[] = [];
  let count = 0;
  let of = 0;
  for await (const person of allPeople(request.runtime.db, brandOf(request))) {
    if (of === MAX_PREVIEWED) return { status: 200, body: { count, of, sample, complete: false } };
    of += 1;
    if (!matchesRule(rule, person, now)) continue;
    count += 1;
    if (sample.length < SAMPLE) sample.push({ personId: person.personId });
  }
  return { status: 200, body: { count, of, sample, complete: true } };
}
