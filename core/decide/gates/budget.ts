import { offerCost } from '../../offers/value.ts';
import type { Case, GateRule, Verdict } from '../facts.ts';
import { limitVerdict, nearestOf, shareLimits } from './limits.ts';
import { shareOf } from './stock.ts';

/**
 * "A coupon is charged to the budget when it is issued, at the most it can cost, and to the day's and the place's
 * share of it; none of them is ever exceeded."
 */
export const budget: GateRule = {
  gate: 'budget',
  check: (gateCase) => checkBudget(gateCase),
  words: {
    en: ({ passed, detail }) => {
      if (detail.left === null) return 'The campaign has no budget limit.';
      if (detail.day === null)
        return 'The campaign’s budget is shared out by the day, and which day it is is not known.';
      const whose = shareOf(detail, { day: ` for ${detail.day}`, place: ' for this place' });
      const left = `${detail.left} of ${detail.of} ${detail.currency} minor units are left of the budget${whose}`;
      if (detail.cost === null) return `${left}; what this coupon can cost is not known in ${detail.currency}.`;
      return passed
        ? `${left}; this coupon is charged ${detail.cost}.${nearestOf(detail, 'en')}`
        : `${left}; this coupon would be charged ${detail.cost}.`;
    },
    'zh-CN': ({ passed, detail }) => {
      if (detail.left === null) return '活动不限预算。';
      if (detail.day === null) return '预算按日分配，而当地日期未知。';
      const whose = shareOf(detail, { day: `${detail.day} 的`, place: '此地点的' });
      const left = `${whose}预算剩余 ${detail.left} / ${detail.of}（${detail.currency} 最小货币单位）`;
      if (detail.cost === null) return `${left}；本券的最高成本（${detail.currency}）未知。`;
      return passed
        ? `${left}；本券占用 ${detail.cost}。${nearestOf(detail, 'zh-CN')}`
        : `${left}；不足以发放本券（${detail.cost}）。`;
    },
  },
};

function checkBudget(gateCase: Case): Verdict {
  const { campaign, stock } = gateCase;
  const { budget: whole, perDay, perPlace } = campaign.limits;
  // The API takes budgets in one currency only; a file that is replayed may have any.
  const [currency, another] = new Set(
    [whole, perDay?.budget, perPlace?.budget].flatMap((money) => money?.currency ?? []),
  );
  if (currency === undefined) return { passed: true, detail: { left: null } };
  const charge = offerCost(campaign.offer);
  // A cost in another currency is not known in the budget's.
  const cost = charge?.currency === currency && another === undefined ? charge.amount : undefined;
  const level = stock.get(campaign.campaignId);
  // Units that somebody holds have been charged, and come back with their money.
  const leased = (level?.leased ?? 0) * (cost ?? 0);
  const limits = shareLimits(gateCase, 'budget', {
    shares: { whole: whole?.amount, perDay: perDay?.budget?.amount, perPlace: perPlace?.budget?.amount },
    wholeLeft: (level?.budgetLeft ?? 0) + leased,
  });
  const { passed, detail } = limitVerdict(limits, cost ?? Number.POSITIVE_INFINITY);
  return { passed, detail: { ...detail, cost: cost ?? null, currency } };
}
