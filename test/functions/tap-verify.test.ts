import { beforeEach, describe, expect, it } from 'vitest';
import type { Tag } from '#core/model/tag.ts';
import { masterKey, tagKeys } from '#core/tags/keys.ts';
import { rotatingCode, SLOT_MS, screenQrKey, slotAt } from '#core/tags/rotating.ts';
import { writeSun } from '#core/tags/sun.ts';
import { verifyTap } from '#functions/tap/verify.ts';
import type { Tenant } from '#store/keys.ts';
import { type Lobby, openLobby } from './tap-world.ts';

const VENUE: Tenant = { kind: 'venue', id: 'compass' };
const [UID, OTHER_UID] = ['04DE5F1EACC040', '04958CAA5C5E80'];
const RING = { tagId: 'ring', kind: 'ntag424', uid: UID, screenId: 'screen1' } satisfies Tag;
const POSTER: Tag = { tagId: 'poster', kind: 'qr', screenId: 'screen1' };
const DAY_MS = 86_400_000;
let lobby: Lobby;

/** What a chip with this UID writes at its n-th read. */
async function written(counter: number, uidHex = UID): Promise<Record<string, string>> {
  const uid = Buffer.from(uidHex, 'hex');
  const keys = tagKeys(masterKey(await lobby.runtime.secret('tagSecret')), uid);
  return Object.fromEntries(new URLSearchParams(writeSun(keys, { uid, counter })));
}

async function shown(screenId = 'screen1', owner = VENUE): Promise<Record<string, string>> {
  const slot = slotAt(lobby.world.now);
  const key = screenQrKey(await lobby.runtime.secret('venueSecret'), owner, { screenId, tagId: 'poster' });
  return { s: String(slot), c: rotatingCode(key, screenId, slot) };
}

const verify = (tag: Tag, query: Record<string, string>) => verifyTap(lobby.runtime, { tag, owner: VENUE, query });
const json = { headers: { accept: 'application/json' } };

beforeEach(async () => {
  lobby = await openLobby();
  await lobby.putTag('ring', RING);
});

describe('what a tap proves', () => {
  it('is the chip and its counter, the slot of a screen’s code, or nothing', async () => {
    expect(await verify(RING, await written(61))).toEqual({ how: 'sun', uid: UID, counter: 61 });
    const code = await shown();
    expect(await verify(POSTER, code)).toEqual({ how: 'rotating', slot: Number(code.s) });
    expect(await verify(POSTER, { utm_source: 'poster' })).toEqual({ how: 'static' });
  });

  it('is never less than a signature at a tag that signs', async () => {
    const refused = async (query: Record<string, string>, tag: Tag = RING) => {
      const proof = await verify(tag, query);
      return 'refused' in proof && proof.refused;
    };
    expect(await refused({})).toBe('malformed');
    expect(await refused({ utm_source: 'ring' })).toBe('malformed');
    expect(await refused(await shown())).toBe('malformed');
    const { e = '', c = '' } = await written(61);
    expect(await refused({ e })).toBe('malformed');
    expect(await refused({ c })).toBe('malformed');
    // Its own chip's MAC under another read, another chip of this deployment, and this chip at another's address.
    expect(await refused({ e: (await written(62)).e ?? '', c })).toBe('bad-signature');
    expect(await refused(await written(61, OTHER_UID))).toBe('bad-signature');
    expect(await refused({ e, c }, { ...RING, uid: OTHER_UID })).toBe('bad-signature');
    expect(await refused({ e, c }, { tagId: 'ring', kind: 'ntag424' })).toBe('bad-signature');
  });

  it('is nothing at all with any digit changed', async () => {
    const [sun, code] = [await written(61), await shown()];
    const forged = (query: Record<string, string>, digits: string) =>
      Object.entries(query).flatMap(([name, value]) =>
        [...value].flatMap((was, at) =>
          [...digits]
            .filter((digit) => digit !== was)
            .map((digit) => ({ ...query, [name]: value.slice(0, at) + digit + value.slice(at + 1) })),
        ),
      );
    const base64url = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
    const tries = [
      ...forged(sun, '0123456789ABCDEFabcdef').map((query) => verify(RING, query)),
      ...forged(code, base64url).map((query) => verify(POSTER, query)),
    ];
    const proofs = await Promise.all(tries);
    expect(proofs).toHaveLength((32 + 16) * 21 + ((code.s?.length ?? 0) + 14) * 63);
    expect(proofs.filter((proof) => !('refused' in proof))).toEqual([]);
  });

  it('is not of another screen, another owner, or a tag without a screen', async () => {
    const refusals = await Promise.all([
      verify(POSTER, await shown('screen2')),
      verify(POSTER, await shown('screen1', { kind: 'brand', id: 'compass' })),
      verify({ tagId: 'sticker', kind: 'qr' }, await shown()),
      verify(POSTER, { s: '1' }),
      verify(POSTER, { c: 'x' }),
      verify(POSTER, { s: '-1', c: 'x' }),
      verify(POSTER, { s: '9'.repeat(400), c: 'x' }),
    ]);
    expect(refusals.map((proof) => 'refused' in proof && proof.refused)).toEqual([
      'bad-signature',
      'bad-signature',
      ...Array.from({ length: 5 }, () => 'malformed'),
    ]);
  });

  it('is told to be of a moment ago, of a code that was right', async () => {
    const code = await shown();
    lobby.world.now += 3 * SLOT_MS;
    expect(await verify(POSTER, code)).toEqual({ refused: 'stale-code' });
  });
});

describe('a tap that comes again', () => {
  it.each([1000, 6 * 60_000, 8 * DAY_MS])('%i ms later from another phone is refused', async (later) => {
    const address = await written(7);
    expect((await lobby.phone().tap('ring', address, json)).status).toBe(200);
    lobby.world.now += later;
    expect((await lobby.phone().tap('ring', address, json)).status).toBe(409);
    // Nor is one from before it.
    expect((await lobby.phone().tap('ring', await written(6), json)).status).toBe(409);
  });

  it('on the phone that made it is the same tap for a day, and none after', async () => {
    const phone = lobby.phone();
    const address = await written(7);
    const { tapId } = await phone.tapJson('ring', address);
    lobby.world.now += DAY_MS - 1;
    expect((await phone.tapJson('ring', address)).tapId).toBe(tapId);
    lobby.world.now += 1;
    expect((await phone.tap('ring', address, json)).status).toBe(409);
    lobby.world.now += 7 * DAY_MS;
    expect((await phone.tap('ring', address, json)).status).toBe(409);
  });

  it('is remembered without an end', async () => {
    await lobby.phone().tap('ring', await written(7), json);
    const counters = lobby.rows('plays').filter(({ sk }) => sk === 'COUNTER');
    expect(counters).toMatchObject([{ lastCounter: 7 }]);
    expect(counters[0]).not.toHaveProperty('ttl');
  });

  it('is the chip’s: a new one in an old place begins anew, an old one in a new place goes on', async () => {
    await lobby.phone().tap('ring', await written(700), json);
    await lobby.putTag('ring', { ...RING, uid: OTHER_UID });
    expect((await lobby.phone().tap('ring', await written(1, OTHER_UID), json)).status).toBe(200);
    await lobby.putTag('door', { kind: 'ntag424', uid: UID });
    expect((await lobby.phone().tap('door', await written(700), json)).status).toBe(409);
    expect((await lobby.phone().tap('door', await written(701), json)).status).toBe(200);
  });
});
