import { durationMs } from '../../model/common.ts';
import type { GateRule } from '../facts.ts';

/** "At most so many offers of this campaign to one person in any rolling window; a ghost offer counts as one." */
export const frequency: GateRule = {
  gate: 'frequency',
  check: ({ campaign, standing, now }) => {
    const limit = campaign.limits.perPerson;
    if (!limit) return { passed: true, detail: { limit: null } };
    const since = now - durationMs(limit.window);
    const had = standing.pastOffers.filter((past) => past.campaignId === campaign.campaignId && past.at > since).length;
    return { passed: had < limit.count, detail: { had, limit: limit.count, window: limit.window } };
  },
  words: {
    en: ({ passed, detail }) => {
      if (detail.limit === null) return 'The campaign does not limit offers per person.';
      const had = `The person had ${detail.had} of this campaign in the last ${detail.window}`;
      return passed ? `${had}; at most ${detail.limit}.` : `${had}, which is all they may have (${detail.limit}).`;
    },
    'zh-CN': ({ passed, detail }) => {
      if (detail.limit === null) return '活动不限制每人次数。';
      const had = `顾客在最近 ${detail.window} 内已获得本活动 ${detail.had} 次`;
      return passed ? `${had}，上限 ${detail.limit} 次。` : `${had}，已达上限 ${detail.limit} 次。`;
    },
  },
};
