import { ConditionalCheckFailedException, type TransactWriteItem, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import type { StockLevel } from '#core/decide/facts.ts';
import type { Campaign } from '#core/model/campaign.ts';
import { offerCost } from '#core/offers/value.ts';
import { type Database, type Item, toItem, toKey } from './client.ts';
import { stockKeys } from './keys.ts';
import { batchGet } from './read.ts';

const MAX_TRIES = 6;

/** Whether the campaign takes anything from a shared counter, and so has a stock item to read and to take from. */
export function isCounted({ limits }: Pick<Campaign, 'limits'>): boolean {
  return limits.stock !== undefined || limits.budget !== undefined;
}

export function levelOf(item: Item | undefined): StockLevel | undefined {
  if (!item) return undefined;
  return {
    active: item.active === true,
    left: item.left as number | undefined,
    budgetLeft: item.budgetLeft as number | undefined,
  };
}

/**
 * Brings a campaign's counters to its limits: what is left moves by the difference to the limit that held before,
 * so what has been issued stays issued. Repeating it changes nothing.
 */
export async function setStock(db: Database, brand: string, campaign: Campaign): Promise<void> {
  const key = stockKeys.campaign(brand, campaign.campaignId);
  for (let attempt = 0; attempt < MAX_TRIES; attempt += 1) {
    const before = (await batchGet(db, { stock: [key] })).get('stock', key);
    try {
      await db.client.send(
        new UpdateItemCommand({ TableName: db.table('stock'), Key: toKey(key), ...stockUpdate(campaign, before) }),
      );
      return;
    } catch (error) {
      // Another change of the limits came first: its difference is now part of what we start from.
      if (!(error instanceof ConditionalCheckFailedException)) throw error;
    }
  }
  throw new Error('a campaign’s limits changed too often to be set');
}

function stockUpdate(campaign: Campaign, before: Item | undefined) {
  const limits = { left: campaign.limits.stock, budgetLeft: campaign.limits.budget?.amount };
  const sets = ['active = :active'];
  const removes: string[] = [];
  const conditions: string[] = [];
  const values: Item = { ':active': campaign.state === 'live' };
  for (const name of ['left', 'budgetLeft'] as const) {
    const [limit, held] = [limits[name], before?.[`${name}Limit`] as number | undefined];
    if (held === undefined) conditions.push(`attribute_not_exists(${name}Limit)`);
    else {
      conditions.push(`${name}Limit = :${name}Held`);
      values[`:${name}Held`] = held;
    }
    if (limit === undefined) {
      removes.push(`#${name}`, `${name}Limit`);
      continue;
    }
    // From nothing, or by the difference to what held before.
    sets.push(`#${name} = ${held === undefined ? '' : `#${name} + `}:${name}Change`, `${name}Limit = :${name}Limit`);
    values[`:${name}Change`] = limit - (held ?? 0);
    values[`:${name}Limit`] = limit;
  }
  return {
    UpdateExpression: `SET ${sets.join(', ')}${removes.length > 0 ? ` REMOVE ${removes.join(', ')}` : ''}`,
    ConditionExpression: conditions.join(' AND '),
    // LEFT is one of DynamoDB's reserved words.
    ExpressionAttributeNames: { '#left': 'left', '#budgetLeft': 'budgetLeft' },
    ExpressionAttributeValues: toItem(values),
  };
}

/** One unit of stock and one coupon's worth of budget, or the whole transaction fails. */
export function takeStock(db: Database, brand: string, campaign: Campaign): TransactWriteItem {
  const sets: string[] = [];
  const conditions = ['active = :true'];
  const names: Record<string, string> = {};
  const values: Item = { ':true': true };
  if (campaign.limits.stock !== undefined) {
    names['#left'] = 'left';
    values[':one'] = 1;
    sets.push('#left = #left - :one');
    conditions.push('#left >= :one');
  }
  if (campaign.limits.budget !== undefined) {
    names['#budgetLeft'] = 'budgetLeft';
    values[':cost'] = offerCost(campaign.offer)?.amount;
    sets.push('#budgetLeft = #budgetLeft - :cost');
    conditions.push('#budgetLeft >= :cost');
  }
  return {
    Update: {
      TableName: db.table('stock'),
      Key: toKey(stockKeys.campaign(brand, campaign.campaignId)),
      UpdateExpression: `SET ${sets.join(', ')}`,
      ConditionExpression: conditions.join(' AND '),
      ExpressionAttributeNames: names,
      ExpressionAttributeValues: toItem(values),
    },
  };
}
