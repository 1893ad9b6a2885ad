import type { GateRule } from '../facts.ts';

/** "No coupon without a unit of stock. What is read here is taken, or refused, by the grant itself." */
export const stock: GateRule = {
  gate: 'stock',
  check: ({ campaign, stock: levels }) => {
    const level = levels.get(campaign.campaignId);
    const paused = level?.active === false ? { paused: true } : {};
    if (campaign.limits.stock === undefined) {
      return { passed: level?.active !== false, detail: { left: null, ...paused } };
    }
    const left = level?.left ?? 0;
    return { passed: level?.active === true && left > 0, detail: { left, of: campaign.limits.stock, ...paused } };
  },
  words: {
    en: ({ passed, detail }) => {
      if (detail.paused) return 'The campaign has just been paused.';
      if (detail.left === null) return 'The campaign has no stock limit.';
      return passed ? `${detail.left} of ${detail.of} coupons are left.` : `All ${detail.of} coupons are gone.`;
    },
    'zh-CN': ({ passed, detail }) => {
      if (detail.paused) return '活动刚刚暂停。';
      if (detail.left === null) return '活动不限库存。';
      return passed ? `优惠券剩余 ${detail.left} / ${detail.of}。` : `${detail.of} 张优惠券已全部发完。`;
    },
  },
};
