import * as z from 'zod/mini';
import { InstantSchema } from '#core/model/common.ts';
import type { Candidate, OnAir } from '#core/screens/on-air.ts';
import { tenantOf } from '../catalogue/entries.ts';
import type { HttpRequest, HttpResponse } from '../shared/http.ts';
import { onAirAtScreen } from '../shared/on-air.ts';
import { Problem } from '../shared/problem.ts';
import { validate } from '../shared/validate.ts';
import { screenOwner } from './find-screen.ts';

const UNKNOWN = 'unknown';
/** What a brand is told of a creative that is not its own. */
const OTHER = 'other';
const QuerySchema = z.strictObject({ at: z.optional(InstantSchema) });

type Shown = { creativeId: string; brand?: string; share: number; startedAt?: string; endedAt?: string };

/**
 * `GET /v1/screens/{screenId}/playing?at=`: what proof of play says was on air at that moment, now by default; never
 * what the playlist says. A brand on a venue's screen sees its own creatives, and of all others together how likely
 * one of them was.
 */
export async function getPlaying(request: HttpRequest): Promise<HttpResponse> {
  const query = validate(QuerySchema, request.query.at === undefined ? {} : { at: request.query.at });
  const at = query.at === undefined ? request.runtime.now() : Date.parse(query.at);
  if (at < 0)
    throw new Problem('invalid-input', 'the query is not valid', [{ pointer: '/at', detail: 'is before 1970' }]);
  const screenId = request.path.screenId ?? '';
  const owner = await screenOwner(request);
  const onAir = await onAirAtScreen(request.runtime, owner, screenId, at);
  const reader = tenantOf(request);
  const isOwner = reader.kind === owner.kind && reader.id === owner.id;
  const top = likeliest(onAir, at);
  const shown = top && (isOwner || top.brand === reader.id ? named(top) : { creativeId: OTHER });
  return {
    status: 200,
    body: {
      screenId,
      at: new Date(at).toISOString(),
      ...(shown ?? { creativeId: UNKNOWN }),
      uncertaintyMs: onAir.uncertaintyMs,
      candidates: isOwner ? onAir.candidates.map(inFull) : asSeenBy(reader.id, onAir.candidates),
      unknownShare: onAir.unknownShare,
      reason: reasonOf(onAir),
    },
  };
}

/** The likeliest candidate, unless it is likelier that nobody knows; if that is as likely, its interval decides. */
function likeliest({ candidates: [top], unknownShare }: OnAir, at: number): Candidate | undefined {
  if (!top || top.share < unknownShare) return undefined;
  return top.share > unknownShare || (top.startedAt <= at && at < top.endedAt) ? top : undefined;
}

function reasonOf({ candidates, unknownShare }: OnAir): string {
  if (candidates.length === 0) return 'no play of this screen is known for this moment';
  if (unknownShare > 0) return 'within the uncertainty of the clock there is time of which no play is known';
  if (candidates.length > 1) return 'a cut lies within the uncertainty of the clock: each may have been on air';
  return 'a play covers the moment and the uncertainty of the clock around it';
}

const named = ({ creativeId, brand }: Candidate) => ({ creativeId, ...(brand !== undefined && { brand }) });
const inFull = (candidate: Candidate): Shown => ({
  ...named(candidate),
  share: candidate.share,
  startedAt: new Date(candidate.startedAt).toISOString(),
  endedAt: new Date(candidate.endedAt).toISOString(),
});

/** The others in one, without when: that would tell what they have bought. */
function asSeenBy(brandId: string, candidates: readonly Candidate[]): Shown[] {
  const own = candidates.filter(({ brand }) => brand === brandId);
  const share = candidates.reduce((sum, one) => (own.includes(one) ? sum : sum + one.share), 0);
  const shown = own.map(inFull);
  return share > 0 ? [...shown, { creativeId: OTHER, share }].sort((a, b) => b.share - a.share) : shown;
}
