import type { CampaignInput } from '#core/model/campaign.ts';
import type { Segment } from '#core/model/segment.ts';
import type { City } from './city.ts';

export { type DemoPerson, demoPeople } from './demo-people.ts';

export type DemoCampaign = { campaignId: string; input: CampaignInput };
export type DemoSegment = { segmentId: string; input: Omit<Segment, 'segmentId'> };

/** Who the demo brand's marketers speak of. */
export function demoSegments(): DemoSegment[] {
  return [
    {
      segmentId: 'dairy-lovers',
      input: {
        name: 'Dairy lovers 乳品爱好者',
        rule: {
          combinator: 'or',
          rules: [
            { field: 'favouriteCategory', operator: '=', value: 'dairy' },
            { field: 'boughtDairy90d', operator: '>=', value: 2 },
          ],
        },
      },
    },
    {
      segmentId: 'mostly-online',
      input: {
        name: 'Mostly online 主要线上购买',
        rule: {
          combinator: 'and',
          rules: [
            { field: 'onlineShare', operator: '>=', value: 0.5 },
            { field: 'purchasesTotal', operator: '>=', value: 1 },
          ],
        },
      },
    },
    {
      segmentId: 'regulars',
      input: {
        name: 'Regulars 常客',
        rule: {
          combinator: 'or',
          rules: [
            { field: 'tier', operator: 'in', value: ['silver', 'gold'] },
            { field: 'purchasesTotal', operator: '>=', value: 8 },
          ],
        },
      },
    },
    {
      segmentId: 'area-buys-online',
      input: {
        name: 'Their area buys online 所在区域偏好线上',
        rule: { combinator: 'and', rules: [{ field: 'region.preference', operator: '=', value: 'online' }] },
      },
    },
    {
      segmentId: 'online-and-never-seen',
      input: {
        name: 'Buys online, never seen in a shop 线上买家，从未到店',
        rule: {
          combinator: 'and',
          rules: [
            { field: 'purchases.online.count.90d', operator: '>=', value: 1 },
            { field: 'purchases.offline.count', operator: '=', value: 0 },
            { field: 'visits.count', operator: '=', value: 0 },
          ],
        },
      },
    },
    {
      segmentId: 'coffee-people',
      input: {
        name: 'Coffee people 咖啡客',
        rule: {
          combinator: 'and',
          rules: [
            { field: 'favouriteCategory', operator: 'in', value: ['coffee', 'bakery', 'books'] },
            { field: 'identifiers.device', operator: 'notNull' },
          ],
        },
      },
    },
  ];
}

type Words = { title: string; body: string };
const email = (
  en: Words,
  zh: Words,
  channels: CampaignInput['message']['channels'] = ['email', 'sms'],
): CampaignInput['message'] => ({
  channels,
  templates: { en, 'zh-CN': zh },
});
const everyPlace = {
  placeIds: [],
  placeTags: [],
  creativeIds: [],
  creativeUnknown: 'skip',
  dwellSeconds: 0,
  minTrust: 'T1',
  freshFor: 'PT10M',
} as const;
const wallClock = { timeZone: 'place' } as const;

/** Seven live campaigns, chosen so that every gate has something to refuse. */
export function demoCampaigns(city: City): DemoCampaign[] {
  const arcade = city.places.some(({ placeId }) => placeId === 'mint-arcade') ? ['mint-arcade'] : [];
  return [
    {
      campaignId: 'milk-on-the-way-home',
      input: {
        name: 'Milk on the way home 回家路上的牛奶',
        trigger: { ...everyPlace, placeIds: [], creativeIds: [], on: ['geofence.enter'], placeTags: ['dairy'] },
        audience: { segmentId: 'dairy-lovers' },
        schedule: wallClock,
        limits: { perPerson: { count: 1, window: 'P1D' }, budget: { amount: 40_000, currency: 'CNY' } },
        experiment: { holdoutPercent: 15, variants: [] },
        offer: {
          kind: 'amountOff',
          amount: 500,
          currency: 'CNY',
          minimumSpend: 1500,
          expiresAfter: 'PT4H',
          redeemAt: 'triggerPlace',
        },
        message: email(
          {
            title: '{{offer.summary}} at {{place.name}}',
            body: 'Hi {{person.firstName|there}}, milk on the way home? Show {{coupon.code}} at the till of {{place.name}} today: {{offer.summary}}.',
          },
          {
            title: '{{place.name}}：{{offer.summary}}',
            body: '{{person.firstName|您好}}，回家路上带瓶牛奶吧？今天在{{place.name}}结账时出示 {{coupon.code}}，{{offer.summary}}。',
          },
          ['sms', 'email'],
        ),
        priority: 20,
      },
    },
    {
      campaignId: 'try-it-on',
      input: {
        name: 'Try it on 到店试穿',
        trigger: {
          ...everyPlace,
          placeIds: [],
          creativeIds: [],
          on: ['geofence.dwell'],
          placeTags: ['fashion'],
          dwellSeconds: 60,
        },
        audience: { segmentId: 'mostly-online' },
        schedule: wallClock,
        limits: { perPerson: { count: 1, window: 'P7D' }, quietHours: { hours: '22:00-08:00', otherwise: 'inbox' } },
        experiment: { holdoutPercent: 20, variants: [] },
        offer: {
          kind: 'percentOff',
          percent: 15,
          maxAmount: 8000,
          currency: 'CNY',
          expiresAfter: 'PT6H',
          redeemAt: 'triggerPlace',
        },
        message: email(
          {
            title: 'While you are here: {{offer.summary}}',
            body: 'Hi {{person.firstName|there}}, what you liked online hangs a few steps away. {{offer.summary}} on anything you try on at {{place.name}}, code {{coupon.code}}.',
          },
          {
            title: '到店专享：{{offer.summary}}',
            body: '{{person.firstName|您好}}，您在网上看中的款式就在几步之外。在{{place.name}}试穿任意一件，凭 {{coupon.code}} 享{{offer.summary}}。',
          },
        ),
        priority: 30,
      },
    },
    {
      campaignId: 'lobby-milk',
      input: {
        name: 'The lobby screen: a free box of milk 大堂屏幕：免费牛奶',
        trigger: { ...everyPlace, placeIds: [], creativeIds: [], on: ['nfc.tap'], placeTags: ['lobby', 'mall'] },
        audience: {},
        schedule: wallClock,
        limits: { perPerson: { count: 1, window: 'P1D' }, stock: 12 },
        experiment: { holdoutPercent: 0, variants: [] },
        offer: {
          kind: 'freeItem',
          item: 'Harbour milk, 250 ml 海港牛奶 250 毫升',
          amount: 450,
          currency: 'CNY',
          expiresAfter: 'P1D',
          redeemAt: 'anyPlace',
        },
        message: email(
          {
            title: 'Your free box of milk',
            body: 'Well tapped, {{person.firstName|there}}! {{offer.summary}}: show {{coupon.code}} at any Harbour Dairy.',
          },
          {
            title: '免费牛奶一盒',
            body: '{{person.firstName|您好}}，碰得好！{{offer.summary}}：在任意一家海港乳品出示 {{coupon.code}} 即可领取。',
          },
        ),
        priority: 40,
      },
    },
    {
      campaignId: 'second-cup',
      input: {
        name: 'Second cup 第二杯',
        trigger: { ...everyPlace, placeIds: [], creativeIds: [], on: ['geofence.enter'], placeTags: ['coffee'] },
        audience: { segmentId: 'coffee-people' },
        schedule: wallClock,
        limits: { perPerson: { count: 2, window: 'P1D' } },
        experiment: { holdoutPercent: 10, variants: [] },
        offer: {
          kind: 'percentOff',
          percent: 50,
          maxAmount: 1800,
          currency: 'CNY',
          expiresAfter: 'PT2H',
          redeemAt: 'triggerPlace',
        },
        message: email(
          {
            title: 'The second cup is on half price',
            body: 'Morning or not, {{person.firstName|there}}: {{offer.summary}} at {{place.name}} for the next two hours. {{coupon.code}}',
          },
          {
            title: '第二杯半价',
            body: '{{person.firstName|您好}}，两小时内在{{place.name}}享{{offer.summary}}。券码 {{coupon.code}}',
          },
          ['sms', 'email'],
        ),
        priority: 10,
      },
    },
    {
      campaignId: 'arcade-welcome',
      input: {
        name: 'Arcade welcome 天地迎宾',
        trigger: { ...everyPlace, placeTags: [], creativeIds: [], on: ['geofence.enter'], placeIds: arcade },
        audience: {},
        schedule: wallClock,
        limits: { perPerson: { count: 1, window: 'P7D' }, budget: { amount: 20_000, currency: 'CNY' } },
        experiment: { holdoutPercent: 25, variants: [] },
        offer: {
          kind: 'amountOff',
          amount: 1000,
          currency: 'CNY',
          minimumSpend: 5000,
          expiresAfter: 'PT12H',
          redeemAt: 'anyPlace',
        },
        message: email(
          {
            title: 'Welcome to {{place.name}}',
            body: 'Hi {{person.firstName|there}}, {{offer.summary}} in any of our shops today. Your code: {{coupon.code}}',
          },
          {
            title: '欢迎光临{{place.name}}',
            body: '{{person.firstName|您好}}，今天在我们任意一家门店享{{offer.summary}}。券码：{{coupon.code}}',
          },
        ),
        priority: 5,
      },
    },
    {
      campaignId: 'see-you-soon',
      input: {
        name: 'See you soon 欢迎再来',
        trigger: {
          ...everyPlace,
          placeIds: [],
          creativeIds: [],
          on: ['geofence.exit'],
          placeTags: ['bakery', 'books', 'beauty', 'sports', 'toys'],
        },
        audience: { segmentId: 'regulars' },
        schedule: wallClock,
        limits: { perPerson: { count: 1, window: 'P14D' } },
        experiment: { holdoutPercent: 10, variants: [] },
        offer: { kind: 'amountOff', amount: 800, currency: 'CNY', expiresAfter: 'P7D', redeemAt: 'anyPlace' },
        message: email(
          {
            title: 'Thank you for looking in',
            body: 'Thank you for coming by {{place.name}}, {{person.firstName|dear customer}}. {{offer.summary}} the next time, with {{coupon.code}}.',
          },
          {
            title: '感谢光临',
            body: '{{person.firstName|亲爱的顾客}}，感谢光临{{place.name}}。下次凭 {{coupon.code}} 享{{offer.summary}}。',
          },
          ['email'],
        ),
        priority: 0,
      },
    },
    {
      campaignId: 'after-work',
      input: {
        name: 'After work 下班时光',
        trigger: { ...everyPlace, placeIds: [], creativeIds: [], on: ['geofence.enter'], placeTags: ['transit'] },
        audience: { segmentId: 'dairy-lovers' },
        schedule: { days: ['mon', 'tue', 'wed', 'thu', 'fri'], hours: '16:00-21:00', timeZone: 'place' },
        limits: { perPerson: { count: 1, window: 'P1D' } },
        experiment: { holdoutPercent: 10, variants: [] },
        offer: {
          kind: 'percentOff',
          percent: 10,
          maxAmount: 2000,
          currency: 'CNY',
          expiresAfter: 'PT3H',
          redeemAt: 'anyPlace',
        },
        message: email(
          {
            title: 'Something for the evening',
            body: 'Nearly home, {{person.firstName|there}}: {{offer.summary}} at every Harbour Dairy until closing. {{coupon.code}}',
          },
          {
            title: '给今晚添点味道',
            body: '{{person.firstName|您好}}，快到家了：打烊前在任意海港乳品享{{offer.summary}}。{{coupon.code}}',
          },
        ),
        priority: 15,
      },
    },
  ];
}
