import { digestId } from '../hash.ts';
import { type Channel, CONSENT_PURPOSES, type Consent } from '../model/person.ts';

export type Purpose = (typeof CONSENT_PURPOSES)[number];

/** What holds now for a purpose, a channel and perhaps a programme; `at` in epoch milliseconds. */
export type ConsentState = {
  granted: boolean;
  at: number;
  /** The latest grant that a guardian gave, where one did. */
  guardianAt?: number;
  /** The latest grant that has a proof, where one did. */
  provenAt?: number;
  /** Granted only: the latest withdrawal before it, which a minor's own grant does not undo. */
  withdrawnAt?: number;
  /** Withdrawn only: a digest of the source, where one source alone says so. */
  from?: string;
};

/** The latest record of each scope, by `purpose/channel` or `purpose/channel/programme`. */
export type ConsentLedger = Record<string, ConsentState>;

/** What a record speaks of. */
export type ConsentScope = Pick<Consent, 'purpose' | 'channel' | 'programme'>;

/** What somebody ends who ends it all: later than every grant, `any` covers each channel and programme. */
export const EVERYTHING: readonly ConsentScope[] = CONSENT_PURPOSES.map((purpose) => ({ purpose, channel: 'any' }));

/** What a consent must fulfil to count. */
export type Demands = {
  /** The programme that the message belongs to: what was said of it counts as well. */
  programme?: string | undefined;
  /** Only a guardian's grant counts: the person is too young. A withdrawal is always their own. */
  guardian?: boolean | undefined;
  /** Only a grant that something proves counts: a confirmed mail, a signed form. */
  proven?: boolean | undefined;
  /** Silence is a yes: the law asks for an objection, and there is none. */
  optOut?: boolean | undefined;
};

/** What Shopify writes as `opt_in_level` where nobody has confirmed anything. */
const UNCONFIRMED: readonly string[] = ['single_opt_in', 'unknown'];

/** Whether a record's proof shows anything. */
export const isProof = (proof: string | undefined): boolean => proof !== undefined && !UNCONFIRMED.includes(proof);

const consentKey = (purpose: string, channel: string, programme?: string): string =>
  programme === undefined ? `${purpose}/${channel}` : `${purpose}/${channel}/${programme}`;

/** Folds new records into what holds: the latest wins, and at the same instant a withdrawal wins. */
export function foldConsents(ledger: ConsentLedger, records: readonly Consent[]): ConsentLedger {
  const next = { ...ledger };
  for (const { purpose, channel, granted, at, programme, guardian, proof, source } of records) {
    const key = consentKey(purpose, channel, programme);
    const time = Date.parse(at);
    const state = {
      granted,
      at: time,
      ...(granted && guardian === true && { guardianAt: time }),
      ...(granted && isProof(proof) && { provenAt: time }),
      ...(!granted && { from: markOf(source) }),
    };
    next[key] = merged(state, next[key]);
  }
  return next;
}

/**
 * What holds of somebody whose mail goes elsewhere from now on: a proof is of the address that it was given for. The
 * grants stay, and count wherever no proof is asked for.
 */
export function withoutEmailProofs(ledger: ConsentLedger): ConsentLedger {
  const entries = Object.entries(ledger).map(([key, { provenAt, ...state }]) =>
    /^marketing\/(email|any)(\/|$)/.test(key) || provenAt === undefined ? [key, state] : [key, { ...state, provenAt }],
  );
  return Object.fromEntries(entries);
}

/** What holds for somebody of whom several ledgers speak: of each scope the latest word. */
export function mergeConsents(ledgers: readonly ConsentLedger[]): ConsentLedger {
  const all: ConsentLedger = {};
  for (const [key, state] of ledgers.flatMap((ledger) => Object.entries(ledger))) all[key] = merged(state, all[key]);
  return all;
}

const NEVER = Number.NEGATIVE_INFINITY;

/** Of each kind of record the latest: whatever order they come in, it is the same. */
function merged(state: ConsentState, other: ConsentState | undefined): ConsentState {
  if (!other) return state;
  const { granted, at, from } = isLater(state, other) ? state : other;
  const isOfOne = state.at !== other.at || state.granted !== other.granted || state.from === other.from;
  const guardianAt = Math.max(state.guardianAt ?? NEVER, other.guardianAt ?? NEVER);
  const provenAt = Math.max(state.provenAt ?? NEVER, other.provenAt ?? NEVER);
  const withdrawnAt = Math.max(withdrawalOf(state), withdrawalOf(other));
  return {
    granted,
    at,
    ...(Number.isFinite(guardianAt) && { guardianAt }),
    ...(Number.isFinite(provenAt) && { provenAt }),
    ...(granted && Number.isFinite(withdrawnAt) && { withdrawnAt }),
    ...(from !== undefined && isOfOne && { from }),
  };
}

const markOf = (source: string): string => digestId('consent-source', source).slice(0, 8);

/**
 * Whether somebody has withdrawn what a record says that they agreed to, by another word than that source's own: then a
 * list that says yes, and not since when, is of before.
 */
export function hasWithdrawn(ledger: ConsentLedger, { purpose, channel, programme, source }: Consent): boolean {
  return Object.entries(ledger).some(([key, state]) => {
    const [of, by, club] = key.split('/');
    const isAbout = of === purpose && (by === channel || by === 'any' || channel === 'any');
    const isOther = club !== undefined && programme !== undefined && club !== programme;
    return isAbout && !isOther && !state.granted && state.from !== markOf(source);
  });
}

const withdrawalOf = ({ granted, at, withdrawnAt }: ConsentState): number => (granted ? (withdrawnAt ?? NEVER) : at);

/**
 * "Nobody is approached who has not agreed": of all that was said for the channel or for any channel, and for the
 * programme or for all, the latest must be a grant; at the same instant a withdrawal wins. Silence is a no, unless the
 * purpose is one that people object to (`optOut`).
 */
export function hasConsent(
  ledger: ConsentLedger,
  purpose: Purpose,
  channel: Channel | 'any',
  { programme, guardian = false, proven = false, optOut = false }: Demands = {},
): boolean {
  let latest: ConsentState | undefined;
  for (const scope of programme === undefined ? [undefined] : [undefined, programme]) {
    for (const by of [channel, 'any']) {
      const state = ledger[consentKey(purpose, by, scope)];
      const counted = state && (guardian || proven) ? countedOf(state, { guardian, proven }) : state;
      if (counted && isLater(counted, latest)) latest = counted;
    }
  }
  return latest?.granted ?? optOut;
}

/** What is left when nobody but a guardian can grant, or nothing counts but what is proven. */
function countedOf(state: ConsentState, { guardian, proven }: { guardian: boolean; proven: boolean }) {
  const withdrawnAt = withdrawalOf(state);
  const { guardianAt = NEVER, provenAt = NEVER } = state;
  const at = Math.min(...(guardian ? [guardianAt] : []), ...(proven ? [provenAt] : []));
  if (at > withdrawnAt) return { granted: true, at };
  return Number.isFinite(withdrawnAt) ? { granted: false, at: withdrawnAt } : undefined;
}

function isLater(state: ConsentState, than: ConsentState | undefined): boolean {
  if (!than || state.at > than.at) return true;
  return state.at === than.at && !state.granted;
}
