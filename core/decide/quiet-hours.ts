import type { Campaign } from '../model/campaign.ts';
import { clock, localTime, withinHours } from '../time.ts';

export type QuietState = { quiet: boolean; time: string | null };

/** Whether a campaign must be quiet at `now` in a zone; where the zone is not known it is taken to be quiet. */
export function quietState(campaign: Campaign, now: number, timeZone: string | undefined): QuietState {
  const { quietHours } = campaign.limits;
  if (!quietHours) return { quiet: false, time: null };
  if (!timeZone) return { quiet: true, time: null };
  const local = localTime(now, timeZone);
  return { quiet: withinHours(local, quietHours.hours), time: clock(local) };
}
