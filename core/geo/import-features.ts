import type { CoordinateSystem } from '#core/model/coordinate-system.ts';
import { FIRST_FAULT } from '#core/model/first-fault.ts';
import { type Place, PlaceInputSchema } from '#core/model/place.ts';
import { geometryToWgs84 } from './coordinate-systems.ts';
import { present, type RejectedFeature, readFeatures, record } from './features.ts';
import { normalisePlaceGeometry } from './validate.ts';

export type FeatureDefaults = {
  /** For Points that bring none. */
  radiusM?: number | undefined;
  /** IANA name, for features that bring none. */
  timeZone: string;
  /** What all coordinates are in: WGS-84 where it is not said. */
  coordinateSystem?: CoordinateSystem | undefined;
};

export type ImportedFeatures = { places: Place[]; rejected: RejectedFeature[] };

/**
 * Reads places from a GeoJSON FeatureCollection (see `readFeatures`). From each feature: `name` (default: the id),
 * `timeZone`, `radiusM`, `tags` (or `category` as the one tag), `openingHours` and `detection` from its properties, whose
 * other members are ignored. `refusalOf` says why a place that is one may not be, in words.
 */
export function placesFromFeatures(
  featureCollection: unknown,
  defaults: FeatureDefaults,
  refusalOf: (place: Place) => string | undefined = () => undefined,
): ImportedFeatures {
  const { found, rejected } = readFeatures<Place>(featureCollection, ({ id, geometry, properties: given }) => {
    const isPoint = record(geometry).type === 'Point';
    const radiusM = given.radiusM ?? (isPoint ? defaults.radiusM : undefined);
    const tags = given.tags ?? (typeof given.category === 'string' ? [given.category] : undefined);
    const ofProperties = { radiusM, tags, openingHours: given.openingHours, detection: given.detection };
    const [name, timeZone] = [given.name ?? id, given.timeZone ?? defaults.timeZone];
    // One reason is told; looking for all of them would take as long as there are positions.
    const input = PlaceInputSchema.safeParse({ name, timeZone, geometry, ...present(ofProperties) }, FIRST_FAULT);
    if (!input.success) {
      const [issue] = input.error.issues;
      return { reason: `/${issue?.path.map(String).join('/') ?? ''}: ${issue?.message ?? 'is not a place'}` };
    }
    const inWgs84 = geometryToWgs84(defaults.coordinateSystem, input.data.geometry);
    const normalised = normalisePlaceGeometry({ ...input.data, geometry: inWgs84 });
    if (!normalised.ok) {
      return { reason: normalised.problems.map(({ pointer, message }) => `${pointer}: ${message}`).join('; ') };
    }
    const place: Place = { ...input.data, geometry: normalised.geometry, placeId: id };
    const refusal = refusalOf(place);
    return refusal === undefined ? { found: place } : { reason: `/geometry: ${refusal}` };
  });
  return { places: found, rejected };
}
