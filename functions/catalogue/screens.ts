import { type Place, type Screen, ScreenInputSchema } from '#core/model/place.ts';
import { getEntry } from '#store/catalogue.ts';
import type { HttpRequest, HttpResponse } from '../shared/http.ts';
import { Problem } from '../shared/problem.ts';
import { validate } from '../shared/validate.ts';
import { list, store, tenantOf } from './entries.ts';

/** `PUT /v1/screens/{screenId}`: an in-building display, and the tags mounted at it. */
export async function putScreen(request: HttpRequest): Promise<HttpResponse> {
  const screen: Screen = { screenId: request.path.screenId ?? '', ...validate(ScreenInputSchema, request.body) };
  if (!(await getEntry<Place>(request.runtime.db, tenantOf(request), 'place', screen.placeId))) {
    throw new Problem('unprocessable', 'the place is not known', [
      { pointer: '/placeId', detail: 'is not a place of yours' },
    ]);
  }
  return await store(request, 'screen', screen.screenId, screen);
}

export const listScreens = (request: HttpRequest): Promise<HttpResponse> => list(request, 'screen');
