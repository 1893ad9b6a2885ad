import { createRemoteJWKSet, errors, jwtVerify } from 'jose';
import type { Tenant } from '#store/keys.ts';
import { ENV, type HttpRoute, ROLES, type Role } from '../routes.ts';
import { requireEnv } from './environment.ts';
import { Problem } from './problem.ts';

/** Who is calling, as the token says. */
export type Caller = { subject: string; tenant: Tenant; role: Role };

/** A token may be this much ahead of or behind our clock. */
const CLOCK_LEEWAY_SECONDS = 60;
let keys: ReturnType<typeof createRemoteJWKSet> | undefined;

/**
 * Verifies an access token as Cognito issues it (RS256 by the issuer's published keys, issuer, client, expiry, use)
 * and finds in its groups the role in which this route may be called. A group is `brand:{id}:{role}` or
 * `venue:{id}:{role}`: Cognito puts groups, unlike custom attributes, into access tokens.
 * @throws Problem 401 for a token that is none of ours, 403 for a role that may not do this
 */
export async function authenticate(
  authorization: string | undefined,
  route: Pick<HttpRoute, 'roles'>,
): Promise<Caller | undefined> {
  if (route.roles === 'public') return undefined;
  const token = /^Bearer ([\w-]+\.[\w-]+\.[\w-]+)$/.exec(authorization ?? '')?.[1];
  if (!token) throw new Problem('unauthorised', 'send the header Authorization: Bearer and an access token');
  const payload = await verify(token);
  const groups = Array.isArray(payload['cognito:groups']) ? payload['cognito:groups'] : [];
  const callers = groups.flatMap((group) => callerOf(String(payload.sub), String(group)));
  const allowed = callers.find(({ role }) => route.roles.includes(role));
  if (!allowed) throw new Problem('forbidden', `this needs one of the roles ${route.roles.join(', ')}`);
  return allowed;
}

async function verify(token: string) {
  keys ??= createRemoteJWKSet(new URL(requireEnv(ENV.jwksUrl)));
  try {
    const { payload } = await jwtVerify(token, keys, {
      issuer: requireEnv(ENV.issuer),
      algorithms: ['RS256'],
      clockTolerance: CLOCK_LEEWAY_SECONDS,
      requiredClaims: ['exp', 'sub'],
    });
    // An ID token is for reading about the user, not for calling an API.
    if (payload.token_use !== 'access' || payload.client_id !== requireEnv(ENV.clientId)) {
      throw new Problem('unauthorised', 'the token is not an access token for this client');
    }
    return payload;
  } catch (error) {
    if (error instanceof Problem) throw error;
    // jose blames the token with an error of its own; whatever else went wrong, we could not read the keys.
    const blamesToken =
      error instanceof errors.JOSEError && error.code !== 'ERR_JOSE_GENERIC' && !(error instanceof errors.JWKSTimeout);
    if (blamesToken) throw new Problem('unauthorised', 'the token is not valid, or no longer');
    throw new Problem('unavailable', 'the issuer’s keys cannot be read now');
  }
}

function callerOf(subject: string, group: string): Caller[] {
  const [kind, id, role, ...more] = group.split(':');
  if ((kind !== 'brand' && kind !== 'venue') || !id || !/^[A-Za-z0-9._-]{1,64}$/.test(id) || more.length > 0) return [];
  const known = ROLES.find((candidate) => candidate === role);
  return known ? [{ subject, tenant: { kind, id }, role: known }] : [];
}
