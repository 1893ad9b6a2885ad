import { geometryToWgs84 } from '#core/geo/coordinate-systems.ts';
import { checkSensitivePlace, sensitivePlacesFromFeatures } from '#core/geo/sensitive-input.ts';
import {
  SensitiveCategorySchema,
  SensitiveJurisdictionSchema,
  type SensitivePlace,
  SensitivePlaceBodySchema,
} from '#core/model/sensitive-place.ts';
import { deleteEntry, entryRefusal, getEntry, putEntries } from '#store/catalogue.ts';
import type { HttpRequest, HttpResponse } from '../shared/http.ts';
import { Problem } from '../shared/problem.ts';
import { check, validate } from '../shared/validate.ts';
import { list, store, tenantOf, tooLarge } from './entries.ts';
import { checkRejected, featureCollectionOf, systemOf } from './feature-collection.ts';
import { silencedChanged } from './places-sync.ts';
import { blockedBy } from './sensitive-layer.ts';

/** As many as an answer tells of. */
const MAX_BLOCKED = 10_000;

/** `PUT /v1/sensitive-places/{sensitivePlaceId}`: answers it with the places that it blocks. @throws Problem 422 */
export async function putSensitivePlace(request: HttpRequest): Promise<HttpResponse> {
  const id = request.path.sensitivePlaceId ?? '';
  const { coordinateSystem, ...input } = validate(SensitivePlaceBodySchema, request.body);
  const geometry = geometryToWgs84(coordinateSystem, input.geometry);
  const checked = checkSensitivePlace(id, { ...input, geometry });
  if (!checked.ok) {
    const errors = checked.problems.map(({ pointer, message }) => ({ pointer, detail: message }));
    throw new Problem('unprocessable', 'this is not how a sensitive place can be', errors);
  }
  await store(request, 'sensitive-place', id, checked.place);
  await silencedChanged(request, [checked.place]);
  return { status: 200, body: { ...checked.place, blockedPlaceIds: await blockedIds(request, [checked.place]) } };
}

/** `POST /v1/sensitive-places/import`: a GeoJSON FeatureCollection; features are taken or refused one by one. */
export async function importSensitivePlaces(request: HttpRequest): Promise<HttpResponse> {
  const { category, jurisdiction } = request.query;
  const defaults = {
    coordinateSystem: systemOf(request),
    ...(category !== undefined && { category: parameter(SensitiveCategorySchema, category, '/category') }),
    ...(jurisdiction !== undefined && {
      jurisdiction: parameter(SensitiveJurisdictionSchema, jurisdiction, '/jurisdiction'),
    }),
  };
  const { places, rejected } = sensitivePlacesFromFeatures(featureCollectionOf(request.body), defaults, entryRefusal);
  checkRejected(rejected);
  const entries = places.map((place) => ({ id: place.sensitivePlaceId, body: place }));
  try {
    await putEntries(request.runtime.db, tenantOf(request), 'sensitive-place', entries);
  } catch (error) {
    throw tooLarge(error);
  }
  await silencedChanged(request, places);
  const blockedPlaceIds = await blockedIds(request, places);
  return { status: 200, body: { imported: places.length, rejected, blockedPlaceIds } };
}

export const listSensitivePlaces = (request: HttpRequest): Promise<HttpResponse> => list(request, 'sensitive-place');

/** `DELETE /v1/sensitive-places/{sensitivePlaceId}`: what it alone blocked is heard of again. */
export async function deleteSensitivePlace(request: HttpRequest): Promise<HttpResponse> {
  const id = request.path.sensitivePlaceId ?? '';
  const { db, locator } = request.runtime;
  const tenant = tenantOf(request);
  const was = locator === 'amazon' ? await getEntry<SensitivePlace>(db, tenant, 'sensitive-place', id) : undefined;
  if (await deleteEntry(db, tenant, 'sensitive-place', id)) {
    await silencedChanged(request, was ? [was] : []);
    return { status: 204 };
  }
  throw new Problem('not-found', 'there is no such sensitive place');
}

const blockedIds = async (...args: Parameters<typeof blockedBy>): Promise<string[]> =>
  (await blockedBy(...args)).slice(0, MAX_BLOCKED);

function parameter<S extends Parameters<typeof check>[0]>(schema: S, text: string, pointer: string) {
  const result = check(schema, text, pointer);
  if (result.ok) return result.value;
  throw new Problem('invalid-input', 'the query is not valid', result.errors);
}
