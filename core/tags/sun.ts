import { createCipheriv, createDecipheriv, timingSafeEqual } from 'node:crypto';
import { cmac, encryptBlock } from './cmac.ts';
import type { TagKeys } from './keys.ts';
import { createLrp, lrpDecrypt, lrpMac } from './lrp.ts';

/**
 * Secure Unique NFC messages of NTAG 424 DNA: the URL that the chip writes anew for each tap, with a counter that only
 * rises and a MAC. Source: NXP AN12196 Rev 1.8, sections 3 and 4 (tables 2 to 6); for LRP mode also AN12304.
 */

/** What a tap says: which chip, for the how-manieth time it was read, and the file it carries, if it was mirrored. */
export type SunMessage = { uid: Buffer; counter: number; fileData?: Buffer };
export type SunRefusal = 'malformed' | 'bad-signature';

type Read = { uid: Buffer; counter: Buffer };
type Parsed = { mac: Buffer; enc?: Buffer; encText: string; macName: string } & ({ plain: Read } | { picc: Buffer });
/** How a chip with these keys enciphers for one read. */
type Session = { mac: (input: Buffer) => Buffer; decrypt: (enc: Buffer) => Buffer };

const ZERO = Buffer.alloc(16);
const [AES_PICC_BYTES, LRP_PICC_BYTES, LRP_RANDOM_BYTES, MAC_BYTES] = [16, 24, 8, 8];
/** PICCDataTag: UID and counter are mirrored, and the UID has seven bytes. */
const PICC_TAG = 0xc7;

/**
 * Verifies a tap by its query: plain (`uid, ctr, c`), encrypted (`e` or `picc_data`, `c` or `cmac`), with file data
 * (`enc`), or all in one (`e` = PICC data, file data and MAC). Encrypted data of 24 bytes is of a chip in LRP mode.
 * Does the same work for whatever is wrong.
 * @param keys the keys of the chip that ought to be at this URL
 */
export function readSun(query: Readonly<Record<string, string>>, keys: TagKeys): SunMessage | SunRefusal {
  const parsed = parse(query);
  const said = parsed && saidBy(parsed, keys.metaKey);
  // Whoever probes learns nothing from the time it takes: what is no message is checked like one.
  const { uid, counter } = said ?? { uid: ZERO.subarray(0, 7), counter: ZERO.subarray(0, 3) };
  const isLrp = parsed !== undefined && 'picc' in parsed && parsed.picc.length === LRP_PICC_BYTES;
  const session = isLrp ? lrpSession(keys.fileKey, uid, counter) : aesSession(keys.fileKey, uid, counter);
  const mac = parsed?.mac ?? ZERO.subarray(0, MAC_BYTES);
  // Chips are set up in two ways: the MAC is of the file data and the name of what follows, or of the file data alone.
  const inputs = parsed?.enc ? [`${parsed.encText}&${parsed.macName}=`, parsed.encText] : ['', ''];
  const matches = inputs.map((input) => timingSafeEqual(truncated(session.mac(Buffer.from(input))), mac));
  if (!parsed) return 'malformed';
  if (!said || !matches.includes(true)) return 'bad-signature';
  return {
    uid,
    counter: counter.readUIntLE(0, 3),
    ...(parsed.enc && { fileData: session.decrypt(parsed.enc) }),
  };
}

/** Session keys of one read (AN12196, table 2). `counter`: three bytes, the least first. */
export function sessionKeys(fileKey: Uint8Array, uid: Uint8Array, counter: Uint8Array): { enc: Buffer; mac: Buffer } {
  const derived = (prefix: string): Buffer =>
    cmac(fileKey, Buffer.concat([Buffer.from(prefix, 'hex'), uid, counter, ZERO], 16));
  return { enc: derived('c33c00010080'), mac: derived('3cc300010080') };
}

function aesSession(fileKey: Uint8Array, uid: Uint8Array, counter: Uint8Array): Session {
  const keys = sessionKeys(fileKey, uid, counter);
  return {
    mac: (input) => cmac(keys.mac, input),
    decrypt: (enc) => decryptCbc(keys.enc, encryptBlock(keys.enc, Buffer.concat([counter, ZERO], ZERO.length)), enc),
  };
}

/** One key for both purposes, made by LRP; the read counter is the first of the file's counters. */
function lrpSession(fileKey: Uint8Array, uid: Uint8Array, counter: Uint8Array): Session {
  const vector = Buffer.concat([Buffer.from('00010080', 'hex'), uid, counter, Buffer.from('1ee1', 'hex')]);
  const key = lrpMac(createLrp(fileKey), vector);
  const macs = createLrp(key);
  return {
    mac: (input) => lrpMac(macs, input),
    decrypt: (enc) => lrpDecrypt(createLrp(key, 1), Buffer.concat([counter, ZERO], 6), enc),
  };
}

/** What a chip would write for a tap: for demonstrations, and for whoever tests a set-up. Padding is any five bytes. */
export function writeSun(
  keys: TagKeys,
  { uid, counter }: SunMessage,
  padding: Uint8Array = ZERO.subarray(0, 5),
): string {
  const read = Buffer.alloc(3);
  read.writeUIntLE(counter, 0, 3);
  const plain = Buffer.concat([Uint8Array.of(PICC_TAG), uid, read, padding], 16);
  const cipher = createCipheriv('aes-128-cbc', keys.metaKey, ZERO).setAutoPadding(false);
  const picc = Buffer.concat([cipher.update(plain), cipher.final()]);
  const mac = truncated(aesSession(keys.fileKey, uid, read).mac(Buffer.alloc(0)));
  return `e=${picc.toString('hex').toUpperCase()}&c=${mac.toString('hex').toUpperCase()}`;
}

function parse(query: Readonly<Record<string, string>>): Parsed | undefined {
  const macName = query.cmac === undefined ? 'c' : 'cmac';
  const e = query.e ?? query.picc_data ?? '';
  const isBulk = query[macName] === undefined && query.uid === undefined;
  // Behind the PICC data only whole blocks and the MAC follow: eight bytes too many are LRP's.
  const isLrp = isBulk ? (e.length / 2) % 16 === 0 : e.length === 2 * LRP_PICC_BYTES;
  const piccDigits = 2 * (isLrp ? LRP_PICC_BYTES : AES_PICC_BYTES);
  const encText = isBulk ? e.slice(piccDigits, -2 * MAC_BYTES) : (query.enc ?? '');
  const mac = hex(isBulk ? e.slice(piccDigits).slice(-2 * MAC_BYTES) : query[macName], MAC_BYTES);
  if (!mac) return undefined;
  if (query.uid !== undefined) {
    const [uid, counter] = [hex(query.uid, 7), hex(query.ctr, 3)];
    return uid && counter && { mac, encText: '', macName, plain: { uid, counter: counter.reverse() } };
  }
  const picc = hex(isBulk ? e.slice(0, piccDigits) : e, piccDigits / 2);
  const enc = hex(encText, encText.length / 2);
  if (!picc || !enc || enc.length % 16 !== 0) return undefined;
  return { mac, encText, macName, picc, ...(enc.length > 0 && { enc }) };
}

/** As the chip writes it: capital hexadecimal digits, which the MAC may be of. */
function hex(text: string | undefined, bytes: number): Buffer | undefined {
  if (text?.length !== 2 * bytes || !/^[0-9A-F]*$/.test(text)) return undefined;
  return Buffer.from(text, 'hex');
}

function saidBy(parsed: Parsed, metaKey: Uint8Array): Read | undefined {
  if ('plain' in parsed) return parsed.plain;
  const { picc } = parsed;
  const plain =
    picc.length === LRP_PICC_BYTES
      ? lrpDecrypt(createLrp(metaKey), picc.subarray(0, LRP_RANDOM_BYTES), picc.subarray(LRP_RANDOM_BYTES))
      : decryptCbc(metaKey, ZERO, picc);
  return plain[0] === PICC_TAG ? { uid: plain.subarray(1, 8), counter: plain.subarray(8, 11) } : undefined;
}

function decryptCbc(key: Uint8Array, iv: Uint8Array, encrypted: Uint8Array): Buffer {
  const decipher = createDecipheriv('aes-128-cbc', key, iv).setAutoPadding(false);
  return Buffer.concat([decipher.update(encrypted), decipher.final()]);
}

/** Every second byte, from the second on (AN12196, section 3.4.4.2.1). */
const truncated = (mac: Buffer): Buffer => Buffer.from(mac.filter((_, index) => index % 2 === 1));
