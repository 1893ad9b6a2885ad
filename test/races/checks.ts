import type { LeaseEntry } from '#store/counters.ts';
import type { StoredCoupon } from '#store/coupons.ts';
import { peopleKeys } from '#store/keys.ts';
import { unitCouponIds } from '#store/leases.ts';
import { entryOf, type LedgerEntry } from '#store/ledger.ts';
import { personOf } from '#store/people.ts';
import { batchGet } from '#store/read.ts';
import type { World } from './world.ts';

/** What the tables say when all is quiet. */
export type Aftermath = {
  entries: LedgerEntry[];
  /** Each is its message too: `send` says what became of it. */
  coupons: StoredCoupon[];
  stock: Stock | undefined;
};
type Stock = {
  active: boolean;
  left?: number;
  leftLimit?: number;
  budgetLeft?: number;
  budgetLeftLimit?: number;
  leases: Record<string, LeaseEntry>;
};

/** Reads what one campaign's round has left; the only place that knows how the tables hold it. */
export async function aftermathOf(world: World): Promise<Aftermath> {
  const offers = await world.scan('offers');
  const of = (entity: string) => offers.filter((item) => item.entity === entity);
  const [stock] = await world.scan('stock');
  return {
    entries: of('signal').map(entryOf),
    coupons: of('coupon') as unknown as StoredCoupon[],
    stock: stock as Stock | undefined,
  };
}

/** Claims about a round; those that do not hold are its violations. */
export type Claims = {
  equal: (what: string, actual: unknown, expected: unknown) => void;
  violations: string[];
};
export function claims(): Claims {
  const violations: string[] = [];
  return {
    violations,
    equal: (what, actual, expected) => {
      const [is, was] = [JSON.stringify(actual), JSON.stringify(expected)];
      if (is !== was) violations.push(`${what}: ${short(is)}, not ${short(was)}`);
    },
  };
}
const short = (text: string | undefined): string =>
  text && text.length > 200 ? `${text.slice(0, 200)}…` : String(text);

/** Ids that occur more than once: what must not be. */
function repeated(ids: readonly string[]): string[] {
  const seen = new Set<string>();
  return ids.filter((id) => seen.size === seen.add(id).size);
}

/**
 * What holds after any round of one campaign: everything that is counted is counted once, and an offer is either whole
 * (ledger entry, coupon with its message, cap, stock, budget) or not there.
 */
export async function checkWhole(
  world: World,
  { entries, coupons, stock }: Aftermath,
  round: { campaignId: string; signals: readonly string[]; costMinor: number },
  { equal }: Claims,
): Promise<void> {
  const recorded = entries.map(({ signalId }) => signalId);
  equal('signals recorded twice', repeated(recorded), []);
  equal('signals not recorded', missing(round.signals, recorded), []);
  equal('signals recorded that nobody sent', missing(recorded, round.signals), []);
  const issued = coupons.map(({ couponId }) => couponId);
  equal('coupons that exist twice', repeated(issued), []);
  equal('people with two coupons', repeated(coupons.map(({ personId }) => personId)), []);
  const offered = entries.flatMap(({ decisions }) => decisions.flatMap(({ couponId }) => couponId ?? []));
  equal('coupons of no decision', missing(issued, offered), []);
  equal('decisions without their coupon', missing(offered, issued), []);
  equal('coupons of two decisions', repeated(offered), []);
  const waiting = coupons.filter(({ send, channel, freshUntil }) => send === 'PENDING' && channel && freshUntil > 0);
  equal('coupons without a message that waits', coupons.length - waiting.length, 0);
  checkStock(world, stock, { ...round, issued }, equal);
  await checkCaps(world, coupons, round.campaignId, equal);
}

/** Units and money are in the counters, in leases that nobody has used up, or in coupons; nowhere twice. */
function checkStock(
  { brand }: World,
  stock: Stock | undefined,
  { campaignId, costMinor, issued }: { campaignId: string; costMinor: number; issued: readonly string[] },
  equal: Claims['equal'],
): void {
  const existing = new Set(issued);
  const unspent = Object.entries(stock?.leases ?? {}).map(([holder, entry]) => {
    const free = unitCouponIds(brand, campaignId, [holder, entry]).filter((unit) => !existing.has(unit)).length;
    return { units: free, money: free * entry.c };
  });
  const total = (of: 'units' | 'money') => unspent.reduce((sum, lease) => sum + lease[of], 0);
  equal(
    'units: left, leased and issued',
    (stock?.left ?? Number.NaN) + total('units') + issued.length,
    stock?.leftLimit,
  );
  if (stock?.budgetLeftLimit === undefined) return;
  const spent = issued.length * costMinor;
  equal(
    'money: left, leased and spent',
    (stock.budgetLeft ?? Number.NaN) + total('money') + spent,
    stock.budgetLeftLimit,
  );
}

/** Whoever has a coupon is counted to have had one offer of the campaign. */
async function checkCaps(
  { db, brand }: World,
  coupons: readonly StoredCoupon[],
  campaignId: string,
  equal: Claims['equal'],
): Promise<void> {
  const keys = coupons.map(({ personId }) => peopleKeys.person(brand, personId));
  const found = await batchGet(db, { people: keys });
  const counts = keys.map((key) => {
    const item = found.get('people', key);
    return item ? personOf(item).standing.pastOffers.filter((past) => past.campaignId === campaignId).length : 0;
  });
  equal('people whose offer is not counted once', counts.filter((count) => count !== 1).length, 0);
}

function missing(wanted: readonly string[], from: readonly string[]): string[] {
  const there = new Set(from);
  return wanted.filter((id) => !there.has(id));
}
