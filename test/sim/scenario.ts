import type * as z from 'zod/mini';
import type { BrandInput } from '#core/model/brand.ts';
import type { CampaignInputSchema } from '#core/model/campaign.ts';
import type { PersonInput } from '#core/model/person.ts';
import type { Random } from '#local/random.ts';
import type { Weather } from './plant-list.ts';

export type CampaignBody = z.input<typeof CampaignInputSchema>;
export type PlannedCampaign = { campaignId: string; body: CampaignBody };
export type PlannedPerson = { personId: string; body: PersonInput };
export type PlannedBrand = {
  brand: string;
  rules: BrandInput;
  campaigns: PlannedCampaign[];
  people: PlannedPerson[];
  placeIds: string[];
};
/** `at` is when it is posted; `occurredAt` when it happened, which may be long before. Times since the start. */
export type PlannedSignal = {
  brand: string;
  personId: string | undefined;
  id: string | undefined;
  placeId: string;
  device: string;
  at: number;
  occurredAt: number;
  /** Times at which the same report is sent again. */
  again: number[];
};
export type Scenario = {
  shape: 'rush' | 'day' | 'hour';
  spanMs: number;
  brands: PlannedBrand[];
  signals: PlannedSignal[];
  poison: { at: number; body: unknown }[];
  /** Changes of a campaign by its marketer. */
  changes: { brand: string; campaignId: string; at: number; change: 'pause' | 'raise' | 'lower' | 'end' }[];
  withdrawals: {
    brand: string;
    personId: string;
    at: number;
    how: 'profile' | 'unsubscribe';
    channel: 'email' | 'sms';
  }[];
  /** The share of coupons that are taken to a till. */
  redeemShare: number;
  /** The share of coupons after which their person withdraws, within the minute. */
  regretShare: number;
};

const SHAPES = ['rush', 'rush', 'rush', 'hour', 'rush', 'hour', 'hour', 'rush', 'hour', 'rush'] as const;
const HOUR_MS = 3_600_000;
const DUPLICATE_SHARE = 0.3;
const STALE_SHARE = 0.05;
const STALE_MS = 2 * HOUR_MS;
const POISON_SHARE = 0.01;
const UNKNOWN_SHARE = 0.03;
const GATES = 3;
/** Changes come early enough to matter to somebody. */
const CHANGES_UNTIL = 0.5;
export const TIME_ZONE = 'Asia/Shanghai';
/** Asia/Shanghai has had no daylight saving since 1991. */
export const ZONE_OFFSET_MS = 8 * HOUR_MS;
export const UNIT_COST = 500;

/** One seed's brands, campaigns, people and everything they will do; nothing here knows how Beckon works. */
export function drawScenario(
  random: Random,
  { seed, start, weather }: { seed: number; start: number; weather?: Weather | undefined },
): Scenario {
  // Ten seeds have ten kinds of trouble (`faults.ts`): the next ten have them in other shapes.
  const planned = weather?.shape ?? (SHAPES[(seed + 3 * Math.floor(seed / 10)) % SHAPES.length] as 'rush' | 'hour');
  const shape = planned === 'hour' && random.chance(0.3) ? 'day' : planned;
  const isLarge = random.chance(0.03);
  const spanMs = shape === 'rush' ? random.int(3_000, 20_000) : shape === 'hour' ? HOUR_MS : 26 * HOUR_MS;
  const brands = Array.from({ length: random.pick([1, 1, 2, 3]) }, (_, index) =>
    drawBrand(random, `brand${index}-${seed}`, { shape, isLarge, start, spanMs, index }),
  );
  const count = isLarge ? random.int(200, 400) : shape === 'rush' ? random.int(50, 120) : random.int(30, 90);
  const signals = Array.from({ length: count }, (_, index) => drawSignal(random, brands, { shape, spanMs, index }));
  const times = <T>(most: number, make: () => T): T[] => Array.from({ length: random.int(1, most) }, make);
  const anyBrand = (): PlannedBrand => (random.chance(0.6) ? (brands[0] as PlannedBrand) : random.pick(brands));
  return {
    shape,
    spanMs,
    brands,
    signals,
    poison: Array.from({ length: Math.ceil(count * POISON_SHARE) }, () => ({
      at: random.next() * spanMs,
      body: random.pick<unknown>([
        '{not json',
        '',
        { hello: 'there' },
        { signalId: 'x', brand: '../..', kind: 'geofence.enter' },
        'null',
      ]),
    })),
    changes: times(8, () => {
      const { brand, campaigns } = anyBrand();
      const change = random.pick(['pause', 'pause', 'raise', 'lower', 'end'] as const);
      const at = random.next() * CHANGES_UNTIL * spanMs;
      return { brand, campaignId: random.pick(campaigns).campaignId, at, change };
    }),
    withdrawals: times(6, () => {
      const { brand, people } = anyBrand();
      const how = random.pick(['profile', 'unsubscribe'] as const);
      return {
        brand,
        personId: random.pick(people).personId,
        at: random.next() * spanMs,
        how,
        channel: random.pick(['email', 'sms'] as const),
      };
    }),
    redeemShare: random.pick([0.3, 1, 1]),
    regretShare: random.pick([0, 0.2]),
  };
}

type Shape = { shape: Scenario['shape']; isLarge: boolean; start: number; spanMs: number; index: number };

function drawBrand(random: Random, brand: string, shape: Shape): PlannedBrand {
  const placeIds = Array.from({ length: random.int(1, 3) }, (_, index) => `place${index}`);
  const people = Array.from(
    { length: shape.isLarge ? random.int(40, 100) : shape.shape === 'rush' ? random.int(20, 40) : random.int(5, 25) },
    (_, index) => drawPerson(random, brand, index, shape.start),
  );
  return {
    brand,
    rules: {
      timeZone: TIME_ZONE,
      offersPerSignal: random.pick([1, 1, 1, 2]),
      ...(random.chance(0.4) && {
        perPerson: { count: random.int(1, 4), window: random.pick(['PT30M', 'PT3H', 'P1D']) },
      }),
      ...(random.chance(0.2) && { perPersonPerPlace: { count: random.int(1, 2), window: 'PT2H' } }),
    },
    campaigns: Array.from({ length: random.int(2, 4) }, (_, index) =>
      drawCampaign(random, `c${index}-${brand}`, shape, index === 0),
    ),
    people,
    placeIds,
  };
}

function drawPerson(random: Random, brand: string, index: number, start: number): PlannedPerson {
  const personId = `p${index}-${brand}`;
  const at = new Date(start - 30 * 24 * HOUR_MS).toISOString();
  const granted = (purpose: 'location' | 'marketing' | 'personalisation', share: number) =>
    random.chance(share) ? [{ purpose, channel: 'any' as const, granted: true, at, source: 'signup:v1' }] : [];
  return {
    personId,
    body: {
      identifiers: [
        { kind: 'device', value: deviceOf(personId) },
        { kind: 'email', value: `${personId}@example.com` },
        ...(random.chance(0.7) ? [{ kind: 'phone' as const, value: phoneOf(brand, index) }] : []),
      ],
      attributes: { firstName: 'Mei' },
      consents: [...granted('location', 0.97), ...granted('marketing', 0.97), ...granted('personalisation', 0.5)],
    },
  };
}

const deviceOf = (personId: string): string => `phone-of-${personId}`;

function phoneOf(brand: string, index: number): string {
  const digits = Number(brand.replace(/\D/g, '').slice(-6)) % 1_000_000;
  return `+86138${String(digits).padStart(6, '0')}${String(index).padStart(3, '0')}`.slice(0, 15);
}

function drawCampaign(
  random: Random,
  campaignId: string,
  { shape, isLarge, start, spanMs }: Shape,
  isMain: boolean,
): PlannedCampaign {
  const most = isLarge ? 300 : 60;
  // A rush on thousands leases dozens at a time; a rush on a few fights for each.
  const plenty =
    shape === 'rush' && isMain
      ? random.pick([random.int(500, 5_000), random.int(6, 20), random.int(10, 30)])
      : undefined;
  const stock = plenty ?? random.pick([undefined, undefined, 1, 2, random.int(3, 20), random.int(10, most)]);
  const hasStock = stock !== undefined || (isMain && shape === 'rush');
  const total = stock ?? random.int(10, most);
  const share = (): { stock: number } => ({ stock: random.int(1, total) });
  return {
    campaignId,
    body: {
      name: `Campaign ${campaignId}`,
      trigger: { on: ['geofence.enter'], freshFor: random.pick(['PT3M', 'PT5M', 'PT20M']) },
      schedule: {
        timeZone: TIME_ZONE,
        ...(random.chance(0.15) && { endsAt: new Date(start + random.between(0.3, 1) * spanMs).toISOString() }),
      },
      limits: {
        ...(random.chance(isMain && shape === 'rush' ? 0.4 : 0.7) && {
          perPerson: { count: random.int(1, 2), window: random.pick(['PT10M', 'PT1H', 'PT6H', 'P1D']) },
        }),
        ...(random.chance(0.2) && { perPersonPerPlace: { count: 1, window: random.pick(['PT20M', 'PT4H']) } }),
        ...(hasStock && { stock: total }),
        ...(random.chance(0.3) && {
          budget: { amount: UNIT_COST * random.int(1, most) + random.int(0, UNIT_COST - 1), currency: 'CNY' },
        }),
        ...(hasStock && random.chance(0.2) && { perDay: share() }),
        ...(hasStock && random.chance(0.2) && { perPlace: share() }),
        ...(random.chance(0.2) && {
          quietHours: {
            hours: random.pick(['21:00-09:00', '12:00-14:00']),
            otherwise: random.pick(['inbox', 'drop'] as const),
          },
        }),
      },
      experiment: { holdoutPercent: random.pick([0, 10, 50]) },
      offer: {
        kind: 'amountOff',
        amount: UNIT_COST,
        currency: 'CNY',
        expiresAfter: random.pick(['PT1H', 'PT4H', 'P1D']),
        redeemAt: random.pick(['anyPlace', 'anyPlace', 'triggerPlace'] as const),
      },
      message: {
        channels: random.pick([['email'], ['sms', 'email'], ['email', 'sms'], ['push', 'sms', 'email']]),
        templates: { en: { title: '{{offer.summary}}', body: 'Hi {{person.firstName|there}}: {{coupon.code}}' } },
      },
      // In a rush everybody wants the same.
      priority: isMain && shape === 'rush' ? 100 : random.int(0, 10),
    },
  };
}

function drawSignal(
  random: Random,
  brands: PlannedBrand[],
  { shape, spanMs, index }: { shape: Scenario['shape']; spanMs: number; index: number },
): PlannedSignal {
  const chosen = random.chance(0.7) ? (brands[0] as PlannedBrand) : random.pick(brands);
  const personId = random.chance(UNKNOWN_SHARE) ? undefined : random.pick(chosen.people).personId;
  // A rush is a few gates that open: everybody behind one comes at once.
  const gate = (Math.ceil(random.next() * GATES) / GATES) * spanMs;
  const at = shape === 'rush' ? gate + random.exponential(150) : random.next() * spanMs;
  const occurredAt = random.chance(STALE_SHARE) ? at - random.next() * STALE_MS : at - random.exponential(3_000);
  const again = random.chance(DUPLICATE_SHARE)
    ? Array.from({ length: random.int(1, 3) }, () => at + random.exponential(random.pick([100, 5_000, 900_000])))
    : [];
  return {
    brand: chosen.brand,
    personId,
    id: random.chance(0.6) ? `s${index}` : undefined,
    placeId: random.pick(chosen.placeIds),
    device: personId === undefined ? `nobody-${index}` : deviceOf(personId),
    at,
    occurredAt: Math.floor(occurredAt),
    again,
  };
}
