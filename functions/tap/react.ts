import { putReaction } from '#store/players.ts';
import type { Runtime } from '../shared/runtime.ts';
import type { Arrival } from './arrive.ts';
import { snapshotOf } from './view.ts';
import type { Visit } from './visit.ts';

/**
 * Lets the screen answer to what somebody beside it has just been given: the campaign's own words, and nothing of the
 * person. Once, when the coupon is made; a page that is reloaded moves no screen.
 */
export async function react(runtime: Runtime, { screen, onAir }: Arrival, made: Visit): Promise<void> {
  if (!screen || made.state !== 'coupon' || !made.isNew) return;
  const { campaigns } = await snapshotOf(runtime, made.brand);
  const campaign = campaigns.find(({ campaignId }) => campaignId === made.campaignId);
  if (!campaign?.reaction) return;
  const shown = onAir?.candidates.find(({ creativeId }) => campaign.trigger.creativeIds.includes(creativeId));
  const { words } = campaign.reaction;
  const reaction = { ...(shown && { creativeId: shown.creativeId }), words, at: runtime.now() };
  await putReaction(runtime.db, screen.owner, screen.screenId, reaction);
}
