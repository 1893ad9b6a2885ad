import type * as z from 'zod/mini';
import type { CoordinateSystem } from '#core/model/coordinate-system.ts';
import { FIRST_FAULT } from '#core/model/first-fault.ts';
import {
  SensitiveCategorySchema,
  type SensitivePlace,
  SensitivePlaceInputSchema,
} from '#core/model/sensitive-place.ts';
import { geometryToWgs84 } from './coordinate-systems.ts';
import { present, type RejectedFeature, readFeatures, record } from './features.ts';
import { legalBufferOf } from './sensitive-laws.ts';
import { normalisePlaceGeometry } from './validate.ts';

/** Of a point of which nobody says how large it is: a house. */
const NOMINAL_RADIUS_M = 25;

type Checked = { ok: true; place: SensitivePlace } | { ok: false; problems: { pointer: string; message: string }[] };

/** Brings a sensitive place into the form in which it is stored: a footprint that can be measured from, and no buffer below the law's. */
export function checkSensitivePlace(
  sensitivePlaceId: string,
  input: z.infer<typeof SensitivePlaceInputSchema>,
): Checked {
  const isBarePoint = input.geometry.type === 'Point' && input.radiusM === undefined;
  const normalised = normalisePlaceGeometry({ ...input, ...(isBarePoint && { radiusM: NOMINAL_RADIUS_M }) });
  if (!normalised.ok) return normalised;
  const law = legalBufferOf(input);
  if (law && input.bufferM !== undefined && input.bufferM < law.metres) {
    const message = `must be at least ${law.metres}, as ${law.source} asks: leave it out for that`;
    return { ok: false, problems: [{ pointer: '/bufferM', message }] };
  }
  const { geometry, radiusM } = normalised;
  return { ok: true, place: { sensitivePlaceId, ...input, geometry, ...(radiusM !== undefined && { radiusM }) } };
}

/**
 * Reads sensitive places from a GeoJSON FeatureCollection (see `readFeatures`). From each feature's properties: `name`,
 * `radiusM`, `bufferM`, `jurisdiction`, and `category` where it is one of ours; what is missing comes from the defaults.
 * `refusalOf` says why a sensitive place that is one may not be, in words.
 */
export function sensitivePlacesFromFeatures(
  featureCollection: unknown,
  defaults: Partial<Pick<SensitivePlace, 'category' | 'jurisdiction'>> & { coordinateSystem?: CoordinateSystem },
  refusalOf: (place: SensitivePlace) => string | undefined = () => undefined,
): { places: SensitivePlace[]; rejected: RejectedFeature[] } {
  const { found, rejected } = readFeatures<SensitivePlace>(featureCollection, ({ id, geometry, properties }) => {
    const own = SensitiveCategorySchema.safeParse(properties.category);
    const category = own.success ? own.data : defaults.category;
    const jurisdiction = properties.jurisdiction ?? defaults.jurisdiction;
    const { name, radiusM, bufferM } = properties;
    const given = { geometry: record(geometry), ...present({ name, category, jurisdiction, radiusM, bufferM }) };
    const input = SensitivePlaceInputSchema.safeParse(given, FIRST_FAULT);
    if (!input.success) {
      const [issue] = input.error.issues;
      return { reason: `/${issue?.path.map(String).join('/') ?? ''}: ${issue?.message ?? 'is no sensitive place'}` };
    }
    const inWgs84 = geometryToWgs84(defaults.coordinateSystem, input.data.geometry);
    const checked = checkSensitivePlace(id, { ...input.data, geometry: inWgs84 });
    if (!checked.ok) {
      return { reason: checked.problems.map(({ pointer, message }) => `${pointer}: ${message}`).join('; ') };
    }
    const refusal = refusalOf(checked.place);
    return refusal === undefined ? { found: checked.place } : { reason: `/geometry: ${refusal}` };
  });
  return { places: found, rejected };
}
