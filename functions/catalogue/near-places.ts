import * as z from 'zod/mini';
import { fromWgs84, toWgs84 } from '#core/geo/coordinate-systems.ts';
import { enclosingCircle } from '#core/geo/enclosing-circle.ts';
import type { NearPlace, PlaceIndex } from '#core/geo/place-index.ts';
import { CoordinateSystemSchema } from '#core/model/coordinate-system.ts';
import { placesAround } from '../locate/places.ts';
import { brandOf, type HttpRequest, type HttpResponse } from '../shared/http.ts';
import type { PlaceFiles } from '../shared/place-files.ts';
import { validate } from '../shared/validate.ts';

/** What Android lets an app watch; iOS lets it watch 20. */
const MAX_LIMIT = 100;
const DEFAULT_LIMIT = 20;
/** A phone asks again after so far at the latest: places come and go. */
const MAX_WATCH_M = 100_000;

const number = (least: number, most: number) =>
  z.pipe(
    z.pipe(z.string().check(z.regex(/^-?\d+(\.\d+)?$/, 'must be a number')), z.transform(Number)),
    z.number().check(z.gte(least), z.lte(most)),
  );
const QuerySchema = z.object({
  lng: number(-180, 180),
  lat: number(-90, 90),
  limit: z._default(z.pipe(number(1, MAX_LIMIT), z.int()), DEFAULT_LIMIT),
  coordinateSystem: z._default(CoordinateSystemSchema, 'wgs84'),
});

/**
 * `GET /v1/places/near`: the fences that a phone which watches them itself should watch now, and how far it may go before
 * it asks again: as far as the nearest fence that is not among them. Where the phone is, is neither stored nor logged.
 */
export async function nearPlaces(request: HttpRequest, files?: PlaceFiles): Promise<HttpResponse> {
  const brand = brandOf(request);
  const { limit, coordinateSystem, ...asked } = validate(QuerySchema, request.query);
  const [lng, lat] = toWgs84(coordinateSystem, [asked.lng, asked.lat]);
  const { snapshot } = await request.runtime.catalogue.read(brand, () => ({}));
  // One more than are told: it says how far the others reach.
  const found = await nearest({ lng, lat, count: limit + 1 }, (withinM) =>
    placesAround(request.runtime, { snapshot, points: [{ lng, lat, withinM }] }, files),
  );
  const items = found.slice(0, limit).map(({ place, distanceM }) => {
    const circle = enclosingCircle(place);
    const [x, y] = fromWgs84(coordinateSystem, [circle.lng, circle.lat]);
    const { placeId, name } = place;
    return { placeId, name, lng: x, lat: y, radiusM: circle.radiusM, distanceM: Math.max(0, Math.round(distanceM)) };
  });
  const beyondM = found[limit]?.distanceM ?? MAX_WATCH_M;
  return { status: 200, body: { items, watchRadiusM: Math.floor(Math.min(MAX_WATCH_M, Math.max(0, beyondM))) } };
}

/** By asking ever wider, as far as a phone could be asked to watch. */
async function nearest(
  { lng, lat, count }: { lng: number; lat: number; count: number },
  placesWithin: (withinM: number) => Promise<PlaceIndex>,
): Promise<readonly NearPlace[]> {
  for (let askedM = 1000; ; askedM *= 4) {
    const withinM = Math.min(askedM, MAX_WATCH_M);
    const found = (await placesWithin(withinM)).near(lng, lat, withinM);
    if (found.length >= count || askedM >= MAX_WATCH_M) return found.slice(0, count);
  }
}
