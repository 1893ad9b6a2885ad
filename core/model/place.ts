import * as z from 'zod/mini';
import { DAYS } from '../time.ts';
import { HoursSchema, IdSchema, LabelSchema, NameSchema, TimeZoneSchema } from './common.ts';
import { CoordinateSystemSchema } from './coordinate-system.ts';

const NO_POSITION = { error: 'must be [longitude, latitude]', abort: true };
/** `abort`: where the first fault is enough, no further position is looked at. */
const PositionSchema = z.array(z.number()).check(z.minLength(2, NO_POSITION), z.maxLength(3, NO_POSITION));

/** WGS-84 longitude, latitude. Rings in either direction and any ring closing are checked in `core/geo/validate.ts`. */
export const GeometrySchema = z.discriminatedUnion('type', [
  z.object({ type: z.literal('Point'), coordinates: PositionSchema }),
  z.object({ type: z.literal('Polygon'), coordinates: z.array(z.array(PositionSchema)) }),
  z.object({ type: z.literal('MultiPolygon'), coordinates: z.array(z.array(z.array(PositionSchema))) }),
]);
export type Geometry = z.infer<typeof GeometrySchema>;

/** Largest circle: what Amazon Location allows, so that a place fits either locator. */
export const MAX_RADIUS_M = 100_000;

/** Opening hours by local weekday; a day that is missing is closed. */
const OpeningHoursSchema = z.partialRecord(z.enum(DAYS), HoursSchema);

const seconds = z.number().check(z.gte(0), z.lte(3600));

/** How a `confirmed` place is detected, where the defaults do not fit; docs/geofencing.md draws each of them. */
const SensingSchema = z.strictObject({
  /** Fixes must speak of an enter, or of an exit, for at least so long. */
  enterAfterSeconds: z.optional(seconds),
  exitAfterSeconds: z.optional(seconds),
  /** Metres beyond the edge that do not count as having left. */
  exitMarginM: z.optional(z.number().check(z.gte(0), z.lte(10_000))),
  /** How sure an enter or an exit must be. */
  minConfidence: z.optional(z.number().check(z.gte(0.6), z.lte(0.9999))),
});

/** A shop, mall or lobby as a marketer or venue writes it: `PUT /v1/places/{placeId}`. */
export const PlaceInputSchema = z.strictObject({
  name: NameSchema,
  timeZone: TimeZoneSchema,
  geometry: GeometrySchema,
  /** Metres; required with a Point, refused otherwise. */
  radiusM: z.optional(z.number().check(z.gt(0), z.lte(MAX_RADIUS_M))),
  tags: z._default(z.array(z.string().check(z.minLength(1), z.maxLength(64))).check(z.maxLength(50)), []),
  openingHours: z.optional(OpeningHoursSchema),
  /** The area that what is bought here counts for, as the merchant draws areas. */
  region: z.optional(LabelSchema),
  /** `confirmed`: noise-proof enter and exit. `plain`: containment fix by fix, as Amazon Location does. */
  detection: z._default(z.enum(['confirmed', 'plain']), 'confirmed'),
  sensing: z.optional(SensingSchema),
});
export type PlaceInput = z.infer<typeof PlaceInputSchema>;

/** A place as it comes to the door, in whatever coordinates. */
export const PlaceBodySchema = z.extend(PlaceInputSchema, { coordinateSystem: z.optional(CoordinateSystemSchema) });

/** A place as stored and answered: the input and its id. */
export type Place = PlaceInput & { placeId: string };

export const ScreenInputSchema = z.strictObject({
  name: NameSchema,
  placeId: IdSchema,
  /** NFC tags and printed codes mounted on or beside this screen. */
  tagIds: z._default(z.array(IdSchema).check(z.maxLength(50)), []),
  /** What it shows; without, its player waits. */
  playlistId: z.optional(IdSchema),
});
export type Screen = z.infer<typeof ScreenInputSchema> & { screenId: string };
