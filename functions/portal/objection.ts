import { guestIdentifier, recordGuestConsents, sharesWith } from '#store/guests.ts';
import { findPersonId } from '#store/people.ts';
import { OBJECTION, objectOnce, objects } from '../shared/gpc.ts';
import { brandsFor, rememberedPerson } from './sharing.ts';
import type { Visit } from './visit.ts';

/**
 * Heeds a browser that says Global Privacy Control, before anything else that its user says here: each brand whose person
 * they are known as learns it, and what they share with it ends.
 */
export async function heed(visit: Visit): Promise<Visit> {
  if (!objects(visit.request)) return visit;
  const { runtime, venue, portal, guest, now } = visit;
  const ended: string[] = [];
  for (const { brand } of guest ? brandsFor(visit, guest) : portal.brands) {
    const own = guest && (await findPersonId(runtime.db, brand, guestIdentifier(venue, guest.guestId)));
    const remembered = await rememberedPerson(visit, brand);
    if (own !== undefined && (await objectOnce(runtime, brand, own))) ended.push(brand);
    if (remembered !== undefined && remembered !== own) await objectOnce(runtime, brand, remembered);
  }
  const said = ended
    .filter((brand) => guest && sharesWith(guest, brand))
    .map((brand) => ({ asked: 'sharing' as const, brand, granted: false, ...OBJECTION }));
  if (!guest || said.length === 0) return visit;
  const recorded = await recordGuestConsents(runtime.db, venue, guest.guestId, { said, now });
  return { ...visit, guest: recorded?.guest };
}
