import type { Locale } from '#core/model/campaign.ts';
import type { Creative } from '#core/model/creative.ts';
import { localName } from '#core/model/local-name.ts';
import type { Database } from '#store/client.ts';
import type { Tenant } from '#store/keys.ts';
import { getSignage } from '#store/signage.ts';

/** A creative is read with its pictures, up to 380 kB: for its name, not at every tap. */
const NAME_KEPT_MS = 5 * 60_000;
const MAX_NAMES = 500;
const held = new WeakMap<Database, Map<string, { name: string; until: number }>>();

/** What a creative is called; its id where there is none, or none any more. */
export async function creativeName(
  db: Database,
  owner: Tenant,
  creativeId: string,
  { locale, now }: { locale: Locale; now: number },
): Promise<string> {
  const names = held.get(db) ?? new Map<string, { name: string; until: number }>();
  held.set(db, names);
  const key = `${owner.kind}/${owner.id}/${creativeId}`;
  const known = names.get(key);
  if (known && known.until > now) return localName(known.name, locale);
  const creative = await getSignage<Creative>(db, owner, 'creative', creativeId);
  const name = creative?.name ?? creativeId;
  if (names.size >= MAX_NAMES) names.clear();
  names.set(key, { name, until: now + NAME_KEPT_MS });
  return localName(name, locale);
}

/** A brand as people read it: `harbour-dairy` is Harbour Dairy. */
export const brandName = (brand: string): string =>
  brand
    .replace(/[-_.]+/g, ' ')
    .replace(/(^| )(\p{Ll})/gu, (_, space: string, letter: string) => space + letter.toUpperCase());
