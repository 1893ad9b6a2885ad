import { describe, expect, it } from 'vitest';
import { compose, offerSummary } from '#core/messages/compose.ts';
import type { Campaign, Locale, Offer } from '#core/model/campaign.ts';
import { CampaignInputSchema } from '#core/model/campaign.ts';
import type { AttributeValue } from '#core/model/person.ts';
import { PlaceInputSchema } from '#core/model/place.ts';
import { aCampaign, aPlace } from '#test/support/builders.ts';

const TEMPLATES = {
  en: {
    title: 'Hello {{person.firstName|there}}',
    body: '{{offer.summary}}, {{coupon.code}}, until {{coupon.expiresAt}}',
  },
  'zh-CN': { title: '{{person.firstName|您}}好', body: '{{offer.summary}}，{{coupon.code}}，{{coupon.expiresAt}}' },
};

function composed({
  locales = ['en', 'zh-CN'] as Locale[],
  attributes = {} as Record<string, AttributeValue>,
  personalised = true,
  timeZone = 'Asia/Shanghai',
  templates = TEMPLATES as Partial<typeof TEMPLATES>,
  offer = undefined as Offer | undefined,
} = {}) {
  const chosen = Object.fromEntries(locales.map((locale) => [locale, templates[locale]]));
  const campaign: Campaign = {
    ...CampaignInputSchema.parse(aCampaign({ message: { channels: ['email'], templates: chosen } })),
    ...(offer && { offer }),
    campaignId: 'milk',
    state: 'live',
  };
  return compose({
    campaign,
    person: { personId: 'mei', identifiers: [], attributes },
    personalised,
    place: timeZone === 'unknown' ? undefined : { ...PlaceInputSchema.parse(aPlace({ timeZone })), placeId: 's1' },
    code: '0000-0000-0000-0',
    expiresAt: Date.parse('2026-11-18T16:30:00Z'),
  });
}

describe('the language', () => {
  it.each<[AttributeValue | undefined, Locale[], Locale]>([
    ['en', ['en', 'zh-CN'], 'en'],
    ['zh-CN', ['en', 'zh-CN'], 'zh-CN'],
    ['en-GB', ['en', 'zh-CN'], 'en'],
    ['zh', ['en', 'zh-CN'], 'zh-CN'],
    ['zh-Hans-SG', ['en', 'zh-CN'], 'zh-CN'],
    ['zh_CN', ['en', 'zh-CN'], 'zh-CN'], // as Android writes it
    ['ZH-cn', ['en', 'zh-CN'], 'zh-CN'],
    ['fr', ['en', 'zh-CN'], 'en'],
    [undefined, ['en', 'zh-CN'], 'en'],
    [null, ['en', 'zh-CN'], 'en'],
    [7, ['en', 'zh-CN'], 'en'],
    ['', ['en', 'zh-CN'], 'en'],
    ['en', ['zh-CN'], 'zh-CN'],
    ['fr', ['zh-CN'], 'zh-CN'],
    ['zh-CN', ['en'], 'en'],
    ['enough', ['zh-CN', 'en'], 'en'],
  ])('wanted %j, written %j: %s', (locale, locales, expected) => {
    expect(composed({ locales, attributes: locale === undefined ? {} : { locale } }).locale).toBe(expected);
  });
});

describe('the words', () => {
  it('are filled in, in both languages', () => {
    expect(composed({ attributes: { firstName: 'Mei' } })).toEqual({
      locale: 'en',
      title: 'Hello Mei',
      body: 'CN¥5.00 off, 0000-0000-0000-0, until Nov 19, 2026, 12:30 AM',
      code: '0000-0000-0000-0',
      expiresAt: 'Nov 19, 2026, 12:30 AM',
    });
    expect(composed({ attributes: { firstName: '美', locale: 'zh-CN' } })).toMatchObject({
      title: '美好',
      body: '立减 ¥5.00，0000-0000-0000-0，2026年11月19日 00:30',
    });
  });

  it('say nothing from the profile without that consent', () => {
    expect(composed({ attributes: { firstName: 'Mei' }, personalised: false }).title).toBe('Hello there');
  });

  it('take text and numbers from the profile, nothing else', () => {
    const title = (firstName: AttributeValue) => composed({ attributes: { firstName } }).title;
    expect([title('Mei'), title(7), title(true), title(['a']), title(null)]).toEqual([
      'Hello Mei',
      'Hello 7',
      'Hello there',
      'Hello there',
      'Hello there',
    ]);
  });

  it('cannot have the coupon’s or the place’s words taken over by a profile', () => {
    const hostile = { 'coupon.code': 'FAKE', 'place.name': 'FAKE', 'offer.summary': 'FAKE' };
    expect(composed({ attributes: hostile }).body).not.toContain('FAKE');
  });

  it('give a free item’s name in full', () => {
    const item = `Dr.Pepper, ${'very '.repeat(30)}cold`;
    const offer: Offer = { kind: 'freeItem', item, expiresAfter: 'PT4H', redeemAt: 'anyPlace' };
    expect(composed({ offer }).body).toContain(`Free: ${item}`);
  });

  it('are plain ASCII where the values are, so that an SMS stays in the small alphabet', () => {
    const offer: Offer = {
      kind: 'amountOff',
      amount: 500,
      currency: 'CHF',
      expiresAfter: 'PT4H',
      redeemAt: 'anyPlace',
    };
    expect(composed({ offer }).body).toMatch(/^[ -~]+$/);
  });
});

describe('until when', () => {
  it.each([
    ['Asia/Shanghai', 'Nov 19, 2026, 12:30 AM'],
    ['Europe/London', 'Nov 18, 2026, 4:30 PM'],
    ['America/New_York', 'Nov 18, 2026, 11:30 AM'],
    ['Pacific/Kiritimati', 'Nov 19, 2026, 6:30 AM'],
  ])('by the clock of the place: %s', (timeZone, text) => expect(composed({ timeZone }).expiresAt).toBe(text));

  it('says which clock where the place is not known', () => {
    expect(composed({ timeZone: 'unknown' }).expiresAt).toBe('Nov 18, 2026, 4:30 PM UTC');
    expect(composed({ timeZone: 'unknown', attributes: { locale: 'zh-CN' } }).expiresAt).toBe(
      '2026年11月18日 16:30 UTC',
    );
  });
});

describe('what is promised', () => {
  const amountOff = (amount: number, currency: string): Offer => ({
    kind: 'amountOff',
    amount,
    currency,
    expiresAfter: 'PT4H',
    redeemAt: 'anyPlace',
  });

  it.each([
    [500, 'CNY', 'CN¥5.00 off', '立减 ¥5.00'],
    [500, 'JPY', '¥500 off', '立减 JP¥500'],
    [1500, 'KWD', 'KWD 1.500 off', '立减 KWD 1.500'],
    [1, 'USD', '$0.01 off', '立减 US$0.01'],
    [1_234_567, 'USD', '$12,345.67 off', '立减 US$12,345.67'],
    // ISO 4217 counts fillér, sen and centavos, whatever people carry in their pockets.
    [50_000, 'HUF', 'HUF 500.00 off', '立减 HUF 500.00'],
    [500_000, 'IDR', 'IDR 5,000.00 off', '立减 IDR 5,000.00'],
    [500_000, 'COP', 'COP 5,000.00 off', '立减 COP 5,000.00'],
    [5000, 'IQD', 'IQD 5.000 off', '立减 IQD 5.000'],
    [5000, 'KRW', '₩5,000 off', '立减 ₩5,000'],
    [10_000_000_000_000, 'CNY', 'CN¥100,000,000,000.00 off', '立减 ¥100,000,000,000.00'],
  ])('%i minor units of %s', (amount, currency, en, zh) => {
    expect(offerSummary(amountOff(amount, currency), 'en')).toBe(en);
    expect(offerSummary(amountOff(amount, currency), 'zh-CN')).toBe(zh);
  });

  it('as a percentage, or as a thing', () => {
    const rest = { expiresAfter: 'PT4H', redeemAt: 'anyPlace' } as const;
    expect(offerSummary({ kind: 'percentOff', percent: 12.5, ...rest }, 'en')).toBe('12.5% off');
    expect(offerSummary({ kind: 'percentOff', percent: 12.5, ...rest }, 'zh-CN')).toBe('优惠 12.5%');
    expect(offerSummary({ kind: 'freeItem', item: 'a box of milk', ...rest }, 'en')).toBe('Free: a box of milk');
    expect(offerSummary({ kind: 'freeItem', item: '牛奶', ...rest }, 'zh-CN')).toBe('免费：牛奶');
  });
});
