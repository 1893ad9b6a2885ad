import { type Signal, TRUST_TIERS } from '../../model/signal.ts';
import type { GateRule } from '../facts.ts';

/** "An offer of value asks for a signal that can be believed: its tier is at least the campaign's minimum." */
export const trust: GateRule = {
  gate: 'trust',
  check: ({ signal, campaign }) => ({
    passed: TRUST_TIERS.indexOf(signal.trust) >= TRUST_TIERS.indexOf(campaign.trigger.minTrust),
    detail: {
      tier: signal.trust,
      minimum: campaign.trigger.minTrust,
      ...(isPhonesWord(signal) && { saidBy: 'phone' }),
      ...(signal.confidence !== undefined && { confidence: signal.confidence }),
    },
  }),
  words: {
    en: ({ passed, detail }) =>
      passed
        ? `The signal's trust tier ${detail.tier} reaches the campaign's minimum ${detail.minimum}${only(detail, ONLY_EN)}${sure(detail, 'en')}.`
        : `The signal's trust tier ${detail.tier} is below the campaign's minimum ${detail.minimum}${only(detail, ONLY_EN)}.`,
    'zh-CN': ({ passed, detail }) =>
      passed
        ? `信号的可信等级 ${detail.tier} 达到活动要求的 ${detail.minimum}${only(detail, ONLY_ZH)}${sure(detail, 'zh-CN')}。`
        : `信号的可信等级 ${detail.tier} 低于活动要求的 ${detail.minimum}${only(detail, ONLY_ZH)}。`,
  },
};

const ONLY_EN = '; the phone itself has said that it is there, its positions were not checked';
const ONLY_ZH = '；仅由手机自行报告，位置未经核对';
const only = ({ saidBy }: Record<string, unknown>, words: string): string => (saidBy === 'phone' ? words : '');

const sure = ({ confidence }: Record<string, unknown>, language: 'en' | 'zh-CN'): string => {
  if (typeof confidence !== 'number') return '';
  const percent = Math.floor(confidence * 1000) / 10;
  return language === 'en' ? `; the positions say so with ${percent} %` : `；位置判定的把握为 ${percent}%`;
};

/** A phone that watches the fences itself; our own detection says T2. */
const isPhonesWord = ({ kind, source, trust }: Signal): boolean =>
  kind.startsWith('geofence.') && source === 'api' && trust === 'T1';
