import type { PurchaseInput } from '#core/model/purchase.ts';
import type { City } from '../city.ts';
import { type DemoPerson, demoCampaigns, demoSegments } from '../demo-brand.ts';
import {
  BRAND_CREATIVES,
  GARMENT,
  OWN_SCREEN,
  onAirCampaign,
  PLAYLIST,
  playlistItems,
  RING,
  VENUE_CREATIVES,
} from '../demo-screens.ts';
import { BRAND, type Tokens } from './identity.ts';

const AT_ONCE = 8;
const TIMEOUT_MS = 20_000;

type Put = { path: string; token: string; body: unknown };

/** Puts the demo city, brand and people in through the API, as their owners would, and says how far it has come. */
export async function seedDemo(args: {
  url: string;
  tokens: Tokens;
  city: City;
  people: readonly DemoPerson[];
  purchases: readonly PurchaseInput[];
  progress: (done: number, of: number) => void;
}): Promise<void> {
  const { url, tokens, city, people, purchases } = args;
  const campaigns = [...demoCampaigns(city), onAirCampaign()];
  const venue = tokens.operator;
  const brand = tokens.marketer;
  const steps: Put[][] = [
    city.places.map(({ placeId, ...body }) => ({ path: `/v1/places/${placeId}`, token: venue, body })),
    [
      ...BRAND_CREATIVES.map(({ creativeId, input }) => ({
        path: `/v1/creatives/${creativeId}`,
        token: brand,
        body: input,
      })),
      ...VENUE_CREATIVES.map(({ creativeId, input }) => ({
        path: `/v1/creatives/${creativeId}`,
        token: venue,
        body: input,
      })),
    ],
    [{ path: `/v1/playlists/${PLAYLIST}`, token: venue, body: { name: 'Lobbies 大堂', items: playlistItems(BRAND) } }],
    city.screens.map(({ screenId, ...screen }) => ({
      path: `/v1/screens/${screenId}`,
      token: venue,
      body: {
        ...screen,
        playlistId: PLAYLIST,
        tagIds: [...screen.tagIds, ...(screenId === OWN_SCREEN ? [RING.tagId] : [])],
      },
    })),
    [
      { path: `/v1/tags/${RING.tagId}`, token: venue, body: RING.tag },
      { path: `/v1/tags/${GARMENT.tagId}`, token: brand, body: GARMENT.tag },
      // What stands beside every screen, the same for everybody who reads it.
      ...city.screens.flatMap(({ screenId, tagIds }) =>
        tagIds.map((tagId) => ({
          path: `/v1/tags/${tagId}`,
          token: venue,
          body: { kind: tagId.startsWith('nfc') ? 'nfc' : 'qr', screenId },
        })),
      ),
    ],
    demoSegments().map(({ segmentId, input }) => ({ path: `/v1/segments/${segmentId}`, token: brand, body: input })),
    campaigns.map(({ campaignId, input }) => ({ path: `/v1/campaigns/${campaignId}`, token: brand, body: input })),
    people.map(({ personId, input }) => ({ path: `/v1/people/${personId}`, token: brand, body: input })),
  ];
  const of = steps.flat().length + purchases.length + campaigns.length;
  let done = 0;
  const call = async (method: string, { path, token, body }: Put): Promise<void> => {
    const response = await fetch(url + path, {
      method,
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      ...(body !== undefined && { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`seeding ${path}: ${response.status} ${text}`);
    done += 1;
    args.progress(done, of);
  };
  for (const puts of steps) await inParallel(puts, (put) => call('PUT', put));
  await inParallel(purchases, (body) => call('POST', { path: '/v1/purchases', token: tokens.till, body }));
  await inParallel(campaigns, ({ campaignId }) =>
    call('POST', { path: `/v1/campaigns/${campaignId}/launch`, token: brand, body: undefined }),
  );
}

async function inParallel<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  const queue = items.values();
  await Promise.all(
    Array.from({ length: AT_ONCE }, async () => {
      for (const item of queue) await work(item);
    }),
  );
}
