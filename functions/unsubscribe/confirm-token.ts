import { createHash, createHmac, timingSafeEqual } from 'node:crypto';

/**
 * What a link in a confirmation mail asks for: marketing by email, `null` in general or by programme. `until` in epoch
 * milliseconds. The address is not in it: `addressMark` says which it was.
 */
export type Confirmation = {
  brand: string;
  personId: string;
  addressMark: string;
  programmes: readonly (string | null)[];
  until: number;
};

/** Which address a link was sent to, of no use without our secret. */
export const addressMark = (secret: string, address: string): string => digest(secret, `confirm-address/${address}`);

/** Only who reads the mail has it. */
export function confirmToken(secret: string, confirmation: Confirmation): string {
  const { brand, personId, addressMark, programmes, until } = confirmation;
  const payload = Buffer.from(JSON.stringify([brand, personId, addressMark, programmes, until])).toString('base64url');
  return `${payload}.${digest(secret, `confirm/${payload}`)}`;
}

/** What a token asks for, or undefined when it is not one of ours or too old. */
export function readConfirmToken(secret: string, token: string, now: number): Confirmation | undefined {
  const [payload = '', given = ''] = token.split('.');
  const [left, right] = [Buffer.from(given), Buffer.from(digest(secret, `confirm/${payload}`))];
  if (left.length !== right.length || !timingSafeEqual(left, right)) return undefined;
  // It is ours, so it is what `confirmToken` wrote.
  const written = JSON.parse(Buffer.from(payload, 'base64url').toString()) as [
    string,
    string,
    string,
    (string | null)[],
    number,
  ];
  const [brand, personId, mark, programmes, until] = written;
  return until > now ? { brand, personId, addressMark: mark, programmes, until } : undefined;
}

/** How the record names the link that was followed. */
export const tokenProof = (token: string): string =>
  `double-opt-in sha256:${createHash('sha256').update(token).digest('base64url')}`;

const digest = (secret: string, what: string): string =>
  createHmac('sha256', secret).update(what).digest('base64url').slice(0, 32);
