import { createCipheriv } from 'node:crypto';

const BLOCK = 16;
const ZERO = Buffer.alloc(BLOCK);

/** AES-CMAC (RFC 4493, section 2.4) of a message under a 16-byte key: 16 bytes. Node's crypto has none. */
export function cmac(key: Uint8Array, message: Uint8Array): Buffer {
  const first = double(encryptBlock(key, ZERO));
  const blocks = Math.max(1, Math.ceil(message.length / BLOCK));
  const last = Buffer.alloc(BLOCK);
  const tail = Buffer.from(message).subarray((blocks - 1) * BLOCK);
  tail.copy(last);
  const isWhole = tail.length === BLOCK;
  if (!isWhole) last[tail.length] = 0x80;
  const padded = Buffer.concat([
    Buffer.from(message).subarray(0, (blocks - 1) * BLOCK),
    xor(last, isWhole ? first : double(first)),
  ]);
  // The last block of CBC from zero is the MAC.
  const cipher = createCipheriv('aes-128-cbc', key, ZERO).setAutoPadding(false);
  return Buffer.concat([cipher.update(padded), cipher.final()]).subarray(-BLOCK);
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

const xor = (left: Buffer, right: Buffer): Buffer => Buffer.from(left.map((byte, index) => byte ^ (right[index] ?? 0)));
