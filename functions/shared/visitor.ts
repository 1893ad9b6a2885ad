import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { spendHandover } from '#store/handovers.ts';
import { findTombstones } from '#store/tombstones.ts';
import type { Runtime } from './runtime.ts';

/** A phone is remembered for half a year without a visit to the page. */
const REMEMBERED_SECONDS = 180 * 86_400;
/** A token goes from an app to a browser, not into an email. */
export const HANDOVER_MS = 10 * 60_000;

/** Somebody as a brand knows them. */
export type Visitor = { brand: string; personId: string };

/** `Set-Cookie`: this phone is that visitor's. Signed, not readable by scripts, sent with links and own forms only. */
export function visitorCookie(
  secret: string,
  { brand, personId }: Visitor,
  { now, secure }: { now: number; secure: boolean },
): string {
  const payload = `${personId}.${Math.floor(now / 1000)}`;
  const value = `${payload}.${signature(secret, 'visitor', brand, payload)}`;
  return setCookie(cookieName(brand), value, { seconds: REMEMBERED_SECONDS, secure });
}

/** `Set-Cookie`: this phone is nobody's. */
export function forgetCookie(brand: string, { secure }: { secure: boolean }): string {
  return setCookie(cookieName(brand), '', { seconds: 0, secure });
}

/** Whose phone this is, to one brand; undefined for a stranger's, and for a cookie that is not ours or too old. */
export function readVisitor(
  secret: string,
  brand: string,
  { cookies, now }: { cookies: Record<string, string>; now: number },
): string | undefined {
  const cookie = /^([A-Za-z0-9._-]{1,64})\.(\d{1,12})\.([\w-]+)$/.exec(cookies[cookieName(brand)] ?? '');
  const [, personId = '', since = '', given = ''] = cookie ?? [];
  if (!isSame(given, signature(secret, 'visitor', brand, `${personId}.${since}`))) return undefined;
  return (Number(since) + REMEMBERED_SECONDS) * 1000 > now ? personId : undefined;
}

/** A signed word of the brand's own software that whoever brings it is that person: once, and within ten minutes. */
export function handoverToken(secret: string, { brand, personId }: Visitor, expiresAt: number): string {
  const tokenId = randomBytes(12).toString('base64url');
  const payload = Buffer.from(JSON.stringify([brand, personId, expiresAt, tokenId])).toString('base64url');
  return `${payload}.${signature(secret, 'handover', payload)}`;
}

/** Who brings a token, the first time that it is brought; undefined when it is not ours, too late, or used. */
export async function acceptHandover(
  { db, now, secret }: Pick<Runtime, 'db' | 'now' | 'secret'>,
  token: string,
): Promise<Visitor | undefined> {
  const [payload = '', given = ''] = token.split('.');
  const linkSecret = await secret('linkSecret');
  if (!isSame(given, signature(linkSecret, 'handover', payload))) return undefined;
  // It is ours, so it is what `handoverToken` wrote.
  const written = JSON.parse(Buffer.from(payload, 'base64url').toString()) as [string, string, number, string];
  const [brand, personId, expiresAt, tokenId] = written;
  if (expiresAt <= now() || !(await spendHandover(db, brand, { tokenId, expiresAt }))) return undefined;
  // Erased since: a venue's portal must not learn of somebody who is gone.
  if ((await findTombstones(db, brand, linkSecret, [{ personId }])).length > 0) return undefined;
  return { brand, personId };
}

/** `Set-Cookie` as every cookie of ours is: no scripts, no foreign forms, HTTPS where there is HTTPS. */
function setCookie(name: string, value: string, { seconds, secure }: { seconds: number; secure: boolean }): string {
  return `${name}=${value}; Path=/; Max-Age=${seconds}; HttpOnly; SameSite=Lax${secure ? '; Secure' : ''}`;
}

/** Whether the client came by HTTPS, as far as whoever stands before us says: behind API Gateway everybody did. */
export const isSecure = (headers: Record<string, string | undefined>): boolean =>
  headers['x-forwarded-proto']?.split(',')[0]?.trim() === 'https';

/** A brand's id is a token in the sense of RFC 6265 as it is. */
const cookieName = (brand: string): string => `beckon-${brand}`;

/** Each use of the secret has a label of its own: what is signed for one is nothing to another. */
function signature(secret: string, label: string, ...parts: string[]): string {
  return createHmac('sha256', secret)
    .update([label, ...parts].join('/'))
    .digest('base64url')
    .slice(0, 32);
}

function isSame(given: string, expected: string): boolean {
  const [left, right] = [Buffer.from(given), Buffer.from(expected)];
  return left.length === right.length && timingSafeEqual(left, right);
}
