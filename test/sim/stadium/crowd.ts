import * as z from 'zod/mini';
import { type Campaign, CampaignInputSchema } from '#core/model/campaign.ts';
import { PersonInputSchema } from '#core/model/person.ts';
import { PlaceInputSchema } from '#core/model/place.ts';
import type { Signal } from '#core/model/signal.ts';
import type { Random } from '#local/random.ts';
import { putCampaign } from '#store/campaigns.ts';
import { putEntry } from '#store/catalogue.ts';
import type { Database } from '#store/client.ts';
import { putPerson } from '#store/people.ts';
import { aCampaign, aPerson, aPlace } from '#test/support/builders.ts';

export const STADIUM = 'stadium';
export const CROWD = 50_000;
export const COUPONS = 10_000;
export const OTHER_BRANDS = Array.from({ length: 9 }, (_, index) => `brand-${index + 1}`);
/** Signals a second of each of the others, all through. */
const OTHERS_PER_SECOND = 10;
const OTHERS_SECONDS = 90;
/** Of a gate that opens: rate(t) = peak · t/τ · e^(1 - t/τ), whose sum over 60 s is the crowd for this τ. */
const TAU_SECONDS = 7.38;

export type Arrival = { at: number; signal: Signal };

/** Who comes when: the crowd within a minute, and the other brands' people at their own pace. Seeded. */
export function arrivals(start: number, random: Random, withCrowd: boolean): Arrival[] {
  const others = OTHER_BRANDS.flatMap((brand) =>
    Array.from({ length: OTHERS_PER_SECOND * OTHERS_SECONDS }, (_, index) => {
      const at = start + random.next() * OTHERS_SECONDS * 1000;
      return { at, signal: enterOf(brand, `p${index}`, at) };
    }),
  );
  const crowd = Array.from({ length: withCrowd ? CROWD : 0 }, (_, index) => {
    const at = start + 15_000 + 1000 * gateSeconds(random);
    return { at, signal: enterOf(STADIUM, `p${index}`, at) };
  });
  return [...others, ...crowd].sort((left, right) => left.at - right.at);
}

/** Everybody and everything, before the gates open: at no cost and in no time. */
export async function fill(db: Database, withCrowd: boolean): Promise<void> {
  for (const brand of OTHER_BRANDS) {
    await openBrand(db, brand, 500_000);
    for (let index = 0; index < OTHERS_PER_SECOND * OTHERS_SECONDS; index += 1) await enrol(db, brand, index);
  }
  await openBrand(db, STADIUM, COUPONS);
  for (let index = 0; index < (withCrowd ? CROWD : 0); index += 1) await enrol(db, STADIUM, index);
}

async function openBrand(db: Database, brand: string, stock: number): Promise<void> {
  const tenant = { kind: 'brand', id: brand } as const;
  const place = { placeId: 's1', ...z.parse(PlaceInputSchema, aPlace()) };
  await putEntry(db, tenant, 'place', { id: 's1', body: place });
  const message = {
    channels: ['sms' as const],
    templates: { en: { body: 'Hi {{person.firstName|there}}: {{coupon.code}}' } },
  };
  const limits = { perPerson: { count: 1, window: 'P7D' }, stock };
  const campaign: Campaign = {
    campaignId: 'gate',
    state: 'live',
    ...z.parse(CampaignInputSchema, aCampaign({ limits, message })),
  };
  await putCampaign(db, brand, campaign, undefined);
}

async function enrol(db: Database, brand: string, index: number): Promise<void> {
  const identifiers = [
    { kind: 'device' as const, value: `phone-p${index}` },
    { kind: 'phone' as const, value: `+1206${5_550_000 + index}` },
  ];
  await putPerson(db, brand, `p${index}`, z.parse(PersonInputSchema, aPerson(`p${index}`, { identifiers })));
}

function enterOf(brand: string, personId: string, at: number): Signal {
  const occurredAt = new Date(at).toISOString();
  return {
    signalId: `${personId}-in`,
    brand,
    kind: 'geofence.enter',
    source: 'api',
    trust: 'T1',
    occurredAt,
    receivedAt: occurredAt,
    subject: { kind: 'device', value: `phone-${personId}` },
    placeId: 's1',
  };
}

/** The rate is a gamma density of shape 2; what would come after the minute comes within it. */
function gateSeconds(random: Random): number {
  for (;;) {
    const seconds = random.exponential(TAU_SECONDS) + random.exponential(TAU_SECONDS);
    if (seconds < 60) return seconds;
  }
}
