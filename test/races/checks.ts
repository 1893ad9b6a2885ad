import type { StoredCoupon } from '#store/coupons.ts';
import { entryOf, type LedgerEntry } from '#store/ledger.ts';
import { getPerson } from '#store/people.ts';
import type { World } from './world.ts';

/** What the tables say when all is quiet. */
export type Aftermath = {
  entries: LedgerEntry[];
  coupons: StoredCoupon[];
  /** The coupon of each message that waits to be sent, or was. */
  messages: string[];
  stock:
    | { active: boolean; left?: number; leftLimit?: number; budgetLeft?: number; budgetLeftLimit?: number }
    | undefined;
};

/** Reads what one campaign's round has left; the only place that knows how the tables hold it. */
export async function aftermathOf(world: World): Promise<Aftermath> {
  const offers = await world.scan('offers');
  const of = (entity: string) => offers.filter((item) => item.entity === entity);
  const [stock] = await world.scan('stock');
  return {
    entries: of('signal').map(entryOf),
    coupons: of('coupon') as unknown as StoredCoupon[],
    messages: of('message').map(({ couponId }) => String(couponId)),
    stock: stock as Aftermath['stock'],
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
 * (ledger entry, coupon, message, cap, stock, budget) or not there.
 */
export async function checkWhole(
  world: World,
  { entries, coupons, messages, stock }: Aftermath,
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
  equal('coupons with two messages', repeated(messages), []);
  equal('coupons without a message', missing(issued, messages), []);
  equal('messages without a coupon', missing(messages, issued), []);
  equal('units: left + issued', (stock?.left ?? Number.NaN) + coupons.length, stock?.leftLimit);
  if (stock?.budgetLeftLimit !== undefined) {
    const spent = coupons.length * round.costMinor;
    equal('money: left + spent', (stock.budgetLeft ?? Number.NaN) + spent, stock.budgetLeftLimit);
  }
  for (const { personId } of coupons) {
    const person = await getPerson(world.db, world.brand, personId);
    const past = person?.standing.pastOffers.filter(({ campaignId }) => campaignId === round.campaignId) ?? [];
    equal(`offers that ${personId} is counted to have had`, past.length, 1);
  }
}

function missing(wanted: readonly string[], from: readonly string[]): string[] {
  const there = new Set(from);
  return wanted.filter((id) => !there.has(id));
}
