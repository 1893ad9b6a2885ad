import { durationMs } from '../../model/common.ts';
import type { GateRule } from '../facts.ts';

/** Of the signal that was last asked about: it is asked about for many campaigns, and reading a time is dear. */
const last = { text: '', ms: Number.NaN };

function instantMs(text: string): number {
  if (text !== last.text) Object.assign(last, { text, ms: Date.parse(text) });
  return last.ms;
}

/** "An old signal is history, not an occasion: nobody gets 'you are near' an hour later." */
export const freshness: GateRule = {
  gate: 'freshness',
  check: ({ signal, campaign, now }) => {
    const ageMs = now - instantMs(signal.occurredAt);
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
