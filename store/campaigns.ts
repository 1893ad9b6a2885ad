import {
  TransactionCanceledException,
  type TransactWriteItem,
  TransactWriteItemsCommand,
} from '@aws-sdk/client-dynamodb';
import type { Campaign } from '#core/model/campaign.ts';
import { EntryChangedError, entryWrites, putEntry } from './catalogue.ts';
import { type Database, type Item, toItem, toKey } from './client.ts';
import { isCounted, UNLIMITED } from './counters.ts';
import { stockKeys } from './keys.ts';
import { batchGet } from './read.ts';

/** In a rush others write to the counters all the time: a pause must get through. */
const MAX_TRIES = 10;
const BACKOFF_MS = 10;

/** Grants write to the counters faster than they can be set. */
export class CountersBusyError extends Error {
  override name = 'CountersBusyError';
}

/**
 * Creates or replaces a campaign. Its definition, the version by which every process learns of it, and its counters
 * change together or not at all: no writer who comes late leaves counters of limits that are no longer true. What is
 * left moves by the difference to the limit that held before, so what has been issued stays issued.
 * @throws EntryChangedError when `was` is not what is there (undefined: nothing is there)
 * @throws CountersBusyError
 */
export async function putCampaign(
  db: Database,
  brand: string,
  campaign: Campaign,
  was: Campaign | undefined,
): Promise<void> {
  const tenant = { kind: 'brand', id: brand } as const;
  const entry = { id: campaign.campaignId, body: campaign };
  if (!isCounted(campaign) && !(was && isCounted(was))) {
    await putEntry(db, tenant, 'campaign', entry, { body: was });
    return;
  }
  const key = stockKeys.campaign(brand, campaign.campaignId);
  for (let attempt = 0; attempt < MAX_TRIES; attempt += 1) {
    const before = (await batchGet(db, { stock: [key] }, { consistent: true })).get('stock', key);
    const result = await transact(db, [
      ...entryWrites(db, tenant, 'campaign', { entry, was }),
      { Update: { TableName: db.table('stock'), Key: toKey(key), ...stockUpdate(campaign, before) } },
    ]);
    if (result === 'stored') return;
    if (result === 'changed') throw new EntryChangedError(`the campaign ${campaign.campaignId} has changed`);
    await db.sleep(BACKOFF_MS * 2 ** attempt);
  }
  throw new CountersBusyError('the campaign’s counters are busy; nothing was changed');
}

async function transact(db: Database, TransactItems: TransactWriteItem[]): Promise<'stored' | 'changed' | 'busy'> {
  try {
    await db.client.send(new TransactWriteItemsCommand({ TransactItems }));
    return 'stored';
  } catch (error) {
    if (!(error instanceof TransactionCanceledException)) throw error;
    return error.CancellationReasons?.[0]?.Code === 'ConditionalCheckFailed' ? 'changed' : 'busy';
  }
}

function stockUpdate({ limits, state }: Campaign, before: Item | undefined) {
  const wanted = { left: limits.stock ?? UNLIMITED, budgetLeft: limits.budget?.amount ?? UNLIMITED };
  const sets = ['active = :active', 'leases = if_not_exists(leases, :none)'];
  const conditions: string[] = [];
  const values: Item = { ':active': state === 'live', ':none': {} };
  for (const name of ['left', 'budgetLeft'] as const) {
    const held = before?.[`${name}Limit`] as number | undefined;
    if (held === undefined) conditions.push(`attribute_not_exists(${name}Limit)`);
    else {
      conditions.push(`${name}Limit = :${name}Held`);
      values[`:${name}Held`] = held;
    }
    // From nothing, or by the difference to what held before.
    sets.push(`#${name} = ${held === undefined ? '' : `#${name} + `}:${name}Change`, `${name}Limit = :${name}Limit`);
    values[`:${name}Change`] = wanted[name] - (held ?? 0);
    values[`:${name}Limit`] = wanted[name];
  }
  return {
    UpdateExpression: `SET ${sets.join(', ')}`,
    ConditionExpression: conditions.join(' AND '),
    // LEFT is one of DynamoDB's reserved words.
    ExpressionAttributeNames: { '#left': 'left', '#budgetLeft': 'budgetLeft' },
    ExpressionAttributeValues: toItem(values),
  };
}
