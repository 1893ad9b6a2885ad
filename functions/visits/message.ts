import * as z from 'zod/mini';
import { IdSchema } from '#core/model/common.ts';

/** Wakes for a dwell: what `locate` sends when somebody enters, to be seen when they have stayed. Times in epoch ms. */
const WakeSchema = z.strictObject({
  what: z.literal('dwell'),
  brand: IdSchema,
  deviceId: z.string(),
  placeId: IdSchema,
  since: z.number(),
  dwellSeconds: z.int(),
});
export type WakeMessage = z.infer<typeof WakeSchema>;

/** Wakes when a place opens, to tell of somebody who has come while it was closed. */
const OpeningSchema = z.strictObject({
  what: z.literal('opening'),
  brand: IdSchema,
  deviceId: z.string(),
  placeId: IdSchema,
  since: z.number(),
  opensAt: z.number(),
});
export type OpeningMessage = z.infer<typeof OpeningSchema>;

/** Finds those who were inside when a campaign was launched: of all of a brand, or (`part`) of one part of them. */
const LaunchSchema = z.strictObject({
  what: z.literal('launch'),
  brand: IdSchema,
  campaignId: IdSchema,
  launchedAt: z.number(),
  part: z.optional(
    z.strictObject({
      shard: z.int(),
      /** Each look is for those of whom nothing had been heard lately in the ones before it. */
      round: z.int(),
      /** Whether an earlier page of this look has left somebody for the next one. */
      isLeft: z.optional(z.boolean()),
      /** Where the last page ended: at which of the campaign's places, if they are looked at one by one. */
      after: z.optional(z.strictObject({ placeId: z.optional(IdSchema), cursor: z.optional(z.string()) })),
    }),
  ),
});
export type LaunchMessage = z.infer<typeof LaunchSchema>;
export type LaunchPart = NonNullable<LaunchMessage['part']>;

export const VisitsMessageSchema = z.discriminatedUnion('what', [WakeSchema, OpeningSchema, LaunchSchema]);
