import type { TransactWriteItem } from '@aws-sdk/client-dynamodb';
import { unitInterval } from '#core/hash.ts';
import type { PastPurchase } from '#core/model/behaviour.ts';
import type { RegionSales } from '#core/model/region.ts';
import { type Database, type Item, toItem, toKey } from './client.ts';
import { stockKeys } from './keys.ts';
import { queryAll } from './read.ts';

/** Sales of one region at once, each a transaction that meets others at its counter: some ten a second each is comfortable. */
const REGION_SHARDS = 8;

/** What one basket counts at most, in minor units: so that sums of any number of them stay exact, mistakes included. */
const MAX_COUNTED = 1e10;

/** Counts a purchase for its region: absolute numbers are not known here, so it may only run where it runs once. */
export function regionUpdate(
  brand: string,
  { past, isNewBuyer }: { past: PastPurchase; isNewBuyer: boolean },
): (Omit<NonNullable<TransactWriteItem['Update']>, 'TableName'> & { UpdateExpression: string }) | undefined {
  const { purchaseId, region, channel, total, currency } = past;
  if (region === undefined) return undefined;
  const shard = Math.floor(unitInterval('regions', purchaseId) * REGION_SHARDS);
  return {
    Key: toKey(stockKeys.region(brand, shard, region)),
    UpdateExpression: 'SET entity = :entity ADD #count :one, #money :total, buyers :buyers',
    ExpressionAttributeNames: { '#count': `${channel}Count`, '#money': `${channel}Total${currency}` },
    ExpressionAttributeValues: toItem({
      ':entity': 'region',
      ':one': 1,
      ':total': Math.min(total, MAX_COUNTED),
      ':buyers': isNewBuyer ? 1 : 0,
    }),
  };
}

/** What was sold in each of a brand's regions, by name of the region. A few queries, whatever the number of sales. */
export async function readRegions(db: Database, brand: string): Promise<Map<string, RegionSales>> {
  const regions = new Map<string, RegionSales>();
  const shards = Array.from({ length: REGION_SHARDS }, (_, shard) => readShard(db, brand, shard));
  for (const items of await Promise.all(shards)) {
    for (const item of items) {
      const region = item.sk as string;
      regions.set(region, joinSales(regions.get(region), { region, ...salesOf(item) }));
    }
  }
  return regions;
}

async function readShard(db: Database, brand: string, shard: number): Promise<Item[]> {
  const { pk } = stockKeys.region(brand, shard, '');
  const items: Item[] = [];
  for await (const item of queryAll<Item>(db, 'stock', { pk, skPrefix: '' })) items.push(item);
  return items;
}

function salesOf(item: Item): Omit<RegionSales, 'region'> {
  const totalsOf = (prefix: string): Record<string, number> =>
    Object.fromEntries(
      Object.entries(item).flatMap(([name, amount]) =>
        name.startsWith(prefix) ? [[name.slice(prefix.length), amount as number]] : [],
      ),
    );
  return {
    online: { count: (item.onlineCount as number | undefined) ?? 0, totals: totalsOf('onlineTotal') },
    offline: { count: (item.offlineCount as number | undefined) ?? 0, totals: totalsOf('offlineTotal') },
    buyers: (item.buyers as number | undefined) ?? 0,
  };
}

function joinSales(left: RegionSales | undefined, right: RegionSales): RegionSales {
  if (!left) return right;
  const join = (channel: 'online' | 'offline') => {
    const totals = { ...left[channel].totals };
    for (const [currency, total] of Object.entries(right[channel].totals)) {
      totals[currency] = (totals[currency] ?? 0) + total;
    }
    return { count: left[channel].count + right[channel].count, totals };
  };
  return { ...left, online: join('online'), offline: join('offline'), buyers: left.buyers + right.buyers };
}
