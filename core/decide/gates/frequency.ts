import type { Locale } from '../../model/campaign.ts';
import { type CapScope, capLimits } from '../caps.ts';
import { durationWords } from '../duration-words.ts';
import type { GateRule } from '../facts.ts';
import { limitVerdict, nearestOf } from './limits.ts';

/**
 * "At most so many offers to one person in any rolling window: of this campaign, of it at this place, of all the
 * brand's, of all the brand's at this place, asked in this order. A ghost offer counts as one."
 */
export const frequency: GateRule = {
  gate: 'frequency',
  check: (gateCase) => {
    const limits = capLimits(gateCase);
    return limits.length === 0 ? { passed: true, detail: { limit: null } } : limitVerdict(limits);
  },
  words: {
    en: ({ passed, detail }) => {
      if (detail.limit === null) return 'Nothing limits offers per person.';
      const had = `The person had ${detail.had} ${capWords(detail.scope, 'en')} in the last ${windowWords(detail.window, 'en')}`;
      return passed
        ? `${had}; at most ${detail.limit}.${nearestOf(detail, 'en')}`
        : `${had}, which is all they may have (${detail.limit}).`;
    },
    'zh-CN': ({ passed, detail }) => {
      if (detail.limit === null) return '不限制每人次数。';
      const had = `顾客在最近 ${windowWords(detail.window, 'zh-CN')}内已获得${capWords(detail.scope, 'zh-CN')} ${detail.had} 次`;
      return passed
        ? `${had}，上限 ${detail.limit} 次。${nearestOf(detail, 'zh-CN')}`
        : `${had}，已达上限 ${detail.limit} 次。`;
    },
  },
};

const CAP_WORDS: Record<CapScope, Record<Locale, string>> = {
  campaign: { en: 'of this campaign', 'zh-CN': '本活动' },
  'campaign-place': { en: 'of this campaign at this place', 'zh-CN': '本活动在此地点的优惠' },
  brand: { en: 'of all the brand’s offers', 'zh-CN': '本品牌的优惠' },
  'brand-place': { en: 'of all the brand’s offers at this place', 'zh-CN': '本品牌在此地点的优惠' },
};

/** Decisions of before there were scopes have none: they tell of the campaign's cap. */
export const capWords = (scope: unknown, locale: Locale): string =>
  CAP_WORDS[(scope as CapScope | undefined) ?? 'campaign'][locale];

export const windowWords = (window: unknown, locale: Locale): string => durationWords(String(window), locale);
