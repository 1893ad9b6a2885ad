import { isStrong } from '#core/people/graph.ts';
import { getPerson, type StoredPerson } from '#store/people.ts';
import { linkIdentifiers } from '../people/link.ts';
import type { Runtime } from '../shared/runtime.ts';

/**
 * A phone that our page remembers as one visitor comes with its brand's word that it is another: what it did before it
 * was known is theirs. A phone is a weak handle: one on which two people come to be known is neither's.
 */
export async function meet(
  runtime: Runtime,
  brand: string,
  { remembered, known }: { remembered: string; known: StoredPerson },
): Promise<StoredPerson> {
  const { personId, profiles = [personId], identifiers } = known.person;
  const visitor = profiles.includes(remembered) ? undefined : await getPerson(runtime.db, brand, remembered);
  const [phone, ...others] = visitor?.person.identifiers ?? [];
  const own = identifiers.find(isStrong);
  // Somebody with a login of their own is not whoever comes next on their phone.
  if (!phone || !own || [phone, ...others].some(isStrong)) return known;
  const at = new Date(runtime.now()).toISOString();
  await linkIdentifiers(runtime, brand, { a: phone, b: own, evidence: 'tap', source: 'tap-page', at });
  return (await getPerson(runtime.db, brand, personId)) ?? known;
}
