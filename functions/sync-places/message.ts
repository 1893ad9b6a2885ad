import * as z from 'zod/mini';
import { IdSchema } from '#core/model/common.ts';

/** As many as are read in one go. */
export const MAX_PLACES = 50;

/** Places of one owner that have changed, come or gone: what they are now is read when it is their turn. */
export const ChangedPlacesSchema = z.strictObject({
  tenant: z.strictObject({ kind: z.enum(['brand', 'venue']), id: IdSchema }),
  placeIds: z.array(IdSchema).check(z.minLength(1), z.maxLength(MAX_PLACES)),
});
export type ChangedPlaces = z.infer<typeof ChangedPlacesSchema>;
