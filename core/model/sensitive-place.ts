import * as z from 'zod/mini';
import { NameSchema } from './common.ts';
import { CoordinateSystemSchema } from './coordinate-system.ts';
import { GeometrySchema, MAX_RADIUS_M } from './place.ts';

/** Those of health care come first: laws speak of some of them, or of all. `health-care` is one whose kind is not said. */
export const HEALTH_CARE = ['health-care', 'pharmacy', 'clinic', 'mental-health', 'reproductive-health'] as const;
export const SENSITIVE_CATEGORIES = [...HEALTH_CARE, 'worship', 'shelter', 'school', 'correctional'] as const;
export const SensitiveCategorySchema = z.enum(SENSITIVE_CATEGORIES);
export type SensitiveCategory = z.infer<typeof SensitiveCategorySchema>;

/** ISO 3166-1 alpha-2, or 3166-2 with the subdivision: `US-WA`. */
export const SensitiveJurisdictionSchema = z
  .string()
  .check(z.regex(/^[A-Z]{2}(-[A-Z0-9]{1,3})?$/, 'must be an ISO 3166 code, such as US-WA'));

/** More than any law asks for. */
const MAX_BUFFER_M = 10_000;

/** A place where being seen is nobody's business: `PUT /v1/sensitive-places/{sensitivePlaceId}`. */
export const SensitivePlaceInputSchema = z.strictObject({
  name: z.optional(NameSchema),
  category: SensitiveCategorySchema,
  jurisdiction: z.optional(SensitiveJurisdictionSchema),
  /** Its footprint: buffers are measured from the edge. */
  geometry: GeometrySchema,
  /** Of a Point: metres from it to the edge of the footprint. */
  radiusM: z.optional(z.number().check(z.gt(0), z.lte(MAX_RADIUS_M))),
  /** Metres to keep free beyond the footprint; the law's or more. */
  bufferM: z.optional(z.number().check(z.gte(0), z.lte(MAX_BUFFER_M))),
});
type SensitivePlaceInput = z.infer<typeof SensitivePlaceInputSchema>;

/** As it comes to the door, in whatever coordinates. */
export const SensitivePlaceBodySchema = z.extend(SensitivePlaceInputSchema, {
  coordinateSystem: z.optional(CoordinateSystemSchema),
});

/** As stored and answered. */
export type SensitivePlace = SensitivePlaceInput & { sensitivePlaceId: string };
