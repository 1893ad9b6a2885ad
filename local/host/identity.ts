import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { exportJWK, generateKeyPair, importJWK, type JWK, SignJWT } from 'jose';
import type { Role } from '#functions/routes.ts';

export const BRAND = 'harbour-dairy';
export const VENUE = 'harbour-city';
export const CLIENT_ID = 'beckon-local';
const TOKEN_LIFETIME = '30d';
const KEY_ID = 'local-1';

export type Tokens = Record<Role, string>;
export type Identity = { jwks: { keys: JWK[] }; tokensFor: (issuer: string) => Promise<Tokens> };

/**
 * An issuer like Cognito's, on this machine: access tokens of the same shape, verified by the same code against the
 * keys that this host publishes. The key stays with the data, so that a token outlives a restart.
 */
export async function openIdentity(dataDir: string | undefined): Promise<Identity> {
  const privateJwk = await privateKey(dataDir && path.join(dataDir, 'token-key.json'));
  const key = await importJWK(privateJwk, 'RS256');
  const { kty, n, e } = privateJwk;
  const sign = (issuer: string, role: Role, group: string) =>
    new SignJWT({ token_use: 'access', client_id: CLIENT_ID, 'cognito:groups': [group] })
      .setProtectedHeader({ alg: 'RS256', kid: KEY_ID })
      .setIssuer(issuer)
      .setSubject(`local-${role}`)
      .setIssuedAt()
      .setExpirationTime(TOKEN_LIFETIME)
      .sign(key);
  return {
    jwks: { keys: [{ kty, n, e, kid: KEY_ID, alg: 'RS256', use: 'sig' } as JWK] },
    tokensFor: async (issuer) => ({
      marketer: await sign(issuer, 'marketer', `brand:${BRAND}:marketer`),
      operator: await sign(issuer, 'operator', `venue:${VENUE}:operator`),
      associate: await sign(issuer, 'associate', `brand:${BRAND}:associate`),
      till: await sign(issuer, 'till', `brand:${BRAND}:till`),
      app: await sign(issuer, 'app', `brand:${BRAND}:app`),
    }),
  };
}

async function privateKey(file: string | undefined): Promise<JWK> {
  if (file && existsSync(file)) return JSON.parse(readFileSync(file, 'utf8')) as JWK;
  const { privateKey: generated } = await generateKeyPair('RS256', { extractable: true });
  const jwk = await exportJWK(generated);
  if (file) writeFileSync(file, JSON.stringify(jwk), { mode: 0o600 });
  return jwk;
}
