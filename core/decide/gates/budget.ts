import { offerCost } from '../../offers/value.ts';
import type { GateRule } from '../facts.ts';

/** "A coupon is charged to the budget when it is issued, at the most it can cost; the budget is never exceeded." */
export const budget: GateRule = {
  gate: 'budget',
  check: ({ campaign, stock }) => {
    const limit = campaign.limits.budget;
    if (!limit) return { passed: true, detail: { left: null } };
    const charge = offerCost(campaign.offer);
    // A cost in another currency is not known in the budget's.
    const cost = charge?.currency === limit.currency ? charge.amount : undefined;
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
      if (detail.cost === null) return `${left}; what this coupon can cost is not known in ${detail.currency}.`;
      return passed
        ? `${left}; this coupon is charged ${detail.cost}.`
        : `${left}; this coupon would be charged ${detail.cost}.`;
    },
    'zh-CN': ({ passed, detail }) => {
      if (detail.left === null) return '活动不限预算。';
      const left = `预算剩余 ${detail.left} / ${detail.of}（${detail.currency} 最小货币单位）`;
      if (detail.cost === null) return `${left}；本券的最高成本（${detail.currency}）未知。`;
      return passed ? `${left}；本券占用 ${detail.cost}。` : `${left}；不足以发放本券（${detail.cost}）。`;
    },
  },
};
