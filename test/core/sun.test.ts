import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cmac } from '#core/tags/cmac.ts';
import { masterKey, type TagKeys, tagKeys } from '#core/tags/keys.ts';
import { readSun, sessionKeys, writeSun } from '#core/tags/sun.ts';

type Encrypted = {
  id: string;
  url?: string;
  metaKey: string;
  fileKey: string;
  e: string;
  enc?: string;
  c: string;
  macInput: string;
  expect: { uid: string; counter: number; fileData?: string };
};
const vectors = JSON.parse(readFileSync('test/cases/ntag424-sun.json', 'utf8'));
const bytes = (hex: string): Buffer => Buffer.from(hex, 'hex');
const upper = (buffer: Buffer | undefined): string | undefined => buffer?.toString('hex').toUpperCase();
const keysOf = ({ metaKey = '00'.repeat(16), fileKey }: { metaKey?: string; fileKey: string }): TagKeys => ({
  metaKey: bytes(metaKey),
  fileKey: bytes(fileKey),
});
const queryOf = ({ url, e, enc, c }: Encrypted): Record<string, string> =>
  url ? Object.fromEntries(new URL(url).searchParams) : { picc_data: e, ...(enc && { enc }), cmac: c };

/** A query with each of the lowest bits of each of its characters changed. */
const forged = (query: Record<string, string>, bits: number): Record<string, string>[] =>
  Object.entries(query).flatMap(([name, value]) =>
    Array.from({ length: value.length * bits }, (_, index) => {
      const at = Math.floor(index / bits);
      const changed = String.fromCharCode(value.charCodeAt(at) ^ (1 << (index % bits)));
      return { ...query, [name]: value.slice(0, at) + changed + value.slice(at + 1) };
    }),
  );

describe('AES-CMAC', () => {
  it.each(vectors.aesCmacRfc4493.cases as [string, string][])('RFC 4493, section 4: "%s"', (message, mac) => {
    expect(cmac(bytes(vectors.aesCmacRfc4493.key), bytes(message)).toString('hex')).toBe(mac);
  });
});

describe('keys', () => {
  const cases = (
    vectors.keyDiversification.vectors as {
      master: string;
      k1: string;
      tagKeys: { uid: string; n: number; key: string }[];
    }[]
  ).flatMap(({ master, k1, tagKeys: keys }) => keys.map((key) => ({ master, k1, ...key })));
  it.each(cases)('of tag $uid under $master', ({ master, k1, uid, n, key }) => {
    const made = tagKeys(bytes(master), bytes(uid), n);
    expect(made.metaKey.toString('hex')).toBe(k1);
    expect(made.fileKey.toString('hex')).toBe(key);
  });

  it('come from a master key as it is, or made of a longer secret', () => {
    expect(masterKey('C9EB67DF090AFF47C3B19A2516680B9D').toString('hex')).toBe('c9eb67df090aff47c3b19a2516680b9d');
    expect(masterKey('any longer secret that somebody has thought of')).toHaveLength(16);
  });

  it.each(
    vectors.sessionKeys as {
      kSdmFileRead: string;
      uid: string;
      sdmReadCtrLE: string;
      kSesEnc: string;
      kSesMac: string;
    }[],
  )('of a session: $id', ({ kSdmFileRead, uid, sdmReadCtrLE, kSesEnc, kSesMac }) => {
    const made = sessionKeys(bytes(kSdmFileRead), bytes(uid), bytes(sdmReadCtrLE));
    expect([upper(made.enc), upper(made.mac)]).toEqual([kSesEnc, kSesMac]);
  });
});

describe('a tap of an NTAG 424 DNA', () => {
  it.each([...vectors.encrypted, ...vectors.lrp] as Encrypted[])('is read: $id', (vector) => {
    const message = readSun(queryOf(vector), keysOf(vector));
    if (typeof message === 'string') throw new Error(message);
    expect(upper(message.uid)).toBe(vector.expect.uid);
    expect(message.counter).toBe(vector.expect.counter);
    expect(upper(message.fileData)).toBe(vector.expect.fileData);
  });

  it.each(
    ([...vectors.encrypted, ...vectors.lrp] as Encrypted[]).filter(
      ({ enc, macInput }) => enc === undefined || macInput === enc,
    ),
  )('is read with everything in one parameter: $id', (vector) => {
    const message = readSun({ e: vector.e + (vector.enc ?? '') + vector.c }, keysOf(vector));
    expect(message).toMatchObject({ counter: vector.expect.counter });
  });

  it('is read with UID and counter in plain', () => {
    const [real, illustration] = vectors.plain;
    expect(readSun({ uid: real.uid, ctr: real.ctrMSB, c: real.c }, keysOf(real))).toMatchObject({ counter: 6 });
    // NXP's own picture of such a URL verifies with no published key.
    const picture = { uid: illustration.uid, ctr: illustration.ctrMSB, c: illustration.c };
    expect(readSun(picture, keysOf(illustration))).toBe('bad-signature');
  });

  it.each(vectors.negative as (Encrypted & { why: string })[])('is refused: $why', (vector) => {
    expect(readSun(queryOf(vector), keysOf(vector))).toBe('bad-signature');
  });

  it('is refused with any bit of any character changed', () => {
    const plain = { uid: '041E3C8A2D6B80', ctr: '000006', c: '4B00064004B0B3D3' };
    const encrypted = (vectors.encrypted as Encrypted[]).map((vector) => ({
      query: queryOf(vector),
      keys: keysOf(vector),
      bits: 8,
    }));
    // A tap in LRP mode takes hundreds of AES keys to check: two bits will do.
    const lrp = (vectors.lrp as Encrypted[]).map((vector) => ({
      query: queryOf(vector),
      keys: keysOf(vector),
      bits: 2,
    }));
    const messages = [...encrypted, ...lrp, { query: plain, keys: keysOf(vectors.plain[0]), bits: 8 }];
    const forgeries = messages.flatMap(({ query, keys, bits }) =>
      forged(query, bits).map((said) => readSun(said, keys)),
    );
    expect(forgeries).toHaveLength(8 * (48 + 80 + 80 + 80 + 36) + 2 * (64 + 96));
    expect(forgeries.filter((read) => typeof read !== 'string')).toEqual([]);
  });

  it('is refused whatever else is sent, without an error', () => {
    const field = fc.oneof(fc.string({ maxLength: 80 }), fc.stringMatching(/^[0-9A-F]{0,64}$/));
    const query = fc.dictionary(fc.constantFrom('e', 'c', 'cmac', 'enc', 'uid', 'ctr', 'picc_data'), field);
    fc.assert(
      fc.property(query, (said) =>
        ['malformed', 'bad-signature'].includes(readSun(said, keysOf({ fileKey: '11'.repeat(16) })) as string),
      ),
      { numRuns: 500 },
    );
  });

  it('is what a chip with these keys would write', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 7, maxLength: 7 }), fc.nat(0xffffff), (uid, counter) => {
        const keys = tagKeys(masterKey('C9EB67DF090AFF47C3B19A2516680B9D'), uid);
        const query = Object.fromEntries(new URLSearchParams(writeSun(keys, { uid: Buffer.from(uid), counter })));
        expect(readSun(query, keys)).toEqual({ uid: Buffer.from(uid), counter });
        // The key of one tag opens no other.
        const other = tagKeys(
          masterKey('C9EB67DF090AFF47C3B19A2516680B9D'),
          uid.map((byte) => byte ^ 1),
        );
        expect(readSun(query, other)).toBe('bad-signature');
      }),
      { numRuns: 50 },
    );
  });
});
