import type { Channel, CONSENT_PURPOSES, Consent } from '../model/person.ts';

export type Purpose = (typeof CONSENT_PURPOSES)[number];

/** What holds now for a purpose and a channel; `at` in epoch milliseconds. */
export type ConsentState = { granted: boolean; at: number };

/** The latest record of each purpose and channel, by `purpose/channel`. */
export type ConsentLedger = Record<string, ConsentState>;

const consentKey = (purpose: string, channel: string): string => `${purpose}/${channel}`;

/** Folds new records into what holds: the latest wins, and at the same instant a withdrawal wins. */
export function foldConsents(ledger: ConsentLedger, records: readonly Consent[]): ConsentLedger {
  const next = { ...ledger };
  for (const { purpose, channel, granted, at } of records) {
    const key = consentKey(purpose, channel);
    const state = { granted, at: Date.parse(at) };
    if (isLater(state, next[key])) next[key] = state;
  }
  return next;
}

/** What holds for somebody of whom several ledgers speak: of each purpose and channel the latest word. */
export function mergeConsents(ledgers: readonly ConsentLedger[]): ConsentLedger {
  const merged: ConsentLedger = {};
  for (const [key, state] of ledgers.flatMap((ledger) => Object.entries(ledger))) {
    if (isLater(state, merged[key])) merged[key] = state;
  }
  return merged;
}

/**
 * "Nobody is approached who has not agreed": a consent for the channel or for any channel must have been granted, and
 * none of the two withdrawn later. Silence is a no.
 */
export function hasConsent(ledger: ConsentLedger, purpose: Purpose, channel: Channel | 'any'): boolean {
  const specific = ledger[consentKey(purpose, channel)];
  const general = ledger[consentKey(purpose, 'any')];
  const latest = specific && general ? (isLater(specific, general) ? specific : general) : (specific ?? general);
  return latest?.granted === true;
}

function isLater(state: ConsentState, than: ConsentState | undefined): boolean {
  if (!than || state.at > than.at) return true;
  return state.at === than.at && !state.granted;
}
