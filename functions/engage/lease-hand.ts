import type { StockLevel } from '#core/decide/facts.ts';
import type { Lease } from '#store/leases.ts';

/** A campaign whose counters were fought over is served from leases for so long after the last fight or lease. */
const HOT_MS = 30_000;

/** A lease in this process's hand. */
export type Held = {
  lease: Lease;
  /** The campaign's terms when it was taken: under others it must not be used. */
  terms: string;
  /** What was left when it was taken: what decisions say. */
  level: StockLevel;
  /** Units that no coupon has been made of. */
  free: number[];
  issued: number;
};

/** What one process knows of leases: those in its hand, those it has spent, and which campaigns are in a rush. */
export type LeaseHand = ReturnType<typeof createLeaseHand>;

export function createLeaseHand() {
  const held = new Map<string, Held>();
  const spent = new Map<string, string>();
  const hotUntil = new Map<string, number>();
  const pending = new Map<string, Promise<unknown>>();

  return {
    /** The lease for a scope, if it has a unit left and the campaign's terms still hold. */
    find: (scopeKey: string, terms: string): Held | undefined => {
      const found = held.get(scopeKey);
      if (found && found.terms !== terms) held.delete(scopeKey);
      return found?.terms === terms && found.free.length > 0 ? found : undefined;
    },
    put: (scopeKey: string, lease: Held): void => {
      held.set(scopeKey, lease);
      spent.delete(scopeKey);
    },
    /** Somebody has reclaimed it. */
    drop: (scopeKey: string, lease: Held): void => {
      if (held.get(scopeKey) === lease) held.delete(scopeKey);
    },
    /** Every unit is a coupon: the next lease strikes it off. A lease with a unit in doubt never gets here. */
    spend: (scopeKey: string, { lease }: Held): void => {
      spent.set(scopeKey, lease.leaseId);
    },
    spentLease: (scopeKey: string): string | undefined => spent.get(scopeKey),
    isHot: (campaignKey: string, now: number): boolean => (hotUntil.get(campaignKey) ?? 0) > now,
    heat: (campaignKey: string, now: number): void => {
      hotUntil.set(campaignKey, now + HOT_MS);
    },
    /** Runs `work` unless it is already running for this key: all who ask meanwhile wait for the same. */
    together: async (key: string, work: () => Promise<unknown>): Promise<void> => {
      const running = pending.get(key) ?? work().finally(() => pending.delete(key));
      pending.set(key, running);
      await running;
    },
  };
}
