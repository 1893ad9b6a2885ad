import type { Campaign } from '../model/campaign.ts';
import type { Place } from '../model/place.ts';
import { localDate } from '../time.ts';

/**
 * The calendar day, `2026-03-29`, whose share of a campaign an offer at `now` is taken from: by the clock of the
 * place unless the campaign names another. Undefined where that clock is not known.
 */
export function localDay(
  { schedule }: Pick<Campaign, 'schedule'>,
  place: Pick<Place, 'timeZone'> | undefined,
  now: number,
): string | undefined {
  const timeZone = schedule.timeZone === 'place' ? place?.timeZone : schedule.timeZone;
  return timeZone === undefined ? undefined : localDate(now, timeZone);
}
