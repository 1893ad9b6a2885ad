import type { CampaignDecision } from '#core/decide/decide.ts';
import type { Facts, StockLevel } from '#core/decide/facts.ts';
import { digestId } from '#core/hash.ts';
import type { Campaign } from '#core/model/campaign.ts';
import { costOf, isCounted, leasesOf, type Scope, scopeOf } from '#store/counters.ts';
import type { GrantResult, UnitSource } from '#store/grant.ts';
import { stockKeys } from '#store/keys.ts';
import { type Lease, MAX_LEASE_UNITS, reclaimLease, takeLease, unitCouponId } from '#store/leases.ts';
import { batchGet } from '#store/read.ts';
import type { Runtime } from '../shared/runtime.ts';
import type { Held } from './lease-hand.ts';

/** A lease takes at most this share of what is left, so that the last units are not spread over many hands. */
const LEASE_SHARE = 50;
/** Leases looked at in one try: reading one is up to 45 read units. */
const MAX_TAKEN_BACK = 32;

/** The units that the offers of one decision will be made of. */
export type Units = {
  sources: Map<string, UnitSource>;
  /** Gives back, or strikes off, what the grant did or did not use. */
  settle: (result: GrantResult) => void;
};

/**
 * Finds a unit for every offer of a decision: from a lease in hand, from a new lease where the campaign is in a rush,
 * or from the counters, which the grant itself draws on. Undefined when a rush has left none for the moment: look again.
 */
export async function findUnits(
  runtime: Runtime,
  facts: Facts,
  decisions: readonly CampaignDecision[],
): Promise<Units | undefined> {
  const sources = new Map<string, UnitSource>();
  const drawn: Drawn[] = [];
  for (const { campaignId, outcome } of decisions) {
    const campaign = facts.campaigns.find((candidate) => candidate.campaignId === campaignId);
    if (outcome === 'skipped' || !campaign || !isCounted(campaign)) continue;
    const scope = scopeOf(campaign, facts.place, facts.now);
    const held = await leaseFor(runtime, facts, campaign, scope);
    if (isEmpty(held)) {
      for (const { lease, index } of drawn) lease.free.push(index);
      return undefined;
    }
    if (held === undefined) sources.set(campaignId, { counters: scope });
    // A ghost needs what an offer needs, a unit at hand, and leaves it there.
    else if (outcome === 'offered') {
      const index = held.free.pop() ?? 0;
      drawn.push({ campaign, lease: held, index });
      sources.set(campaignId, { unit: unitCouponId(facts.signal.brand, campaignId, held.lease.leaseId, index) });
    }
  }
  const settle = (result: GrantResult) => {
    for (const unit of drawn) settleUnit(runtime, facts, unit, result);
  };
  return { sources, settle };
}

/** A unit that was taken from a lease in hand. */
type Drawn = { campaign: Campaign; lease: Held; index: number };

/** Nothing to be had just now, or no more: others who waited for the same lease may have used it up before we woke. */
const isEmpty = (held: Held | 'none' | undefined): held is 'none' => held === 'none' || held?.free.length === 0;

/** The stock level that a lease in hand stands for, which saves reading the counters. */
export function heldLevel(
  runtime: Runtime,
  facts: Pick<Facts, 'signal' | 'place' | 'now'>,
  campaign: Campaign,
): StockLevel | undefined {
  const scope = scopeOf(campaign, facts.place, facts.now);
  return runtime.leases.find(scopeKeyOf(facts.signal.brand, campaign, scope), termsOf(campaign))?.level;
}

/** After a grant that was refused by a counter, or by others who write to it. */
export async function afterRefusal(
  runtime: Runtime,
  facts: Facts,
  result: GrantResult,
  couponSecret: string,
): Promise<void> {
  if (result.outcome === 'recorded') return;
  for (const { role, campaignId, why } of result.failures) {
    const campaign = facts.campaigns.find((candidate) => candidate.campaignId === campaignId);
    if (role !== 'counter' || !campaign) continue;
    if (why === 'busy') runtime.leases.heat(campaignKeyOf(facts.signal.brand, campaign), runtime.now());
    else await takeBack(runtime, facts.signal.brand, campaign, couponSecret);
  }
}

function settleUnit(
  runtime: Runtime,
  facts: Facts,
  { campaign, lease: held, index }: Drawn,
  result: GrantResult,
): void {
  const scopeKey = scopeKeyOf(facts.signal.brand, campaign, scopeOf(campaign, facts.place, facts.now));
  if (result.outcome === 'recorded' && !result.earlier) {
    held.issued += 1;
    if (held.issued === held.lease.units) runtime.leases.spend(scopeKey, held);
    return;
  }
  const failures = result.outcome === 'changed' ? result.failures : [];
  const isVoid = failures.some(
    ({ role, campaignId, why }) => role === 'coupon' && campaignId === campaign.campaignId && why === 'condition',
  );
  if (isVoid) runtime.leases.drop(scopeKey, held);
  else held.free.push(index);
}

/** The lease to draw on; undefined to draw on the counters; `none` when there is nothing to be had just now. */
async function leaseFor(
  runtime: Runtime,
  facts: Facts,
  campaign: Campaign,
  scope: Scope,
): Promise<Held | 'none' | undefined> {
  const { brand } = facts.signal;
  const { leases } = runtime;
  const [scopeKey, terms] = [scopeKeyOf(brand, campaign, scope), termsOf(campaign)];
  const inHand = leases.find(scopeKey, terms);
  if (inHand || !leases.isHot(campaignKeyOf(brand, campaign), runtime.now())) return inHand;
  await leases.together(scopeKey, () => takeNew(runtime, facts, campaign, scope));
  return leases.find(scopeKey, terms) ?? 'none';
}

async function takeNew(runtime: Runtime, facts: Facts, campaign: Campaign, scope: Scope): Promise<void> {
  const { brand } = facts.signal;
  const { leases } = runtime;
  const scopeKey = scopeKeyOf(brand, campaign, scope);
  const level = facts.stock.get(campaign.campaignId);
  const units = level ? leaseSize(level, campaign) : 0;
  if (!level || units === 0) {
    await takeBack(runtime, brand, campaign, await runtime.secret('couponSecret'));
    return;
  }
  const lease: Lease = {
    leaseId: digestId(
      'lease',
      brand,
      campaign.campaignId,
      facts.signal.signalId,
      String(runtime.now()),
      String(runtime.random()),
    ),
    units,
    cost: costOf(campaign),
    scope,
  };
  const spent = leases.spentLease(scopeKey);
  const result = await takeLease(runtime.db, brand, campaign, { lease, spent, now: facts.now });
  if (result !== 'busy') leases.heat(campaignKeyOf(brand, campaign), runtime.now());
  if (result === 'refused') await takeBack(runtime, brand, campaign, await runtime.secret('couponSecret'));
  if (result !== 'taken') return;
  const free = Array.from({ length: units }, (_, index) => units - 1 - index);
  leases.put(scopeKey, { lease, terms: termsOf(campaign), level, free, issued: 0 });
}

/**
 * Returns the unspent units of an open lease, whoever holds it, to the counters. Leases that turn out to be all coupons
 * are closed on the way, so that a campaign that is sold out is soon known to be.
 */
async function takeBack(runtime: Runtime, brand: string, campaign: Campaign, couponSecret: string): Promise<void> {
  await runtime.leases.together(`reclaim/${campaignKeyOf(brand, campaign)}`, async () => {
    const key = stockKeys.campaign(brand, campaign.campaignId);
    const open = Object.entries(leasesOf((await batchGet(runtime.db, { stock: [key] })).get('stock', key)));
    // Any will do; not everybody the same.
    const start = Math.floor(runtime.random() * open.length);
    const inTurn = [...open.slice(start), ...open.slice(0, start)].slice(0, MAX_TAKEN_BACK);
    for (const [leaseId, entry] of inTurn) {
      const lease = { brand, campaign, leaseId, entry, couponSecret, now: runtime.now() };
      if ((await reclaimLease(runtime.db, lease)) !== 0) return;
    }
  });
}

function leaseSize({ left, budgetLeft, today, here }: StockLevel, campaign: Campaign): number {
  const { perDay, perPlace } = campaign.limits;
  const cost = costOf(campaign);
  const room = [left, affordable(budgetLeft, cost)];
  for (const [limit, used] of [
    [perDay, today],
    [perPlace, here],
  ] as const) {
    if (!limit) continue;
    if (limit.stock !== undefined) room.push(limit.stock - (used?.stock ?? 0));
    if (limit.budget !== undefined) room.push(affordable(limit.budget.amount - (used?.budget ?? 0), cost));
  }
  const remaining = Math.min(...room.filter((units) => units !== undefined));
  return remaining < 1 ? 0 : Math.min(MAX_LEASE_UNITS, Math.max(1, Math.floor(remaining / LEASE_SHARE)));
}

const affordable = (money: number | undefined, cost: number): number | undefined =>
  money === undefined || cost === 0 ? undefined : Math.floor(money / cost);

const campaignKeyOf = (brand: string, { campaignId }: Campaign): string => `${brand}/${campaignId}`;
const scopeKeyOf = (brand: string, campaign: Campaign, { day = '', placeId = '' }: Scope): string =>
  `${campaignKeyOf(brand, campaign)}/${day}/${placeId}`;
/** A lease is good for the limits and the price that it was taken under. */
const termsOf = ({ limits, offer, state }: Campaign): string => JSON.stringify([limits, offer, state]);
