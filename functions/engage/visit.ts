import type { Facts } from '#core/decide/facts.ts';
import { lacksLocationConsent } from '#core/decide/gates/consent.ts';
import type { Place } from '#core/model/place.ts';
import type { Signal } from '#core/model/signal.ts';
import { mergeConsents } from '#core/people/consent.ts';
import { behaviourAfterSignal } from '#core/people/visits.ts';
import type { StoredPerson } from '#store/people.ts';
import { changeBehaviour } from '../shared/behaviour.ts';
import type { Runtime } from '../shared/runtime.ts';

/**
 * Somebody known at a place: the profile whose handle the signal named, as it was read, and all that tells what they
 * agreed to.
 */
export type Seen = { signal: Signal; place: Place | undefined; personId: string; profile: StoredPerson } & Pick<
  Facts,
  'person' | 'standing' | 'brand' | 'now'
>;

/**
 * Remembers a visit in the item of whoever made it, so that their next signal is judged by it: after the signal's own
 * decisions are recorded, which are about who they were before it. A redelivery comes here again and changes nothing.
 * Where they have not agreed to the use of their location, a position is no visit.
 * @param isChanged the decisions have written to the profile: it has to be read again
 */
export async function recordVisit(runtime: Runtime, seen: Seen, { isChanged }: { isChanged: boolean }): Promise<void> {
  const { signal, place, personId, standing } = seen;
  // What has begun around them tells nothing new of where they are: the visit was remembered when it began.
  if (!place || signal.visit || lacksLocationConsent(signal.kind, seen)) return;
  const asRead = isChanged ? undefined : seen.profile;
  await changeBehaviour(runtime, { brand: signal.brand, personId, asRead }, (before, profile) => {
    // They may have withdrawn since.
    const consents = mergeConsents([standing.consents, profile.standing.consents]);
    if (lacksLocationConsent(signal.kind, { ...seen, standing: { ...standing, consents } })) return before;
    return behaviourAfterSignal(before, profile.person, signal, place);
  });
}
