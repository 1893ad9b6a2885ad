import { createCipheriv, createDecipheriv, timingSafeEqual } from 'node:crypto';
import { cmac, encryptBlock } from './cmac.ts';
import type { TagKeys } from './keys.ts';

/**
 * Secure Unique NFC messages of NTAG 424 DNA: the URL that the chip writes anew for each tap, with a counter that only
 * rises and a MAC. Source: NXP AN12196 Rev 1.8, sections 3 and 4 (tables 2 to 6); AES mode.
 */

/** What a tap says: which chip, for the how-manieth time it was read, and the file it carries, if it was mirrored. */
export type SunMessage = { uid: Buffer; counter: number; fileData?: Buffer };
export type SunRefusal = 'malformed' | 'bad-signature';

type Parsed = { mac: Buffer; enc?: Buffer; encText: string; macName: string } & (
  | { form: 'plain'; uid: Buffer; counter: Buffer }
  | { form: 'encrypted'; picc: Buffer }
);

const ZERO = Buffer.alloc(16);
/** PICCDataTag: UID and counter are mirrored, and the UID has seven bytes. */
const PICC_TAG = 0xc7;

/**
 * Verifies a tap by its query: plain (`uid, ctr, c`), encrypted (`e` or `picc_data`, `c` or `cmac`), with file data
 * (`enc`), or all in one (`e` = PICC data, file data and MAC). Does the same work for whatever is wrong.
 * @param keys the keys of the chip that ought to be at this URL
 */
export function readSun(query: Readonly<Record<string, string>>, keys: TagKeys): SunMessage | SunRefusal {
  const parsed = parse(query);
  const said = parsed && saidBy(parsed, keys.metaKey);
  // Whoever probes learns nothing from the time it takes: what is no message is checked like one.
  const { uid, counter } = said ?? { uid: ZERO.subarray(0, 7), counter: ZERO.subarray(0, 3) };
  const session = sessionKeys(keys.fileKey, uid, counter);
  const mac = parsed?.mac ?? ZERO.subarray(0, 8);
  // Chips are set up in two ways: the MAC is of the file data and the name of what follows, or of the file data alone.
  const inputs = parsed?.enc ? [`${parsed.encText}&${parsed.macName}=`, parsed.encText] : ['', ''];
  const matches = inputs.map((input) => timingSafeEqual(truncated(cmac(session.mac, Buffer.from(input))), mac));
  if (!parsed) return 'malformed';
  if (!said || !matches.includes(true)) return 'bad-signature';
  const fileData = parsed.enc && decryptFile(session.enc, counter, parsed.enc);
  return { uid, counter: counter.readUIntLE(0, 3), ...(fileData && { fileData }) };
}

/** Session keys of one read (AN12196, table 2). `counter`: three bytes, the least first. */
export function sessionKeys(fileKey: Uint8Array, uid: Uint8Array, counter: Uint8Array): { enc: Buffer; mac: Buffer } {
  const vector = (prefix: string): Buffer =>
    Buffer.concat(
      [Buffer.from(prefix, 'hex'), uid, counter, ZERO],
      16 * Math.ceil((6 + uid.length + counter.length) / 16),
    );
  return { enc: cmac(fileKey, vector('c33c00010080')), mac: cmac(fileKey, vector('3cc300010080')) };
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
  const mac = truncated(cmac(sessionKeys(keys.fileKey, uid, read).mac, Buffer.alloc(0)));
  return `e=${picc.toString('hex').toUpperCase()}&c=${mac.toString('hex').toUpperCase()}`;
}

function parse(query: Readonly<Record<string, string>>): Parsed | undefined {
  const macName = query.cmac === undefined ? 'c' : 'cmac';
  const macText = query[macName];
  if (query.uid !== undefined) {
    const [uid, msbFirst, mac] = [hex(query.uid, 7), hex(query.ctr, 3), hex(macText, 8)];
    return uid && msbFirst && mac
      ? { form: 'plain', uid, counter: Buffer.from(msbFirst).reverse(), mac, encText: '', macName }
      : undefined;
  }
  const e = query.e ?? query.picc_data;
  const isBulk = macText === undefined && e !== undefined && e.length >= 48;
  const encText = isBulk ? e.slice(32, -16) : (query.enc ?? '');
  const picc = hex(isBulk ? e.slice(0, 32) : e, 16);
  const mac = hex(isBulk ? e.slice(-16) : macText, 8);
  const enc = hex(encText, encText.length / 2);
  if (!picc || !mac || !enc || enc.length % 16 !== 0) return undefined;
  return { form: 'encrypted', picc, mac, encText, macName, ...(enc.length > 0 && { enc }) };
}

/** As the chip writes it: capital hexadecimal digits, which the MAC may be of. */
function hex(text: string | undefined, bytes: number): Buffer | undefined {
  if (text?.length !== 2 * bytes || !/^[0-9A-F]*$/.test(text)) return undefined;
  return Buffer.from(text, 'hex');
}

function saidBy(parsed: Parsed, metaKey: Uint8Array): { uid: Buffer; counter: Buffer } | undefined {
  if (parsed.form === 'plain') return parsed;
  const decipher = createDecipheriv('aes-128-cbc', metaKey, ZERO).setAutoPadding(false);
  const plain = Buffer.concat([decipher.update(parsed.picc), decipher.final()]);
  return plain[0] === PICC_TAG ? { uid: plain.subarray(1, 8), counter: plain.subarray(8, 11) } : undefined;
}

function decryptFile(key: Uint8Array, counter: Uint8Array, enc: Uint8Array): Buffer {
  const iv = encryptBlock(key, Buffer.concat([counter, ZERO], 16));
  const decipher = createDecipheriv('aes-128-cbc', key, iv).setAutoPadding(false);
  return Buffer.concat([decipher.update(enc), decipher.final()]);
}

/** Every second byte, from the second on (AN12196, section 3.4.4.2.1). */
const truncated = (mac: Buffer): Buffer => Buffer.from(mac.filter((_, index) => index % 2 === 1));
