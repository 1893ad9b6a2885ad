import type { PurchaseInput } from '#core/model/purchase.ts';
import type { City } from './city.ts';
import type { DemoPerson } from './demo-people.ts';
import { createRandom } from './random.ts';

const DAY_MS = 86_400_000;
/** Enough of each region for it to be told, twice the twenty that it takes. */
const BUYERS = 40;

/** A district that buys online, and one beside it that buys in shops. */
const REGIONS = [
  { region: 'Riverside 河滨', onlineShare: 0.9 },
  { region: 'Old Town 老城', onlineShare: 0.15 },
] as const;
const BASKETS = [
  { sku: 'milk-1l', name: 'Milk 1 l 牛奶', category: 'dairy', quantity: 2, amount: 2400 },
  { sku: 'yoghurt-500', name: 'Yoghurt 酸奶', category: 'dairy', quantity: 1, amount: 1500 },
  { sku: 'rye', name: 'Rye bread 黑麦面包', category: 'bakery', quantity: 1, amount: 1800 },
  { sku: 'beans-250', name: 'Coffee beans 咖啡豆', category: 'coffee', quantity: 1, amount: 5200 },
] as const;

/** What some of the demo's people bought in the last weeks, as the web shop and the tills would tell it. */
export function demoPurchases(city: City, people: readonly DemoPerson[], seed: number, now: number): PurchaseInput[] {
  const random = createRandom(seed, 'purchases');
  const shops = city.places.filter(({ tags = [] }) => tags.includes('dairy'));
  const buyers = people.filter(({ input }) => input.identifiers.length > 0);
  return REGIONS.flatMap(({ region, onlineShare }, area) =>
    buyers.slice(area * BUYERS, (area + 1) * BUYERS).flatMap(({ personId, input }) =>
      Array.from({ length: random.int(1, 2) }, (_, order): PurchaseInput => {
        const lines = random.shuffle(BASKETS).slice(0, random.int(1, 3));
        const isOnline = random.chance(onlineShare) || shops.length === 0;
        return {
          purchaseId: `demo-${personId}-${order}`,
          at: new Date(now - random.int(1, 60) * DAY_MS - random.int(0, DAY_MS)).toISOString(),
          channel: isOnline ? 'online' : 'offline',
          ...(!isOnline && { placeId: random.pick(shops).placeId }),
          region,
          person: input.identifiers[0],
          identifiers: [],
          lines: lines.map((line) => ({ ...line })),
          total: lines.reduce((sum, { amount }) => sum + amount, 0),
          currency: 'CNY',
          couponCodes: [],
        };
      }),
    ),
  );
}
