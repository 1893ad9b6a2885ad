import type { Identifier } from '#core/model/person.ts';
import type { PurchaseInput } from '#core/model/purchase.ts';
import { isStrong } from '#core/people/graph.ts';
import type { StoredCoupon } from '#store/coupons.ts';
import { readOwnProfile } from '#store/doings.ts';
import { linkIdentifiers } from '../people/link.ts';
import type { Runtime } from '../shared/runtime.ts';

/** All that names the buyer, the surest first. */
export const handlesOf = ({ person, identifiers }: PurchaseInput): Identifier[] =>
  person ? [person, ...identifiers] : identifiers;

/**
 * What a purchase says about who is who. Handles that were seen at one till are one person's. A coupon speaks for a card or
 * a device only, which are nobody's own and joined to one person at most, so that a second word to the contrary undoes it;
 * never for a login: a code may have been passed on to a friend, and two logins that it joined would be two people in one.
 */
export async function linkEvidence(
  runtime: Runtime,
  brand: string,
  purchase: PurchaseInput,
  coupons: readonly StoredCoupon[],
): Promise<void> {
  const handles = handlesOf(purchase);
  const surest = handles.find(isStrong);
  const { purchaseId, at } = purchase;
  const said = { evidence: 'purchase' as const, source: `purchase ${purchaseId}`, at };
  if (surest) {
    for (const handle of handles) {
      if (handle !== surest) await linkIdentifiers(runtime, brand, { a: surest, b: handle, ...said });
    }
    return;
  }
  for (const { personId } of coupons) {
    const holder = await readOwnProfile(runtime.db, brand, personId);
    const own = holder?.person.identifiers.find(isStrong);
    for (const handle of own ? handles : []) {
      if (own) await linkIdentifiers(runtime, brand, { a: own, b: handle, ...said });
    }
  }
}
