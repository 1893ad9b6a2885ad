import type { Tag } from '#core/model/tag.ts';
import type { Database } from './client.ts';
import { AddressTakenError, claimAddress, claimAddresses } from './directory.ts';
import type { Tenant } from './keys.ts';
import { putManySignage, putSignage } from './signage.ts';

/** Where a GS1 Digital Link of an item leads: no tag's own id has a slash. */
export const itemAddress = (gtin: string): string => `01/${gtin.padStart(14, '0')}`;

/**
 * Creates or replaces a tag. Its address first: a tag that nobody finds is better than an address that leads to none. Of
 * an owner's tags with one GTIN the last that was put answers for it; of two owners', the first owner's.
 * @throws AddressTakenError when the id is another tenant's
 */
export async function storeTag(db: Database, owner: Tenant, tag: Tag): Promise<void> {
  await claimAddress(db, 'tag', tag.tagId, { owner });
  await putSignage(db, owner, 'tag', tag.tagId, tag);
  if (tag.gtin === undefined) return;
  await claimAddress(db, 'tag', itemAddress(tag.gtin), { owner, target: tag.tagId }).catch((error: unknown) => {
    if (!(error instanceof AddressTakenError)) throw error;
  });
}

/** Many tags, as `storeTag` does each; no two have one id. @returns the ids that are another tenant's: they are not stored */
export async function storeTags(db: Database, owner: Tenant, tags: readonly Tag[]): Promise<Set<string>> {
  const addresses = new Map(tags.map(({ tagId }) => [tagId, { owner }]));
  const taken = await claimAddresses(db, 'tag', addresses);
  const ours = tags.filter(({ tagId }) => !taken.has(tagId));
  await putManySignage(
    db,
    owner,
    'tag',
    ours.map((tag) => ({ id: tag.tagId, body: tag })),
  );
  const items = ours.flatMap(({ gtin, tagId }) =>
    gtin === undefined ? [] : [[itemAddress(gtin), { owner, target: tagId }] as const],
  );
  await claimAddresses(db, 'tag', new Map(items));
  return taken;
}
