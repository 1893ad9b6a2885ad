import { QueryCommand } from '@aws-sdk/client-dynamodb';
import { beforeEach, describe, expect, it } from 'vitest';
import { getPlaying } from '#functions/screens/playing.ts';
import { postPlays } from '#functions/screens/plays.ts';
import { putEntry } from '#store/catalogue.ts';
import { brand, openScreens, START } from './screen-world.ts';

let screens: Awaited<ReturnType<typeof openScreens>>;
beforeEach(async () => {
  screens = await openScreens();
});

const iso = (ms: number) => new Date(START + ms).toISOString();
/** A play of eight seconds by the player's clock, `from` ms after ten o'clock. */
const play = (sequence: number, from: number, more: object = {}) => ({
  sequence,
  creativeId: `c${sequence}`,
  startedAt: iso(from),
  endedAt: iso(from + 8000),
  ...more,
});
const post = (body: unknown, as?: ReturnType<typeof brand>) => screens.ask(postPlays, { body, ...(as && { as }) });
const playing = (at?: number, as?: ReturnType<typeof brand>) =>
  screens.ask(getPlaying, { ...(as && { as }), query: at === undefined ? {} : { at: iso(at) } });

describe('POST /v1/screens/{screenId}/plays', () => {
  it('takes a batch once, and names what is missing', async () => {
    const plays = [play(1, -60_000), play(2, -52_000), play(4, -36_000)];
    const gaps = [{ from: 3, to: 3 }];
    const body = { logId: 'boot-1', plays };
    expect(await post(body)).toEqual({ status: 202, body: { accepted: 3, repeated: 0, rejected: [], gaps } });
    expect(await post(body)).toEqual({ status: 202, body: { accepted: 0, repeated: 3, rejected: [], gaps } });
    expect(await post({ logId: 'boot-1', plays: [] })).toMatchObject({ status: 202, body: { gaps } });
  });

  it('judges each play by itself', async () => {
    const day = 86_400_000;
    const bad: [object, string][] = [
      [play(-1, 0), 'sequence: '],
      [play(2 ** 53, 0), 'sequence: '],
      [{ ...play(1, 0), creativeId: 'no such/id' }, 'creativeId: '],
      [play(1, -7 * day - 9000), 'endedAt: is more than seven days ago'],
      [play(1, 300_000), 'endedAt: is more than five minutes in the future'],
      [play(1, -9000, { endedAt: iso(-9000) }), 'endedAt: must be after startedAt'],
      [play(1, -3_700_000, { endedAt: iso(-99_999) }), 'endedAt: is more than an hour after startedAt'],
      [play(1, 0, { endedAt: undefined }), 'endedAt: is missing; a play that is still on says plannedEndsAt'],
      [play(1, 301_000, { endedAt: undefined, plannedEndsAt: iso(309_000) }), 'startedAt: is more than five'],
      [play(1, 0, { startedAt: '2026-11-22 10:00:00' }), 'startedAt: must be an ISO-8601 time'],
      [play(1, 0, { why: 1 }), 'why: is not a known field'],
      [play(1, 0, { clock: { offsetMs: 0, uncertaintyMs: -1 } }), 'clock/uncertaintyMs: '],
    ];
    const good = [play(1, -7 * day - 7000), play(3, 290_000)];
    const { status, body } = await post({ plays: [...good, ...bad.map(([one]) => one), 7] });
    expect([status, body.accepted]).toEqual([202, 2]);
    expect(body.rejected).toEqual([
      ...bad.map(([, reason], index) => ({ index: index + 2, reason: expect.stringContaining(reason) })),
      { index: bad.length + 2, reason: expect.stringContaining('play: ') },
    ]);
  });

  it.each([
    [{ plays: [play(1, 400_000)] }, '/plays/0/endedAt'],
    [{ plays: [{}] }, '/plays/0/sequence'],
    [{ plays: Array(501).fill(play(1, 0)) }, '/plays'],
    [{ plays: 1 }, '/plays'],
    [{}, '/plays'],
    [{ plays: [], logId: 'a#b' }, '/logId'],
    [{ plays: [], clock: { offsetMs: 'x', uncertaintyMs: 1 } }, '/clock/offsetMs'],
    [undefined, ''],
  ])('says what is wrong with a body that has nothing to take %#', async (body, pointer) => {
    const answer = await post(body);
    expect(answer.status).toBe(400);
    expect(answer.body.errors.map((error: { pointer: string }) => error.pointer)).toContain(pointer);
  });

  it('is for the screen’s owner alone', async () => {
    expect((await post({ plays: [play(1, 0)] }, brand('harbour'))).status).toBe(404);
    expect((await screens.ask(postPlays, { path: { screenId: 'screen2' }, body: { plays: [] } })).status).toBe(404);
  });

  it('takes ten open plays at a time', async () => {
    const open = Array.from({ length: 11 }, (_, index) =>
      play(index, index * 10, { endedAt: undefined, plannedEndsAt: iso(8000) }),
    );
    const { body } = await post({ plays: open });
    expect(body).toMatchObject({ accepted: 10, rejected: [{ index: 10 }] });
  });

  it('corrects times by the clock of the batch, or of the play', async () => {
    const clock = { offsetMs: 60_000.4, uncertaintyMs: 20.2 };
    const own = { offsetMs: -60_000, uncertaintyMs: 0 };
    await post({ logId: 'a', clock, plays: [play(1, -60_000), play(2, 68_000, { clock: own })] });
    expect((await playing(4000)).body).toMatchObject({
      creativeId: 'c1',
      uncertaintyMs: 21,
      candidates: [{ creativeId: 'c1', share: 1, startedAt: iso(0), endedAt: iso(8000) }],
    });
    expect((await playing(12_000)).body).toMatchObject({
      creativeId: 'c2',
      uncertaintyMs: 0,
      candidates: [{ startedAt: iso(8000), endedAt: iso(16_000) }],
    });
  });
});

describe('GET /v1/screens/{screenId}/playing', () => {
  it('is unknown where nothing is known, whatever is planned', async () => {
    expect(await playing()).toEqual({
      status: 200,
      body: {
        screenId: 'screen1',
        at: iso(0),
        creativeId: 'unknown',
        uncertaintyMs: 2000,
        candidates: [],
        unknownShare: 1,
        reason: 'no play of this screen is known for this moment',
      },
    });
  });

  it('is the creative whose interval holds the moment; near a cut both, with their shares', async () => {
    await post({ plays: [play(1, 0), play(2, 8000, { brand: 'harbour' })] });
    expect((await playing(4000)).body).toMatchObject({ creativeId: 'c1', unknownShare: 0, candidates: [{ share: 1 }] });
    const near = (await playing(7000)).body;
    expect(near).toMatchObject({
      creativeId: 'c1',
      candidates: [
        { creativeId: 'c1', share: 0.75 },
        { creativeId: 'c2', brand: 'harbour', share: 0.25 },
      ],
      reason: 'a cut lies within the uncertainty of the clock: each may have been on air',
    });
    expect((await playing(8000)).body).toMatchObject({ creativeId: 'c2', brand: 'harbour' });
    expect((await playing(0)).body).toMatchObject({ creativeId: 'c1', unknownShare: 0.5 });
    expect((await playing(16_000)).body).toMatchObject({ creativeId: 'unknown', unknownShare: 0.5 });
    expect((await playing(17_900)).body.candidates).toMatchObject([{ creativeId: 'c2' }]);
    expect((await playing(18_000)).body.candidates).toEqual([]);
  });

  it('knows an open play at once, and its end when that is told', async () => {
    const clock = { offsetMs: 0, uncertaintyMs: 100 };
    await post({ clock, plays: [play(1, -2000, { endedAt: undefined, plannedEndsAt: iso(6000) })] });
    expect((await playing()).body).toMatchObject({ creativeId: 'c1', unknownShare: 0 });
    await post({ clock, plays: [play(1, -2000, { endedAt: iso(-1000) })] });
    expect((await playing()).body).toMatchObject({ creativeId: 'unknown', unknownShare: 1 });
  });

  it('tells a brand on a venue’s screen its own creatives, and the others only as such', async () => {
    await post({
      plays: [
        play(1, 0, { brand: 'harbour' }),
        play(2, 8000, { brand: 'rival' }),
        play(3, 9000, { endedAt: iso(17_000) }),
      ],
    });
    const { body } = await playing(8500, brand('harbour'));
    expect(body.creativeId).toBe('other');
    expect(body.candidates).toEqual([
      { creativeId: 'other', share: 0.625 },
      { creativeId: 'c1', brand: 'harbour', share: 0.375, startedAt: iso(0), endedAt: iso(8000) },
    ]);
    expect(JSON.stringify(body)).not.toMatch(/c2|c3|rival/);
    const own = (await playing(4000, brand('harbour'))).body;
    expect(own).toMatchObject({ creativeId: 'c1', brand: 'harbour', unknownShare: 0 });
    expect((await playing(4000)).body.candidates).toHaveLength(1);
  });

  it('is for those who have to do with the screen', async () => {
    expect((await playing(0, brand('lighthouse'))).status).toBe(404);
    expect((await playing(0, { kind: 'venue', id: 'harbour' })).status).toBe(404);
  });

  it('finds a brand’s own screen before a venue’s of the same id; its own creatives have no brand', async () => {
    await putEntry(screens.db, brand('harbour'), 'screen', { id: 'screen1', body: screens.screen });
    await post({ plays: [play(1, 0, { brand: 'harbour' })] }, brand('harbour'));
    const { body } = await playing(4000, brand('harbour'));
    expect(body.candidates).toEqual([{ creativeId: 'c1', share: 1, startedAt: iso(0), endedAt: iso(8000) }]);
    expect((await playing(4000)).body.creativeId).toBe('unknown');
  });

  it.each(['yesterday', '', '2026-11-22', '2026-11-22T10:00:00', '1969-12-31T23:59:59Z', '0000-01-01T00:00:00Z'])(
    'refuses the moment %j',
    async (at) => {
      const answer = await screens.ask(getPlaying, { query: { at } });
      expect(answer).toMatchObject({ status: 400, body: { errors: [{ pointer: '/at' }] } });
    },
  );

  it('takes one query of the plays', async () => {
    await post({ plays: [play(1, 0)] });
    const before = screens.world.commands.length;
    await playing(4000);
    const asked = screens.world.commands.slice(before).filter((command) => command instanceof QueryCommand);
    expect(asked).toHaveLength(1);
    expect((await screens.ask(getPlaying, { query: { at: '9999-12-31T23:59:59.999Z' } })).status).toBe(200);
  });
});
