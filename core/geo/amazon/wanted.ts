import type { SensitiveLayer } from '#core/geo/sensitive-layer.ts';
import type { Place } from '#core/model/place.ts';
import { type GeofenceGeometry, geofenceShapeOf } from './geofence.ts';
import { geofenceIdOf, geofencePropertiesOf, type Owner } from './names.ts';
import { shapeDigest } from './shape.ts';

/** An entry of `BatchPutGeofence`. */
export type Geofence = {
  GeofenceId: string;
  Geometry: GeofenceGeometry;
  GeofenceProperties: Record<string, string>;
};

/** What there should be in Amazon Location of a place: a geofence, nothing, or nothing because it cannot be. */
export type Wanted = { kind: 'geofence'; geofence: Geofence } | { kind: 'none' } | { kind: 'refused'; reason: string };

/** @param place undefined where there is none of that id; nothing of a sensitive place may lie elsewhere either */
export function wantedGeofence(owner: Owner, place: Place | undefined, layer: SensitiveLayer): Wanted {
  if (!place || layer.silences(place)) return { kind: 'none' };
  const shape = geofenceShapeOf(place);
  if (!shape.ok) return { kind: 'refused', reason: shape.reason };
  const named = { owner, placeId: place.placeId };
  const geofence = {
    GeofenceId: geofenceIdOf(named),
    Geometry: shape.geometry,
    GeofenceProperties: geofencePropertiesOf(named, shapeDigest(place)),
  };
  return { kind: 'geofence', geofence };
}

/** The smallest step in which a coordinate is told: what a number may lose on its way there and back. */
const SAME_DEGREES = 1e-9;

/** Whether what is in Amazon Location is what should be there. */
export function isSameGeofence(
  wanted: Geofence,
  found: { Geometry?: unknown; GeofenceProperties?: Record<string, string> | undefined },
): boolean {
  return isSame(wanted.GeofenceProperties, found.GeofenceProperties) && isSame(wanted.Geometry, found.Geometry);
}

/** Plain values, lists, bytes and objects, the names of what is undefined aside. */
function isSame(a: unknown, b: unknown): boolean {
  if (typeof a === 'number' && typeof b === 'number') return Math.abs(a - b) <= SAME_DEGREES;
  if (a instanceof Uint8Array && b instanceof Uint8Array)
    return a.length === b.length && a.every((byte, i) => byte === b[i]);
  if (Array.isArray(a) && Array.isArray(b)) return a.length === b.length && a.every((item, i) => isSame(item, b[i]));
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return a === b;
  const [one, other] = [a as Record<string, unknown>, b as Record<string, unknown>];
  const names = new Set([...Object.keys(one), ...Object.keys(other)]);
  return [...names].every((name) => isSame(one[name], other[name]));
}
