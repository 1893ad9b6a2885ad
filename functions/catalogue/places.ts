import { placesFromFeatures } from '#core/geo/import-features.ts';
import { normalisePlaceGeometry } from '#core/geo/validate.ts';
import { MAX_RADIUS_M, type Place, PlaceInputSchema } from '#core/model/place.ts';
import { getMeta, putEntries } from '#store/catalogue.ts';
import type { HttpRequest, HttpResponse } from '../shared/http.ts';
import { Problem } from '../shared/problem.ts';
import { validate } from '../shared/validate.ts';
import { list, read, store, tenantOf, tooLarge } from './entries.ts';

/** More places than this do not fit into the body; more refusals than this do not fit into an answer (Lambda: 6 MB). */
const MAX_FEATURES = 70_000;
const MAX_REJECTED = 10_000;
const tooMuch = (detail: string) =>
  new Problem('invalid-input', 'this is no list of places; nothing was imported', [{ pointer: '/features', detail }]);

/** `PUT /v1/places/{placeId}`. */
export async function putPlace(request: HttpRequest): Promise<HttpResponse> {
  const placeId = request.path.placeId ?? '';
  const input = validate(PlaceInputSchema, request.body);
  const normalised = normalisePlaceGeometry(input);
  if (!normalised.ok) {
    const errors = normalised.problems.map(({ pointer, message }) => ({ pointer, detail: message }));
    throw new Problem('unprocessable', 'the geometry is not one that a place can have', errors);
  }
  const { geometry, radiusM } = normalised;
  const place: Place = { placeId, ...input, geometry, ...(radiusM !== undefined && { radiusM }) };
  return await store(request, 'place', placeId, place);
}

export const getPlace = async (request: HttpRequest): Promise<HttpResponse> => ({
  status: 200,
  body: await read<Place>(request, 'place', request.path.placeId ?? ''),
});

export const listPlaces = (request: HttpRequest): Promise<HttpResponse> => list(request, 'place');

/** `POST /v1/places/import`: a GeoJSON FeatureCollection; features are taken or refused one by one. */
export async function importPlaces(request: HttpRequest): Promise<HttpResponse> {
  const tenant = tenantOf(request);
  const { timeZone } = await getMeta(request.runtime.db, tenant);
  const radiusM = radiusParameter(request.query.radiusM);
  const collection = request.body as { type?: unknown; features?: unknown } | null | undefined;
  if (collection?.type !== 'FeatureCollection') {
    throw new Problem('invalid-input', 'the body is not a FeatureCollection', [
      { pointer: '/type', detail: 'must be FeatureCollection' },
    ]);
  }
  if (!Array.isArray(collection.features)) {
    throw new Problem('invalid-input', 'the body is not a FeatureCollection', [
      { pointer: '/features', detail: 'must be a list' },
    ]);
  }
  if (collection.features.length > MAX_FEATURES) throw tooMuch(`has more than ${MAX_FEATURES} features`);
  const { places, rejected } = placesFromFeatures(collection, { timeZone, ...(radiusM !== undefined && { radiusM }) });
  if (rejected.length > MAX_REJECTED) throw tooMuch(`has more than ${MAX_REJECTED} features that are no places`);
  try {
    await putEntries(
      request.runtime.db,
      tenant,
      'place',
      places.map((place) => ({ id: place.placeId, body: place })),
    );
  } catch (error) {
    throw tooLarge(error);
  }
  return { status: 200, body: { imported: places.length, rejected } };
}

function radiusParameter(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const radiusM = Number(text);
  if (text.trim() !== '' && radiusM > 0 && radiusM <= MAX_RADIUS_M) return radiusM;
  throw new Problem('invalid-input', 'the query is not valid', [
    { pointer: '/radiusM', detail: `must be metres, more than 0 and at most ${MAX_RADIUS_M}` },
  ]);
}
