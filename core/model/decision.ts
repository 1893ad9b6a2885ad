import * as z from 'zod/mini';

/** The gates, in the order in which they are asked. Their names appear in records, API, UI and docs. */
export const GATES = [
  'trust',
  'freshness',
  'schedule',
  'place',
  'audience',
  'consent',
  'exclusion',
  'quiet-hours',
  'frequency',
  'stock',
  'budget',
  'priority',
  'experiment',
] as const;
export type Gate = (typeof GATES)[number];

export const OUTCOMES = ['offered', 'held-out', 'skipped'] as const;
export type Outcome = (typeof OUTCOMES)[number];

/** The values a gate compared; scalars and short lists, never coordinates or addresses. */
export type Detail = Record<string, string | number | boolean | null | string[] | undefined>;

export type Reason = { gate: Gate; passed: boolean; detail: Detail };

export const DecisionSchema = z.object({
  decisionId: z.string(),
  signalId: z.string(),
  personId: z.string(),
  campaignId: z.string(),
  /** When the signal happened. */
  at: z.iso.datetime(),
  decidedAt: z.iso.datetime(),
  outcome: z.enum(OUTCOMES),
  signal: z.object({ kind: z.string(), placeId: z.optional(z.string()) }),
  reasons: z.array(
    z.object({ gate: z.enum(GATES), passed: z.boolean(), detail: z.record(z.string(), z.any()), text: z.string() }),
  ),
  couponId: z.optional(z.string()),
});
