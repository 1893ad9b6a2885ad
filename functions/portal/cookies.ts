import { createHmac, timingSafeEqual } from 'node:crypto';
import type { Tenant } from '#store/keys.ts';
import type { HttpRequest } from '../shared/http.ts';
import type { Runtime } from '../shared/runtime.ts';
import { isSecure } from '../shared/visitor.ts';

const DAY_MS = 86_400_000;
/** A guest who has not come for so long says again who they are. */
export const GUEST_MS = 30 * DAY_MS;

/** What a cookie of ours says, and until when (epoch ms). */
type Said = { what: string; until: number };

/**
 * Two cookies, one for who somebody is at this venue, one for until when they are online. Both prove only what this
 * browser was told: they are signed, and each signature says what for and for whom, so that none serves as another.
 */
export const guestCookieName = (venue: Tenant): string => `portal-guest-${venue.kind}-${venue.id}`;
export const onlineCookieName = (connectorId: string): string => `portal-online-${connectorId}`;

/** A `Set-Cookie` line: for our portals only, and for no script; by HTTPS where there is HTTPS. */
export async function portalCookie(
  { runtime, request, now }: { runtime: Runtime; request: HttpRequest; now: number },
  name: string,
  said: Said,
): Promise<string> {
  const value = `${said.what}.${said.until}.${signature(await runtime.secret('linkSecret'), name, said)}`;
  const seconds = Math.max(0, Math.floor((said.until - now) / 1000));
  const secure = isSecure(request.headers) ? '; Secure' : '';
  return `${name}=${value}; Path=/w/; Max-Age=${seconds}; HttpOnly; SameSite=Lax${secure}`;
}

/** What a cookie says, if we have said it and it still holds. */
export function readCookie(secret: string, name: string, value: string | undefined, now: number): Said | undefined {
  const [, what, untilText, given] = /^([\w-]{1,64})\.(\d{1,15})\.([\w-]{43})$/.exec(value ?? '') ?? [];
  if (what === undefined || given === undefined) return undefined;
  const said = { what, until: Number(untilText) };
  const expected = Buffer.from(signature(secret, name, said));
  return timingSafeEqual(expected, Buffer.from(given)) && said.until > now ? said : undefined;
}

const signature = (secret: string, name: string, { what, until }: Said): string =>
  createHmac('sha256', secret).update(`portal-cookie/${name}/${what}/${until}`).digest('base64url');
