import { passesSignalGates } from '#core/decide/decide.ts';
import type { StockLevel } from '#core/decide/facts.ts';
import type { Campaign } from '#core/model/campaign.ts';
import type { Key } from '#store/client.ts';
import { counterKeysOf, isCounted, levelOf, scopeOf, usedOf } from '#store/counters.ts';
import { stockKeys } from '#store/keys.ts';
import { secretMark } from '#store/leases.ts';
import { batchGet, type Found } from '#store/read.ts';
import type { Runtime } from '../shared/runtime.ts';
import { leaseKeyOf, termsOf } from './lease-hand.ts';
import type { Occasion } from './occasion.ts';

/** Counters to read, and what is known without reading from leases in hand; others may use those up while we read. */
export type CounterPlan = { keys: Key[]; held: ReadonlyMap<string, StockLevel>; asked: ReadonlySet<string> };
type Judged = Occasion & { now: number; campaigns: readonly Campaign[]; catalogueVersion: number };

/** Which counters may matter: those of the campaigns that the signal alone does not already rule out. */
export function planCounters(runtime: Runtime, judged: Judged): CounterPlan {
  const { signal, place, now, catalogueVersion } = judged;
  const keys: Key[] = [];
  const held = new Map<string, StockLevel>();
  const counted = countedOf(judged);
  for (const campaign of counted) {
    const { campaignId } = campaign;
    const scope = scopeOf(campaign, place, now);
    const terms = termsOf(campaign, catalogueVersion);
    const lease = runtime.leases.find(leaseKeyOf(signal.brand, campaign, scope.day), terms, now);
    const [stock, ...shares] = counterKeysOf(signal.brand, campaignId, scope);
    if (!lease && stock) keys.push(stock, ...shares);
    else if (lease) {
      held.set(campaignId, lease.level);
      // A place's share is not leased: it is asked about, and drawn on, every time.
      if (scope.placeId !== undefined) keys.push(stockKeys.place(signal.brand, campaignId, scope.placeId));
    }
  }
  return { keys, held, asked: new Set(counted.map(({ campaignId }) => campaignId)) };
}

/**
 * What is left of each campaign. Who the person is may bring campaigns to the shortlist that were not planned for, at a
 * door of more than a hundred: their counters are read now.
 */
export async function stockLevels(
  runtime: Runtime,
  judged: Judged,
  plan: CounterPlan,
  found: Found,
): Promise<Map<string, StockLevel>> {
  const { signal, place, now } = judged;
  const { brand } = signal;
  const mark = secretMark(await runtime.secret('couponSecret'));
  const counted = countedOf(judged);
  const unplanned = counted.filter(({ campaignId }) => !plan.asked.has(campaignId));
  const levels = unplanned.length > 0 ? await readLevels(runtime, { ...judged, campaigns: unplanned }) : new Map();
  for (const campaign of counted) {
    const { campaignId } = campaign;
    const scope = scopeOf(campaign, place, now);
    const held = plan.held.get(campaignId);
    const here =
      scope.placeId === undefined ? undefined : usedOf(found, stockKeys.place(brand, campaignId, scope.placeId));
    const level = held ? { ...held, here } : levelOf(found, { brand, campaignId, scope, mark });
    if (level) levels.set(campaignId, level);
  }
  return levels;
}

async function readLevels(runtime: Runtime, judged: Judged): Promise<Map<string, StockLevel>> {
  const plan = planCounters(runtime, judged);
  return await stockLevels(runtime, judged, plan, await batchGet(runtime.db, { stock: plan.keys }));
}

function countedOf({ signal, place, now, campaigns }: Judged): Campaign[] {
  return campaigns.filter((campaign) => isCounted(campaign) && passesSignalGates({ signal, place, now, campaign }));
}
