import { hasBought } from '../../people/overlap.ts';
import type { GateRule } from '../facts.ts';
import { isSensitive } from '../sensitive.ts';

/**
 * "Never at, or while inside, a sensitive place: a clinic, a shelter, a school, a place of worship." And where a campaign
 * asks for it: "nobody is paid twice: not for whoever buys this already."
 */
export const exclusion: GateRule = {
  gate: 'exclusion',
  check: ({ insidePlaces, campaign, person, now }) => {
    const { notBought } = campaign.audience;
    const isAtSensitive = insidePlaces.some(isSensitive);
    const buysAlready = notBought !== undefined && hasBought(person, notBought, now);
    return {
      passed: !isAtSensitive && !buysAlready,
      // No record names the place, here or anywhere: that is the point.
      detail: { sensitivePlace: isAtSensitive, ...(notBought && { bought: buysAlready, channel: notBought.channel }) },
    };
  },
  words: {
    en: ({ passed, detail }) => {
      if (detail.sensitivePlace === true) return 'The person is at a sensitive place.';
      if (!passed)
        return `The person already buys this${WHERE.en[String(detail.channel)] ?? ''}: no need to pay twice.`;
      return detail.bought === false
        ? 'No sensitive place is involved, and the person does not buy this yet.'
        : 'No sensitive place is involved.';
    },
    'zh-CN': ({ passed, detail }) => {
      if (detail.sensitivePlace === true) return '顾客位于敏感地点。';
      if (!passed) return `顾客已在${WHERE['zh-CN'][String(detail.channel)] ?? '本品牌'}购买此类商品：无需重复付费。`;
      return detail.bought === false ? '不涉及敏感地点，且顾客尚未购买此类商品。' : '不涉及敏感地点。';
    },
  },
};

const WHERE: Record<'en' | 'zh-CN', Readonly<Record<string, string>>> = {
  en: { online: ' online', offline: ' in the shops' },
  'zh-CN': { online: '线上', offline: '门店' },
};
