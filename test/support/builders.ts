import type * as z from 'zod/mini';
import type { CampaignInputSchema } from '#core/model/campaign.ts';
import type { PersonInput } from '#core/model/person.ts';
import type { PlaceInputSchema } from '#core/model/place.ts';

/** The centre of the test world. */
export const HOME = { lng: 121.47, lat: 31.23 };

export function aPlace(overrides: Partial<z.input<typeof PlaceInputSchema>> = {}): z.input<typeof PlaceInputSchema> {
  return {
    name: 'Harbour Dairy',
    timeZone: 'Asia/Shanghai',
    geometry: { type: 'Point', coordinates: [HOME.lng, HOME.lat] },
    radiusM: 60,
    tags: ['store'],
    ...overrides,
  };
}

export function aPerson(name: string, overrides: Partial<PersonInput> = {}): PersonInput {
  const at = '2026-11-01T08:00:00Z';
  const source = 'app-signup:v3';
  return {
    identifiers: [
      { kind: 'device', value: `phone-${name}` },
      { kind: 'email', value: `${name}@example.com` },
    ],
    attributes: { firstName: 'Mei', boughtDairy90d: 4 },
    consents: [
      { purpose: 'location', channel: 'any', granted: true, at, source },
      { purpose: 'marketing', channel: 'any', granted: true, at, source },
      { purpose: 'personalisation', channel: 'any', granted: true, at, source },
    ],
    ...overrides,
  };
}

type CampaignBody = z.input<typeof CampaignInputSchema>;

export function aCampaign(overrides: Partial<CampaignBody> = {}): CampaignBody {
  return {
    name: 'Milk on the way home',
    trigger: { on: ['geofence.enter'], placeTags: ['store'] },
    limits: { perPerson: { count: 1, window: 'P7D' }, stock: 100, budget: { amount: 50_000, currency: 'CNY' } },
    experiment: { holdoutPercent: 0 },
    offer: { kind: 'amountOff', amount: 500, currency: 'CNY', expiresAfter: 'PT4H', redeemAt: 'triggerPlace' },
    message: {
      channels: ['email'],
      templates: {
        en: { title: '{{offer.summary}}', body: 'Hi {{person.firstName|there}}, come in: {{coupon.code}}' },
      },
    },
    priority: 10,
    ...overrides,
  };
}
