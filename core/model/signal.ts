import * as z from 'zod/mini';
import { IdSchema, InstantSchema } from './common.ts';
import { IdentifierSchema } from './person.ts';

const SIGNAL_KINDS = [
  'geofence.enter',
  'geofence.exit',
  'geofence.dwell',
  'wifi.join',
  'wifi.seen',
  'nfc.tap',
  'qr.scan',
  'beacon.near',
  'screen.interaction',
] as const;
export const SignalKindSchema = z.enum(SIGNAL_KINDS);
export type SignalKind = (typeof SIGNAL_KINDS)[number];

/**
 * How far a signal can be believed: T0 unauthenticated, T1 an app's own word, T2 attested device, authenticated
 * controller, or found by our own detection, T3 co-presence proved by a tag or screen, T4 staff present. Below T3 a phone
 * that invents where it is can be everywhere.
 */
export const TRUST_TIERS = ['T0', 'T1', 'T2', 'T3', 'T4'] as const;
export const TrustTierSchema = z.enum(TRUST_TIERS);
export type TrustTier = (typeof TRUST_TIERS)[number];

/** One request carries at most this many signals. */
export const MAX_SIGNALS = 100;

/** A signal as a client reports it: `POST /v1/signals`. */
export const SignalInputSchema = z.strictObject({
  id: z.optional(IdSchema),
  kind: SignalKindSchema,
  at: InstantSchema,
  subject: IdentifierSchema,
  placeId: z.optional(IdSchema),
  screenId: z.optional(IdSchema),
  tagId: z.optional(IdSchema),
});
export type SignalInput = z.infer<typeof SignalInputSchema>;

/** A signal on its way through Beckon: what `functions/engage` consumes. Carries no coordinates. */
export const SignalSchema = z.strictObject({
  /** Deterministic: the same cause has the same id, however often it is delivered. */
  signalId: IdSchema,
  brand: IdSchema,
  kind: SignalKindSchema,
  source: z.enum(['embedded', 'amazon-location', 'api', 'tap', 'connector', 'portal']),
  trust: TrustTierSchema,
  occurredAt: InstantSchema,
  receivedAt: InstantSchema,
  subject: IdentifierSchema,
  placeId: z.optional(IdSchema),
  screenId: z.optional(IdSchema),
  tagId: z.optional(IdSchema),
  /** `geofence.dwell` only: the threshold that was reached, in seconds. */
  dwellSeconds: z.optional(z.int()),
  /** Found by our own detection: how probable it is that this is so, 0 to 1. */
  confidence: z.optional(z.number()),
  /** Geofence signals: every place the device was inside at that moment, so that a sensitive neighbour is seen. */
  insidePlaceIds: z.optional(z.array(IdSchema)),
  /**
   * Not news of where they are, but of what has begun around them: a campaign was launched (it alone judges the signal), or
   * the place has opened. A campaign that has made them an offer in this visit does not judge again.
   */
  visit: z.optional(z.strictObject({ since: InstantSchema, campaignId: z.optional(IdSchema) })),
  /**
   * At a screen: which of the brand's own creatives were on air, and how surely. Empty where nothing of the brand's was,
   * or nothing is known; absent where nobody has asked.
   */
  onAir: z.optional(z.array(z.strictObject({ creativeId: IdSchema, share: z.number() }))),
});
export type Signal = z.infer<typeof SignalSchema>;
