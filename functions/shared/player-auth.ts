import { createHash, createPublicKey, verify } from 'node:crypto';
import type { PublicKey } from '#core/model/player.ts';
import { getPlayer, type Player } from '#store/players.ts';
import type { HttpRequest } from './http.ts';
import { Problem } from './problem.ts';

/** A player learns the time from us: what it signs is of about now. */
const MAX_SKEW_MS = 5 * 60_000;

/**
 * The player that has signed this request, as it is paired. Each signs in the header `x-beckon-signature`
 * `t=<epoch ms>,s=<base64url>`, ECDSA P-256 with SHA-256 (r and s, 32 bytes each) over four lines: t, the method, the
 * path with its query, the SHA-256 of the body in base64url.
 *
 * `rest` is the path after `/v1/players/{playerId}`, with the query that the step reads: what is not signed is not read.
 * @throws Problem 401 for a signature that is not this player's or not of now, 404 for a player that is not paired
 */
export async function signedPlayer(request: HttpRequest, method: 'GET' | 'POST', rest: string): Promise<Player> {
  const { runtime, headers, bytes } = request;
  const playerId = request.path.playerId ?? '';
  const [, time = '', signature = ''] = /^t=(\d{1,15}),s=([\w-]{86})$/.exec(headers['x-beckon-signature'] ?? '') ?? [];
  if (signature === '') throw new Problem('unauthorised', 'send the header X-Beckon-Signature: t=…,s=…');
  if (Math.abs(Number(time) - runtime.now()) > MAX_SKEW_MS) {
    throw new Problem('unauthorised', 'the signature is not of now: GET /v1/clock tells the time');
  }
  const player = await getPlayer(runtime.db, playerId);
  if (!player) throw new Problem('not-found', 'the player is not paired with a screen');
  const digest = createHash('sha256').update(bytes).digest('base64url');
  const signed = `${time}\n${method}\n/v1/players/${playerId}/${rest}\n${digest}`;
  if (!isSignedBy(player.publicKey, signed, signature)) {
    throw new Problem('unauthorised', 'the signature is not this player’s, or not of this request');
  }
  return player;
}

function isSignedBy(publicKey: PublicKey, text: string, signature: string): boolean {
  const key = createPublicKey({ key: publicKey, format: 'jwk' });
  const raw = Buffer.from(signature, 'base64url');
  return verify('sha256', Buffer.from(text), { key, dsaEncoding: 'ieee-p1363' }, raw);
}
