import { type Playlist, PlaylistInputSchema, type PlaylistItem } from '#core/model/creative.ts';
import { getMeta } from '#store/catalogue.ts';
import type { Database } from '#store/client.ts';
import type { Tenant } from '#store/keys.ts';
import { hasSignage } from '#store/signage.ts';
import { tenantOf } from '../catalogue/entries.ts';
import type { HttpRequest, HttpResponse } from '../shared/http.ts';
import { type FieldError, Problem } from '../shared/problem.ts';
import { validate } from '../shared/validate.ts';
import { listOf, readSignage, storeSignage } from './creatives.ts';

/** `PUT /v1/playlists/{playlistId}`: 422 for a creative that is not there, or of a brand that is not shown here. */
export async function putPlaylist(request: HttpRequest): Promise<HttpResponse> {
  const playlistId = request.path.playlistId ?? '';
  const playlist: Playlist = { playlistId, ...validate(PlaylistInputSchema, request.body) };
  const errors = await itemErrors(request.runtime.db, tenantOf(request), playlist.items);
  if (errors.length > 0) throw new Problem('unprocessable', 'the playlist names what it cannot show', errors);
  return await storeSignage(request, 'playlist', playlistId, playlist);
}

export const getPlaylist = (request: HttpRequest): Promise<HttpResponse> =>
  readSignage(request, 'playlist', request.path.playlistId ?? '');

export const listPlaylists = (request: HttpRequest): Promise<HttpResponse> => listOf(request, 'playlist');

/** A brand is shown at the venues that it has named, and nowhere else. */
async function itemErrors(db: Database, owner: Tenant, items: readonly PlaylistItem[]): Promise<FieldError[]> {
  const isShown = once((brand) => isShownAt(db, brand, owner));
  const exists = once((creative) => {
    const [brand = '', creativeId = ''] = creative.split('/');
    return hasSignage(db, brand === '' ? owner : { kind: 'brand', id: brand }, 'creative', creativeId);
  });
  const errors = await Promise.all(
    items.map(async ({ brand, creativeId }, index): Promise<FieldError[]> => {
      if (brand !== undefined && !(await isShown(brand))) {
        return [{ pointer: `/items/${index}/brand`, detail: 'has not named you as a venue where it is shown' }];
      }
      if (await exists(`${brand ?? ''}/${creativeId}`)) return [];
      const detail = brand === undefined ? 'is not a creative of yours' : 'is not a creative of that brand';
      return [{ pointer: `/items/${index}/creativeId`, detail }];
    }),
  );
  return errors.flat();
}

async function isShownAt(db: Database, brand: string, { kind, id }: Tenant): Promise<boolean> {
  if (kind === 'brand') return brand === id;
  return (await getMeta(db, { kind: 'brand', id: brand })).venues.includes(id);
}

/** Two hundred items may name one creative. */
function once(ask: (key: string) => Promise<boolean>): (key: string) => Promise<boolean> {
  const asked = new Map<string, Promise<boolean>>();
  return (key) => {
    const answer = asked.get(key) ?? ask(key);
    asked.set(key, answer);
    return answer;
  };
}
