import { IdSchema } from '#core/model/common.ts';

/** By position in `features`; `id` where the feature has a readable one. */
export type RejectedFeature = { index: number; id?: string; reason: string };

type Feature = { id: string; geometry: unknown; properties: Record<string, unknown> };

/**
 * Reads a GeoJSON FeatureCollection (RFC 7946), feature by feature: one bad feature does not cost the rest. Its id is
 * `id` or `properties.id`. Something that is no FeatureCollection is one rejection, with index -1.
 */
export function readFeatures<T extends object>(
  featureCollection: unknown,
  read: (feature: Feature) => { found: T } | { reason: string },
): { found: T[]; rejected: RejectedFeature[] } {
  const { type, features } = record(featureCollection);
  if (type !== 'FeatureCollection' || !Array.isArray(features)) {
    return { found: [], rejected: [{ index: -1, reason: 'is not a GeoJSON FeatureCollection' }] };
  }
  const found = new Map<string, T>();
  const rejected: RejectedFeature[] = [];
  features.forEach((value: unknown, index) => {
    const feature = featureOf(value);
    if ('reason' in feature) {
      rejected.push({ index, ...feature });
      return;
    }
    const { id } = feature;
    const one = read(feature);
    if ('reason' in one) rejected.push({ index, id, reason: one.reason });
    else if (found.has(id)) rejected.push({ index, id, reason: 'id: occurs twice in the file' });
    else found.set(id, one.found);
  });
  return { found: [...found.values()], rejected };
}

function featureOf(value: unknown): Feature | { id?: string; reason: string } {
  const { type, id, geometry, properties } = record(value);
  if (type !== 'Feature') return { reason: 'is not a GeoJSON Feature' };
  const given = record(properties);
  const rawId = id ?? given.id;
  // RFC 7946 section 3.2: an id is a string or a number.
  const parsed = IdSchema.safeParse(typeof rawId === 'number' ? String(rawId) : rawId);
  if (parsed.success) return { id: parsed.data, geometry, properties: given };
  const reason = rawId === undefined ? 'id: is missing' : `id: ${parsed.error.issues[0]?.message ?? 'is not an id'}`;
  return typeof rawId === 'string' ? { id: rawId.slice(0, 64), reason } : { reason };
}

/** The members of a JSON object; none for anything else. */
export function record(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : {};
}

/** Without the members that are undefined or null: GeoJSON writers put null for what they do not have. */
export function present(members: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined && value !== null));
}
