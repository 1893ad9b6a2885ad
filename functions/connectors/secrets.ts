import { createCipheriv, createDecipheriv, createHmac, hkdfSync, randomBytes } from 'node:crypto';
import type { Tenant } from '#store/keys.ts';

/** AES-GCM's own. */
const IV_BYTES = 12;
const TAG_BYTES = 16;

/** Which connector a secret is for: it opens for no other. */
type Whose = { owner: Tenant; connectorId: string };

const keyOf = (venueSecret: string): Buffer =>
  Buffer.from(hkdfSync('sha256', venueSecret, '', 'beckon/connector-secret', 32));
const labelOf = ({ owner, connectorId }: Whose): Buffer => Buffer.from(`${owner.kind}/${owner.id}/${connectorId}`);

/** A connector's secret as it is stored: IV, tag and ciphertext of AES-256-GCM, in base64url. */
export function seal(venueSecret: string, whose: Whose, secret: unknown): string {
  const iv = randomBytes(IV_BYTES);
  const cipher = createCipheriv('aes-256-gcm', keyOf(venueSecret), iv).setAAD(labelOf(whose));
  const ciphertext = Buffer.concat([cipher.update(JSON.stringify(secret), 'utf8'), cipher.final()]);
  return Buffer.concat([iv, cipher.getAuthTag(), ciphertext]).toString('base64url');
}

/** @throws when it was sealed for another connector, or under another venueSecret */
export function unseal(venueSecret: string, whose: Whose, sealed: string): unknown {
  const bytes = Buffer.from(sealed, 'base64url');
  const decipher = createDecipheriv('aes-256-gcm', keyOf(venueSecret), bytes.subarray(0, IV_BYTES))
    .setAAD(labelOf(whose))
    .setAuthTag(bytes.subarray(IV_BYTES, IV_BYTES + TAG_BYTES));
  const ciphertext = bytes.subarray(IV_BYTES + TAG_BYTES);
  return JSON.parse(Buffer.concat([decipher.update(ciphertext), decipher.final()]).toString('utf8'));
}

/** Eight characters by which an operator sees whether a secret is the one they think: no guess can be tried on them. */
export const fingerprint = (venueSecret: string, whose: Whose, secret: unknown): string =>
  digest(venueSecret, 'fingerprint', labelOf(whose).toString(), JSON.stringify(secret)).slice(0, 8);

/** What stands for a message in a key. Messages hold addresses of phones, so without our secret it says nothing. */
export const markOf = (venueSecret: string, message: string | Buffer): string =>
  digest(venueSecret, 'message', message);

function digest(venueSecret: string, label: string, ...parts: (string | Buffer)[]): string {
  const hmac = createHmac('sha256', venueSecret).update(`beckon/connector-${label}`);
  for (const part of parts) hmac.update('/').update(part);
  return hmac.digest('base64url');
}
