import { createHash, createPublicKey, randomInt } from 'node:crypto';
import { PairInputSchema, PlayerInputSchema, type PublicKey } from '#core/model/player.ts';
import { AddressTakenError } from '#store/directory.ts';
import { addPairing, pairPlayer, revokePlayer } from '#store/players.ts';
import { ownScreen } from '../screens/find-screen.ts';
import type { HttpRequest, HttpResponse } from '../shared/http.ts';
import { Problem } from '../shared/problem.ts';
import { parseJson, validate } from '../shared/validate.ts';

/** Long enough to walk from the screen to a desk. */
const PAIRING_MS = 15 * 60_000;
/** Nobody takes one of these for another, read from a wall: no I, L, O, U, 0, 1. */
const SYMBOLS = 'ABCDEFGHJKMNPQRSTVWXYZ23456789';
/** 6.5e11 codes: among a thousand screens that wait, a guess hits one in 650 million times, and only callers guess. */
const CODE_LENGTH = 8;
const MAX_TRIES = 5;

/**
 * `POST /v1/players`: a player makes its key known and learns the code to show. Its id is made of its key, so nobody
 * else can have it, and asking again brings another code. One row, for a quarter of an hour.
 */
export async function addPlayer({ runtime, bytes }: HttpRequest): Promise<HttpResponse> {
  const { publicKey } = validate(PlayerInputSchema, parseJson(bytes));
  if (!isPoint(publicKey)) {
    const errors = [{ pointer: '/publicKey', detail: 'is not a point of P-256' }];
    throw new Problem('invalid-input', 'the key is none', errors);
  }
  const now = runtime.now();
  const pairing = { playerId: playerIdOf(publicKey), publicKey, expiresAt: now + PAIRING_MS };
  for (let attempt = 0; attempt < MAX_TRIES; attempt += 1) {
    const pairingCode = newCode();
    if (!(await addPairing(runtime.db, pairingCode, pairing, now))) continue;
    const expiresAt = new Date(pairing.expiresAt).toISOString();
    return { status: 201, body: { playerId: pairing.playerId, pairingCode, expiresAt } };
  }
  throw new Problem('unavailable', 'no code is free now');
}

/** `POST /v1/screens/{screenId}/pair`: who can read a screen's code and may speak for the screen joins the two. */
export async function pairScreen(request: HttpRequest): Promise<HttpResponse> {
  const { db, now } = request.runtime;
  const { code: typed } = validate(PairInputSchema, request.body);
  const { owner, screen } = await ownScreen(request);
  const code = typed.toUpperCase().replace(/[\s-]/g, '');
  const { screenId } = screen;
  const player = isCode(code) ? await pair() : undefined;
  async function pair() {
    try {
      return await pairPlayer(db, { owner, screenId, code, now: now() });
    } catch (error) {
      if (!(error instanceof AddressTakenError)) throw error;
      throw new Problem('unprocessable', 'the player belongs to somebody else, who must part with it first', [
        { pointer: '/code', detail: 'is of a player that belongs to somebody else' },
      ]);
    }
  }
  if (!player) throw new Problem('not-found', 'no player shows this code, or not any more');
  return { status: 200, body: { playerId: player.playerId, screenId } };
}

/** `DELETE /v1/screens/{screenId}/players/{playerId}`: from the next request on it is nobody's, and shows a code. */
export async function removePlayer(request: HttpRequest): Promise<HttpResponse> {
  const { owner, screen } = await ownScreen(request);
  const playerId = request.path.playerId ?? '';
  if (!(await revokePlayer(request.runtime.db, { owner, screenId: screen.screenId, playerId }))) {
    throw new Problem('not-found', 'the screen has no such player');
  }
  return { status: 204 };
}

/** The first 96 bits of the key's thumbprint (RFC 7638): short, because it is in the screen's QR code. */
function playerIdOf({ crv, kty, x, y }: PublicKey): string {
  return createHash('sha256').update(JSON.stringify({ crv, kty, x, y })).digest('base64url').slice(0, 16);
}

function isPoint(publicKey: PublicKey): boolean {
  try {
    createPublicKey({ key: publicKey, format: 'jwk' });
    return true;
  } catch {
    return false;
  }
}

const newCode = (): string => Array.from({ length: CODE_LENGTH }, () => SYMBOLS[randomInt(SYMBOLS.length)]).join('');
const isCode = (text: string): boolean =>
  text.length === CODE_LENGTH && [...text].every((one) => SYMBOLS.includes(one));
