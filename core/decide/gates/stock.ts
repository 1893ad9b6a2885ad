import type { GateRule } from '../facts.ts';

/** "No coupon without a unit of stock. What is read here is taken, or refused, by the grant itself." */
export const stock: GateRule = {
  gate: 'stock',
  check: ({ campaign, stock: levels }) => {
    const level = levels.get(campaign.campaignId);
    if (campaign.limits.stock === undefined) return { passed: level?.active !== false, detail: { left: null } };
    const left = level?.left ?? 0;
    return { passed: level?.active === true && left > 0, detail: { left, of: campaign.limits.stock } };
  },
  words: {
    en: ({ passed, detail }) => {
      if (detail.left === null)
        return passed ? 'The campaign has no stock limit.' : 'The campaign has just been paused.';
      return passed ? `${detail.left} of ${detail.of} coupons are left.` : `All ${detail.of} coupons are gone.`;
    },
    'zh-CN': ({ passed, detail }) => {
      if (detail.left === null) return passed ? '活动不限库存。' : '活动刚刚暂停。';
      return passed ? `优惠券剩余 ${detail.left} / ${detail.of}。` : `${detail.of} 张优惠券已全部发完。`;
    },
  },
};
