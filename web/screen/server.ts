import type { Storage } from './storage.ts';

/** The player's name and its half of the key, which never leaves this browser. */
export type Identity = { playerId: string | undefined; publicKey: JsonWebKey; privateKey: CryptoKey };
/** Asks the server in the player's name; `rest` is the path after `/v1/players/{playerId}/`. */
export type Ask = (
  method: 'GET' | 'POST',
  rest: string,
  more?: { body?: unknown; headers?: Record<string, string> },
) => Promise<Response>;

const KEPT = 'identity';
const TIMEOUT_MS = 10_000;
const ECDSA = { name: 'ECDSA', namedCurve: 'P-256' };

/** The identity that this browser has, or a new one. */
export async function openIdentity(storage: Storage): Promise<Identity> {
  const kept = await storage.get<Identity>(KEPT);
  if (kept) return kept;
  const pair = await crypto.subtle.generateKey(ECDSA, false, ['sign', 'verify']);
  const { kty, crv, x, y } = await crypto.subtle.exportKey('jwk', pair.publicKey);
  const publicKey = { kty, crv, x, y } as JsonWebKey;
  const identity = { playerId: undefined, publicKey, privateKey: pair.privateKey };
  await storage.put(KEPT, identity);
  return identity;
}

export type Code = { pairingCode: string; expiresAt: string };

/** Makes the key known to the server and learns the name that goes with it, and the code to show. */
export async function register(storage: Storage, identity: Identity): Promise<Code> {
  const response = await fetch('/v1/players', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ publicKey: identity.publicKey }),
    signal: AbortSignal.timeout(TIMEOUT_MS),
  });
  if (response.status !== 201) throw new Error(`no code: ${response.status}`);
  const { playerId, ...code } = (await response.json()) as Code & { playerId: string };
  identity.playerId = playerId;
  await storage.put(KEPT, identity);
  return code;
}

/** Every request is signed with its time, method, path and body, by the server's clock. */
export function asker(identity: Identity, serverNow: () => number): Ask {
  return async (method, rest, { body, headers } = {}) => {
    const path = `/v1/players/${identity.playerId}/${rest}`;
    const text = body === undefined ? '' : JSON.stringify(body);
    const t = Math.round(serverNow());
    const digest = base64url(await crypto.subtle.digest('SHA-256', bytes(text)));
    const signed = bytes(`${t}\n${method}\n${path}\n${digest}`);
    const signature = await crypto.subtle.sign({ name: 'ECDSA', hash: 'SHA-256' }, identity.privateKey, signed);
    return await fetch(path, {
      method,
      headers: { ...headers, 'x-beckon-signature': `t=${t},s=${base64url(signature)}` },
      ...(body !== undefined && { body: text }),
      cache: 'no-store',
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
  };
}

export const bytes = (text: string) => new TextEncoder().encode(text);

export function base64url(buffer: ArrayBuffer): string {
  const text = btoa(String.fromCharCode(...new Uint8Array(buffer)));
  return text.replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
}
