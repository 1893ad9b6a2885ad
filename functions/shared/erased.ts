import { namedIn } from '#core/people/named-in.ts';
import { findTombstones } from '#store/tombstones.ts';
import type { Runtime } from './runtime.ts';

/**
 * Whether the body of a message names somebody who was erased: what nobody could handle need not be kept then. Of a
 * message that does not say whose it is, nothing is known.
 */
export async function namesErased(runtime: Runtime, body: string): Promise<boolean> {
  const byBrand = Map.groupBy(namedIn(body), ({ brand }) => brand);
  const linkSecret = await runtime.secret('linkSecret');
  for (const [brand, named] of byBrand) {
    if (brand === undefined) continue;
    const subjects = named.slice(0, 100).map(({ subject }) => subject);
    if ((await findTombstones(runtime.db, brand, linkSecret, subjects)).length > 0) return true;
  }
  return false;
}
