import { geometryToWgs84 } from '#core/geo/coordinate-systems.ts';
import { placesFromFeatures } from '#core/geo/import-features.ts';
import type { SensitiveLayer } from '#core/geo/sensitive-layer.ts';
import { normalisePlaceGeometry } from '#core/geo/validate.ts';
import { MAX_RADIUS_M, type Place, PlaceBodySchema, type Screen } from '#core/model/place.ts';
import { allEntries, deleteEntry, entryRefusal, getMeta, putEntries } from '#store/catalogue.ts';
import type { HttpRequest, HttpResponse } from '../shared/http.ts';
import { placesChanged } from '../shared/places-changed.ts';
import { Problem } from '../shared/problem.ts';
import { validate } from '../shared/validate.ts';
import { list, read, store, tenantOf, tooLarge } from './entries.ts';
import { checkRejected, featureCollectionOf, systemOf } from './feature-collection.ts';
import { layerFor } from './sensitive-layer.ts';

/** `PUT /v1/places/{placeId}`. @throws Problem 422, also for a geofence that touches a sensitive place's buffer */
export async function putPlace(request: HttpRequest): Promise<HttpResponse> {
  const placeId = request.path.placeId ?? '';
  const { coordinateSystem, ...input } = validate(PlaceBodySchema, request.body);
  const inWgs84 = geometryToWgs84(coordinateSystem, input.geometry);
  const normalised = normalisePlaceGeometry({ ...input, geometry: inWgs84 });
  if (!normalised.ok) {
    const errors = normalised.problems.map(({ pointer, message }) => ({ pointer, detail: message }));
    throw new Problem('unprocessable', 'the geometry is not one that a place can have', errors);
  }
  const { geometry, radiusM } = normalised;
  const place: Place = { placeId, ...input, geometry, ...(radiusM !== undefined && { radiusM }) };
  const refusal = (await layerFor(request)).refusalOf(place);
  if (refusal !== undefined) {
    throw new Problem('unprocessable', 'the geofence comes too near a sensitive place', [
      { pointer: '/geometry', detail: refusal },
    ]);
  }
  const response = await store(request, 'place', placeId, place);
  await placesChanged(request.runtime, tenantOf(request), [placeId]);
  return response;
}

export async function getPlace(request: HttpRequest): Promise<HttpResponse> {
  const place = await read<Place>(request, 'place', request.path.placeId ?? '');
  return { status: 200, body: marked(place, await layerFor(request)) };
}

export async function listPlaces(request: HttpRequest): Promise<HttpResponse> {
  const { status, body } = await list(request, 'place');
  const layer = await layerFor(request);
  const { items, ...rest } = body as { items: Place[] };
  return { status, body: { items: items.map((place) => marked(place, layer)), ...rest } };
}

/**
 * `DELETE /v1/places/{placeId}`: nothing is heard of it any more. What happened there stays told.
 * @throws Problem 404, 422 for a place with screens
 */
export async function deletePlace(request: HttpRequest): Promise<HttpResponse> {
  const placeId = request.path.placeId ?? '';
  const tenant = tenantOf(request);
  const screens = await allEntries<Screen>(request.runtime.db, tenant, 'screen');
  const standing = screens.find((screen) => screen.placeId === placeId);
  if (standing) {
    throw new Problem('unprocessable', `the screen ${standing.screenId} stands there: move it first`, [
      { pointer: '/placeId', detail: 'is a place with screens' },
    ]);
  }
  if (!(await deleteEntry(request.runtime.db, tenant, 'place', placeId))) {
    throw new Problem('not-found', 'there is no such place');
  }
  await placesChanged(request.runtime, tenant, [placeId]);
  return { status: 204 };
}

/** A place as it is shown: with why nothing that happens there is heard of, where a sensitive place has come since. */
function marked(place: Place, layer: SensitiveLayer): Place & { blocked?: string } {
  const blocked = layer.refusalOf(place);
  return blocked === undefined ? place : { ...place, blocked };
}

/** `POST /v1/places/import`: a GeoJSON FeatureCollection; features are taken or refused one by one. */
export async function importPlaces(request: HttpRequest): Promise<HttpResponse> {
  const tenant = tenantOf(request);
  const { timeZone } = await getMeta(request.runtime.db, tenant);
  const radiusM = radiusParameter(request.query.radiusM);
  const collection = featureCollectionOf(request.body);
  const layer = await layerFor(request);
  const defaults = { timeZone, coordinateSystem: systemOf(request), ...(radiusM !== undefined && { radiusM }) };
  const { places, rejected } = placesFromFeatures(
    collection,
    defaults,
    (place) => layer.refusalOf(place) ?? entryRefusal(place),
  );
  checkRejected(rejected);
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
  await placesChanged(
    request.runtime,
    tenant,
    places.map(({ placeId }) => placeId),
  );
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
