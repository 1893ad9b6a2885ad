import * as z from 'zod/mini';
import { InstantSchema } from './common.ts';
import { CoordinateSystemSchema } from './coordinate-system.ts';

/** One request carries at most this many positions: a phone's backlog, and a bounded unit of work. */
export const MAX_POSITIONS = 100;

/** One GPS fix. Longitude and latitude in degrees, WGS-84 where nothing else is said; accuracy the 68 % radius in metres. */
export const PositionSchema = z.strictObject({
  deviceId: z.string().check(z.regex(/^[-._\p{L}\p{N}]{1,100}$/u, 'must be 1 to 100 letters, digits, - . or _')),
  at: InstantSchema,
  lng: z.number().check(z.gte(-180), z.lte(180)),
  lat: z.number().check(z.gte(-90), z.lte(90)),
  accuracyM: z.optional(z.number().check(z.gte(0), z.lte(1e7))),
  speedMps: z.optional(z.number().check(z.gte(0), z.lte(1e4))),
  coordinateSystem: z.optional(CoordinateSystemSchema),
});
export type Position = z.infer<typeof PositionSchema>;
