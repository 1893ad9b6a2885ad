import * as z from 'zod/mini';
import { IdSchema } from '#core/model/common.ts';
import { HealthInputSchema } from '#core/model/player.ts';
import { getReaction, listPlayers, type PlayerState, putHealth } from '#store/players.ts';
import { ownScreen } from '../screens/find-screen.ts';
import type { HttpRequest, HttpResponse } from '../shared/http.ts';
import { signedPlayer } from '../shared/player-auth.ts';
import { Problem } from '../shared/problem.ts';
import { takePlays } from '../shared/take-plays.ts';
import { parseJson, validate } from '../shared/validate.ts';

/** What somebody did a while ago is nothing to react to. */
const REACTION_MS = 10_000;

/** `GET /v1/clock`: when it was asked and when it answered, epoch milliseconds, for NTP's four instants. */
export function getClock({ runtime }: HttpRequest): HttpResponse {
  return { status: 200, body: { t1: runtime.now(), t2: runtime.now() } };
}

const ScreenPlaysSchema = z.looseObject({ screenId: IdSchema });

/**
 * `POST /v1/players/{playerId}/plays`: proof of play, `{screenId, logId, plays}`, as `POST /v1/screens/{screenId}/plays`
 * takes it. 422 for plays of a screen that the player has been parted from: they are not the new one's.
 */
export async function postPlayerPlays(request: HttpRequest): Promise<HttpResponse> {
  const player = await signedPlayer(request, 'POST', 'plays');
  const { screenId, ...batch } = validate(ScreenPlaysSchema, parseJson(request.bytes));
  if (screenId !== player.screenId) {
    throw new Problem('unprocessable', 'these are plays of another screen', [
      { pointer: '/screenId', detail: 'is not the screen that the player is paired with' },
    ]);
  }
  const { rejected, ...taken } = await takePlays(request.runtime, player.owner, screenId, batch);
  return { status: 202, body: { ...taken, rejected: rejected.map(({ index, reason }) => ({ index, reason })) } };
}

/** `POST /v1/players/{playerId}/health`. */
export async function postPlayerHealth(request: HttpRequest): Promise<HttpResponse> {
  const player = await signedPlayer(request, 'POST', 'health');
  const health = validate(HealthInputSchema, parseJson(request.bytes));
  const { db, now } = request.runtime;
  await putHealth(db, player, { health, now: now() });
  return { status: 204 };
}

/**
 * `GET /v1/screens/{screenId}/health`: its `players`, each as it said last, whoever was seen last first; `lastSeenAt` is
 * null before that. The screen itself is as the first of them: a second one has yet to replace it, or has been left.
 */
export async function getScreenHealth(request: HttpRequest): Promise<HttpResponse> {
  const { owner, screen } = await ownScreen(request);
  const { screenId } = screen;
  const players = (await listPlayers(request.runtime.db, owner, screenId))
    .sort((left, right) => (right.lastSeenAt ?? 0) - (left.lastSeenAt ?? 0))
    .map(playerView);
  return { status: 200, body: { screenId, lastSeenAt: null, ...players[0], players } };
}

const playerView = ({ playerId, pairedAt, lastSeenAt, health }: PlayerState) => ({
  playerId,
  ...(pairedAt !== undefined && { pairedAt: new Date(pairedAt).toISOString() }),
  lastSeenAt: lastSeenAt === undefined ? null : new Date(lastSeenAt).toISOString(),
  ...health,
});

/**
 * `GET /v1/players/{playerId}/reaction?after=`: how many times the screen has been asked to react, and the reaction when
 * it is a later one than the `after`-th and of the last seconds. Asked more than once a second: one consistent read.
 */
export async function getPlayerReaction(request: HttpRequest): Promise<HttpResponse> {
  const { after } = request.query;
  const { owner, screenId } = await signedPlayer(
    request,
    'GET',
    `reaction${after === undefined ? '' : `?after=${after}`}`,
  );
  if (after !== undefined && !/^\d{1,15}$/.test(after)) {
    throw new Problem('invalid-input', 'the query is not valid', [
      { pointer: '/after', detail: 'must be a whole number' },
    ]);
  }
  const { db, now } = request.runtime;
  const { n, reaction } = await getReaction(db, owner, screenId);
  const isNew = reaction && n > Number(after ?? 0) && now() - reaction.at < REACTION_MS;
  return { status: 200, body: { n, ...(isNew && { reaction: { words: reaction.words } }) } };
}
