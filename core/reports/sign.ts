import { createHash, createPrivateKey, createPublicKey, hkdfSync, type KeyObject, sign } from 'node:crypto';

/** What the key is for: another use of the same secret would get another key. */
const LABEL = 'beckon/screen-statement/ed25519/v1';
const SEED_BYTES = 32;
/** PKCS #8 around an Ed25519 seed (RFC 8410, section 7): the only form in which node:crypto takes one. */
const PKCS8_PREFIX = Buffer.from('302e020100300506032b657004220420', 'hex');

/** A deployment's key for statements, derived from its report secret (HKDF, RFC 5869): the same for as long as that is. */
function signingKey(reportSecret: string): KeyObject {
  const seed = Buffer.from(hkdfSync('sha256', reportSecret, '', LABEL, SEED_BYTES));
  return createPrivateKey({ key: Buffer.concat([PKCS8_PREFIX, seed]), format: 'der', type: 'pkcs8' });
}

/** Its public half, as everybody may have it: SPKI, PEM. */
export const publicKeyPem = (reportSecret: string): string =>
  createPublicKey(signingKey(reportSecret)).export({ type: 'spki', format: 'pem' }).toString();

/** By which a statement names its key: the first 16 hex digits of SHA-256 of the public key (SPKI, DER). */
export const keyIdOf = (reportSecret: string): string =>
  createHash('sha256')
    .update(createPublicKey(signingKey(reportSecret)).export({ type: 'spki', format: 'der' }))
    .digest('hex')
    .slice(0, 16);

/**
 * A text of whole lines, and as its last line, in quotes, the Ed25519 signature (RFC 8032) of all bytes before that
 * line, in hex: a text of JSON lines stays one, and so does CSV.
 */
export function signedText(reportSecret: string, text: string): string {
  if (!text.endsWith('\n')) throw new Error('a text that is signed ends with the end of a line');
  return `${text}"${sign(null, Buffer.from(text), signingKey(reportSecret)).toString('hex')}"\n`;
}
