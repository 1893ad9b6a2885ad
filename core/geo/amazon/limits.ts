/**
 * What Amazon Location takes, by its API reference and service model 2020-11-19 (`GeofenceGeometry`,
 * `BatchPutGeofence`, `BatchUpdateDevicePosition`) and its page of quotas:
 * https://docs.aws.amazon.com/location/latest/APIReference/API_WaypointGeofencing_GeofenceGeometry.html
 */

/** Entries of one batch: geofences put or deleted, positions. */
export const BATCH = 10;
/** `BatchDeleteDevicePositionHistory`. */
export const BATCH_HISTORIES = 100;
/** `GeofenceId`, `DeviceId`. */
export const ID = /^[-._\p{L}\p{N}]{1,100}$/u;

/** Of a `Polygon` with its rings, and of a whole `MultiPolygon`. */
export const MAX_VERTICES = 1000;
/** Rings of a `Polygon`, polygons of a `MultiPolygon`. */
export const MAX_PARTS = 250;
export const MAX_RADIUS_M = 100_000;
/** As `Geobuf`: vertices in all, rings of a polygon, polygons of a multipolygon, and characters of base64. */
export const GEOBUF = { maxVertices: 100_000, maxRings: 25_000, maxPolygons: 10_000, maxBytes: 700_000 };

export const GEOFENCE_PROPERTIES = { most: 3, key: 20, value: 40 };
/** The model says four; the guide says three in places. Beckon sends two. */
export const POSITION_PROPERTIES = { most: 4, key: 20, value: 150 };
export const MAX_ACCURACY_M = 10_000_000;

/** Default quotas of an account in a region. */
export const MAX_GEOFENCES = 50_000;
export const CALLS_PER_SECOND = 50;
