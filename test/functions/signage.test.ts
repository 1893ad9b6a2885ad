import { beforeEach, describe, expect, it } from 'vitest';
import { getCreative, listCreatives, putCreative } from '#functions/screens/creatives.ts';
import { getPlaylist, listPlaylists, putPlaylist } from '#functions/screens/playlists.ts';
import { brand, openScreens, VENUE } from './screen-world.ts';

let screens: Awaited<ReturnType<typeof openScreens>>;
beforeEach(async () => {
  screens = await openScreens();
});
const creative = { name: 'Milk', content: { kind: 'image', url: 'https://example.com/milk.png' } };
const stored = (creativeId: string) => ({ creativeId, seconds: 8, ...creative });
const put = (creativeId: string, as = VENUE, body: unknown = creative) =>
  screens.ask(putCreative, { path: { creativeId }, as, body });
const putList = (items: object[], as = VENUE) =>
  screens.ask(putPlaylist, { path: { playlistId: 'lobbies' }, as, body: { name: 'Lobbies', items } });

describe('creatives', () => {
  it('are put, read and listed, each by who owns them', async () => {
    expect(await put('milk', brand('harbour'))).toEqual({ status: 200, body: stored('milk') });
    await put('tea', brand('harbour'));
    await put('welcome');
    const path = { creativeId: 'milk' };
    expect((await screens.ask(getCreative, { path, as: brand('harbour') })).body).toEqual(stored('milk'));
    expect((await screens.ask(getCreative, { path })).status).toBe(404);
    expect((await screens.ask(listCreatives, {})).body).toEqual({ items: [stored('welcome')] });
    const page = (await screens.ask(listCreatives, { as: brand('harbour'), query: { limit: '1' } })).body;
    expect(page).toEqual({ items: [stored('milk')], cursor: expect.any(String) });
  });

  it.each([
    [{ ...creative, content: { kind: 'image', url: 'http://example.com/x' } }, '/content/url'],
    [{ ...creative, content: { kind: 'html', html: '' } }, '/content/html'],
    [{ ...creative, content: { kind: 'flash' } }, '/content/kind'],
    [{ ...creative, seconds: 0 }, '/seconds'],
    [{ ...creative, more: 1 }, '/more'],
  ])('are checked %#', async (body, pointer) => {
    const answer = await put('milk', VENUE, body);
    expect(answer).toMatchObject({ status: 400, body: { errors: [{ pointer }] } });
  });
});

describe('playlists', () => {
  it('show a venue’s own, and what brands that have named it have', async () => {
    await put('milk', brand('harbour'));
    await put('welcome');
    const items = [
      { creativeId: 'milk', brand: 'harbour', weight: 3, hours: '07:00-22:00' },
      { creativeId: 'welcome' },
    ];
    const { status, body } = await putList(items);
    expect(status).toBe(200);
    expect(body.items).toEqual([
      { weight: 3, priority: 0, creativeId: 'milk', brand: 'harbour', hours: '07:00-22:00' },
      { weight: 1, priority: 0, creativeId: 'welcome' },
    ]);
    expect((await screens.ask(getPlaylist, { path: { playlistId: 'lobbies' } })).body).toEqual(body);
    expect((await screens.ask(listPlaylists, {})).body).toEqual({ items: [body] });
    expect((await screens.ask(getPlaylist, { path: { playlistId: 'other' } })).status).toBe(404);
  });

  it('show nothing else', async () => {
    await put('milk', brand('harbour'));
    await put('milk', brand('lighthouse'));
    const answer = await putList([
      { creativeId: 'milk', brand: 'harbour' },
      { creativeId: 'milk', brand: 'lighthouse' },
      { creativeId: 'milk', brand: 'rival' },
      { creativeId: 'milk' },
      { creativeId: 'milk', brand: 'nobody' },
    ]);
    expect(answer.status).toBe(422);
    expect(answer.body.errors.map(({ pointer }: { pointer: string }) => pointer)).toEqual([
      '/items/1/brand',
      '/items/2/creativeId',
      '/items/3/creativeId',
      '/items/4/brand',
    ]);
  });

  it('of a brand’s own screens show its own', async () => {
    await put('milk', brand('harbour'));
    await put('tea', brand('rival'));
    const own = brand('harbour');
    expect((await putList([{ creativeId: 'milk' }, { creativeId: 'milk', brand: 'harbour' }], own)).status).toBe(200);
    const answer = await putList([{ creativeId: 'tea', brand: 'rival' }], own);
    expect(answer).toMatchObject({ status: 422, body: { errors: [{ pointer: '/items/0/brand' }] } });
  });
});
