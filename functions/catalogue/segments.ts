import { type RuleGroup, type Segment, SegmentInputSchema } from '#core/model/segment.ts';
import { ruleProblems } from '#core/people/rules.ts';
import type { HttpRequest, HttpResponse } from '../shared/http.ts';
import { Problem } from '../shared/problem.ts';
import { validate } from '../shared/validate.ts';
import { list, read, store } from './entries.ts';

/** `PUT /v1/segments/{segmentId}`. */
export async function putSegment(request: HttpRequest): Promise<HttpResponse> {
  const segment: Segment = { segmentId: request.path.segmentId ?? '', ...validate(SegmentInputSchema, request.body) };
  refuseRule(segment.rule);
  return await store(request, 'segment', segment.segmentId, segment);
}

/** @throws Problem 400 for a rule that the schema takes and that makes no sense */
export function refuseRule(rule: RuleGroup): void {
  const problems = ruleProblems(rule);
  if (problems.length === 0) return;
  throw new Problem(
    'invalid-input',
    'the rule is not valid',
    problems.slice(0, 50).map(({ pointer, message }) => ({ pointer, detail: message })),
  );
}

export const getSegment = async (request: HttpRequest): Promise<HttpResponse> => ({
  status: 200,
  body: await read<Segment>(request, 'segment', request.path.segmentId ?? ''),
});

export const listSegments = (request: HttpRequest): Promise<HttpResponse> => list(request, 'segment');
