import * as z from 'zod/mini';
import { IdSchema } from '#core/model/common.ts';

/** A tenant whose places have changed; `all`: whatever is built already, all of them shall be built again. */
export const BuildPlacesSchema = z.strictObject({
  tenant: z.strictObject({ kind: z.enum(['brand', 'venue']), id: IdSchema }),
  all: z.optional(z.literal(true)),
});
export type BuildPlaces = z.infer<typeof BuildPlacesSchema>;
