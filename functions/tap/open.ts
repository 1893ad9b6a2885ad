import { randomBytes } from 'node:crypto';
import type { Tag } from '#core/model/tag.ts';
import { findAddress } from '#store/directory.ts';
import type { Tenant } from '#store/keys.ts';
import { getSignage } from '#store/signage.ts';
import { riseCounter } from '#store/taps.ts';
import type { HttpRequest } from '../shared/http.ts';
import { Problem } from '../shared/problem.ts';
import { isSecure } from '../shared/visitor.ts';
import type { Tap, TapKind } from './arrive.ts';
import { readTap, type TapSession, tapCookie } from './session.ts';
import { type TapProof, type TapRefusal, verifyTap } from './verify.ts';

/** What is the same for everybody is read again and again: within so long, by one phone, it is a page reloaded. */
const STATIC_RELOAD_MS = 30 * 60_000;

/** How the marks of a screen's codes begin; their half minute follows. */
const SLOT = 'slot-';

/** A tap, and what makes this browser the one that opened it. */
export type Opened = { tap: Tap; isNew: boolean; cookies: string[] };

/**
 * Takes a tap for one, or finds the one that this browser has opened with the same address: a page that is reloaded is
 * no second tap, and an address that somebody passes on is none at all.
 * @throws Problem 404 for a tag that nobody has, 403 for what its tag did not sign, 409 for what another has opened
 */
export async function openTap(request: HttpRequest, kind: TapKind): Promise<Opened> {
  const { runtime, headers } = request;
  const { tag, owner } = await tagOf(request);
  const { tagId } = tag;
  const proof = await verifyTap(runtime, { tag, owner, query: request.query });
  if ('refused' in proof) throw new Problem('tap-refused', REFUSALS[proof.refused]);
  const mark = markOf(proof);
  const at = runtime.now();
  const held = await heldBy(request, tagId);
  const isAgain = held?.mark === mark && (mark !== 'static' || at - held.at < STATIC_RELOAD_MS);
  if (held && isAgain) return { tap: tapOf(held, tag, owner), isNew: false, cookies: [] };
  const tapId = randomBytes(16).toString('base64url');
  if (proof.how === 'sun' && !(await riseCounter(runtime.db, owner, proof.uid, { counter: proof.counter, tapId }))) {
    throw new Problem('tap-used', 'this tap has been used: tap again');
  }
  const session: TapSession = { tapId, tagId, kind, at, proof: proof.how === 'static' ? 'static' : 'signed', mark };
  const cookie = tapCookie(await runtime.secret('linkSecret'), session, { secure: isSecure(headers) });
  return { tap: tapOf(session, tag, owner), isNew: true, cookies: [cookie] };
}

/**
 * The tap that this browser has opened, by its id: what a form or a reloaded page names.
 * @throws Problem 403 where it has not, or has opened another since
 */
export async function reopenTap(request: HttpRequest, tapId: string): Promise<Opened> {
  const { tag, owner } = await tagOf(request);
  const held = await heldBy(request, tag.tagId);
  if (held?.tapId !== tapId) throw new Problem('tap-refused', 'this tap is not open on this phone: tap again');
  return { tap: tapOf(held, tag, owner), isNew: false, cookies: [] };
}

const REFUSALS: Record<TapRefusal, string> = {
  malformed: 'this is not what the tag writes: tap again',
  'bad-signature': 'the tag did not sign this: tap again',
  'stale-code': 'the code was on the screen too long ago: scan it again',
};

async function tagOf({ path, runtime }: HttpRequest): Promise<{ tag: Tag; owner: Tenant }> {
  const tagId = path.tagId ?? '';
  const address = await findAddress(runtime.db, 'tag', tagId);
  const tag = address && (await getSignage<Tag>(runtime.db, address.owner, 'tag', tagId));
  if (!address || !tag) throw new Problem('not-found', 'there is no such tag');
  return { tag, owner: address.owner };
}

/** The last tap of this browser, if it was of this tag. */
async function heldBy({ runtime, cookies }: HttpRequest, tagId: string): Promise<TapSession | undefined> {
  const held = readTap(await runtime.secret('linkSecret'), { cookies, now: runtime.now() });
  return held?.tagId === tagId ? held : undefined;
}

function markOf(proof: TapProof): string {
  if (proof.how === 'sun') return `chip-${proof.uid}-${proof.counter}`;
  return proof.how === 'rotating' ? `${SLOT}${proof.slot}` : 'static';
}

const tapOf = (
  { tapId, at, kind, proof, tagId, mark }: TapSession,
  { screenId, placeId }: Tag,
  owner: Tenant,
): Tap => ({
  tapId,
  at,
  kind,
  proof,
  owner,
  tagId,
  screenId,
  placeId,
  slot: mark.startsWith(SLOT) ? Number(mark.slice(SLOT.length)) : undefined,
});
