import { createHmac, randomBytes, randomInt, timingSafeEqual } from 'node:crypto';
import { ChannelError } from '#channels/channel.ts';
import type { CodeMail } from '#channels/email.ts';
import type { Identifier } from '#core/model/person.ts';
import { normaliseIdentifier } from '#core/people/identifiers.ts';
import { findOrAddGuest, type Guest, putLoginCode, spendCode, takeTry, takeTurn } from '#store/guests.ts';
import type { Tenant } from '#store/keys.ts';
import { log } from '../shared/log.ts';
import type { Runtime } from '../shared/runtime.ts';

export const CODE_MINUTES = 10;
const MAX_TRIES = 5;
const HOUR_MS = 3_600_000;
/** Codes in any hour: to one address, for one phone, and of one portal, so that it cannot be made to flood mailboxes. */
const TURNS = { address: 3, station: 10, portal: 600 };

export type Sender = (mail: CodeMail) => Promise<void>;
type Asking = { venue: Tenant; connectorId: string; network: string; locale: string; mac: string | undefined };

/** Sixteen random bytes, as we name what a code is the answer to. */
export const isChallenge = (text: string): boolean => /^[\w-]{22}$/.test(text);

/** An address as it is compared, or undefined where it is none. */
export const emailOf = (text: string): string | undefined => normaliseIdentifier({ kind: 'email', value: text })?.value;

/**
 * Sends a code to an address, and answers the challenge that it solves. The answer is the same whether the address is
 * known, unknown, or has had all its codes for this hour: nobody learns here who has been a guest.
 */
export async function requestCode(runtime: Runtime, send: Sender, asking: Asking, email: string): Promise<string> {
  const { venue, connectorId, network, locale, mac } = asking;
  const challengeId = randomBytes(16).toString('base64url');
  const now = runtime.now();
  const secret = await runtime.secret('venueSecret');
  const turn = (of: keyof typeof TURNS, who: string): Promise<boolean> =>
    takeTurn(runtime.db, venue, {
      digest: digest(secret, `turns-${of}`, who),
      limit: TURNS[of],
      windowMs: HOUR_MS,
      now,
    });
  // The phone's address is what its query says: it slows an honest browser down, and the two others hold against the rest.
  if (!(await turn('address', email))) return challengeId;
  if (mac !== undefined && !(await turn('station', mac))) return challengeId;
  if (!(await turn('portal', connectorId))) return challengeId;
  const code = String(randomInt(0, 1_000_000)).padStart(6, '0');
  const codeHash = digest(secret, 'code', challengeId, email, code);
  await putLoginCode(runtime.db, venue, { challengeId, codeHash, expiresAt: now + CODE_MINUTES * 60_000 });
  try {
    await send({ address: email, locale, code, network, minutes: CODE_MINUTES });
  } catch (error) {
    if (!(error instanceof ChannelError)) throw error;
    log('WARN', 'a login code was not sent', { function: 'portal', reason: error.reason });
  }
  return challengeId;
}

/** The guest whose code this is, or undefined: wrong, too late, tried too often, used. */
export async function logIn(
  runtime: Runtime,
  venue: Tenant,
  { email, challengeId, code }: { email: string; challengeId: string; code: string },
): Promise<Guest | undefined> {
  if (!isChallenge(challengeId)) return undefined;
  const secret = await runtime.secret('venueSecret');
  const { db } = runtime;
  const right = await takeTry(db, venue, challengeId, { maxTries: MAX_TRIES, now: runtime.now() });
  if (right === undefined) return undefined;
  const given = digest(secret, 'code', challengeId, email, code.replace(/\s/g, ''));
  if (!timingSafeEqual(Buffer.from(right), Buffer.from(given))) return undefined;
  if (!(await spendCode(db, venue, challengeId))) return undefined;
  return await guestWith(runtime, venue, { kind: 'email', value: email }, emailLogin(email));
}

/** The guest who comes from a brand's own app: the brand says who they are, and that alone tells it nothing of this venue. */
export function guestHandedOver(
  runtime: Runtime,
  venue: Tenant,
  { brand, personId }: { brand: string; personId: string },
): Promise<Guest> {
  return guestWith(runtime, venue, { kind: 'member', value: `${brand}/${personId}` }, handoverLogin(brand, personId));
}

async function guestWith(
  runtime: Runtime,
  venue: Tenant,
  identifier: Identifier,
  login: readonly string[],
): Promise<Guest> {
  const newGuestId = randomBytes(16).toString('base64url');
  const mark = loginDigest(await runtime.secret('venueSecret'), venue, login);
  return await findOrAddGuest(runtime.db, venue, { loginDigest: mark, identifier, newGuestId });
}

/** By what a guest logs in: their address, or a brand's word for who they are. */
export const emailLogin = (email: string): readonly string[] => ['email', email];
export const handoverLogin = (brand: string, personId: string): readonly string[] => ['handover', brand, personId];

/** What stands for a login in a key. */
export const loginDigest = (venueSecret: string, venue: Tenant, login: readonly string[]): string =>
  digest(venueSecret, 'login', venue.kind, venue.id, ...login);

/** What stands for something in a key: 43 characters, of no use without our secret. */
function digest(secret: string, ...parts: string[]): string {
  const hmac = createHmac('sha256', secret).update('portal');
  // The length prefix keeps ['ab', 'c'] and ['a', 'bc'] apart.
  for (const part of parts) hmac.update(`/${part.length}:${part}`);
  return hmac.digest('base64url');
}
