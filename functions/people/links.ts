import { LinkInputSchema } from '#core/model/link.ts';
import type { Identifier } from '#core/model/person.ts';
import { isStrong } from '#core/people/graph.ts';
import { normaliseIdentifier } from '#core/people/identifiers.ts';
import { type Link, listLinks, MAX_LINKS, TangledError, unlink } from '#store/links.ts';
import { findPersonId } from '#store/people.ts';
import { brandOf, type HttpRequest, type HttpResponse } from '../shared/http.ts';
import { type FieldError, Problem } from '../shared/problem.ts';
import { timeErrors, validate } from '../shared/validate.ts';
import { linkIdentifiers, type Refusal } from './link.ts';
import { existing, profilesOf } from './people.ts';

const REFUSALS: Record<Refusal['refused'], string> = {
  unknown: 'nobody has either of the two identifiers',
  'too-many': `more hangs together than one human has: at most ${MAX_LINKS} links of a profile`,
  erased: 'one of the two identifiers was erased',
  weak: 'two devices or cards cannot vouch for each other: one of the two must be somebody’s own',
  malformed: 'one of the two cannot be an identifier',
};

/** `POST /v1/people/links`: two handles of one person. */
export async function postLink(request: HttpRequest): Promise<HttpResponse> {
  const { runtime } = request;
  const brand = brandOf(request);
  const input = validate(LinkInputSchema, request.body);
  const errors: FieldError[] = timeErrors(input.at, '/at', runtime.now());
  for (const end of ['a', 'b'] as const) {
    if (!normaliseIdentifier(input[end]))
      errors.push({ pointer: `/${end}/value`, detail: `is not a ${input[end].kind}` });
  }
  if (errors.length > 0) throw new Problem('invalid-input', 'the link is not valid', errors);
  const result = await linkIdentifiers(runtime, brand, input);
  if ('refused' in result) {
    const kind = result.refused === 'unknown' ? 'not-found' : 'unprocessable';
    throw new Problem(kind, REFUSALS[result.refused]);
  }
  const personId = await findPersonId(runtime.db, brand, normaliseIdentifier(input.a) as Identifier);
  return { status: 200, body: { ...result, personId } };
}

/** `GET …/links`: all evidence about somebody, with what was taken back. */
export async function getLinks(request: HttpRequest): Promise<HttpResponse> {
  const { person } = await existing(request);
  const profiles = profilesOf(person);
  const links = await listLinks(request.runtime.db, brandOf(request), profiles);
  return { status: 200, body: { items: links.map((link) => viewOf(link, profiles)) } };
}

/** `DELETE …/links/{linkId}`: takes evidence back. It stays known that it was said, and that it was taken back. */
export async function deleteLink(request: HttpRequest): Promise<HttpResponse> {
  const { runtime, path, caller } = request;
  const { person } = await existing(request);
  const { personId } = person;
  const link = await unlink(runtime.db, brandOf(request), {
    personId,
    linkId: path.linkId ?? '',
    at: runtime.now(),
    by: caller?.subject ?? '',
  }).catch((error: unknown) => {
    if (!(error instanceof TangledError)) throw error;
    throw new Problem('unprocessable', 'too much hangs together to be taken apart here: begin with devices and cards');
  });
  if (!link) throw new Problem('not-found', 'the person has no such link');
  const after = await existing(request);
  return { status: 200, body: viewOf(link, profilesOf(after.person)) };
}

/** `unlinked`: it was taken back, or a handle has moved on, and shows no value. `shared`: it holds, and joins nobody, because several people use the device or the card. */
function viewOf(
  { linkId, a, b, evidence, source, aProfile, bProfile, at, unlinkedAt }: Link,
  profiles: readonly string[],
) {
  const hasMoved = a.value === '' || b.value === '';
  const isHolding = !hasMoved && (unlinkedAt === undefined || at > unlinkedAt);
  const joins = profiles.includes(aProfile) && profiles.includes(bProfile);
  return {
    linkId,
    a: { ...a, personId: aProfile },
    b: { ...b, personId: bProfile },
    evidence,
    source,
    strength: isStrong(a) && isStrong(b) ? 'strong' : 'weak',
    at: new Date(at).toISOString(),
    state: !isHolding ? 'unlinked' : joins ? 'linked' : 'shared',
    ...(unlinkedAt !== undefined && { unlinkedAt: new Date(unlinkedAt).toISOString() }),
  };
}
