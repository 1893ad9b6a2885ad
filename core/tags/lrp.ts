import { createDecipheriv } from 'node:crypto';
import { cmacBy, encryptBlock } from './cmac.ts';

/**
 * The leakage-resilient primitive that NTAG 424 DNA can be switched to: no key is used on much data, so that little can
 * be learnt of it by listening to the chip's power. Source: NXP AN12304 (with its block size of 4 bits).
 */

const BLOCK = 16;
const NIBBLES = 16;
const filled = (byte: number): Buffer => Buffer.alloc(BLOCK, byte);
const [ZERO, ONE_WAY, OTHER_WAY] = [filled(0), filled(0xaa), filled(0x55)];

type Lrp = { plaintexts: Buffer[]; updatedKey: Buffer };

/** @param updated which of the keys derived from this one: 0 for MACs and metadata, 1 for file data */
export function createLrp(key: Uint8Array, updated = 0): Lrp {
  const updatedKeys = chain(encryptBlock(key, ONE_WAY), updated + 1);
  return {
    plaintexts: chain(encryptBlock(key, OTHER_WAY), NIBBLES),
    updatedKey: updatedKeys[updated] ?? Buffer.alloc(0),
  };
}

function chain(start: Buffer, length: number): Buffer[] {
  const made: Buffer[] = [];
  for (let state = start; made.length < length; state = encryptBlock(state, OTHER_WAY)) {
    made.push(encryptBlock(state, ONE_WAY));
  }
  return made;
}

/** Algorithm 3: the key becomes another with each nibble of the input. */
function evaluate({ plaintexts, updatedKey }: Lrp, input: Uint8Array): Buffer {
  const nibbles = [...input].flatMap((byte) => [byte >> 4, byte & 0xf]);
  const state = nibbles.reduce((key, nibble) => encryptBlock(key, plaintexts[nibble] ?? ZERO), updatedKey);
  return encryptBlock(state, ZERO);
}

export const lrpMac = (lrp: Lrp, message: Uint8Array): Buffer => cmacBy((block) => evaluate(lrp, block), message);

/** Algorithm 6, for whole blocks: each has a key of its own, from a counter that begins at `counter`. */
export function lrpDecrypt(lrp: Lrp, counter: Uint8Array, encrypted: Buffer): Buffer {
  const first = BigInt(`0x${Buffer.from(counter).toString('hex')}`);
  const modulus = 1n << BigInt(8 * counter.length);
  const blocks = Array.from({ length: encrypted.length / BLOCK }, (_, index) => {
    const count = ((first + BigInt(index)) % modulus).toString(16).padStart(2 * counter.length, '0');
    const decipher = createDecipheriv('aes-128-ecb', evaluate(lrp, Buffer.from(count, 'hex')), null);
    const block = encrypted.subarray(index * BLOCK, (index + 1) * BLOCK);
    return decipher.setAutoPadding(false).update(block);
  });
  return Buffer.concat(blocks);
}
