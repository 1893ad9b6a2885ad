import { webhookSecret } from '#core/messages/webhook.ts';
import { LOOPBACK_ORIGIN, type RuleGroup, type Segment, SegmentInputSchema } from '#core/model/segment.ts';
import { ruleProblems } from '#core/people/rules.ts';
import { brandOf, type HttpRequest, type HttpResponse } from '../shared/http.ts';
import { Problem } from '../shared/problem.ts';
import { validate } from '../shared/validate.ts';
import { list, read, store } from './entries.ts';

/** `PUT /v1/segments/{segmentId}`. */
export async function putSegment(request: HttpRequest): Promise<HttpResponse> {
  const segment: Segment = { segmentId: request.path.segmentId ?? '', ...validate(SegmentInputSchema, request.body) };
  refuseRule(segment.rule);
  if (segment.webhook?.url.startsWith(LOOPBACK_ORIGIN) && !request.runtime.loopbackWebhooks) {
    throw new Problem('invalid-input', 'the webhook is not valid', [
      { pointer: '/webhook/url', detail: 'must begin with https://' },
    ]);
  }
  await store(request, 'segment', segment.segmentId, segment);
  return { status: 200, body: await withSecret(request, segment) };
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

export async function getSegment(request: HttpRequest): Promise<HttpResponse> {
  const segment = await read<Segment>(request, 'segment', request.path.segmentId ?? '');
  return { status: 200, body: await withSecret(request, segment) };
}

/** With what its webhooks are signed, for the marketer to hand to whoever receives them. */
async function withSecret(request: HttpRequest, segment: Segment): Promise<unknown> {
  const { segmentId, webhook } = segment;
  if (!webhook) return segment;
  const secret = webhookSecret(await request.runtime.secret('venueSecret'), { brand: brandOf(request), segmentId });
  return { ...segment, webhook: { ...webhook, secret } };
}

export const listSegments = (request: HttpRequest): Promise<HttpResponse> => list(request, 'segment');
