import type { Standing } from '#core/decide/facts.ts';
import { lacksLocationConsent } from '#core/decide/gates/consent.ts';
import type { Place } from '#core/model/place.ts';
import type { Signal } from '#core/model/signal.ts';
import { mergeConsents } from '#core/people/consent.ts';
import { behaviourAfterSignal } from '#core/people/visits.ts';
import { changeBehaviour } from '../shared/behaviour.ts';
import type { Runtime } from '../shared/runtime.ts';

/** Somebody known at a place: the profile whose handle the signal named, and what holds for them. */
export type Seen = { signal: Signal; place: Place | undefined; personId: string; standing: Standing };

/**
 * Remembers a visit in the item of whoever made it, so that their next signal is judged by it: after the signal's own
 * decisions are recorded, which are about who they were before it. A redelivery comes here again and changes nothing.
 * Where they have not agreed to the use of their location, a position is no visit.
 */
export async function recordVisit(runtime: Runtime, { signal, place, personId, standing }: Seen): Promise<void> {
  if (!place || lacksLocationConsent(signal.kind, standing)) return;
  await changeBehaviour(runtime, { brand: signal.brand, personId }, (before, profile) => {
    // They may have withdrawn since.
    const consents = mergeConsents([standing.consents, profile.standing.consents]);
    if (lacksLocationConsent(signal.kind, { ...standing, consents })) return before;
    return behaviourAfterSignal(before, profile.person, signal, place);
  });
}
