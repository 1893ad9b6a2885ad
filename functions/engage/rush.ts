import type { Facts, StockLevel } from '#core/decide/facts.ts';
import { digestId } from '#core/hash.ts';
import type { Campaign } from '#core/model/campaign.ts';
import type { Item } from '#store/client.ts';
import { costOf, counterKeysOf, type LeaseEntry, openLeases, type Scope, scopeOf, usedOf } from '#store/counters.ts';
import { stockKeys } from '#store/keys.ts';
import {
  forgetSlots,
  type Lease,
  MAX_LEASE_UNITS,
  type OpenLease,
  reclaimLeases,
  secretMark,
  slotOf,
  type TakeResult,
  takeLease,
} from '#store/leases.ts';
import { batchGet, type Found } from '#store/read.ts';
import type { Runtime } from '../shared/runtime.ts';
import { campaignKeyOf, leaseKeyOf, termsOf } from './lease-hand.ts';

/** A lease takes at most this share of what is left, so that the last units are not spread over many hands. */
const LEASE_SHARE = 50;
/** A lease that old is in nobody's hand, or in one that has little to do. */
const IDLE_MS = 10 * 60_000;
/** A lease takes at least so many, where there are so many left: the end of a rush is no time for many small ones. */
const MIN_LEASE_UNITS = 4;
/** Looked at in one try to take some back: half a read unit for each unit of stock, a condition for each lease. */
const MAX_UNITS_LOOKED_AT = 400;
const MAX_LEASES_LOOKED_AT = 32;

/** Takes a lease into this process's hand, or gets others' units back to where the next try will find them. */
export async function takeNew(runtime: Runtime, facts: Facts, campaign: Campaign): Promise<TakeResult> {
  const { brand, signalId } = facts.signal;
  const { leases } = runtime;
  const scope = scopeOf(campaign, facts.place, facts.now);
  const key = leaseKeyOf(brand, campaign, scope.day);
  const level = facts.stock.get(campaign.campaignId);
  const units = level ? leaseSize(level, campaign) : 0;
  if (!level || units === 0) {
    await takeBack(runtime, brand, campaign, scope);
    return 'refused';
  }
  const last = leases.lastOf(key);
  const lease: Lease = {
    holder: last?.holder ?? digestId(brand, signalId, String(runtime.now()), String(runtime.random())).slice(0, 10),
    sequence: (last?.sequence ?? 0) + 1,
    follows: last?.follows,
    units,
    cost: costOf(campaign),
    day: scope.day,
  };
  const takenAt = runtime.now();
  const slot = slotOf(lease, secretMark(await runtime.secret('couponSecret')), takenAt);
  const result = await takeLease(runtime.db, brand, campaign, { lease, slot, now: takenAt });
  if (result !== 'busy') leases.heat(campaignKeyOf(brand, campaign), runtime.now());
  if (result === 'no-slot') leases.forgetLast(key);
  if (result === 'refused' || result === 'full') await takeBack(runtime, brand, campaign, scope);
  if (result === 'taken') {
    const free = Array.from({ length: units }, (_, index) => units - 1 - index);
    leases.put(key, { lease, terms: termsOf(campaign, facts.catalogueVersion), level, free, issued: 0, takenAt });
  }
  return result;
}

/**
 * Returns unspent units of open leases, whoever holds them, to the counter that has run out; and soon finds out that a
 * campaign is sold out. Does nothing where no lease could help: another place's share is not to be had from leases.
 */
export async function takeBack(runtime: Runtime, brand: string, campaign: Campaign, scope: Scope): Promise<void> {
  await runtime.leases.together(`take back/${campaignKeyOf(brand, campaign)}/${scope.day ?? ''}`, async () => {
    const { db } = runtime;
    const { campaignId } = campaign;
    const couponSecret = await runtime.secret('couponSecret');
    const found = await batchGet(db, { stock: counterKeysOf(brand, campaignId, scope) });
    const stock = found.get('stock', stockKeys.campaign(brand, campaignId));
    const slots = (stock?.leases ?? {}) as Record<string, LeaseEntry>;
    await forgetSlots(db, brand, campaignId, { slots, now: runtime.now() });
    const open = openLeases(stock, secretMark(couponSecret));
    const leases = someOf(helpful(open, { campaign, scope, stock, found, brand }), runtime.random());
    if (leases.length === 0) return;
    await reclaimLeases(db, { brand, campaignId, leases, couponSecret, now: runtime.now() });
  });
}

/**
 * After a rush: takes back what idle or dead processes still hold and forgets old slots, so that the stock item, which
 * every draw pays for, is small again. Called now and then by whoever draws on the counters.
 */
export async function tidy(runtime: Runtime, brand: string, campaign: Campaign): Promise<void> {
  const { db } = runtime;
  const { campaignId } = campaign;
  const key = stockKeys.campaign(brand, campaignId);
  const slots = ((await batchGet(db, { stock: [key] })).get('stock', key)?.leases ?? {}) as Record<string, LeaseEntry>;
  if (Object.keys(slots).length === 0) return;
  const now = runtime.now();
  await forgetSlots(db, brand, campaignId, { slots, now });
  const couponSecret = await runtime.secret('couponSecret');
  const idle = openLeases({ leases: slots }, secretMark(couponSecret)).filter(([, { t }]) => t * 1000 < now - IDLE_MS);
  const leases = someOf(idle, runtime.random());
  if (leases.length > 0) await reclaimLeases(db, { brand, campaignId, leases, couponSecret, now });
}

type Refusal = { campaign: Campaign; scope: Scope; stock: Item | undefined; found: Found; brand: string };

/** The leases from which units would return to a counter that is empty. */
function helpful(open: readonly OpenLease[], { campaign, scope, stock, found, brand }: Refusal): readonly OpenLease[] {
  const cost = costOf(campaign);
  const isEmpty = Number(stock?.left ?? 0) < 1 || Number(stock?.budgetLeft ?? 0) < cost;
  const { day } = scope;
  if (isEmpty || day === undefined) return isEmpty ? open : [];
  const used = usedOf(found, stockKeys.day(brand, campaign.campaignId, day));
  const { perDay } = campaign.limits;
  const isDayOver =
    used.stock + 1 > (perDay?.stock ?? Number.POSITIVE_INFINITY) ||
    used.budget + cost > (perDay?.budget?.amount ?? Number.POSITIVE_INFINITY);
  return isDayOver ? open.filter(([, { d }]) => d === day) : [];
}

/** As many as may be looked at in one try, from anywhere among them: not everybody the same. */
function someOf(leases: readonly OpenLease[], chance: number): OpenLease[] {
  const start = Math.floor(chance * leases.length);
  const some: OpenLease[] = [];
  let units = 0;
  for (const lease of [...leases.slice(start), ...leases.slice(0, start)]) {
    units += lease[1].n;
    if (some.length > 0 && (units > MAX_UNITS_LOOKED_AT || some.length === MAX_LEASES_LOOKED_AT)) break;
    some.push(lease);
  }
  return some;
}

function leaseSize({ left, budgetLeft, todayTaken }: StockLevel, campaign: Campaign): number {
  const { perDay } = campaign.limits;
  const cost = costOf(campaign);
  const room = [left ?? 0, affordable(budgetLeft ?? 0, cost)];
  if (perDay?.stock !== undefined) room.push(perDay.stock - (todayTaken?.stock ?? 0));
  if (perDay?.budget !== undefined) room.push(affordable(perDay.budget.amount - (todayTaken?.budget ?? 0), cost));
  const remaining = Math.min(...room);
  const share = Math.max(MIN_LEASE_UNITS, Math.floor(remaining / LEASE_SHARE));
  return Math.max(0, Math.min(share, remaining, MAX_LEASE_UNITS));
}

const affordable = (money: number, cost: number): number =>
  cost === 0 ? Number.POSITIVE_INFINITY : Math.floor(money / cost);
