import type { Detail } from '../../model/decision.ts';
import type { Case, GateRule, Verdict } from '../facts.ts';
import { limitVerdict, nearestOf, shareLimits } from './limits.ts';

/**
 * "No coupon without a unit of stock, of the day's share and of the place's. What is read here is taken, or refused,
 * by the grant itself; units that somebody holds and has not spent can still come back."
 */
export const stock: GateRule = {
  gate: 'stock',
  check: (gateCase) => checkStock(gateCase),
  words: {
    en: ({ passed, detail }) => {
      if (detail.paused) return 'The campaign has just been paused.';
      if (detail.left === null) return 'The campaign has no stock limit.';
      if (detail.day === null)
        return 'The campaign’s coupons are shared out by the day, and which day it is is not known.';
      const whose = shareOf(detail, { day: ` for ${detail.day}`, place: ' for this place' });
      return passed
        ? `${detail.left} of ${detail.of} coupons${whose} are left.${nearestOf(detail, 'en')}`
        : `All ${detail.of} coupons${whose} are gone.`;
    },
    'zh-CN': ({ passed, detail }) => {
      if (detail.paused) return '活动刚刚暂停。';
      if (detail.left === null) return '活动不限库存。';
      if (detail.day === null) return '优惠券按日分配，而当地日期未知。';
      const whose = shareOf(detail, { day: `${detail.day} 的`, place: '此地点的' });
      return passed
        ? `${whose}优惠券剩余 ${detail.left} / ${detail.of}。${nearestOf(detail, 'zh-CN')}`
        : `${`${whose} ${detail.of}`.trim()} 张优惠券已全部发完。`;
    },
  },
};

function checkStock(gateCase: Case): Verdict {
  const { campaign, stock: levels } = gateCase;
  const level = levels.get(campaign.campaignId);
  const paused = level?.active === false ? { paused: true } : {};
  const { stock: whole, perDay, perPlace } = campaign.limits;
  const limits = shareLimits(gateCase, 'stock', {
    shares: { whole, perDay: perDay?.stock, perPlace: perPlace?.stock },
    wholeLeft: (level?.left ?? 0) + (level?.leased ?? 0),
  });
  if (limits.length === 0) return { passed: level?.active !== false, detail: { left: null, ...paused } };
  const { passed, detail } = limitVerdict(limits);
  return { passed: passed && level?.active === true, detail: { ...detail, ...paused } };
}

/** Whose share a detail tells of, in the words given for it; the campaign's own need none. */
export const shareOf = ({ scope }: Detail, words: { day: string; place: string }): string =>
  scope === 'day' ? words.day : scope === 'place' ? words.place : '';
