import type { Offer } from '#core/model/campaign.ts';
import { localName } from '#core/model/local-name.ts';
import type { Lang, Translate } from './i18n.ts';

/** `14:03:27` today, in the reader's own zone. */
export function clockTime(at: string, lang: Lang): string {
  return new Date(at).toLocaleTimeString(lang, {
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
    hourCycle: 'h23',
  });
}

/** `14:03` today, `21 Nov, 14:03` on another day. */
export function shortTime(at: string, lang: Lang, now = new Date()): string {
  const date = new Date(at);
  const time = date.toLocaleTimeString(lang, { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' });
  if (date.toDateString() === now.toDateString()) return time;
  return `${date.toLocaleDateString(lang, { day: 'numeric', month: 'short' })} ${time}`;
}

export const shortDate = (at: string, lang: Lang): string =>
  new Date(at).toLocaleDateString(lang, { day: 'numeric', month: 'short', year: 'numeric' });

/** `45 s`, `3 min 20 s`, `1 h 5 min`. */
export function duration(ms: number, lang: Lang): string {
  const seconds = Math.max(0, Math.round(ms / 1000));
  const unit = (value: number, of: 'second' | 'minute' | 'hour') =>
    value.toLocaleString(lang, { style: 'unit', unit: of, unitDisplay: 'short' });
  if (seconds < 60) return unit(seconds, 'second');
  if (seconds < 3600)
    return [unit(Math.floor(seconds / 60), 'minute'), ...(seconds % 60 ? [unit(seconds % 60, 'second')] : [])].join(
      ' ',
    );
  return `${unit(Math.floor(seconds / 3600), 'hour')} ${unit(Math.floor((seconds % 3600) / 60), 'minute')}`;
}

/** Minor units as the reader writes money; the number of decimals is the currency's own. */
export function money(amountMinor: number, currency: string, lang: Lang): string {
  const format = new Intl.NumberFormat(lang, {
    style: 'currency',
    currency,
    currencyDisplay: 'narrowSymbol',
    trailingZeroDisplay: 'stripIfInteger',
  });
  return format.format(amountMinor / 10 ** (format.resolvedOptions().maximumFractionDigits ?? 2));
}

export function offerSummary(offer: Offer, lang: Lang, t: Translate): string {
  if (offer.kind === 'amountOff') return t('offer.amountOff', { amount: money(offer.amount, offer.currency, lang) });
  if (offer.kind === 'percentOff') return t('offer.percentOff', { percent: offer.percent });
  return t('offer.freeItem', { item: localName(offer.item, lang) });
}
