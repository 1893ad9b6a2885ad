import type { Locale } from '../model/campaign.ts';
import type { Gate, Reason } from '../model/decision.ts';
import type { GateRule } from './facts.ts';
import { audience } from './gates/audience.ts';
import { budget } from './gates/budget.ts';
import { consent } from './gates/consent.ts';
import { exclusion } from './gates/exclusion.ts';
import { experiment } from './gates/experiment.ts';
import { frequency } from './gates/frequency.ts';
import { freshness } from './gates/freshness.ts';
import { place } from './gates/place.ts';
import { priorityWords } from './gates/priority.ts';
import { quietHours } from './gates/quiet-hours.ts';
import { schedule } from './gates/schedule.ts';
import { stock } from './gates/stock.ts';
import { trust } from './gates/trust.ts';

const WORDS: Record<Gate, GateRule['words']> = {
  trust: trust.words,
  freshness: freshness.words,
  schedule: schedule.words,
  place: place.words,
  audience: audience.words,
  consent: consent.words,
  exclusion: exclusion.words,
  'quiet-hours': quietHours.words,
  frequency: frequency.words,
  stock: stock.words,
  budget: budget.words,
  priority: priorityWords,
  experiment: experiment.words,
};

/** A reason in a marketer's words. Made when it is read, so that records stay small and words can improve. */
export function explain(reason: Reason, locale: Locale): string {
  return WORDS[reason.gate][locale](reason);
}
