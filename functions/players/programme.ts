import { createHash } from 'node:crypto';
import type { Creative, Playlist, PlaylistItem } from '#core/model/creative.ts';
import type { Place, Screen } from '#core/model/place.ts';
import { SLOT_MS, screenQrKey } from '#core/tags/rotating.ts';
import { getEntry, getMeta } from '#store/catalogue.ts';
import type { Database } from '#store/client.ts';
import { signageKeys, type Tenant } from '#store/keys.ts';
import { getPlayer, type Player, qrTagId } from '#store/players.ts';
import { batchGet } from '#store/read.ts';
import { getSignage } from '#store/signage.ts';
import type { HttpRequest, HttpResponse } from '../shared/http.ts';
import { signedPlayer } from '../shared/player-auth.ts';
import { Problem } from '../shared/problem.ts';

/**
 * `GET /v1/players/{playerId}/playlist`: what the player's screen shall show, by which it goes on without us. Each item
 * has the seconds and the version of its creative, which is asked for by itself, once: a playlist of pictures would be
 * larger than an answer may be. 304 when it is the one that the player has.
 */
export async function getPlayerPlaylist(request: HttpRequest): Promise<HttpResponse> {
  const { runtime, path } = request;
  // Whoever waits at a screen asks every few seconds. There is no key yet to check a signature with, and no secret.
  if (!(await getPlayer(runtime.db, path.playerId ?? ''))) return { status: 200, body: { paired: false } };
  const player = await signedPlayer(request, 'GET', 'playlist');
  const { owner, screenId, playerId } = player;
  const { screen, playlist } = await programmeOf(runtime.db, player);
  const [timeZone, items] = await Promise.all([
    timeZoneOf(runtime.db, owner, screen),
    withCreatives(runtime.db, owner, playlist?.items ?? []),
  ]);
  const qrKey = screenQrKey(await runtime.secret('venueSecret'), owner, { screenId, tagId: qrTagId(playerId) });
  const programme = {
    paired: true,
    screenId,
    name: screen?.name ?? screenId,
    timeZone,
    items,
    qr: { tagId: qrTagId(playerId), key: qrKey.toString('base64url'), slotSeconds: SLOT_MS / 1000 },
  };
  const version = versionOf(programme);
  const etag = `"${version}"`;
  const headers = { etag, 'cache-control': 'no-cache' };
  if (request.headers['if-none-match'] === etag) return { status: 304, headers };
  return { status: 200, headers, body: { ...programme, version } };
}

/**
 * `GET /v1/players/{playerId}/creatives/{creativeId}?brand=`: one creative of the playlist of the player's screen;
 * `brand` where it is not the screen's owner's. 404 for any other.
 */
export async function getPlayerCreative(request: HttpRequest): Promise<HttpResponse> {
  const creativeId = request.path.creativeId ?? '';
  const { brand } = request.query;
  const query = brand === undefined ? '' : `?brand=${brand}`;
  const player = await signedPlayer(request, 'GET', `creatives/${creativeId}${query}`);
  const { db } = request.runtime;
  const { playlist } = await programmeOf(db, player);
  const isInIt = playlist?.items.some((item) => item.creativeId === creativeId && item.brand === brand);
  const creative =
    isInIt && (await getSignage<Creative>(db, creativeOwner(player.owner, brand), 'creative', creativeId));
  if (!creative) throw new Problem('not-found', 'the playlist has no such creative');
  const { content, seconds } = creative;
  return {
    status: 200,
    body: { creativeId, ...(brand !== undefined && { brand }), version: versionOf(creative), seconds, content },
  };
}

async function programmeOf(db: Database, { owner, screenId }: Player) {
  const screen = await getEntry<Screen>(db, owner, 'screen', screenId);
  const playlistId = screen?.playlistId;
  const playlist = playlistId === undefined ? undefined : await getSignage<Playlist>(db, owner, 'playlist', playlistId);
  return { screen, playlist };
}

async function timeZoneOf(db: Database, owner: Tenant, screen: Screen | undefined): Promise<string> {
  const place = screen && (await getEntry<Place>(db, owner, 'place', screen.placeId));
  return place?.timeZone ?? (await getMeta(db, owner)).timeZone;
}

/** Items whose creative is gone are not shown. */
async function withCreatives(db: Database, owner: Tenant, items: readonly PlaylistItem[]) {
  const keyOf = ({ brand, creativeId }: PlaylistItem) =>
    signageKeys.entry(creativeOwner(owner, brand), 'creative', creativeId);
  if (items.length === 0) return [];
  const found = await batchGet(db, { catalogue: items.map(keyOf) });
  return items.flatMap((item) => {
    const stored = found.get('catalogue', keyOf(item)) as { body: string } | undefined;
    if (!stored) return [];
    const creative = JSON.parse(stored.body) as Creative;
    return [{ ...item, seconds: creative.seconds, creativeVersion: versionOf(creative) }];
  });
}

const creativeOwner = (owner: Tenant, brand: string | undefined): Tenant =>
  brand === undefined ? owner : { kind: 'brand', id: brand };

/** 96 bits of a digest: the same content, the same version. */
const versionOf = (value: unknown): string =>
  createHash('sha256').update(JSON.stringify(value)).digest('base64url').slice(0, 16);
