import { createCipheriv } from 'node:crypto';

const BLOCK = 16;
const ZERO = Buffer.alloc(BLOCK);

/** AES-CMAC (RFC 4493, section 2.4) of a message under a 16-byte key: 16 bytes. Node's crypto has none. */
export const cmac = (key: Uint8Array, message: Uint8Array): Buffer =>
  cmacBy((block) => encryptBlock(key, block), message);

/** CMAC over any cipher of 16-byte blocks. */
export function cmacBy(encipher: (block: Buffer) => Buffer, message: Uint8Array): Buffer {
  const first = double(encipher(ZERO));
  const lastAt = Math.max(0, Math.ceil(message.length / BLOCK) - 1) * BLOCK;
  let state: Buffer = ZERO;
  for (let at = 0; at < lastAt; at += BLOCK) state = encipher(xor(state, message.subarray(at, at + BLOCK)));
  const tail = message.subarray(lastAt);
  const isWhole = tail.length === BLOCK;
  const last = Buffer.concat([tail, Uint8Array.of(0x80), ZERO], BLOCK);
  return encipher(xor(xor(state, last), isWhole ? first : double(first)));
}

export function encryptBlock(key: Uint8Array, block: Uint8Array): Buffer {
  const cipher = createCipheriv('aes-128-ecb', key, null).setAutoPadding(false);
  return Buffer.concat([cipher.update(block), cipher.final()]);
}

/** Multiplication by x in GF(2^128), as the RFC's subkeys need it. */
function double(block: Buffer): Buffer {
  const doubled = Buffer.from(block.map((byte, index) => ((byte << 1) | ((block[index + 1] ?? 0) >> 7)) & 0xff));
  if ((block[0] ?? 0) & 0x80) doubled[BLOCK - 1] = (doubled[BLOCK - 1] ?? 0) ^ 0x87;
  return doubled;
}

const xor = (left: Buffer, right: Uint8Array): Buffer =>
  Buffer.from(left.map((byte, index) => byte ^ (right[index] ?? 0)));
