import { ConditionalCheckFailedException, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import type { Campaign } from '#core/model/campaign.ts';
import { type Database, type Item, toItem, toKey } from './client.ts';
import { stockKeys } from './keys.ts';
import { batchGet } from './read.ts';

const MAX_TRIES = 6;
const BACKOFF_MS = 10;

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
      // Or an offer was being granted from this very item.
      const again =
        error instanceof ConditionalCheckFailedException || (error as Error).name === 'TransactionConflictException';
      if (!again) throw error;
      await db.sleep(BACKOFF_MS * 2 ** attempt);
    }
  }
  throw new Error('a campaign’s limits changed too often to be set');
}

function stockUpdate(campaign: Campaign, before: Item | undefined) {
  const limits = { left: campaign.limits.stock, budgetLeft: campaign.limits.budget?.amount };
  // Units that were leased under no such limit were not taken from it, and must not return to it.
  const isNew = (['left', 'budgetLeft'] as const).some(
    (name) => limits[name] !== undefined && before?.[`${name}Limit`] === undefined,
  );
  const sets = ['active = :active', `leases = ${isNew ? ':none' : 'if_not_exists(leases, :none)'}`];
  const removes: string[] = [];
  const conditions: string[] = [];
  const values: Item = { ':active': campaign.state === 'live', ':none': {} };
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
