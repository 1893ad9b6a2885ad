import type { TransactWriteItem } from '@aws-sdk/client-dynamodb';
import type { StockLevel } from '#core/decide/facts.ts';
import { localDay } from '#core/decide/local-day.ts';
import type { Campaign } from '#core/model/campaign.ts';
import type { Place } from '#core/model/place.ts';
import { offerCost } from '#core/offers/value.ts';
import { type Database, type Item, type Key, toItem, toKey } from './client.ts';
import { stockKeys } from './keys.ts';
import type { Found } from './read.ts';

/** A day's counter is of no use once no clock on earth shows that day; two more months are for whoever asks. */
const DAY_TTL_MS = 60 * 86_400_000;

/** Which counters an offer draws on, besides the campaign's own: its local day's, its place's. */
export type Scope = { day?: string; placeId?: string };
/** An open lease in a campaign's stock item: units, minor units of money for each, and the scope they were drawn from. */
export type LeaseEntry = { n: number; c: number; d?: string; p?: string };

/** Whether the campaign takes anything from a shared counter, and so has a stock item to read and to take from. */
export function isCounted({ limits }: Pick<Campaign, 'limits'>): boolean {
  return [limits.stock, limits.budget, limits.perDay, limits.perPlace].some((limit) => limit !== undefined);
}

export function scopeOf(campaign: Campaign, place: Place | undefined, now: number): Scope {
  const day = campaign.limits.perDay && localDay(campaign, place, now);
  const placeId = campaign.limits.perPlace && place?.placeId;
  return { ...(day !== undefined && { day }), ...(placeId !== undefined && { placeId }) };
}

/** The campaign's stock item, then the counters of the scope. */
export function counterKeysOf(brand: string, campaignId: string, { day, placeId }: Scope): Key[] {
  return [
    stockKeys.campaign(brand, campaignId),
    ...(day === undefined ? [] : [stockKeys.day(brand, campaignId, day)]),
    ...(placeId === undefined ? [] : [stockKeys.place(brand, campaignId, placeId)]),
  ];
}

/** What is left of a campaign, as far as a read tells; undefined where it has no stock item. */
export function levelOf(found: Found, brand: string, campaignId: string, scope: Scope): StockLevel | undefined {
  const stock = found.get('stock', stockKeys.campaign(brand, campaignId));
  if (!stock) return undefined;
  const leases = Object.values(leasesOf(stock));
  const used = (key: Key, open: LeaseEntry[]) => {
    const item = found.get('stock', key);
    // What is leased may come back: a limit is reached only by what can not.
    return {
      stock: ((item?.issued as number | undefined) ?? 0) - sum(open, ({ n }) => n),
      budget: ((item?.spent as number | undefined) ?? 0) - sum(open, ({ n, c }) => n * c),
    };
  };
  const { day, placeId } = scope;
  return {
    active: stock.active === true,
    left: stock.left as number | undefined,
    budgetLeft: stock.budgetLeft as number | undefined,
    leased: sum(leases, ({ n }) => n),
    ...(day !== undefined && {
      today: used(
        stockKeys.day(brand, campaignId, day),
        leases.filter(({ d }) => d === day),
      ),
    }),
    ...(placeId !== undefined && {
      here: used(
        stockKeys.place(brand, campaignId, placeId),
        leases.filter(({ p }) => p === placeId),
      ),
    }),
  };
}

export const leasesOf = (stock: Item | undefined): Record<string, LeaseEntry> =>
  (stock?.leases as Record<string, LeaseEntry> | undefined) ?? {};

/** What one coupon is charged, in minor units of the campaign's currency. */
export const costOf = ({ offer }: Campaign): number => offerCost(offer)?.amount ?? 0;

export type Draw = { scope: Scope; units: number; now: number };

/** Takes units, and what they cost, from every counter of a scope; or the whole transaction fails. */
export function drawWrites(db: Database, brand: string, campaign: Campaign, draw: Draw): TransactWriteItem[] {
  return countersOf(brand, campaign, draw).map(({ key, conditions, sets, names, values }) => {
    const common = {
      Key: toKey(key),
      ...(Object.keys(names).length > 0 && { ExpressionAttributeNames: names }),
      ExpressionAttributeValues: toItem(values),
    };
    const ConditionExpression = conditions.join(' AND ');
    // Nothing to count here but whether it runs at all.
    if (sets.length === 0) return { ConditionCheck: { TableName: db.table('stock'), ...common, ConditionExpression } };
    const UpdateExpression = `SET ${sets.join(', ')}`;
    return { Update: { TableName: db.table('stock'), ...common, UpdateExpression, ConditionExpression } };
  });
}

/** Fails the transaction exactly where `drawWrites` would, and takes nothing: what holds a ghost offer to an offer's terms. */
export function drawChecks(db: Database, brand: string, campaign: Campaign, draw: Draw): TransactWriteItem[] {
  return countersOf(brand, campaign, draw).map(({ key, conditions, names, values }) => {
    const ConditionExpression = conditions.join(' AND ');
    const used = <T>(all: Record<string, T>) =>
      Object.fromEntries(Object.entries(all).filter(([name]) => ConditionExpression.includes(name)));
    const usedNames = used(names);
    const common = {
      Key: toKey(key),
      ...(Object.keys(usedNames).length > 0 && { ExpressionAttributeNames: usedNames }),
      ExpressionAttributeValues: toItem(used(values)),
    };
    return { ConditionCheck: { TableName: db.table('stock'), ...common, ConditionExpression } };
  });
}

type Counter = { key: Key; conditions: string[]; sets: string[]; names: Record<string, string>; values: Item };

function countersOf(brand: string, campaign: Campaign, { scope, units, now }: Draw): Counter[] {
  const [stock, ...sub] = counterKeysOf(brand, campaign.campaignId, scope);
  if (!stock) throw new Error('a campaign without a stock key');
  const money = units * costOf(campaign);
  const { perDay, perPlace } = campaign.limits;
  const subLimits = [...(scope.day === undefined ? [] : [perDay]), ...(scope.placeId === undefined ? [] : [perPlace])];
  return [
    { key: stock, ...campaignCounter(campaign, units, money) },
    ...sub.map((key, index) => {
      const limit = { stock: subLimits[index]?.stock, budget: subLimits[index]?.budget?.amount };
      return { key, ...subCounter(limit, { units, money, ttl: Math.floor((now + DAY_TTL_MS) / 1000) }) };
    }),
  ];
}

/** Counts down, so that a limit that is raised or lowered moves what is left by the difference. */
function campaignCounter({ limits }: Campaign, units: number, money: number): Omit<Counter, 'key'> {
  const counter = { conditions: ['active = :true'], sets: [] as string[], names: {} as Record<string, string> };
  const values: Item = { ':true': true };
  if (limits.stock !== undefined) {
    // LEFT is one of DynamoDB's reserved words.
    counter.names['#left'] = 'left';
    values[':units'] = units;
    counter.sets.push('#left = #left - :units');
    counter.conditions.push('#left >= :units');
  }
  if (limits.budget !== undefined) {
    values[':money'] = money;
    counter.sets.push('budgetLeft = budgetLeft - :money');
    counter.conditions.push('budgetLeft >= :money');
  }
  return { ...counter, values };
}

/** Counts up from nothing, so that it needs no setting up and a changed limit holds at once. */
function subCounter(
  limit: { stock: number | undefined; budget: number | undefined },
  { units, money, ttl }: { units: number; money: number; ttl: number },
): Omit<Counter, 'key'> {
  const values: Item = { ':zero': 0, ':units': units, ':money': money, ':ttl': ttl };
  const conditions: string[] = [];
  const bound = (name: 'issued' | 'spent', most: number | undefined, taken: number): void => {
    if (most === undefined) return;
    values[`:${name}Room`] = most - taken;
    conditions.push(
      most >= taken ? `(attribute_not_exists(${name}) OR ${name} <= :${name}Room)` : `${name} <= :${name}Room`,
    );
  };
  bound('issued', limit.stock, units);
  bound('spent', limit.budget, money);
  return {
    conditions,
    sets: [
      'issued = if_not_exists(issued, :zero) + :units',
      'spent = if_not_exists(spent, :zero) + :money',
      '#ttl = :ttl',
    ],
    names: { '#ttl': 'ttl' },
    values,
  };
}

const sum = <T>(items: readonly T[], of: (item: T) => number): number =>
  items.reduce((total, item) => total + of(item), 0);
