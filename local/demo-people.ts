import type { Consent, PersonInput } from '#core/model/person.ts';
import type { City } from './city.ts';
import { createRandom, type Random } from './random.ts';

export type DemoPerson = { personId: string; input: PersonInput };

const PEOPLE = 300;
const DAY_MS = 86_400_000;
const CATEGORIES = [
  'dairy',
  'fashion',
  'coffee',
  'bakery',
  'beauty',
  'books',
  'sports',
  'toys',
  'electronics',
] as const;

const ENGLISH = [
  'Ada',
  'Ben',
  'Clara',
  'Dara',
  'Elena',
  'Felix',
  'Grace',
  'Hugo',
  'Iris',
  'Jonas',
  'Kira',
  'Liam',
  'Maya',
  'Noah',
  'Olga',
  'Priya',
  'Quinn',
  'Rosa',
  'Samir',
  'Tara',
  'Uma',
  'Victor',
  'Wendy',
  'Yara',
  'Zoe',
];
const CHINESE = [
  ['梅', 'Mei'],
  ['晓雯', 'Xiaowen'],
  ['建国', 'Jianguo'],
  ['丽华', 'Lihua'],
  ['子轩', 'Zixuan'],
  ['雨桐', 'Yutong'],
  ['浩然', 'Haoran'],
  ['思颖', 'Siying'],
  ['明', 'Ming'],
  ['佳怡', 'Jiayi'],
  ['俊杰', 'Junjie'],
  ['秀英', 'Xiuying'],
  ['海涛', 'Haitao'],
  ['婷婷', 'Tingting'],
  ['志强', 'Zhiqiang'],
  ['若兰', 'Ruolan'],
  ['天宇', 'Tianyu'],
  ['欣怡', 'Xinyi'],
  ['国栋', 'Guodong'],
  ['小燕', 'Xiaoyan'],
] as const;

/**
 * 300 customers of the demo brand: who they are, what they bought, what they agreed to. Nobody exists: emails are at
 * example.com (RFC 2606), phones in Ofcom's range for drama, +44 7700 900000 to 900999. `now` in epoch milliseconds.
 */
export function demoPeople(_city: City, seed: number, now: number): DemoPerson[] {
  const random = createRandom(seed, 'people');
  return Array.from({ length: PEOPLE }, (_, index) => demoPerson(index, random, now));
}

function demoPerson(index: number, random: Random, now: number): DemoPerson {
  const number = String(index + 1).padStart(4, '0');
  const isChinese = random.chance(0.55);
  const [firstName, latinName] = isChinese ? random.pick(CHINESE) : twice(random.pick(ENGLISH));
  const favouriteCategory = random.weighted(CATEGORIES, (category) =>
    category === 'dairy' || category === 'fashion' || category === 'coffee' ? 4 : 1,
  );
  // A few buy nearly all online, a few nearly nothing; the two kinds are what the "online" segment tells apart.
  const onlineShare = Math.round((random.chance(0.5) ? random.between(0, 0.35) : random.between(0.3, 1)) * 100) / 100;
  const purchasesTotal = Math.min(80, Math.floor(random.exponential(9)));
  const spentMinor = purchasesTotal * random.int(2200, 14_000);
  const boughtDairy90d = favouriteCategory === 'dairy' ? random.int(2, 14) : random.chance(0.4) ? random.int(1, 3) : 0;
  const lastPurchaseAt = new Date(now - random.int(1, 170) * DAY_MS - random.int(0, DAY_MS)).toISOString();
  return {
    personId: `p-${number}`,
    input: {
      identifiers: [
        // One in twelve has no app: known from the till and the web shop only.
        ...(index % 12 === 11 ? [] : [{ kind: 'device' as const, value: `phone-${number}` }]),
        ...(random.chance(0.9)
          ? [{ kind: 'email' as const, value: `${latinName.toLowerCase()}.${number}@example.com` }]
          : []),
        ...(random.chance(0.85)
          ? [{ kind: 'phone' as const, value: `+447700900${String(index).padStart(3, '0')}` }]
          : []),
        ...(purchasesTotal > 3 ? [{ kind: 'member' as const, value: `LY-${200_000 + index * 7}` }] : []),
      ],
      attributes: {
        firstName,
        locale: isChinese ? 'zh-CN' : 'en',
        favouriteCategory,
        onlineShare,
        purchasesTotal,
        spentMinor,
        currency: 'CNY',
        boughtDairy90d,
        ...(purchasesTotal > 0 ? { lastPurchaseAt } : {}),
        tier: spentMinor > 250_000 ? 'gold' : spentMinor > 80_000 ? 'silver' : 'basic',
      },
      consents: demoConsents(random, now),
    },
  };
}

const twice = (name: string): readonly [string, string] => [name, name];

/** About three in four share their location; most take one channel, some both, some none; one in ten took it back. */
function demoConsents(random: Random, now: number): Consent[] {
  const signedUpAt = now - random.int(40, 420) * DAY_MS;
  const say = (
    purpose: Consent['purpose'],
    channel: Consent['channel'],
    granted: boolean,
    atMs = signedUpAt,
    source = 'app-signup:v3',
  ): Consent => ({
    purpose,
    channel,
    granted,
    at: new Date(atMs).toISOString(),
    source,
  });
  const taste = random.next();
  const [email, sms] =
    taste < 0.38 ? [true, true] : taste < 0.68 ? [true, false] : taste < 0.88 ? [false, true] : [false, false];
  const location = random.chance(0.8);
  const later = signedUpAt + random.int(5, 35) * DAY_MS;
  return [
    say('location', 'any', location),
    say('personalisation', 'any', random.chance(0.9)),
    say('marketing', 'email', email),
    say('marketing', 'sms', sms),
    ...(location && random.chance(0.06) ? [say('location', 'any', false, later, 'app-settings')] : []),
    ...(email && random.chance(0.1) ? [say('marketing', 'email', false, later, 'unsubscribe-link')] : []),
    ...(sms && random.chance(0.06) ? [say('marketing', 'sms', false, later, 'sms-stop')] : []),
  ];
}
