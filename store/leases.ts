import {
  ConditionalCheckFailedException,
  TransactionCanceledException,
  type TransactWriteItem,
  TransactWriteItemsCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import { digestId } from '#core/hash.ts';
import type { Campaign } from '#core/model/campaign.ts';
import { type Database, fromItem, type Item, toItem, toKey } from './client.ts';
import { drawWrites, type LeaseEntry } from './counters.ts';
import { couponKeyOf, voidedUnit } from './coupons.ts';
import { offerKeys, stockKeys } from './keys.ts';
import { batchGet } from './read.ts';

/**
 * Leases of stock, for a rush: a process takes many units from a campaign's counters in one write, and gives each out
 * by putting the coupon that *is* that unit. A unit's key can exist once, so no unit is ever issued twice, whoever
 * holds the lease, however late they wake. Anybody may take a lease back at any time: the units that no coupon has
 * been made of are voided, by the same once-only key, and return to the counters. So nothing is stranded, no lease
 * needs an expiry, and a campaign is sold out only when every unit is a coupon.
 *
 * Each holder has one slot in the stock item. A slot stays when its lease is over (n = 0), so that a request that the
 * network repeats cannot open that lease again.
 */

/** A reclaim voids the units and moves two counters in one transaction of at most 100 writes. */
export const MAX_LEASE_UNITS = 90;
/** Slots of one campaign, each some 45 bytes of its stock item, which every write to it pays. */
const MAX_SLOTS = 200;
/** Longer than a request can be on its way, and clocks can differ, together. */
const SLOT_KEPT_SECONDS = 15 * 60;
/** An expression has room for so many. */
const MAX_FORGOTTEN = 50;

/**
 * A lease as its holder knows it: the `sequence`-th that it has taken. `follows`: what became of the one before, all
 * `coupons`, or `closed` by somebody.
 */
export type Lease = {
  holder: string;
  sequence: number;
  follows?: 'coupons' | 'closed' | undefined;
  units: number;
  cost: number;
  day: string | undefined;
};
export type OpenLease = readonly [holder: string, entry: LeaseEntry];

/** Tells the secret that units' keys are made with, and tells nothing of it. */
export const secretMark = (couponSecret: string): string => digestId('lease-secret', couponSecret).slice(0, 6);

/** The coupons that are the units of a lease. */
export const unitCouponIds = (brand: string, campaignId: string, [holder, { k, n }]: OpenLease): string[] =>
  Array.from({ length: n }, (_, index) => unitCouponId(brand, campaignId, { holder, sequence: k }, index));

export const unitCouponId = (
  brand: string,
  campaignId: string,
  { holder, sequence }: Pick<Lease, 'holder' | 'sequence'>,
  index: number,
): string => digestId('unit', brand, campaignId, holder, String(sequence), String(index));

/** A lease as it stands in its holder's slot. */
export const slotOf = ({ sequence, units, cost, day }: Lease, mark: string, now: number): LeaseEntry => ({
  k: sequence,
  n: units,
  c: cost,
  s: mark,
  t: Math.floor(now / 1000),
  ...(day !== undefined && { d: day }),
});

/**
 * `refused`: not so many units left, or the campaign does not run. `full`: there are as many holders as there may be.
 * `no-slot`: the holder's slot is gone, or is not what it was; take another's name.
 */
export type TakeResult = 'taken' | 'refused' | 'full' | 'no-slot' | 'busy';

/**
 * Moves units from the counters into a lease, in the place of the holder's last, of which every unit must be a coupon.
 * Repeating it after a lost answer takes nothing twice.
 */
export async function takeLease(
  db: Database,
  brand: string,
  campaign: Campaign,
  { lease, slot, now }: { lease: Lease; slot: LeaseEntry; now: number },
): Promise<TakeResult> {
  const scope = lease.day === undefined ? {} : { day: lease.day };
  const [stock, ...shares] = drawWrites(db, brand, campaign, { scope, units: lease.units, now });
  const update = withSlot(stock?.Update, lease, slot);
  try {
    if (shares.length === 0) {
      await db.client.send(new UpdateItemCommand({ ...update, ReturnValuesOnConditionCheckFailure: 'ALL_OLD' }));
    } else {
      const ClientRequestToken = digestId('lease', lease.holder, String(lease.sequence), String(now));
      const TransactItems = [
        { Update: { ...update, ReturnValuesOnConditionCheckFailure: 'ALL_OLD' as const } },
        ...shares,
      ];
      await db.client.send(new TransactWriteItemsCommand({ TransactItems, ClientRequestToken }));
    }
    return 'taken';
  } catch (error) {
    return refusalOf(error, lease);
  }
}

/**
 * Closes leases of which every unit is a coupon: nothing returns. One plain write, because a repeated one finds nothing
 * to close.
 */
export async function closeLeases(
  db: Database,
  brand: string,
  campaignId: string,
  leases: readonly OpenLease[],
): Promise<void> {
  const close = (slots: string[]) => `SET ${slots.map((slot) => `${slot}.n = :zero`).join(', ')}`;
  await changeSlots(db, { brand, campaignId, slots: leases, update: close, values: { ':zero': 0 } });
}

/** Forgets slots whose leases are long over, so that the stock item does not grow for ever. */
export async function forgetSlots(
  db: Database,
  brand: string,
  campaignId: string,
  { slots, now }: { slots: Readonly<Record<string, LeaseEntry>>; now: number },
): Promise<void> {
  const before = Math.floor(now / 1000) - SLOT_KEPT_SECONDS;
  const old = Object.entries(slots).filter(([, { n, t }]) => n === 0 && t < before);
  if (old.length === 0) return;
  const update = (names: string[]) => `REMOVE ${names.join(', ')}`;
  await changeSlots(db, { brand, campaignId, slots: old.slice(0, MAX_FORGOTTEN), update });
}

type SlotChange = {
  brand: string;
  campaignId: string;
  slots: readonly OpenLease[];
  update: (names: string[]) => string;
  values?: Item;
};

/** Does nothing where one slot is not as it was, or others are writing: they stay for whoever comes next. */
async function changeSlots(db: Database, { brand, campaignId, slots, update, values }: SlotChange): Promise<void> {
  const names = slots.map((_, index) => `leases.#l${index}`);
  try {
    await db.client.send(
      new UpdateItemCommand({
        TableName: db.table('stock'),
        Key: toKey(stockKeys.campaign(brand, campaignId)),
        UpdateExpression: update(names),
        ConditionExpression: names.map((name, index) => `${name} = :l${index}`).join(' AND '),
        ExpressionAttributeNames: Object.fromEntries(slots.map(([holder], index) => [`#l${index}`, holder])),
        ExpressionAttributeValues: toItem({
          ...values,
          ...Object.fromEntries(slots.map(([, entry], index) => [`:l${index}`, entry])),
        }),
      }),
    );
  } catch (error) {
    if (!isContended(error)) throw error;
  }
}

/**
 * Takes leases back, whoever holds them, until units return: those that are all coupons are closed together; of the
 * first that is not, the other units are voided and return to the counters.
 */
export async function reclaimLeases(
  db: Database,
  args: { brand: string; campaignId: string; leases: readonly OpenLease[]; couponSecret: string; now: number },
): Promise<void> {
  const { brand, campaignId, leases, couponSecret } = args;
  const unitsOf = leases.map((lease) =>
    unitCouponIds(brand, campaignId, lease).map((couponId) => couponKeyOf(couponSecret, brand, couponId)),
  );
  const found = await batchGet(db, { offers: unitsOf.flat().map((key) => offerKeys.coupon(brand, key)) });
  const unspentOf = unitsOf.map((keys) => keys.filter((key) => !found.get('offers', offerKeys.coupon(brand, key))));
  const spent = leases.filter((_, index) => unspentOf[index]?.length === 0);
  if (spent.length > 0) await closeLeases(db, brand, campaignId, spent);
  const index = unspentOf.findIndex((unspent) => unspent.length > 0);
  const lease = leases[index];
  if (lease) await reclaimLease(db, { ...args, lease, unspent: unspentOf[index] ?? [] });
}

/** Does nothing when somebody used one of the units, or closed the lease, meanwhile: whoever needs it looks again. */
async function reclaimLease(
  db: Database,
  args: { brand: string; campaignId: string; lease: OpenLease; unspent: readonly string[]; now: number },
): Promise<void> {
  const { brand, campaignId, lease, unspent, now } = args;
  const TransactItems: TransactWriteItem[] = [
    ...returnWrites(db, brand, campaignId, { lease, units: unspent.length }),
    ...unspent.map((key) => ({
      Put: {
        TableName: db.table('offers'),
        Item: toItem(voidedUnit(brand, key, now)),
        ConditionExpression: 'attribute_not_exists(pk)',
      },
    })),
  ];
  // The same units by the same entry: a second try of this very transaction returns them once.
  const ClientRequestToken = digestId('reclaim', ...lease.map((part) => JSON.stringify(part)), String(now), ...unspent);
  try {
    await db.client.send(new TransactWriteItemsCommand({ TransactItems, ClientRequestToken }));
  } catch (error) {
    if (!isContended(error)) throw error;
  }
}

type Update = NonNullable<TransactWriteItem['Update']>;

const MAY_TAKE = {
  first: 'attribute_not_exists(leases.#holder) AND size(leases) < :most',
  coupons: 'leases.#holder.k = :last',
  closed: 'leases.#holder.k = :last AND leases.#holder.n = :zero',
};

function withSlot(draw: Update | undefined, { holder, sequence, follows }: Lease, slot: LeaseEntry): Update {
  if (!draw) throw new Error('a lease without a stock item');
  const limits = follows
    ? { ':last': sequence - 1, ...(follows === 'closed' && { ':zero': 0 }) }
    : { ':most': MAX_SLOTS };
  return {
    ...draw,
    UpdateExpression: `${draw.UpdateExpression}, leases.#holder = :slot`,
    ConditionExpression: `${draw.ConditionExpression} AND ${MAY_TAKE[follows ?? 'first']}`,
    ExpressionAttributeNames: { ...draw.ExpressionAttributeNames, '#holder': holder },
    ExpressionAttributeValues: {
      ...draw.ExpressionAttributeValues,
      ...toItem({ ':slot': slot, ...limits }),
    },
  };
}

function refusalOf(error: unknown, { holder, sequence, follows }: Lease): TakeResult {
  const [stock] = error instanceof TransactionCanceledException ? (error.CancellationReasons ?? []) : [error];
  const refused =
    error instanceof ConditionalCheckFailedException ||
    (error instanceof TransactionCanceledException &&
      error.CancellationReasons?.some(({ Code }) => Code === 'ConditionalCheckFailed'));
  if (!refused) {
    if (isContended(error)) return 'busy';
    throw error;
  }
  const item = (stock as ConditionalCheckFailedException | undefined)?.Item;
  const slots = item ? (fromItem<Item>(item).leases as Record<string, LeaseEntry> | undefined) : undefined;
  const slot = slots?.[holder];
  // Our own first try, whose answer was lost, may have taken it.
  if (slot?.k === sequence) return 'taken';
  if (!follows) return Object.keys(slots ?? {}).length >= MAX_SLOTS ? 'full' : 'refused';
  return slot?.k === sequence - 1 && (follows === 'coupons' || slot.n === 0) ? 'refused' : 'no-slot';
}

/** Refused because of what others have done or are doing, which a later look will show. */
const isContended = (error: unknown): boolean =>
  [
    'ConditionalCheckFailedException',
    'TransactionConflictException',
    'TransactionInProgressException',
    'IdempotentParameterMismatchException',
  ].includes((error as Error).name) ||
  (error instanceof TransactionCanceledException &&
    !error.CancellationReasons?.some(({ Code }) => Code === 'ValidationError'));

/** Closes a lease and gives units back to every counter that they were drawn from. */
function returnWrites(
  db: Database,
  brand: string,
  campaignId: string,
  { lease: [holder, entry], units }: { lease: OpenLease; units: number },
): TransactWriteItem[] {
  const amounts = { ':units': units, ':money': units * entry.c };
  const campaignReturn: TransactWriteItem = {
    Update: {
      TableName: db.table('stock'),
      Key: toKey(stockKeys.campaign(brand, campaignId)),
      UpdateExpression: 'SET #left = #left + :units, budgetLeft = budgetLeft + :money, leases.#holder.n = :zero',
      ConditionExpression: 'leases.#holder = :entry',
      ExpressionAttributeNames: { '#holder': holder, '#left': 'left' },
      ExpressionAttributeValues: toItem({ ...amounts, ':entry': entry, ':zero': 0 }),
    },
  };
  if (entry.d === undefined) return [campaignReturn];
  const dayReturn: TransactWriteItem = {
    Update: {
      TableName: db.table('stock'),
      Key: toKey(stockKeys.day(brand, campaignId, entry.d)),
      // A day that is long over may have been forgotten.
      UpdateExpression:
        'SET issued = if_not_exists(issued, :units) - :units, spent = if_not_exists(spent, :money) - :money',
      ExpressionAttributeValues: toItem(amounts),
    },
  };
  return [campaignReturn, dayReturn];
}
