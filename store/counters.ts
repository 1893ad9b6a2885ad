import type { TransactWriteItem } from '@aws-sdk/client-dynamodb';
import type { StockLevel, Used } from '#core/decide/facts.ts';
import { localDay } from '#core/decide/local-day.ts';
import type { Campaign } from '#core/model/campaign.ts';
import type { Place } from '#core/model/place.ts';
import { offerCost } from '#core/offers/value.ts';
import { type Database, type Item, type Key, toItem, toKey } from './client.ts';
import { stockKeys } from './keys.ts';
import type { Found } from './read.ts';

/** A day's counter is of no use once no clock on earth shows that day; two more months are for whoever asks. */
const DAY_TTL_MS = 60 * 86_400_000;
/** Where there is no limit, one that nobody reaches: everything is counted always, so that a limit may come and go. */
export const UNLIMITED = 1e15;

/** Which counters an offer draws on, besides the campaign's own: its local day's, its place's. */
export type Scope = { day?: string; placeId?: string };
/**
 * A holder's slot among a campaign's leases: its k-th lease, of which `n` units are open, each drawn with `c` minor
 * units of money, and from the share of the day `d`. `s` marks the secret that its units' keys were made with; `t` is
 * when it was taken, in epoch seconds.
 */
export type LeaseEntry = { k: number; n: number; c: number; s: string; t: number; d?: string };

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
export function levelOf(
  found: Found,
  { brand, campaignId, scope, mark }: { brand: string; campaignId: string; scope: Scope; mark: string },
): StockLevel | undefined {
  const stock = found.get('stock', stockKeys.campaign(brand, campaignId));
  if (!stock) return undefined;
  const { day, placeId } = scope;
  // What is leased may come back: a limit is reached only by what can not.
  const open = openLeases(stock, mark).map(([, entry]) => entry);
  const today = open.filter(({ d }) => d === day);
  const used = day === undefined ? undefined : usedOf(found, stockKeys.day(brand, campaignId, day));
  return {
    active: stock.active === true,
    left: stock.left as number,
    budgetLeft: stock.budgetLeft as number,
    leased: sum(open, ({ n }) => n),
    ...(used && {
      todayTaken: used,
      today: { stock: used.stock - sum(today, ({ n }) => n), budget: used.budget - sum(today, ({ n, c }) => n * c) },
    }),
    ...(placeId !== undefined && { here: usedOf(found, stockKeys.place(brand, campaignId, placeId)) }),
  };
}

export function usedOf(found: Found, key: Key): Used {
  const item = found.get('stock', key);
  return { stock: (item?.issued as number | undefined) ?? 0, budget: (item?.spent as number | undefined) ?? 0 };
}

/** Leases of which units may be open still, and whose units' keys this secret makes. */
export const openLeases = (stock: Item | undefined, mark: string): [holder: string, entry: LeaseEntry][] =>
  Object.entries(leasesOf(stock)).filter(([, { n, s }]) => n > 0 && s === mark);

const leasesOf = (stock: Item | undefined): Record<string, LeaseEntry> =>
  (stock?.leases as Record<string, LeaseEntry> | undefined) ?? {};

/** What one coupon is charged, in minor units of the campaign's currency. */
export const costOf = ({ offer }: Campaign): number => offerCost(offer)?.amount ?? 0;

/** `leased`: of units from a lease, which draw on the place's share only. */
export type Draw = { scope: Scope; units: number; now: number; leased?: boolean };

/** Takes units, and what they cost, from every counter of a scope; or the whole transaction fails. */
export function drawWrites(db: Database, brand: string, campaign: Campaign, draw: Draw): TransactWriteItem[] {
  return countersOf(brand, campaign, draw).map(({ key, conditions, sets, names, values }) => ({
    Update: {
      TableName: db.table('stock'),
      Key: toKey(key),
      UpdateExpression: `SET ${sets.join(', ')}`,
      ...(conditions.length > 0 && { ConditionExpression: conditions.join(' AND ') }),
      ...(Object.keys(names).length > 0 && { ExpressionAttributeNames: names }),
      ExpressionAttributeValues: toItem(values),
    },
  }));
}

/** Fails the transaction exactly where `drawWrites` would, and takes nothing: what holds a ghost offer to an offer's terms. */
export function drawChecks(db: Database, brand: string, campaign: Campaign, draw: Draw): TransactWriteItem[] {
  return countersOf(brand, campaign, draw).flatMap(({ key, conditions, names, values }) => {
    if (conditions.length === 0) return [];
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

function countersOf(brand: string, campaign: Campaign, { scope, units, now, leased = false }: Draw): Counter[] {
  const { campaignId, limits } = campaign;
  const money = units * costOf(campaign);
  const counters: Counter[] = [];
  // A leased unit was drawn from the campaign and its day when the lease was taken.
  if (!leased) counters.push({ key: stockKeys.campaign(brand, campaignId), ...campaignCounter(units, money) });
  if (!leased && scope.day !== undefined) {
    const counter = shareCounter(limits.perDay, units, money);
    counter.sets.push('#ttl = :ttl');
    counter.names['#ttl'] = 'ttl';
    counter.values[':ttl'] = Math.floor((now + DAY_TTL_MS) / 1000);
    counters.push({ key: stockKeys.day(brand, campaignId, scope.day), ...counter });
  }
  if (scope.placeId !== undefined) {
    const key = stockKeys.place(brand, campaignId, scope.placeId);
    counters.push({ key, ...shareCounter(limits.perPlace, units, money) });
  }
  return counters;
}

/** Counts down, so that a limit that is raised or lowered moves what is left by the difference. */
function campaignCounter(units: number, money: number): Omit<Counter, 'key'> {
  return {
    conditions: ['active = :true', '#left >= :units', 'budgetLeft >= :money'],
    sets: ['#left = #left - :units', 'budgetLeft = budgetLeft - :money'],
    // LEFT is one of DynamoDB's reserved words.
    names: { '#left': 'left' },
    values: { ':true': true, ':units': units, ':money': money },
  };
}

/**
 * Counts up, from when the share was set: it needs no setting up, and a changed share holds at once. What was given
 * before there was a share is not in it.
 */
function shareCounter(limit: Campaign['limits']['perDay'], units: number, money: number): Omit<Counter, 'key'> {
  const values: Item = { ':zero': 0, ':units': units, ':money': money };
  const conditions: string[] = [];
  const bound = (name: 'issued' | 'spent', most: number | undefined, taken: number): void => {
    if (most === undefined) return;
    values[`:${name}Room`] = most - taken;
    const within = `${name} <= :${name}Room`;
    conditions.push(most >= taken ? `(attribute_not_exists(${name}) OR ${within})` : within);
  };
  bound('issued', limit?.stock, units);
  bound('spent', limit?.budget?.amount, money);
  const sets = ['issued = if_not_exists(issued, :zero) + :units', 'spent = if_not_exists(spent, :zero) + :money'];
  return { conditions, sets, names: {}, values };
}

const sum = <T>(items: readonly T[], of: (item: T) => number): number =>
  items.reduce((total, item) => total + of(item), 0);
