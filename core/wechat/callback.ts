import { createDecipheriv, createHash } from 'node:crypto';
import { isSame } from '../signals/heard.ts';

/** WeChat pads to 32 bytes, not to AES's 16. */
const PAD_BLOCK = 32;
/** In front of the message: 16 random bytes and its length. */
const HEAD_BYTES = 20;

/**
 * Whether `signature` is WeChat's: the SHA-1 of the token and these parts, sorted and put together. It has no key but the
 * token, and in plain mode the message is not among the parts.
 * https://developers.weixin.qq.com/doc/service/en/guide/dev/push/encryption.html
 */
export function isWechatSignature(signature: string, token: string, ...parts: string[]): boolean {
  // By bytes, as C and Python sort: every part is ASCII.
  const sorted = [token, ...parts].sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
  return isSame(signature, createHash('sha1').update(sorted.join('')).digest('hex'));
}

/**
 * The message within `Encrypt`, for this app; undefined for what was not encrypted for it. AES-256-CBC, the IV is the
 * key's first 16 bytes; within: 16 random bytes, the length (big endian), the message, the app's id.
 * @param encodingAesKey 43 characters of base64
 */
export function decryptWechat(
  encrypted: string,
  { encodingAesKey, appId }: { encodingAesKey: string; appId: string },
): Buffer | undefined {
  const key = Buffer.from(`${encodingAesKey}=`, 'base64');
  const ciphertext = Buffer.from(encrypted, 'base64');
  if (key.length !== 32 || ciphertext.length === 0 || ciphertext.length % 16 !== 0) return undefined;
  const decipher = createDecipheriv('aes-256-cbc', key, key.subarray(0, 16)).setAutoPadding(false);
  const padded = Buffer.concat([decipher.update(ciphertext), decipher.final()]);
  const padding = padded.at(-1) ?? 0;
  if (padding < 1 || padding > PAD_BLOCK || padding > padded.length) return undefined;
  if (!padded.subarray(-padding).every((byte) => byte === padding)) return undefined;
  const plain = padded.subarray(0, -padding);
  if (plain.length < HEAD_BYTES) return undefined;
  const end = HEAD_BYTES + plain.readUInt32BE(16);
  if (end > plain.length || plain.subarray(end).toString('utf8') !== appId) return undefined;
  return plain.subarray(HEAD_BYTES, end);
}
