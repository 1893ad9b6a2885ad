import type { Locale } from '../model/campaign.ts';
import { durationMs } from '../model/common.ts';

const UNITS = [
  { ms: 86_400_000, en: 'day', 'zh-CN': '天' },
  { ms: 3_600_000, en: 'hour', 'zh-CN': '小时' },
  { ms: 60_000, en: 'minute', 'zh-CN': '分钟' },
  { ms: 1000, en: 'second', 'zh-CN': '秒' },
] as const;

/** `P1DT12H` as a marketer says it: `1 day 12 hours`, `1 天 12 小时`. Weeks are told in days, as windows count them. */
export function durationWords(duration: string, locale: Locale): string {
  let rest = durationMs(duration);
  const words: string[] = [];
  for (const unit of UNITS) {
    const count = Math.floor(rest / unit.ms);
    rest -= count * unit.ms;
    if (count > 0) words.push(`${count} ${unit[locale]}${locale === 'en' && count > 1 ? 's' : ''}`);
  }
  return words.join(' ');
}
