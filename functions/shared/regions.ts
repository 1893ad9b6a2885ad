import type { Person } from '#core/model/person.ts';
import type { RegionSales } from '#core/model/region.ts';
import type { Rule, RuleGroup } from '#core/model/segment.ts';
import { withRegion } from '#core/people/regions.ts';
import type { Database } from '#store/client.ts';
import { readRegions } from '#store/regions.ts';
import type { Snapshot } from '#store/snapshot.ts';
import type { Runtime } from './runtime.ts';

/** How a region buys changes with seasons, not with minutes. */
const MAX_AGE_MS = 60_000;
/** Brands held in memory by one process; the least recently read goes first. */
const MAX_BRANDS = 50;

type Regions = ReadonlyMap<string, RegionSales>;
type Held = { readAt: number; regions: Promise<Regions> };

const heldBy = new WeakMap<Database, Map<string, Held>>();

/** What was sold in a brand's regions, at most a minute old: from memory, but for a few queries a minute and process. */
async function regionsOf(runtime: Runtime, brand: string): Promise<Regions> {
  const held = heldBy.get(runtime.db) ?? new Map<string, Held>();
  heldBy.set(runtime.db, held);
  const known = held.get(brand);
  if (known && runtime.now() - known.readAt < MAX_AGE_MS) return await known.regions;
  const fresh = { readAt: runtime.now(), regions: readRegions(runtime.db, brand) };
  held.delete(brand);
  held.set(brand, fresh);
  const oldest = held.keys().next().value;
  if (held.size > MAX_BRANDS && oldest !== undefined) held.delete(oldest);
  try {
    return await fresh.regions;
  } catch (error) {
    // Whoever comes next asks again.
    if (held.get(brand) === fresh) held.delete(brand);
    throw error;
  }
}

const NONE: Regions = new Map();

/** How the brand's regions buy, where one of the rules asks: for `withRegion` of many people. */
export async function regionsAskedBy(runtime: Runtime, brand: string, rules: readonly RuleGroup[]): Promise<Regions> {
  return rules.some(asksOfRegion) ? await regionsOf(runtime, brand) : NONE;
}

const asks = new WeakMap<Snapshot, boolean>();

/** A person who knows how their region buys, where a segment of the brand asks for it. */
export async function knowingRegion(runtime: Runtime, snapshot: Snapshot, person: Person): Promise<Person> {
  const isAsked = asks.get(snapshot) ?? [...snapshot.segments.values()].some(({ rule }) => asksOfRegion(rule));
  asks.set(snapshot, isAsked);
  return isAsked ? withRegion(person, await regionsOf(runtime, snapshot.brand)) : person;
}

const asksOfRegion = (node: Rule | RuleGroup): boolean =>
  'combinator' in node ? node.rules.some(asksOfRegion) : node.field.startsWith('region.');
