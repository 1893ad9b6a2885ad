import type { Campaign } from '../model/campaign.ts';
import type { Place } from '../model/place.ts';

/** Whether a campaign belongs to a place: named by its id or by a tag, or because it names none at all. */
export function belongsTo(
  { placeIds, placeTags }: Pick<Campaign['trigger'], 'placeIds' | 'placeTags'>,
  { placeId, tags }: Pick<Place, 'placeId' | 'tags'>,
): boolean {
  const anywhere = placeIds.length === 0 && placeTags.length === 0;
  return anywhere || placeIds.includes(placeId) || tags.some((tag) => placeTags.includes(tag));
}
