import type { HttpRequest, HttpResponse } from '../shared/http.ts';
import { Problem } from '../shared/problem.ts';
import { takePlays } from '../shared/take-plays.ts';
import { ownScreen } from './find-screen.ts';

/** Problems of more plays than this help nobody. */
const MAX_ERRORS = 50;

/** `POST /v1/screens/{screenId}/plays`: proof of play of a screen of one's own. 400 when none of it could be taken. */
export async function postPlays(request: HttpRequest): Promise<HttpResponse> {
  const { owner, screen } = await ownScreen(request);
  const { rejected, ...taken } = await takePlays(request.runtime, owner, screen.screenId, request.body);
  if (taken.accepted + taken.repeated === 0 && rejected.length > 0) {
    const errors = rejected.flatMap((rejection) => rejection.errors).slice(0, MAX_ERRORS);
    throw new Problem('invalid-input', 'nothing in it could be accepted', errors);
  }
  return { status: 202, body: { ...taken, rejected: rejected.map(({ index, reason }) => ({ index, reason })) } };
}
