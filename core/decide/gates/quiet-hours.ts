import type { GateRule } from '../facts.ts';
import { quietState } from '../quiet-hours.ts';

/**
 * "In quiet hours, by the clock of the place, no phone rings: the coupon goes silently to the inbox or is not given,
 * as the campaign says. It is never held until the morning, when the person is elsewhere."
 */
export const quietHours: GateRule = {
  gate: 'quiet-hours',
  check: ({ campaign, place, now }) => {
    const limit = campaign.limits.quietHours;
    if (!limit) return { passed: true, detail: { hours: null } };
    const { quiet, time } = quietState(campaign, now, place?.timeZone);
    return {
      passed: !quiet || limit.otherwise === 'inbox',
      detail: { hours: limit.hours, time, quiet, otherwise: limit.otherwise },
    };
  },
  words: {
    en: ({ passed, detail }) => {
      if (detail.hours === null) return 'The campaign has no quiet hours.';
      if (!passed) return `It is ${detail.time ?? 'an unknown hour'} at the place; quiet hours are ${detail.hours}.`;
      if (detail.quiet)
        return `It is ${detail.time} at the place, in quiet hours: the coupon goes to the inbox silently.`;
      return `It is ${detail.time} at the place, outside quiet hours ${detail.hours}.`;
    },
    'zh-CN': ({ passed, detail }) => {
      if (detail.hours === null) return '活动没有免打扰时段。';
      if (!passed) return `当地时间 ${detail.time ?? '未知'}，处于免打扰时段 ${detail.hours}。`;
      if (detail.quiet) return `当地时间 ${detail.time}，处于免打扰时段：优惠券静默放入收件箱。`;
      return `当地时间 ${detail.time}，不在免打扰时段 ${detail.hours} 内。`;
    },
  },
};
