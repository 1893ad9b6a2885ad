import { TRUST_TIERS } from '../../model/signal.ts';
import type { GateRule } from '../facts.ts';

/** "An offer of value asks for a signal that can be believed: its tier is at least the campaign's minimum." */
export const trust: GateRule = {
  gate: 'trust',
  check: ({ signal, campaign }) => ({
    passed: TRUST_TIERS.indexOf(signal.trust) >= TRUST_TIERS.indexOf(campaign.trigger.minTrust),
    detail: { tier: signal.trust, minimum: campaign.trigger.minTrust },
  }),
  words: {
    en: ({ passed, detail }) =>
      passed
        ? `The signal's trust tier ${detail.tier} reaches the campaign's minimum ${detail.minimum}.`
        : `The signal's trust tier ${detail.tier} is below the campaign's minimum ${detail.minimum}.`,
    'zh-CN': ({ passed, detail }) =>
      passed
        ? `信号的可信等级 ${detail.tier} 达到活动要求的 ${detail.minimum}。`
        : `信号的可信等级 ${detail.tier} 低于活动要求的 ${detail.minimum}。`,
  },
};
