import type { LinkInput } from '#core/model/link.ts';
import { isStrong } from '#core/people/graph.ts';
import { normaliseIdentifier } from '#core/people/identifiers.ts';
import { readOwnProfile } from '#store/doings.ts';
import { type LinkRefusal, type LinkResult, putLink } from '#store/links.ts';
import type { Runtime } from '../shared/runtime.ts';

/** Why two handles were not linked; `weak`: neither of them is anybody's own, `malformed`: one cannot be a handle. */
export type Refusal = LinkRefusal | { refused: 'weak' | 'malformed' };

/**
 * Evidence that two handles are one person's, from wherever it comes; nobody needs to know either before. What cannot be
 * evidence is a value, not an error: whoever has a purchase to record records it all the same.
 */
export async function linkIdentifiers(
  runtime: Runtime,
  brand: string,
  { a, b, evidence, source, at }: LinkInput,
): Promise<LinkResult | Refusal> {
  const [one, other] = [normaliseIdentifier(a), normaliseIdentifier(b)];
  if (!one || !other) return { refused: 'malformed' };
  if (!isStrong(one) && !isStrong(other)) return { refused: 'weak' };
  const admission = { linkSecret: await runtime.secret('linkSecret'), now: runtime.now() };
  return await putLink(runtime.db, brand, { a: one, b: other, evidence, source, at: Date.parse(at) }, admission);
}

/**
 * Somebody has shown who they are on a phone that was known before: what it did until then is theirs. Only of a phone that
 * was nobody's: one that somebody else has shown themselves on is shared, and joins no two logins.
 */
export async function linkVisitor(
  runtime: Runtime,
  brand: string,
  { visitorId, personId, source }: { visitorId: string; personId: string; source: string },
): Promise<void> {
  if (visitorId === personId) return;
  const profiles = await Promise.all([visitorId, personId].map((id) => readOwnProfile(runtime.db, brand, id)));
  const [visitor, known] = profiles.map((profile) => profile?.person.identifiers ?? []);
  const own = known?.find(isStrong);
  const [device] = visitor ?? [];
  if (!own || !device || visitor?.some(isStrong)) return;
  const at = new Date(runtime.now()).toISOString();
  await linkIdentifiers(runtime, brand, { a: device, b: own, evidence: 'login', source, at });
}
