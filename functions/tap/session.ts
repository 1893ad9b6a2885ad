import { createHmac, timingSafeEqual } from 'node:crypto';
import * as z from 'zod/mini';

/** As long as a tap's page may be reloaded. */
const SESSION_MS = 24 * 3_600_000;
const COOKIE = 'beckon-tap';

/** A tap as the phone that made it keeps it: nobody else can show that page again, and nothing is stored for it. */
const TapSessionSchema = z.strictObject({
  tapId: z.string(),
  tagId: z.string(),
  kind: z.enum(['nfc.tap', 'qr.scan']),
  /** Epoch milliseconds. */
  at: z.number(),
  proof: z.enum(['signed', 'static']),
  /** What the tag wrote, of which this is the tap: the chip's UID and read counter, or the slot of a screen's code. */
  mark: z.string(),
});
export type TapSession = z.infer<typeof TapSessionSchema>;

/** `Set-Cookie`: signed, for this page alone, not readable by scripts. */
export function tapCookie(secret: string, session: TapSession, { secure }: { secure: boolean }): string {
  const payload = Buffer.from(JSON.stringify(session)).toString('base64url');
  const attributes = `Path=/; Max-Age=${SESSION_MS / 1000}; HttpOnly; SameSite=Lax${secure ? '; Secure' : ''}`;
  return `${COOKIE}=${payload}.${signature(secret, payload)}; ${attributes}`;
}

/** The last tap of this phone; undefined where there is none, or none of ours, or it is too old. */
export function readTap(
  secret: string,
  { cookies, now }: { cookies: Readonly<Record<string, string>>; now: number },
): TapSession | undefined {
  const [payload = '', given = ''] = (cookies[COOKIE] ?? '').split('.');
  const [left, right] = [Buffer.from(given), Buffer.from(signature(secret, payload))];
  if (left.length !== right.length || !timingSafeEqual(left, right)) return undefined;
  const session = TapSessionSchema.safeParse(JSON.parse(Buffer.from(payload, 'base64url').toString()));
  return session.success && session.data.at + SESSION_MS > now ? session.data : undefined;
}

const signature = (secret: string, payload: string): string =>
  createHmac('sha256', secret).update(`tap/${payload}`).digest('base64url').slice(0, 32);
