import type { Campaign } from '../../model/campaign.ts';
import type { Detail } from '../../model/decision.ts';
import type { GateRule } from '../facts.ts';

/** One signal brings one offer: two coupons at one door teach people to wait for the better one. */
export const OFFERS_PER_SIGNAL = 1;

/** Higher priority first; equals by campaign id, so that the order never depends on how they were loaded. */
export function byPriority(left: Campaign, right: Campaign): number {
  return right.priority - left.priority || (left.campaignId < right.campaignId ? -1 : 1);
}

/** What beat a campaign, or that nothing did; `winners` in order. */
export function priorityVerdict(campaign: Campaign, winners: readonly Campaign[]): { passed: boolean; detail: Detail } {
  const won = winners.includes(campaign);
  const first = winners[0];
  return {
    passed: won,
    detail:
      won || !first
        ? { priority: campaign.priority }
        : { priority: campaign.priority, lostTo: first.campaignId, theirs: first.priority },
  };
}

/** "Of several campaigns that would offer, the one of highest priority does." Ranked in `decide`, where all are known. */
export const priorityWords: GateRule['words'] = {
  en: ({ passed, detail }) =>
    passed
      ? `No campaign of higher priority than ${detail.priority} applies.`
      : `The campaign ${detail.lostTo} goes first (priority ${detail.theirs}, this one ${detail.priority}).`,
  'zh-CN': ({ passed, detail }) =>
    passed
      ? `没有优先级高于 ${detail.priority} 的活动。`
      : `活动 ${detail.lostTo} 优先（优先级 ${detail.theirs}，本活动 ${detail.priority}）。`,
};
