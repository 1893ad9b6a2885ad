import type { BrandRules } from '../model/brand.ts';
import type { Campaign, Locale } from '../model/campaign.ts';
import type { Detail, Gate } from '../model/decision.ts';
import type { Channel, Person } from '../model/person.ts';
import type { Place } from '../model/place.ts';
import type { Segment } from '../model/segment.ts';
import type { Signal } from '../model/signal.ts';
import type { ConsentLedger } from '../people/consent.ts';

/** One offer, or ghost offer, that a person has had, and where: what windows count. `at` in epoch milliseconds. */
export type PastOffer = { campaignId: string; at: number; placeId?: string | undefined };

/** What holds for a person now, apart from who they are. `version` changes with every change of it. */
export type Standing = {
  version: number;
  consents: ConsentLedger;
  pastOffers: PastOffer[];
  /** Of the past offers those of the acting profile; absent where it is the only one. */
  ownPastOffers?: PastOffer[] | undefined;
  /** Versions of the person's other profiles, on which the rest depends as well. */
  others?: readonly { personId: string; version: number }[] | undefined;
};

/** Units, and minor units of money, that are gone. */
export type Used = { stock: number; budget: number };

/** What is left of a campaign: units, and minor units of its budget; undefined where there is no such limit. */
export type StockLevel = {
  active: boolean;
  left?: number | undefined;
  /** Units that processes hold and may not have spent: they and their money can be taken back, so they are not gone. */
  leased?: number | undefined;
  budgetLeft?: number | undefined;
  /** What is gone of the local day's share (`localDay` of the decision); undefined where nothing is. */
  today?: Used | undefined;
  /** What was taken from the day's share, units in leases included: what a new lease can not have. */
  todayTaken?: Used | undefined;
  /** What is gone of the place's share; undefined where nothing is. */
  here?: Used | undefined;
};

/** Everything a decision depends on, gathered before it is taken. */
export type Facts = {
  signal: Signal;
  /** Epoch milliseconds of the deciding machine. */
  now: number;
  place: Place | undefined;
  /** Every place the person is in at this moment, `place` included. */
  insidePlaces: Place[];
  /** What the brand asks of all its campaigns together; `DEFAULT_BRAND_RULES` where it has said nothing. */
  brand: BrandRules;
  person: Person;
  standing: Standing;
  /** The brand's live campaigns whose trigger names the signal's kind. */
  campaigns: Campaign[];
  /** Version of the brand's catalogue that they are read from: no two versions have the same number. */
  catalogueVersion?: number | undefined;
  segments: ReadonlyMap<string, Segment>;
  /** The segments that the person is in, where the rule index has been asked; otherwise each rule is asked itself. */
  memberships?: ReadonlySet<string> | undefined;
  stock: ReadonlyMap<string, StockLevel>;
  /** Channels that have a sender here; a campaign may name others for later. */
  channels: readonly Channel[];
};

export type Case = Facts & { campaign: Campaign };

export type Verdict = { passed: boolean; detail: Detail };

/** One gate: a rule about one case, and the words in which it tells a marketer what it found. */
export type GateRule = {
  gate: Gate;
  check: (gateCase: Case) => Verdict;
  words: Record<Locale, (verdict: Verdict) => string>;
};
