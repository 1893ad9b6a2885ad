import { decide } from '#core/decide/decide.ts';
import { digestId } from '#core/hash.ts';
import type { Campaign } from '#core/model/campaign.ts';
import type { Reason } from '#core/model/decision.ts';
import type { Signal, TrustTier } from '#core/model/signal.ts';
import { foldConsents } from '#core/people/consent.ts';
import { SLOT_MS } from '#core/tags/rotating.ts';
import type { LedgerEntry } from '#store/ledger.ts';
import { findSignal } from '#store/ledger.ts';
import type { StoredPerson } from '#store/people.ts';
import { engage } from '../engage/engage.ts';
import { gatherImagined } from '../engage/gather.ts';
import { ownOnAir } from '../engage/on-air-of.ts';
import type { Runtime } from '../shared/runtime.ts';
import type { Arrival } from './arrive.ts';
import { hasAgreed, type Known } from './who.ts';

/** What one brand makes of a tap. Reasons are of the campaign that came nearest to an offer. */
export type Visit =
  | { state: 'coupon'; brand: string; campaignId: string; couponId: string; isNew: boolean }
  | { state: 'ask'; brand: string; campaignId: string; byLot: boolean; known: boolean }
  | { state: 'nothing'; brand: string; campaignId?: string; reason?: Reason };

/** What is engaged, by whatever the visitor has agreed to, and what is only imagined. */
export type VisitOptions = { known: Known | undefined; mayRecord: boolean };

/**
 * One brand's answer to a tap. Somebody who has agreed is engaged, once for each tap, as any signal is; of anybody else
 * nothing is recorded: the brand's rules are asked what they would do if this person pressed the button.
 */
export async function visit(runtime: Runtime, arrival: Arrival, brand: string, options: VisitOptions): Promise<Visit> {
  const { known, mayRecord } = options;
  if (known) {
    const signal = signalOf(arrival, brand, known, runtime.now());
    const { personId } = known.person;
    const which = { brand, personId, at: Date.parse(signal.occurredAt), signalId: signal.signalId };
    let entry = await findSignal(runtime.db, which);
    const isNew = !entry && mayRecord && (await hasAgreed(runtime, brand, known));
    if (isNew) {
      await engage(signal, runtime);
      entry = await findSignal(runtime.db, which);
    }
    if (entry) return told(entry, brand, isNew);
  }
  return await imagine(runtime, arrival, brand, known);
}

/** The one signal of a tap for a brand; of it, its ledger entry and its line in the screen's report. */
export const signalIdOf = (tapId: string, brand: string): string => digestId('tap', tapId, brand);

function signalOf(arrival: Arrival, brand: string, known: Known | undefined, now: number): Signal {
  const { tagId, kind, screen, placeId, onAir } = arrival;
  return {
    ...causeOf(arrival, brand, known),
    brand,
    kind,
    source: 'tap',
    trust: trustOf(arrival, known),
    receivedAt: new Date(now).toISOString(),
    subject: known?.subject ?? { kind: 'device', value: 'stranger' },
    ...(placeId !== undefined && { placeId }),
    ...(screen && { screenId: screen.screenId }),
    ...(tagId !== undefined && { tagId }),
    onAir: screen && onAir ? ownOnAir(onAir, screen.owner, brand) : [],
  };
}

/** A screen's code is one cause for one person, on however many phones: its time is then that of the code. */
function causeOf(
  { tapId, tagId = '', at, slot }: Arrival,
  brand: string,
  known: Known | undefined,
): Pick<Signal, 'signalId' | 'occurredAt'> {
  if (!known || slot === undefined) {
    return { signalId: signalIdOf(tapId, brand), occurredAt: new Date(at).toISOString() };
  }
  const signalId = digestId('scan', tagId, String(slot), brand, known.person.personId);
  return { signalId, occurredAt: new Date(slot * SLOT_MS).toISOString() };
}

/**
 * Co-presence where the tag or screen signed; what is the same for everybody who ever read it proves no place, and is as
 * good as the word of whoever is known.
 */
export function trustOf({ proof }: Arrival, known: Known | undefined): TrustTier {
  if (proof === 'signed') return 'T3';
  return known?.isProven ? 'T1' : 'T0';
}

async function imagine(runtime: Runtime, arrival: Arrival, brand: string, known: Known | undefined): Promise<Visit> {
  const now = runtime.now();
  const signal = signalOf(arrival, brand, known, now);
  const facts = await gatherImagined(runtime, signal, agreeing(known, now), now);
  if (!facts) return { state: 'nothing', brand };
  const decisions = decide(facts);
  // Who is left out by lot is drawn when there is a person to draw for.
  const first = decisions.find(({ outcome }) => outcome !== 'skipped');
  const campaign = facts.campaigns.find(({ campaignId }) => campaignId === first?.campaignId);
  if (!campaign) return nothing(brand, decisions);
  return { state: 'ask', brand, campaignId: campaign.campaignId, byLot: isByLot(campaign), known: known !== undefined };
}

const isByLot = ({ experiment }: Campaign): boolean => experiment.holdoutPercent > 0;

/** The visitor as they would be if they pressed the button. */
function agreeing(known: StoredPerson | undefined, now: number): StoredPerson {
  const person = known?.person ?? { personId: 'stranger', identifiers: [], attributes: {} };
  const standing = known?.standing ?? { version: 0, consents: {}, pastOffers: [] };
  const yes = { purpose: 'marketing', channel: 'inbox', granted: true, at: new Date(now).toISOString() } as const;
  return { person, standing: { ...standing, consents: foldConsents(standing.consents, [{ ...yes, source: 'page' }]) } };
}

function told({ decisions }: LedgerEntry, brand: string, isNew: boolean): Visit {
  const offered = decisions.find(({ couponId }) => couponId !== undefined);
  if (offered?.couponId === undefined) return nothing(brand, decisions);
  return { state: 'coupon', brand, campaignId: offered.campaignId, couponId: offered.couponId, isNew };
}

/** Of several campaigns' refusals the one that came last in the order of the gates: it is the nearest to a yes. */
function nothing(brand: string, decisions: readonly { campaignId: string; reasons: Reason[] }[]): Visit {
  const [nearest] = [...decisions].sort((a, b) => b.reasons.length - a.reasons.length);
  const reason = nearest?.reasons.at(-1);
  return nearest && reason
    ? { state: 'nothing', brand, campaignId: nearest.campaignId, reason }
    : { state: 'nothing', brand };
}
