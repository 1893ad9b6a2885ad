import { durationMs } from '../../model/common.ts';
import type { GateRule } from '../facts.ts';

/** "An old signal is history, not an occasion: nobody gets 'you are near' an hour later." */
export const freshness: GateRule = {
  gate: 'freshness',
  check: ({ signal, campaign, now }) => {
    const ageMs = now - Date.parse(signal.occurredAt);
    const limitMs = durationMs(campaign.trigger.freshFor);
    // Told in whole seconds, rounded up: a millisecond too late does not read as just in time.
    return { passed: ageMs <= limitMs, detail: { ageSeconds: Math.ceil(ageMs / 1000), limitSeconds: limitMs / 1000 } };
  },
  words: {
    en: ({ passed, detail }) =>
      passed
        ? `The signal is ${detail.ageSeconds} s old, fresh enough (at most ${detail.limitSeconds} s).`
        : `The signal is ${detail.ageSeconds} s old; the campaign takes none older than ${detail.limitSeconds} s.`,
    'zh-CN': ({ passed, detail }) =>
      passed
        ? `信号发生于 ${detail.ageSeconds} 秒前，足够新（上限 ${detail.limitSeconds} 秒）。`
        : `信号发生于 ${detail.ageSeconds} 秒前，超过活动允许的 ${detail.limitSeconds} 秒。`,
  },
};
