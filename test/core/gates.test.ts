import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import * as z from 'zod/mini';
import { type CampaignDecision, decide } from '#core/decide/decide.ts';
import { explain } from '#core/decide/explain.ts';
import type { Facts, StockLevel } from '#core/decide/facts.ts';
import type { Behaviour } from '#core/model/behaviour.ts';
import { BrandInputSchema } from '#core/model/brand.ts';
import { CampaignInputSchema } from '#core/model/campaign.ts';
import { GATES, type Outcome } from '#core/model/decision.ts';
import { PersonInputSchema } from '#core/model/person.ts';
import { PlaceInputSchema } from '#core/model/place.ts';
import { PurchaseInputSchema } from '#core/model/purchase.ts';
import { SegmentInputSchema } from '#core/model/segment.ts';
import { SignalSchema } from '#core/model/signal.ts';
import { addPurchase, NOTHING_DONE } from '#core/people/behaviour.ts';
import { foldConsents } from '#core/people/consent.ts';
import { pastPurchaseOf } from '#core/people/past-purchase.ts';

type Json = { [name: string]: unknown };
type Expected = {
  outcome: Outcome;
  stoppedAt?: string;
  detail?: Json;
  textEn?: string;
  textZh?: string;
  channel?: string;
  /** What became of every campaign, where there are rivals. */
  all?: Record<string, Outcome>;
};
type Row = { name: string; change: Json; expect: Expected };
type Cases = { base: Json; rows: Record<(typeof GATES)[number], Row[]> };

const cases: Cases = JSON.parse(readFileSync(new URL('../cases/gates.json', import.meta.url), 'utf8'));

describe.each(GATES)('gate %s', (gate) => {
  it('has rows enough, and one that it stops', () => {
    expect(cases.rows[gate].length).toBeGreaterThanOrEqual(4);
    expect(cases.rows[gate].some((row) => row.expect.stoppedAt === gate)).toBe(true);
  });

  it.each(cases.rows[gate])('$name', ({ change, expect: expected }) => {
    const decisions = decide(factsOf(merge(cases.base, change) as Json));
    const milk = find(decisions, 'milk');
    const last = milk.reasons.at(-1);
    expect({ outcome: milk.outcome, stoppedAt: last?.passed ? undefined : last?.gate }).toEqual({
      outcome: expected.outcome,
      stoppedAt: expected.stoppedAt,
    });
    const told = milk.reasons.find((reason) => reason.gate === gate);
    if (expected.detail) expect(told?.detail).toEqual(expected.detail);
    if (expected.textEn) expect(told && explain(told, 'en')).toBe(expected.textEn);
    if (expected.textZh) expect(told && explain(told, 'zh-CN')).toBe(expected.textZh);
    if (expected.channel) expect(milk.channel).toBe(expected.channel);
    if (expected.all) {
      expect(Object.fromEntries(decisions.map(({ campaignId, outcome }) => [campaignId, outcome]))).toEqual(
        expected.all,
      );
    }
  });
});

describe('the cases themselves', () => {
  it('are known by distinct names', () => {
    for (const gate of GATES) {
      const names = cases.rows[gate].map(({ name }) => name);
      expect(new Set(names).size).toBe(names.length);
    }
  });

  it('name no gate that does not exist', () => expect(Object.keys(cases.rows)).toEqual([...GATES]));
});

/** A world of the cases as facts; every noun goes through the schema that guards the door. */
function factsOf(world: Json): Facts {
  const now = Date.parse(String(world.now));
  const place = world.place === undefined ? undefined : placeOf(world.place as Json);
  const neighbours = (world.neighbours as Json[]).map((neighbour) =>
    placeOf(merge(cases.base.place, neighbour) as Json),
  );
  const { personId, purchases = [], ...personInput } = world.person as Json;
  const behaviour = behaviourOf(purchases as Json[]);
  const { identifiers, attributes, consents } = z.parse(PersonInputSchema, personInput);
  const rivals = (world.rivals as Json[]).map((rival) => merge(world.campaign, rival) as Json);
  const signal = world.signal as Json;
  const at = new Date(now).toISOString();
  const { timeZone: _, ...brand } = z.parse(BrandInputSchema, {
    timeZone: 'UTC',
    ...(world.brand as Json | undefined),
  });
  return {
    now,
    brand,
    place,
    insidePlaces: [...(place ? [place] : []), ...neighbours],
    signal: z.parse(SignalSchema, {
      signalId: 'signal-1',
      brand: 'harbour',
      subject: { kind: 'device', value: 'phone-mei' },
      placeId: 's1',
      receivedAt: at,
      ...signal,
      occurredAt: signal.occurredAt === 'now' ? at : signal.occurredAt,
    }),
    person: { personId: String(personId), identifiers, attributes, behaviour },
    standing: {
      version: 1,
      consents: foldConsents({}, consents),
      pastOffers: (world.pastOffers as { campaignId: string; at: string; placeId?: string }[]).map((past) => ({
        ...past,
        at: Date.parse(past.at),
      })),
    },
    campaigns: [world.campaign as Json, ...rivals].map(({ campaignId, state, ...input }) => ({
      ...z.parse(CampaignInputSchema, input),
      campaignId: String(campaignId),
      state: state as 'live',
    })),
    segments: new Map(
      Object.entries(world.segments as Json).map(([segmentId, input]) => [
        segmentId,
        { segmentId, ...z.parse(SegmentInputSchema, input) },
      ]),
    ),
    stock: new Map(Object.entries(world.stock as Record<string, StockLevel>)),
    channels: ['sms', 'email'],
  };
}

/** Orders of a shop: what rows say of one is laid over an ordinary one. */
function behaviourOf(purchases: Json[]): Behaviour | undefined {
  if (purchases.length === 0) return undefined;
  return purchases.reduce((behaviour: Behaviour, purchase, index) => {
    const input = { purchaseId: `order-${index}`, channel: 'online', total: 1800, currency: 'CNY', ...purchase };
    return addPurchase(behaviour, pastPurchaseOf(z.parse(PurchaseInputSchema, input), undefined));
  }, NOTHING_DONE);
}

function placeOf({ placeId, ...input }: Json) {
  return { ...z.parse(PlaceInputSchema, input), placeId: String(placeId) };
}

/** `base` with `change` laid over it: objects are merged, lists replaced, and null takes away. */
function merge(base: unknown, change: unknown): unknown {
  if (!isObject(base) || !isObject(change)) return change;
  const merged: Json = { ...base };
  for (const [name, value] of Object.entries(change)) {
    if (value === null) delete merged[name];
    else merged[name] = merge(base[name], value);
  }
  return merged;
}

const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function find(decisions: CampaignDecision[], campaignId: string): CampaignDecision {
  const found = decisions.find((decision) => decision.campaignId === campaignId);
  if (!found) throw new Error(`no decision about ${campaignId}`);
  return found;
}
