import type { Campaign } from '../model/campaign.ts';
import type { Outcome, Reason } from '../model/decision.ts';
import type { Channel } from '../model/person.ts';
import { chooseChannel } from './channel.ts';
import type { Case, Facts, GateRule } from './facts.ts';
import { audience } from './gates/audience.ts';
import { budget } from './gates/budget.ts';
import { consent } from './gates/consent.ts';
import { exclusion } from './gates/exclusion.ts';
import { experiment } from './gates/experiment.ts';
import { frequency } from './gates/frequency.ts';
import { freshness } from './gates/freshness.ts';
import { place } from './gates/place.ts';
import { byPriority, priorityVerdict, type Slots, slotsOf } from './gates/priority.ts';
import { quietHours } from './gates/quiet-hours.ts';
import { schedule } from './gates/schedule.ts';
import { stock } from './gates/stock.ts';
import { trust } from './gates/trust.ts';

/** Gates that need the signal and its place only: they tell which campaigns are worth gathering stock for. */
export const SIGNAL_GATES: readonly GateRule[] = [trust, freshness, schedule, place];
/** Every gate that looks at one campaign alone, in order. `priority` and `experiment` follow. */
const CAMPAIGN_GATES: readonly GateRule[] = [
  ...SIGNAL_GATES,
  audience,
  consent,
  exclusion,
  quietHours,
  frequency,
  stock,
  budget,
];

export type CampaignDecision = {
  campaignId: string;
  outcome: Outcome;
  /** Every gate that was reached, in order; the last one is the one that stopped a skipped campaign. */
  reasons: Reason[];
  /** Offered only: how the message goes; `inbox` in quiet hours that ask for it. */
  channel?: Channel;
};

/**
 * What one signal is worth to one person: a decision for each campaign, and as many offers, ghost offers
 * included, as the brand lets one signal bring. A campaign that is within every cap by itself, but not together with
 * those that go before it, loses to them: it is skipped by `priority`, which says so.
 * Pure: the same facts give the same decisions.
 */
export function decide(facts: Facts): CampaignDecision[] {
  const judged = [...facts.campaigns].sort(byPriority).map((campaign) => {
    const gateCase = { ...facts, campaign };
    return { gateCase, reasons: reasonsOf(gateCase, CAMPAIGN_GATES) };
  });
  const slots = slotsOf(facts);
  const winners = judged
    .filter(({ reasons }) => allPassed(reasons))
    .slice(0, slots.count)
    .map(({ gateCase }) => gateCase.campaign);
  return judged.map(({ gateCase, reasons }) => conclude(gateCase, reasons, { winners, slots }));
}

/** Whether a campaign can still offer anything for this signal and place, whoever the person is. */
export function passesSignalGates(gateCase: Pick<Case, 'signal' | 'place' | 'now' | 'campaign'>): boolean {
  // The signal gates read nothing else of a case; the rest is not known yet.
  return allPassed(reasonsOf(gateCase as Case, SIGNAL_GATES));
}

function reasonsOf(gateCase: Case, gates: readonly GateRule[]): Reason[] {
  const reasons: Reason[] = [];
  for (const { gate, check } of gates) {
    const { passed, detail } = check(gateCase);
    reasons.push({ gate, passed, detail });
    if (!passed) break;
  }
  return reasons;
}

function conclude(
  gateCase: Case,
  reasons: Reason[],
  { winners, slots }: { winners: readonly Campaign[]; slots: Slots },
): CampaignDecision {
  const { campaign } = gateCase;
  const { campaignId } = campaign;
  if (!allPassed(reasons)) return { campaignId, outcome: 'skipped', reasons };
  const ranked: Reason = { gate: 'priority', ...priorityVerdict(campaign, winners, slots) };
  if (!ranked.passed) return { campaignId, outcome: 'skipped', reasons: [...reasons, ranked] };
  const tested: Reason = { gate: 'experiment', ...experiment.check(gateCase) };
  const all = [...reasons, ranked, tested];
  if (!tested.passed) return { campaignId, outcome: 'held-out', reasons: all };
  return { campaignId, outcome: 'offered', reasons: all, channel: channelFor(gateCase, reasons) };
}

function channelFor(gateCase: Case, reasons: readonly Reason[]): Channel {
  const quiet = reasons.find(({ gate }) => gate === 'quiet-hours')?.detail.quiet === true;
  // The consent gate has passed, so there is a channel.
  return quiet ? 'inbox' : (chooseChannel(gateCase).channel ?? 'inbox');
}

const allPassed = (reasons: readonly Reason[]): boolean => reasons.every(({ passed }) => passed);
