import { describe, expect, it } from 'vitest';
import { importTags } from '#functions/tags/import-tags.ts';
import { getTag, listTags, putTag } from '#functions/tags/tags.ts';
import { findAddress } from '#store/directory.ts';
import { itemAddress } from '#store/tags.ts';
import { brand, openScreens, VENUE } from './screen-world.ts';

const UID = '04DE5F1EACC040';

describe('a tag', () => {
  it('is put, read and listed, and its id is its owner’s', async () => {
    const { ask, db } = await openScreens();
    const body = { kind: 'ntag424', uid: UID.toLowerCase(), screenId: 'screen1' };
    const stored = { tagId: 'ring', ...body, uid: UID };
    expect(await ask(putTag, { path: { tagId: 'ring' }, body })).toEqual({ status: 200, body: stored });
    expect((await ask(getTag, { path: { tagId: 'ring' } })).body).toEqual(stored);
    expect((await ask(listTags, {})).body.items).toEqual([stored]);
    expect(await findAddress(db, 'tag', 'ring')).toEqual({ owner: VENUE, target: undefined });
    const other = await ask(putTag, { as: brand('harbour'), path: { tagId: 'ring' }, body: { kind: 'qr' } });
    expect([other.status, other.body.errors]).toEqual([409, [{ pointer: '/tagId', detail: 'is somebody else’s' }]]);
    expect((await ask(getTag, { as: brand('harbour'), path: { tagId: 'ring' } })).status).toBe(404);
  });

  it.each([
    [{ kind: 'ntag424' }, 422, '/uid'],
    [{ kind: 'qr', uid: UID }, 422, '/uid'],
    [{ kind: 'ntag424', uid: 'nonsense' }, 400, '/uid'],
    [{ kind: 'shiny' }, 400, '/kind'],
    [{ kind: 'qr', gtin: '09521234543214' }, 422, '/gtin'],
    [{ kind: 'qr', screenId: 'nowhere' }, 422, '/screenId'],
    [{ kind: 'qr', placeId: 'nowhere' }, 422, '/placeId'],
    [{ kind: 'qr', screenId: 'screen1', placeId: 's1' }, 422, '/placeId'],
    [{ kind: 'qr', colour: 'red' }, 400, '/colour'],
  ])('%j is refused', async (body, status, pointer) => {
    const { ask } = await openScreens();
    const answer = await ask(putTag, { path: { tagId: 't' }, body });
    expect([answer.status, answer.body.errors[0].pointer]).toEqual([status, pointer]);
  });

  it('on an item is found by what the item’s code says', async () => {
    const { ask, db } = await openScreens();
    await ask(putTag, { as: brand('harbour'), path: { tagId: 'apron' }, body: { kind: 'qr', gtin: '9521234543213' } });
    const address = { owner: brand('harbour'), target: 'apron' };
    expect(await findAddress(db, 'tag', itemAddress('09521234543213'))).toEqual(address);
  });
});

describe('a list of tags', () => {
  it('is enrolled line by line, and again without a difference', async () => {
    const { ask } = await openScreens();
    await ask(putTag, { as: brand('harbour'), path: { tagId: 'theirs' }, body: { kind: 'qr' } });
    const text = `\uFEFFtagId,uid,kind,screenId,gtin
,${UID.toLowerCase()},,screen1,
sticker,,nfc,,
,nonsense,,screen1,
theirs,,qr,,
shelf,,qr,nowhere,
milk,,qr,,09521234543214
sticker,,qr,,
,,,,
`;
    const first = await ask(importTags, { text });
    expect(first).toEqual({
      status: 200,
      body: {
        imported: 2,
        rejected: [
          { index: 2, reason: 'uid: must be 14 hexadecimal digits' },
          { index: 3, reason: 'tagId: is somebody else’s' },
          { index: 4, reason: 'screenId: is not a screen of yours' },
          { index: 5, reason: 'gtin: has a wrong check digit' },
          { index: 6, reason: 'tagId: is the same as at index 1' },
          { index: 7, reason: expect.stringContaining('tagId: ') },
        ],
      },
    });
    expect((await ask(getTag, { path: { tagId: UID } })).body).toMatchObject({ kind: 'ntag424', screenId: 'screen1' });
    expect(await ask(importTags, { text })).toEqual(first);
  });

  it('of thousands is taken at once', async () => {
    const { ask } = await openScreens();
    const lines = Array.from(
      { length: 10_000 },
      (_, index) => `04${index.toString(16).padStart(12, '0').toUpperCase()}`,
    );
    expect((await ask(importTags, { text: `uid\n${lines.join('\n')}` })).body).toEqual({
      imported: 10_000,
      rejected: [],
    });
    const more = await ask(importTags, { text: `uid\n${lines.join('\n')}\n${UID}` });
    expect([more.status, more.body.errors[0].detail]).toEqual([400, 'has more than 10000 tags; send them in parts']);
  });

  it.each(['', 'colour\nred', '"unclosed', 'tagId,colour\na,red'])('%j is refused', async (text) => {
    const { ask } = await openScreens();
    expect((await ask(importTags, { text })).status).toBe(400);
  });
});
