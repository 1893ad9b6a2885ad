import { brandOf, type HttpRequest, type HttpResponse } from '../shared/http.ts';
import { Problem } from '../shared/problem.ts';
import { HANDOVER_MS, handoverToken } from '../shared/visitor.ts';
import { existing } from './people.ts';

/**
 * `POST …/handover`: a word of the brand's own software for who opens a page next: `?handover=` of a tap's page or a
 * portal's. It is good once, for ten minutes, and says nothing but the person's id.
 */
export async function handOver(request: HttpRequest): Promise<HttpResponse> {
  const { person } = await existing(request);
  // A signal names somebody by a handle of theirs.
  if (person.identifiers.length === 0) throw new Problem('unprocessable', 'the person has no identifier');
  const { now, secret } = request.runtime;
  const expiresAt = now() + HANDOVER_MS;
  const visitor = { brand: brandOf(request), personId: person.personId };
  const token = handoverToken(await secret('linkSecret'), visitor, expiresAt);
  return { status: 200, body: { token, expiresAt: new Date(expiresAt).toISOString() } };
}
