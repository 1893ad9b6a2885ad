import * as z from 'zod/mini';
import {
  BATCH,
  BATCH_HISTORIES,
  GEOBUF,
  GEOFENCE_PROPERTIES,
  ID,
  MAX_ACCURACY_M,
  MAX_PARTS,
  MAX_RADIUS_M,
  MAX_VERTICES,
  POSITION_PROPERTIES,
} from '#core/geo/amazon/limits.ts';

/** What Amazon Location's model (2020-11-19) says of the requests that Beckon makes. */

const Id = z.string().check(z.regex(ID));
const Position = z.tuple([z.number().check(z.gte(-180), z.lte(180)), z.number().check(z.gte(-90), z.lte(90))]);
const properties = ({ most, key, value }: { most: number; key: number; value: number }) =>
  z.optional(
    z
      .record(z.string().check(z.minLength(1), z.maxLength(key)), z.string().check(z.minLength(1), z.maxLength(value)))
      .check(z.refine((map) => Object.keys(map).length <= most, `at most ${most} entries`)),
  );

const Ring = z.array(Position).check(z.minLength(4));
const Rings = z.array(Ring).check(z.minLength(1), z.maxLength(MAX_PARTS));
const vertices = (rings: readonly unknown[][]): number => rings.reduce((sum, ring) => sum + ring.length, 0);

/** Exactly one of the four. */
const Geometry = z
  .strictObject({
    Circle: z.optional(z.strictObject({ Center: Position, Radius: z.number().check(z.gt(0), z.lte(MAX_RADIUS_M)) })),
    Polygon: z.optional(Rings.check(z.refine((rings) => vertices(rings) <= MAX_VERTICES, 'too many vertices'))),
    MultiPolygon: z.optional(
      z.array(Rings).check(
        z.minLength(1),
        z.maxLength(MAX_PARTS),
        z.refine((polygons) => vertices(polygons.flat()) <= MAX_VERTICES, 'too many vertices'),
      ),
    ),
    Geobuf: z.optional(z.base64().check(z.maxLength(GEOBUF.maxBytes))),
  })
  .check(z.refine((geometry) => Object.keys(geometry).length === 1, 'exactly one geometry'));
export type GeometryBody = z.infer<typeof Geometry>;

const GeofenceEntry = z.strictObject({
  GeofenceId: Id,
  Geometry,
  GeofenceProperties: properties(GEOFENCE_PROPERTIES),
});
export type GeofenceEntryBody = z.infer<typeof GeofenceEntry>;

export const PutGeofencesBody = z.strictObject({
  Entries: z.array(GeofenceEntry).check(z.minLength(1), z.maxLength(BATCH)),
});
export const PutGeofenceBody = z.omit(GeofenceEntry, { GeofenceId: true });
export const DeleteGeofencesBody = z.strictObject({
  GeofenceIds: z.array(Id).check(z.minLength(1), z.maxLength(BATCH)),
});
export const ListGeofencesBody = z.strictObject({
  NextToken: z.optional(z.string().check(z.minLength(1), z.maxLength(60_000))),
  MaxResults: z.optional(z.int().check(z.gte(1), z.lte(100))),
});
const PositionUpdate = z.strictObject({
  DeviceId: Id,
  SampleTime: z.iso.datetime({ offset: true }),
  Position,
  Accuracy: z.optional(z.strictObject({ Horizontal: z.number().check(z.gte(0), z.lte(MAX_ACCURACY_M)) })),
  PositionProperties: properties(POSITION_PROPERTIES),
});
export type PositionUpdateBody = z.infer<typeof PositionUpdate>;
export const PositionsBody = z.strictObject({
  Updates: z.array(PositionUpdate).check(z.minLength(1), z.maxLength(BATCH)),
});
export const DeletePositionsBody = z.strictObject({
  DeviceIds: z.array(Id).check(z.minLength(1), z.maxLength(BATCH_HISTORIES)),
});
