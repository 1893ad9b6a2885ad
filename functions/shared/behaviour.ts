import type { Behaviour } from '#core/model/behaviour.ts';
import { NOTHING_DONE } from '#core/people/behaviour.ts';
import { ConflictError } from '#store/conflict.ts';
import { putBehaviour, readOwnProfile, type WhileCoupon } from '#store/doings.ts';
import type { StoredPerson } from '#store/people.ts';
import type { Runtime } from './runtime.ts';

/** Each try that fails was one in which the person changed: a dozen at once are no one human's doing. */
const MAX_TRIES = 12;
const BACKOFF_MS = 10;

/** `whileCoupon`: only as long as the coupon is so. `asRead`: the profile as it was, where it is likely to be so still. */
type Whose = {
  brand: string;
  personId: string;
  whileCoupon?: WhileCoupon;
  asRead?: StoredPerson | undefined;
};

/**
 * Adds to what somebody has done, in their own profile, so that nothing which another has written meanwhile is lost.
 * `change` may be asked again; the behaviour that it gets back as it was is not written.
 */
export async function changeBehaviour(
  runtime: Runtime,
  { brand, personId, whileCoupon, asRead }: Whose,
  change: (before: Behaviour, profile: StoredPerson) => Behaviour,
): Promise<void> {
  for (let attempt = 0; attempt < MAX_TRIES; attempt += 1) {
    const known = attempt === 0 ? asRead : undefined;
    const profile = known ?? (await readOwnProfile(runtime.db, brand, personId));
    if (!profile) return;
    const before = profile.person.behaviour ?? NOTHING_DONE;
    const behaviour = change(before, profile);
    if (behaviour === before) return;
    const result = await putBehaviour(runtime.db, brand, { profile, behaviour, whileCoupon });
    if (result !== 'changed') return;
    await runtime.sleep(runtime.random() * BACKOFF_MS * 2 ** attempt);
  }
  throw new ConflictError('a profile changed too often to be written');
}
