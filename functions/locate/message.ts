import * as z from 'zod/mini';
import { IdSchema, InstantSchema } from '#core/model/common.ts';

/** One device's fixes as they travel from `ingest` to `locate`; `at` in epoch milliseconds. */
export const DeviceFixesSchema = z.strictObject({
  brand: IdSchema,
  deviceId: z.string(),
  receivedAt: InstantSchema,
  fixes: z.array(
    z.strictObject({
      at: z.number(),
      lng: z.number(),
      lat: z.number(),
      accuracyM: z.optional(z.number()),
      speedMps: z.optional(z.number()),
    }),
  ),
});
export type DeviceFixes = z.infer<typeof DeviceFixesSchema>;
