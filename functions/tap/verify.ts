import type { Tag } from '#core/model/tag.ts';
import { masterKey, tagKeys } from '#core/tags/keys.ts';
import { checkRotating, screenQrKey } from '#core/tags/rotating.ts';
import { readSun } from '#core/tags/sun.ts';
import type { Tenant } from '#store/keys.ts';
import type { Runtime } from '../shared/runtime.ts';

/**
 * What a tap proves. `sun`: this chip was read, for the `counter`-th time. `rotating`: the screen showed this
 * code just now. `static`: nothing, it is the same for everybody who ever read it.
 */
export type TapProof =
  | { how: 'sun'; uid: string; counter: number }
  | { how: 'rotating'; slot: number }
  | { how: 'static' };
/** `stale-code`: was on the screen, but too long ago. */
export type TapRefusal = 'malformed' | 'bad-signature' | 'stale-code';

/** Judges a tap by what the tag or screen wrote into its address. A tag that signs is never taken for one that does not. */
export async function verifyTap(
  runtime: Runtime,
  { tag, owner, query }: { tag: Tag; owner: Tenant; query: Readonly<Record<string, string>> },
): Promise<TapProof | { refused: TapRefusal }> {
  if (tag.kind === 'ntag424') {
    const uid = Buffer.from(tag.uid ?? '', 'hex');
    const message = readSun(query, tagKeys(masterKey(await runtime.secret('tagSecret')), uid));
    if (typeof message === 'string') return { refused: message };
    // Another chip of the same deployment, at this one's address.
    if (!message.uid.equals(uid)) return { refused: 'bad-signature' };
    return { how: 'sun', uid: uid.toString('hex').toUpperCase(), counter: message.counter };
  }
  const { s, c } = query;
  if (s === undefined && c === undefined) return { how: 'static' };
  if (tag.screenId === undefined || !/^\d{1,10}$/.test(s ?? '') || c === undefined) return { refused: 'malformed' };
  const key = screenQrKey(await runtime.secret('venueSecret'), owner, { screenId: tag.screenId, tagId: tag.tagId });
  const slot = Number(s);
  const verdict = checkRotating(key, tag.screenId, { slot, code: c, now: runtime.now() });
  if (verdict === 'wrong') return { refused: 'bad-signature' };
  return verdict === 'stale' ? { refused: 'stale-code' } : { how: 'rotating', slot };
}
