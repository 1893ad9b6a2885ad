import type { CampaignDecision } from '#core/decide/decide.ts';
import type { Facts } from '#core/decide/facts.ts';
import type { Campaign } from '#core/model/campaign.ts';
import { isCounted, type Scope, scopeOf } from '#store/counters.ts';
import type { Failure, GrantResult, UnitSource } from '#store/grant.ts';
import { closeLeases, secretMark, slotOf, unitCouponId } from '#store/leases.ts';
import type { Runtime } from '../shared/runtime.ts';
import { campaignKeyOf, type Held, leaseKeyOf, termsOf } from './lease-hand.ts';
import { takeBack, takeNew, tidy } from './rush.ts';

/** One of so many grants from the counters looks whether a rush has left something behind: half a read unit. */
const TIDY_SHARE = 1 / 50;

/** The units that the offers of one decision will be made of. */
export type Units = {
  sources: Map<string, UnitSource>;
  /** Gives back what the grant did not use; a lease that is all coupons now is closed. */
  settle: (result: GrantResult) => Promise<void>;
};

/** A unit that was taken from a lease in hand. */
type Drawn = { campaign: Campaign; held: Held; index: number; isGhost: boolean };

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
    // Nothing to be had just now; or no more, because others who waited for the same lease have used it up.
    const index = held === 'none' ? undefined : held?.free.pop();
    if (held === 'none' || (held && index === undefined)) {
      for (const unit of drawn) unit.held.free.push(unit.index);
      return undefined;
    }
    if (!held || index === undefined) sources.set(campaignId, { scope });
    else {
      drawn.push({ campaign, held, index, isGhost: outcome === 'held-out' });
      sources.set(campaignId, { scope, unit: unitCouponId(facts.signal.brand, campaignId, held.lease, index) });
    }
  }
  const settle = async (result: GrantResult) => {
    for (const unit of drawn) await settleUnit(runtime, facts, unit, result);
    const byCounter = facts.campaigns.find(
      ({ campaignId }) => sources.get(campaignId)?.unit === undefined && sources.has(campaignId),
    );
    if (byCounter && runtime.random() < TIDY_SHARE) await tidy(runtime, facts.signal.brand, byCounter);
  };
  return { sources, settle };
}

/** After a grant that was refused by a counter, or by others who write to it. */
export async function afterRefusal(runtime: Runtime, facts: Facts, failures: readonly Failure[]): Promise<void> {
  for (const { role, campaignId, why } of failures) {
    const campaign = facts.campaigns.find((candidate) => candidate.campaignId === campaignId);
    if (role !== 'counter' || !campaign) continue;
    if (why === 'busy') runtime.leases.heat(campaignKeyOf(facts.signal.brand, campaign), runtime.now());
    else await takeBack(runtime, facts.signal.brand, campaign, scopeOf(campaign, facts.place, facts.now));
  }
}

async function settleUnit(runtime: Runtime, facts: Facts, drawn: Drawn, result: GrantResult): Promise<void> {
  const { campaign, held, index, isGhost } = drawn;
  const { brand } = facts.signal;
  const { lease } = held;
  const key = leaseKeyOf(brand, campaign, lease.day);
  if (result.outcome === 'recorded' && !result.earlier && !isGhost) {
    held.issued += 1;
    // A lease with a unit in doubt never gets here: it stays, until somebody looks at its units.
    if (held.issued < lease.units) return;
    runtime.leases.end(key, held, 'coupons');
    const slot = slotOf(lease, secretMark(await runtime.secret('couponSecret')), held.takenAt);
    await closeLeases(runtime.db, brand, campaign.campaignId, [[lease.holder, slot]]);
    return;
  }
  const failures = result.outcome === 'changed' ? result.failures : [];
  const isVoid = failures.some(
    ({ role, campaignId, why }) => role === 'coupon' && campaignId === campaign.campaignId && why === 'condition',
  );
  if (isVoid) runtime.leases.end(key, held, 'closed');
  else held.free.push(index);
}

/** The lease to draw on; undefined to draw on the counters; `none` when there is nothing to be had just now. */
async function leaseFor(
  runtime: Runtime,
  facts: Facts,
  campaign: Campaign,
  { day }: Scope,
): Promise<Held | 'none' | undefined> {
  const { brand } = facts.signal;
  const { leases } = runtime;
  const [key, terms] = [leaseKeyOf(brand, campaign, day), termsOf(campaign, facts.catalogueVersion)];
  const inHand = leases.find(key, terms, facts.now);
  if (inHand || !leases.isHot(campaignKeyOf(brand, campaign), runtime.now())) return inHand;
  let isFull = false;
  await leases.together(key, async () => {
    isFull = (await takeNew(runtime, facts, campaign)) === 'full';
  });
  // More holders than there may be: whoever has no slot stays with the counters.
  return leases.find(key, terms, facts.now) ?? (isFull ? undefined : 'none');
}
