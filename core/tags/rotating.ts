import { createHmac, timingSafeEqual } from 'node:crypto';

/** A screen's code turns this often. */
export const SLOT_MS = 30_000;
/** Who saw the code of one of the last slots was there a moment ago; the player's clock may be a little ahead. */
const SLOTS_BACK = 2;
const SLOTS_AHEAD = 1;
const CODE_BYTES = 10;

/**
 * The key of one tag's codes on one screen: the player that shows them has it, and no other's follows from it. A player
 * that is taken off its screen loses its tag, and with that its codes.
 */
export const screenQrKey = (
  secret: string,
  owner: { kind: string; id: string },
  { screenId, tagId }: { screenId: string; tagId: string },
): Buffer => createHmac('sha256', secret).update(`qr/${owner.kind}/${owner.id}/${screenId}/${tagId}`).digest();

export const slotAt = (ms: number): number => Math.floor(ms / SLOT_MS);

/** What the screen shows in a slot: 14 characters of base64url. The player computes the same with WebCrypto. */
export const rotatingCode = (key: Uint8Array, screenId: string, slot: number): string =>
  createHmac('sha256', key).update(`${screenId}|${slot}`).digest().subarray(0, CODE_BYTES).toString('base64url');

/** Whether a code was on that screen about now; `stale` when it was, but too long ago. */
export function checkRotating(
  key: Uint8Array,
  screenId: string,
  { slot, code, now }: { slot: number; code: string; now: number },
): 'fresh' | 'stale' | 'wrong' {
  const [expected, given] = [Buffer.from(rotatingCode(key, screenId, slot)), Buffer.from(code)];
  if (given.length !== expected.length || !timingSafeEqual(given, expected)) return 'wrong';
  const age = slotAt(now) - slot;
  return age <= SLOTS_BACK && age >= -SLOTS_AHEAD ? 'fresh' : 'stale';
}
