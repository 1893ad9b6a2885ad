import {
  TransactionCanceledException,
  type TransactWriteItem,
  TransactWriteItemsCommand,
} from '@aws-sdk/client-dynamodb';
import { digestId } from '#core/hash.ts';
import type { Campaign } from '#core/model/campaign.ts';
import { type Database, type Item, toItem, toKey } from './client.ts';
import { drawWrites, type LeaseEntry, type Scope } from './counters.ts';
import { couponKeyOf, voidedUnit } from './coupons.ts';
import { offerKeys, stockKeys } from './keys.ts';
import { batchGet } from './read.ts';

/**
 * Leases of stock, for a rush: a process takes many units from a campaign's counters in one write, and gives each out
 * by putting the coupon that *is* that unit. A unit's key can exist once, so no unit is ever issued twice, whoever
 * holds the lease, however late they wake. Anybody may take a lease back at any time: the units that no coupon has
 * been made of are voided, by the same once-only key, and return to the counters. So nothing is stranded, there is no
 * clock in it, and a campaign is sold out only when every unit is a coupon.
 */

/** A reclaim voids the units and moves three counters in one transaction of at most 100 writes. */
export const MAX_LEASE_UNITS = 90;
/** Open leases of one campaign; each lengthens its stock item by some 50 bytes. */
const MAX_LEASES = 128;

export type Lease = { leaseId: string; units: number; cost: number; scope: Scope };

/** The coupon that is unit `index` of a lease. */
export const unitCouponId = (brand: string, campaignId: string, leaseId: string, index: number): string =>
  digestId('unit', brand, campaignId, leaseId, String(index));

/**
 * Moves units from the counters into a lease, and strikes off one that is spent. False when there are not so many left,
 * or too many leases are open, or the campaign does not run. Repeating it after a lost answer takes nothing twice.
 */
export async function takeLease(
  db: Database,
  brand: string,
  campaign: Campaign,
  { lease, spent, now }: { lease: Lease; spent: string | undefined; now: number },
): Promise<'taken' | 'refused' | 'busy'> {
  const [stock, ...others] = drawWrites(db, brand, campaign, { scope: lease.scope, units: lease.units, now });
  const TransactItems = [{ Update: withLease(stock?.Update ?? stock?.ConditionCheck, lease, spent) }, ...others];
  try {
    // A transaction even where it writes one item: its token outlives the lease, so that a repeated request cannot open
    // one again that has been taken back meanwhile.
    await db.client.send(
      new TransactWriteItemsCommand({ TransactItems, ClientRequestToken: digestId('lease', lease.leaseId) }),
    );
    return 'taken';
  } catch (error) {
    return refusalOf(error);
  }
}

/**
 * Takes a lease back, whoever holds it: voids the units that are not coupons and returns them to the counters.
 * How many returned; `changed` when somebody used a unit, or closed it, meanwhile: look again.
 */
export async function reclaimLease(
  db: Database,
  args: { brand: string; campaign: Campaign; leaseId: string; entry: LeaseEntry; couponSecret: string; now: number },
): Promise<number | 'changed'> {
  const { brand, campaign, leaseId, entry, couponSecret, now } = args;
  const keys = Array.from({ length: entry.n }, (_, index) =>
    couponKeyOf(couponSecret, brand, unitCouponId(brand, campaign.campaignId, leaseId, index)),
  );
  const found = await batchGet(db, { offers: keys.map((key) => offerKeys.coupon(brand, key)) });
  const unspent = keys.filter((key) => found.get('offers', offerKeys.coupon(brand, key)) === undefined);
  const TransactItems: TransactWriteItem[] = [
    ...returnWrites(db, brand, campaign, { leaseId, entry, units: unspent.length }),
    ...unspent.map((key) => ({
      Put: {
        TableName: db.table('offers'),
        Item: toItem(voidedUnit(brand, key, now)),
        ConditionExpression: 'attribute_not_exists(pk)',
      },
    })),
  ];
  try {
    await db.client.send(
      new TransactWriteItemsCommand({
        TransactItems,
        // The same units by the same entry: a second try of this very transaction returns them once.
        ClientRequestToken: digestId('reclaim', leaseId, String(now), ...unspent),
      }),
    );
    return unspent.length;
  } catch (error) {
    const isContended =
      error instanceof TransactionCanceledException || (error as Error).name === 'TransactionInProgressException';
    if (isContended) return 'changed';
    throw error;
  }
}

type Update = NonNullable<TransactWriteItem['Update']>;

function withLease(draw: Partial<Update> | undefined, lease: Lease, spent: string | undefined): Update {
  if (!draw?.TableName || !draw.Key) throw new Error('a lease without a stock item');
  const entry: LeaseEntry = {
    n: lease.units,
    c: lease.cost,
    ...(lease.scope.day !== undefined && { d: lease.scope.day }),
    ...(lease.scope.placeId !== undefined && { p: lease.scope.placeId }),
  };
  const sets = draw.UpdateExpression ? `${draw.UpdateExpression}, ` : 'SET ';
  return {
    TableName: draw.TableName,
    Key: draw.Key,
    UpdateExpression: `${sets}leases.#lease = :lease${spent === undefined ? '' : ' REMOVE leases.#spent'}`,
    ConditionExpression: `${draw.ConditionExpression} AND attribute_not_exists(leases.#lease) AND size(leases) < :most`,
    ExpressionAttributeNames: {
      ...draw.ExpressionAttributeNames,
      '#lease': lease.leaseId,
      ...(spent !== undefined && { '#spent': spent }),
    },
    ExpressionAttributeValues: {
      ...draw.ExpressionAttributeValues,
      ...toItem({ ':lease': entry, ':most': MAX_LEASES }),
    },
  };
}

function refusalOf(error: unknown): 'refused' | 'busy' {
  if (error instanceof TransactionCanceledException) {
    const refused = error.CancellationReasons?.some(({ Code }) => Code === 'ConditionalCheckFailed');
    return refused ? 'refused' : 'busy';
  }
  if ((error as Error).name === 'TransactionInProgressException') return 'busy';
  throw error;
}

/** Strikes a lease off and gives units back to every counter that they were drawn from. */
function returnWrites(
  db: Database,
  brand: string,
  { campaignId, limits }: Campaign,
  { leaseId, entry, units }: { leaseId: string; entry: LeaseEntry; units: number },
): TransactWriteItem[] {
  const TableName = db.table('stock');
  const money = units * entry.c;
  const values: Item = { ':entry': entry };
  const sets: string[] = [];
  if (limits.stock !== undefined && units > 0) {
    sets.push('#left = #left + :units');
    values[':units'] = units;
  }
  if (limits.budget !== undefined && money > 0) {
    sets.push('budgetLeft = budgetLeft + :money');
    values[':money'] = money;
  }
  const sub = [
    ...(entry.d === undefined ? [] : [stockKeys.day(brand, campaignId, entry.d)]),
    ...(entry.p === undefined ? [] : [stockKeys.place(brand, campaignId, entry.p)]),
  ];
  return [
    {
      Update: {
        TableName,
        Key: toKey(stockKeys.campaign(brand, campaignId)),
        UpdateExpression: `${sets.length > 0 ? `SET ${sets.join(', ')} ` : ''}REMOVE leases.#lease`,
        ConditionExpression: 'leases.#lease = :entry',
        ExpressionAttributeNames: { '#lease': leaseId, ...(values[':units'] !== undefined && { '#left': 'left' }) },
        ExpressionAttributeValues: toItem(values),
      },
    },
    ...(units === 0 ? [] : sub).map((key) => ({
      Update: {
        TableName,
        Key: toKey(key),
        UpdateExpression: 'SET issued = issued - :units, spent = spent - :money',
        ExpressionAttributeValues: toItem({ ':units': units, ':money': money }),
      },
    })),
  ];
}
