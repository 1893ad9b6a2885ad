import { offerCost } from '../../offers/value.ts';
import type { GateRule } from '../facts.ts';

/** "A coupon is charged to the budget when it is issued, at the most it can cost; the budget is never exceeded." */
export const budget: GateRule = {
  gate: 'budget',
  check: ({ campaign, stock }) => {
    const limit = campaign.limits.budget;
    if (!limit) return { passed: true, detail: { left: null } };
    const cost = offerCost(campaign.offer)?.amount;
    const left = stock.get(campaign.campaignId)?.budgetLeft ?? 0;
    return {
      passed: cost !== undefined && cost <= left,
      detail: { left, cost: cost ?? null, of: limit.amount, currency: limit.currency },
    };
  },
  words: {
    en: ({ passed, detail }) => {
      if (detail.left === null) return 'The campaign has no budget limit.';
      const left = `${detail.left} of ${detail.of} ${detail.currency} minor units are left of the budget`;
      return passed
        ? `${left}; this coupon is charged ${detail.cost}.`
        : `${left}; this coupon would be charged ${detail.cost}.`;
    },
    'zh-CN': ({ passed, detail }) => {
      if (detail.left === null) return '活动不限预算。';
      const left = `预算剩余 ${detail.left} / ${detail.of}（${detail.currency} 最小货币单位）`;
      return passed ? `${left}；本券占用 ${detail.cost}。` : `${left}；不足以发放本券（${detail.cost}）。`;
    },
  },
};
