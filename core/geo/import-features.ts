import { IdSchema } from '#core/model/common.ts';
import { type Place, PlaceInputSchema } from '#core/model/place.ts';
import { normalisePlaceGeometry } from './validate.ts';

export type FeatureDefaults = {
  /** For Points that bring none. */
  radiusM?: number | undefined;
  /** IANA name, for features that bring none. */
  timeZone: string;
};

export type ImportedFeatures = {
  places: Place[];
  /** By position in `features`; `id` where the feature has a readable one. */
  rejected: { index: number; id?: string; reason: string }[];
};

/**
 * Reads places from a GeoJSON FeatureCollection (RFC 7946), feature by feature: one bad feature does not cost the rest.
 * From each: `id` (or `properties.id`); `name` (default: the id), `timeZone`, `radiusM`, `tags` (or `category` as the
 * one tag), `openingHours` and `detection` from its properties, whose other members are ignored.
 * Something that is no FeatureCollection is one rejection, with index -1.
 */
export function placesFromFeatures(featureCollection: unknown, defaults: FeatureDefaults): ImportedFeatures {
  const { type, features } = record(featureCollection);
  if (type !== 'FeatureCollection' || !Array.isArray(features)) {
    return { places: [], rejected: [{ index: -1, reason: 'is not a GeoJSON FeatureCollection' }] };
  }
  const places = new Map<string, Place>();
  const rejected: ImportedFeatures['rejected'] = [];
  features.forEach((feature: unknown, index) => {
    const read = placeFromFeature(feature, defaults);
    if ('reason' in read) rejected.push({ index, ...read });
    else if (places.has(read.placeId))
      rejected.push({ index, id: read.placeId, reason: 'id: occurs twice in the file' });
    else places.set(read.placeId, read);
  });
  return { places: [...places.values()], rejected };
}

function placeFromFeature(feature: unknown, defaults: FeatureDefaults): Place | { id?: string; reason: string } {
  const { type, id: featureId, geometry, properties } = record(feature);
  if (type !== 'Feature') return { reason: 'is not a GeoJSON Feature' };
  const given = record(properties);
  const rawId = featureId ?? given.id;
  // RFC 7946 section 3.2: an id is a string or a number.
  const parsedId = IdSchema.safeParse(typeof rawId === 'number' ? String(rawId) : rawId);
  if (!parsedId.success) {
    const reason =
      rawId === undefined ? 'id: is missing' : `id: ${parsedId.error.issues[0]?.message ?? 'is not an id'}`;
    return typeof rawId === 'string' ? { id: rawId.slice(0, 64), reason } : { reason };
  }
  const id = parsedId.data;

  const isPoint = record(geometry).type === 'Point';
  const radiusM = given.radiusM ?? (isPoint ? defaults.radiusM : undefined);
  const tags = given.tags ?? (typeof given.category === 'string' ? [given.category] : undefined);
  const input = PlaceInputSchema.safeParse({
    name: given.name ?? id,
    timeZone: given.timeZone ?? defaults.timeZone,
    geometry,
    ...present({ radiusM, tags, openingHours: given.openingHours, detection: given.detection }),
  });
  if (!input.success) {
    const [issue] = input.error.issues;
    return { id, reason: `/${issue?.path.map(String).join('/') ?? ''}: ${issue?.message ?? 'is not a place'}` };
  }
  const normalised = normalisePlaceGeometry(input.data);
  if (!normalised.ok) {
    return { id, reason: normalised.problems.map(({ pointer, message }) => `${pointer}: ${message}`).join('; ') };
  }
  return { ...input.data, geometry: normalised.geometry, placeId: id };
}

/** The members of a JSON object; none for anything else. */
function record(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : {};
}

/** Without the members that are undefined or null: GeoJSON writers put null for what they do not have. */
function present(members: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined && value !== null));
}
