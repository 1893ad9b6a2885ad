import { createHash, createHmac } from 'node:crypto';
import { cmac } from './cmac.ts';

/** Keys of 16 bytes: one reads which tag it is, for all tags; the other is each tag's own. */
export type TagKeys = { metaKey: Buffer; fileKey: Buffer };

const hmac = (key: Uint8Array, ...parts: (string | Uint8Array)[]): Buffer => {
  const mac = createHmac('sha256', key);
  for (const part of parts) mac.update(part);
  return mac.digest();
};
const half = (bytes: Buffer): Buffer => bytes.subarray(0, 16);

/** The master key of a deployment: the secret itself where it is 32 hexadecimal digits, else made of it. */
export const masterKey = (secret: string): Buffer =>
  /^[0-9a-fA-F]{32}$/.test(secret)
    ? Buffer.from(secret, 'hex')
    : half(createHash('sha256').update(`beckon tag master key/${secret}`).digest());

/**
 * A tag's keys from the master key and its UID (7 bytes), so that a key read out of one chip opens no other. The scheme
 * is that of sdm-backend (2023-01-24 and later): whoever writes chips with its tools can take these keys. The key that
 * decrypts the UID cannot depend on the UID: it is one for all, and number 1 on the chip.
 * @param slot number of the chip's own key: 2, as there
 */
export function tagKeys(master: Uint8Array, uid: Uint8Array, slot = 2): TagKeys {
  return { metaKey: half(hmac(master, 'PICCDataKey')), fileKey: diversified(master, uid, slot) };
}

function diversified(master: Uint8Array, uid: Uint8Array, slot: number): Buffer {
  const base = half(hmac(hmac(master, 'DivBaseKey'), uid));
  return cmac(half(hmac(master, 'SlotMasterKey', Uint8Array.of(slot))), Buffer.concat([Uint8Array.of(1), base]));
}
