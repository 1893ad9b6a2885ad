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
  encode: (text: string) => string;
};

/** The words of one message, in the person's language where the campaign has it. */
export function compose(input: ComposeInput): Composed {
  const { campaign, place, code } = input;
  const { locale, template } = chooseTemplate(campaign, input.person);
  const expiresAt = expiryText(input.expiresAt, place?.timeZone ?? 'UTC', locale);
  const values: TemplateValues = {
    ...(input.personalised ? personValues(input.person) : {}),
    'place.name': place?.name,
    'offer.summary': offerSummary(campaign.offer, locale),
    'coupon.code': code,
    'coupon.expiresAt': expiresAt,
  };
  const fill = (text: string) => renderTemplate(text, values, input.encode);
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

function money(amountMinor: number, currency: string, locale: Locale): string {
  const format = new Intl.NumberFormat(locale, { style: 'currency', currency });
  return format.format(amountMinor / 10 ** (format.resolvedOptions().maximumFractionDigits ?? 2));
}

function expiryText(ms: number, timeZone: string, locale: Locale): string {
  return new Intl.DateTimeFormat(locale, { timeZone, dateStyle: 'medium', timeStyle: 'short' }).format(ms);
}

function chooseTemplate(campaign: Campaign, person: Person): { locale: Locale; template: Template } {
  const { templates } = campaign.message;
  const wanted = person.attributes.locale;
  const language = typeof wanted === 'string' ? wanted.split('-')[0] : undefined;
  const locale =
    LOCALES.find((candidate) => templates[candidate] && candidate === wanted) ??
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
