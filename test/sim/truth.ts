import type { StoredCoupon } from '#store/coupons.ts';
import type { LedgerEntry } from '#store/ledger.ts';
import type { CampaignBody, PlannedBrand } from './scenario.ts';

/** A promise of the house that was broken: its number in the list of invariants, in words, and whom it concerns. */
export type Violation = { invariant: string; words: string; time: number; about: string[] };

/** What a marketer has asked for: in force for certain from `until` on, possibly from `from` on. */
export type Terms = {
  from: number;
  until: number;
  state: 'live' | 'paused';
  stock: number | undefined;
  budget: number | undefined;
  /** The limit has been lowered, perhaps below what was issued. */
  lowered?: boolean;
  /** Its end was set to a moment that has passed. */
  over?: boolean;
};

export type CampaignTruth = {
  brand: string;
  campaignId: string;
  /** As it was launched, and as its marketer last wrote it. */
  body: CampaignBody;
  current: CampaignBody;
  terms: Terms[];
  coupons: { couponId: string; at: number; issuedAt: number; placeId: string | undefined; cost: number }[];
};

/** One signal that the scenario has posted, by its cause. */
export type Cause = {
  key: string;
  brand: string;
  personId: string | undefined;
  occurredAt: number;
  accepted: boolean;
  posts: number;
};

export type OfferTruth = { campaignId: string; placeId: string | undefined; at: number; committedAt: number };

/** What an outsider knows who sees every commit and every call, and believes nothing that Beckon says of itself. */
export type Truth = {
  brands: Map<string, PlannedBrand>;
  campaigns: Map<string, CampaignTruth>;
  causes: Map<string, Cause>;
  /** By the key of the ledger entry that a cause has where nobody knows whose it is: its own. */
  nobodys: Map<string, string>;
  ledger: Map<string, { entry: LedgerEntry; at: number }>;
  coupons: Map<string, StoredCoupon>;
  couponOfMessage: Map<string, StoredCoupon>;
  offersOf: Map<string, OfferTruth[]>;
  /** Commit times of withdrawals, by `person/channel`. */
  withdrawals: Map<string, number>;
  /** Who holds a message that is being sent, by coupon key: the environment. */
  holders: Map<string, string>;
  /** By coupon key: redemptions that were told yes, and every first answer. */
  tills: Record<string, { won: Set<string>; answers: Map<string, string> }>;
  redemptions: number;
  /** Decisions that said sold out while something was left. */
  falselySoldOut: number;
  /** Every lease that was ever open. */
  leases: Set<string>;
  sent: number;
  violations: Violation[];
  violate: (invariant: string, words: string, about: string[]) => void;
};

export function createTruth(now: () => number): Truth {
  const violations: Violation[] = [];
  return {
    brands: new Map(),
    campaigns: new Map(),
    causes: new Map(),
    nobodys: new Map(),
    ledger: new Map(),
    coupons: new Map(),
    couponOfMessage: new Map(),
    offersOf: new Map(),
    withdrawals: new Map(),
    holders: new Map(),
    tills: {},
    redemptions: 0,
    falselySoldOut: 0,
    leases: new Set(),
    sent: 0,
    violations,
    violate(invariant, words, about) {
      violations.push({ invariant, words, time: now(), about });
    },
  };
}

/** The most that may have been in force at any moment of a stretch of time; undefined where there was no limit. */
export function mostOf(terms: readonly Terms[], name: 'stock' | 'budget', from: number): number | undefined {
  const relevant = termsSince(terms, from);
  if (relevant.some((one) => one[name] === undefined)) return undefined;
  return Math.max(...relevant.map((one) => one[name] ?? 0));
}

/** The terms that may have held at `from` or later: the last one certain by then, and all after it. */
export function termsSince(terms: readonly Terms[], from: number): Terms[] {
  let first = 0;
  for (const [index, { until }] of terms.entries()) if (until <= from) first = index;
  return terms.slice(first);
}
