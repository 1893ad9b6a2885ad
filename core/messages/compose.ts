import type { Campaign, Locale, Offer, Template } from '../model/campaign.ts';
import { LOCALES } from '../model/campaign.ts';
import type { Person } from '../model/person.ts';
import type { Place } from '../model/place.ts';
import { renderTemplate, type TemplateValues } from './template.ts';

/** What a template may say; `person.` is followed by an attribute's name. */
export const PLACEHOLDERS: readonly string[] = [
  'person.',
  'place.name',
  'offer.summary',
  'coupon.code',
  'coupon.expiresAt',
];

export type Composed = { locale: Locale; title: string; body: string; code: string; expiresAt: string };

export type ComposeInput = {
  campaign: Campaign;
  person: Person;
  /** False: only what everyone would read, nothing from the profile. */
  personalised: boolean;
  place: Place | undefined;
  code: string;
  /** Epoch milliseconds. */
  expiresAt: number;
};

/** The words of one message, in the person's language where the campaign has it. */
export function compose(input: ComposeInput): Composed {
  const { campaign, place, code } = input;
  const { locale, template } = chooseTemplate(campaign, input.person);
  const expiresAt = expiryText(input.expiresAt, place?.timeZone, locale);
  const values: TemplateValues = {
    ...(input.personalised ? personValues(input.person) : {}),
    'place.name': place?.name,
    'offer.summary': offerSummary(campaign.offer, locale),
    'coupon.code': code,
    'coupon.expiresAt': expiresAt,
  };
  const fill = (text: string) => renderTemplate(text, values);
  // A title becomes a header: one line.
  const title = fill(template.title)
    .replace(/\p{Cc}+/gu, ' ')
    .trim();
  return { locale, title, body: fill(template.body), code, expiresAt };
}

/** `¥5.00 off`, `20% off`, `Free: a box of milk`. */
export function offerSummary(offer: Offer, locale: Locale): string {
  const chinese = locale === 'zh-CN';
  switch (offer.kind) {
    case 'amountOff': {
      const amount = money(offer.amount, offer.currency, locale);
      return chinese ? `立减 ${amount}` : `${amount} off`;
    }
    case 'percentOff':
      return chinese ? `优惠 ${offer.percent}%` : `${offer.percent}% off`;
    case 'freeItem':
      return chinese ? `免费：${offer.item}` : `Free: ${offer.item}`;
  }
}

/**
 * ISO 4217's minor units where they are not hundredths (list one, 2024). Intl's own digits are CLDR's, which follow the
 * coins people carry: none for HUF, IDR or COP, whose minor units are hundredths all the same.
 */
const MINOR_DIGITS: Record<string, number> = Object.fromEntries([
  ...'BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF'.split(' ').map((code) => [code, 0]),
  ...'BHD IQD JOD KWD LYD OMR TND'.split(' ').map((code) => [code, 3]),
  ...'CLF UYW'.split(' ').map((code) => [code, 4]),
]);

/** Minor units of a currency (ISO 4217) as money: `¥5.00`. */
export function money(amountMinor: number, currency: string, locale: Locale): string {
  const digits = MINOR_DIGITS[currency] ?? 2;
  const format = new Intl.NumberFormat(locale, {
    style: 'currency',
    currency,
    minimumFractionDigits: digits,
    maximumFractionDigits: digits,
  });
  return plainSpaces(format.format(amountMinor / 10 ** digits));
}

/** By the clock of the place; where that is not known, by UTC, and it says so. */
function expiryText(ms: number, timeZone: string | undefined, locale: Locale): string {
  const format = new Intl.DateTimeFormat(locale, {
    timeZone: timeZone ?? 'UTC',
    dateStyle: 'medium',
    timeStyle: 'short',
  });
  return plainSpaces(timeZone === undefined ? `${format.format(ms)} UTC` : format.format(ms));
}

/** The no-break spaces of Intl are not in the SMS alphabet: one of them shortens the whole message to 201 characters. */
const plainSpaces = (text: string): string => text.replace(/[\u00a0\u202f]/g, ' ');

function chooseTemplate(campaign: Campaign, person: Person): { locale: Locale; template: Template } {
  const { templates } = campaign.message;
  const wanted = person.attributes.locale;
  // `zh-CN`, `zh-Hans`, Android's `zh_CN`: the language decides, for there is one of each.
  const language = typeof wanted === 'string' ? wanted.toLowerCase().split(/[-_]/)[0] : undefined;
  const locale =
    LOCALES.find((candidate) => templates[candidate] && candidate.split('-')[0] === language) ??
    LOCALES.find((candidate) => templates[candidate]) ??
    'en';
  return { locale, template: templates[locale] ?? { title: '', body: '' } };
}

function personValues(person: Person): TemplateValues {
  return Object.fromEntries(
    Object.entries(person.attributes)
      .filter(([, value]) => typeof value === 'string' || typeof value === 'number')
      .map(([name, value]) => [`person.${name}`, String(value)]),
  );
}
