import type { StockLevel } from '#core/decide/facts.ts';
import type { Campaign } from '#core/model/campaign.ts';
import type { Lease } from '#store/leases.ts';

/** A campaign whose counters were fought over is served from leases for so long after the last fight or lease. */
const HOT_MS = 30_000;
/** A host that runs for days must not wake with a lease that others have long taken back, tombstones and all. */
const HELD_MS = 3_600_000;

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
  takenAt: number;
};

/** What one process knows of leases: those in its hand, and which campaigns are in a rush. */
export type LeaseHand = ReturnType<typeof createLeaseHand>;

export function createLeaseHand() {
  const held = new Map<string, Held>();
  const last = new Map<string, Pick<Lease, 'holder' | 'sequence' | 'follows'>>();
  const hotUntil = new Map<string, number>();
  const pending = new Map<string, Promise<unknown>>();

  return {
    /** The lease under a key, if it has a unit left and the campaign's terms still hold. */
    find: (key: string, terms: string, now: number): Held | undefined => {
      const found = held.get(key);
      if (!found) return undefined;
      if (found.terms === terms && now - found.takenAt < HELD_MS) return found.free.length > 0 ? found : undefined;
      held.delete(key);
      last.delete(key);
      return undefined;
    },
    put: (key: string, lease: Held): void => {
      held.set(key, lease);
      // Until it is known how it ends, nothing may follow it in its slot.
      last.delete(key);
    },
    /** How the lease under a key has ended: every unit is a coupon, or somebody has taken it back. */
    end: (key: string, { lease }: Held, follows: 'coupons' | 'closed'): void => {
      if (held.get(key)?.lease !== lease) return;
      held.delete(key);
      last.set(key, { holder: lease.holder, sequence: lease.sequence, follows });
    },
    /** The lease whose slot the next one may take. */
    lastOf: (key: string): Pick<Lease, 'holder' | 'sequence' | 'follows'> | undefined => last.get(key),
    forgetLast: (key: string): void => {
      last.delete(key);
    },
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

export const campaignKeyOf = (brand: string, { campaignId }: Campaign): string => `${brand}/${campaignId}`;
/** One lease at a time for a campaign and, where it has a share for each day, a day. */
export const leaseKeyOf = (brand: string, campaign: Campaign, day: string | undefined): string =>
  `${campaignKeyOf(brand, campaign)}/${day ?? ''}`;
/**
 * A lease is good for the limits and the price that it was taken under. Under the same limits again, after others, it
 * is not: what was left has moved meanwhile. So the catalogue's version is part of the terms.
 */
export const termsOf = ({ limits, offer, state }: Campaign, catalogueVersion: number | undefined): string =>
  JSON.stringify([limits, offer, state, catalogueVersion]);
