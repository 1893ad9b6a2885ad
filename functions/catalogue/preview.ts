import { PreviewInputSchema, type RuleGroup, type Segment } from '#core/model/segment.ts';
import { estimate } from '#core/people/estimate.ts';
import { withRegion } from '#core/people/regions.ts';
import { matchesRule } from '#core/people/rules.ts';
import { type PeopleSample, samplePeople } from '#store/people-sample.ts';
import { brandOf, type HttpRequest, type HttpResponse } from '../shared/http.ts';
import { regionsAskedBy } from '../shared/regions.ts';
import { validate } from '../shared/validate.ts';
import { read } from './entries.ts';
import { refuseRule } from './segments.ts';

/** About so many people of a larger brand are asked: of a segment of one in ten, a count within a tenth. */
const SAMPLED_ROWS_PER_SHARD = 256;
/** Brands of up to so many people are counted one by one. */
const COUNTED_UP_TO = 20_000;
/** Chance does not deal 20,000 people to 16 shards so unevenly that one has more. */
const COUNTED_ROWS_PER_SHARD = 2000;
const EXAMPLES = 10;

/**
 * `POST /v1/segments/{segmentId}/preview`: how many are in it now, of how many, and a few of them. Of a brand with many
 * people that is an estimate from some of them, which takes no longer however many there are.
 */
export async function previewSegment(request: HttpRequest): Promise<HttpResponse> {
  const { runtime } = request;
  const rule = await ruleOf(request);
  const sample = await sampleOf(request);
  // One moment for everybody, however long the reading took.
  const now = runtime.now();
  const regions = await regionsAskedBy(runtime, brandOf(request), [rule]);
  const members = sample.people.filter((person) => matchesRule(rule, withRegion(person, regions), now));
  const seen = { covered: sample.covered, people: sample.people.length, members: members.length };
  const examples = members.slice(0, EXAMPLES).map(({ personId }) => ({ personId }));
  if (sample.covered === 1) {
    return { status: 200, body: { count: seen.members, of: seen.people, sample: examples, complete: true } };
  }
  const { count, of, interval } = estimate(seen);
  return {
    status: 200,
    body: { count, of, sample: examples, complete: false, interval, sampled: seen.people },
  };
}

async function ruleOf(request: HttpRequest): Promise<RuleGroup> {
  const { rule } = request.body === undefined ? {} : validate(PreviewInputSchema, request.body);
  if (!rule) return (await read<Segment>(request, 'segment', request.path.segmentId ?? '')).rule;
  refuseRule(rule);
  return rule;
}

async function sampleOf(request: HttpRequest): Promise<PeopleSample> {
  const { db } = request.runtime;
  const brand = brandOf(request);
  const some = await samplePeople(db, brand, SAMPLED_ROWS_PER_SHARD);
  const about = estimate({ covered: some.covered, people: some.people.length, members: 0 }).of;
  if (some.covered === 1 || about > COUNTED_UP_TO) return some;
  return await samplePeople(db, brand, COUNTED_ROWS_PER_SHARD);
}
