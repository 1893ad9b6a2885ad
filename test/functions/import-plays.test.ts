import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import { importPlays } from '#functions/screens/import-plays.ts';
import { getPlaying } from '#functions/screens/playing.ts';
import { brand, openScreens } from './screen-world.ts';

const SEED = Number(process.env.SEED ?? 20261122);
let screens: Awaited<ReturnType<typeof openScreens>>;
beforeEach(async () => {
  screens = await openScreens({ timeZone: 'Asia/Shanghai' });
});
const post = (text: string | Buffer, more: object = {}) => screens.ask(importPlays, { text, ...more });
const at = async (moment: string) => (await screens.ask(getPlaying, { query: { at: moment } })).body;

const XML = `<?xml version="1.0" encoding="UTF-8"?><records>
<stat fromdt="2026-11-22 17:00:00" todt="2026-11-22 17:00:10" type="layout" scheduleid="48" layoutid="133" mediaid="null" tag="" duration="10" count="1" />
<stat fromdt="2026-11-22 17:00:10" todt="2026-11-22 17:00:20" type="widget" layoutid="133" mediaid="7"><engagements><engagement tag="x" duration="1" count="2"/></engagements></stat>
<stat fromdt="2026-11-22 16:00:00" todt="2026-11-22 17:00:00" type="layout" layoutid="9" count="250" />
<stat fromdt="2026-11-22 16:00:00" todt="2026-11-22 16:00:00" type="layout" layoutid="9" />
<stat/></records>`;
const CSV = 'creativeId,startedAt,endedAt\nmilk,2026-11-22 17:00:00,2026-11-22 17:00:10\n';

describe('POST /v1/screens/{screenId}/plays/import', () => {
  it('takes Xibo’s log, in the zone of the place', async () => {
    expect(await post(XML, { headers: { 'content-type': 'application/xml' } })).toEqual({
      status: 200,
      body: {
        imported: 2,
        rejected: [
          { index: 3, reason: 'does not end after it begins' },
          { index: 4, reason: 'has no fromdt' },
        ],
        aggregates: [
          { creativeId: 'layout-9', count: 250, from: '2026-11-22T08:00:00.000Z', to: '2026-11-22T09:00:00.000Z' },
        ],
      },
    });
    expect((await at('2026-11-22T09:00:05Z')).creativeId).toBe('layout-133');
    expect((await at('2026-11-22T09:00:15Z')).creativeId).toBe('widget-7');
    // Of an aggregate nobody knows when.
    expect((await at('2026-11-22T08:30:00Z')).creativeId).toBe('unknown');
  });

  it('takes CSV, and knows either by its first character', async () => {
    expect((await post(`\uFEFF${CSV}`)).body).toEqual({ imported: 1, rejected: [], aggregates: [] });
    expect((await at('2026-11-22T09:00:05Z')).creativeId).toBe('milk');
    expect((await post(` \n${XML.replace(/<\?.*?\?>/, '')}`)).body.imported).toBe(2);
  });

  it('changes nothing when the same log comes again', async () => {
    await post(CSV);
    await post(XML);
    const before = screens.rows();
    expect((await post(CSV)).body.imported).toBe(1);
    expect((await post(XML)).body.imported).toBe(2);
    expect(screens.rows()).toBe(before);
  });

  it('reads times in the zone that is named', async () => {
    await post(CSV, { query: { timeZone: 'Europe/Berlin' } });
    expect((await at('2026-11-22T16:00:05Z')).creativeId).toBe('unknown');
    screens.world.now += 86_400_000;
    expect((await post(CSV, { query: { timeZone: 'Europe/Berlin' } })).body.imported).toBe(1);
    expect((await at('2026-11-22T16:00:05Z')).creativeId).toBe('milk');
    const bad = await post(CSV, { query: { timeZone: 'Mars/Olympus' } });
    expect(bad).toMatchObject({ status: 400, body: { errors: [{ pointer: '/timeZone' }] } });
  });

  it('is for the screen’s owner alone', async () => {
    expect((await post(CSV, { as: brand('harbour') })).status).toBe(404);
  });

  it('takes 20,000 lines, and no more', async () => {
    const line = (index: number) => {
      const at = new Date(Date.parse('2026-11-01T00:00:00Z') + index * 10_000).toISOString();
      return `milk,${at},${new Date(Date.parse(at) + 10_000).toISOString()}`;
    };
    const lines = Array.from({ length: 20_000 }, (_, index) => line(index));
    const many = await post(['creativeId,startedAt,endedAt', ...lines].join('\n'));
    expect(many.body).toEqual({ imported: 20_000, rejected: [], aggregates: [] });
    const more = await post(['creativeId,startedAt,endedAt', ...lines, line(20_000)].join('\n'));
    expect(more.status).toBe(400);
  }, 30_000);

  it.each([
    ['', 'has no column'],
    ['creativeId,startedAt\nmilk,x', 'has no column endedAt'],
    ['creativeId,startedAt,endedAt\n"milk,x,y', 'is not CSV'],
    [`creativeId,startedAt,endedAt\n${'x'.repeat(20_000)}`, 'is not CSV'],
    ['<records><stat></records>', 'is not XML'],
    ['<records></records>', 'has no <records> with a <stat> in it'],
    ['<rss><stat fromdt="x"/></rss>', 'has no <records>'],
    ['<!DOCTYPE records [<!ENTITY a "aaaa">]><records><stat tag="&a;"/></records>', 'document type'],
    [`${'<a>'.repeat(100_000)}`, 'is not XML'],
    [`<records>${'<a>'.repeat(50)}${'</a>'.repeat(50)}<stat/></records>`, 'is not XML'],
    [Buffer.from([0xff, 0xfe, 0x41]), 'is not UTF-8'],
    ['<', 'is not XML'],
    ['{"plays": []}', 'is not CSV'],
    ['[1]', 'has no column creativeId, startedAt, endedAt'],
  ])('refuses what is no log %#', async (text, detail) => {
    const answer = await post(text);
    expect(answer.status).toBe(400);
    expect(answer.body.errors[0].detail).toContain(detail);
  });

  it(`answers whatever comes (SEED=${SEED})`, async () => {
    const pieces = fc.constantFrom(...XML.split(/(?<=[<>="\s])/), ...CSV.split(/(?<=[,\n])/), '"', '\n', '<![CDATA[');
    const texts = fc.oneof(
      fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes)),
      fc.string({ unit: 'binary' }).map((text) => Buffer.from(`<${text}`)),
      fc.array(pieces, { maxLength: 60 }).map((parts) => Buffer.from(parts.join(''))),
      fc.array(pieces, { maxLength: 20 }).map((parts) => Buffer.from(`<records>${parts.join('')}</records>`)),
      fc
        .array(pieces, { maxLength: 20 })
        .map((parts) => Buffer.from(`creativeId,startedAt,endedAt\n${parts.join('')}`)),
    );
    const statuses: Record<number, number> = {};
    await fc.assert(
      fc.asyncProperty(texts, async (text) => {
        const { status } = await post(text);
        statuses[status] = (statuses[status] ?? 0) + 1;
        expect([200, 400]).toContain(status);
      }),
      { seed: SEED, numRuns: 2000 },
    );
    expect(statuses[200]).toBeGreaterThan(100);
    expect(statuses[400]).toBeGreaterThan(100);
  });

  it.each([
    '<records><stat fromdt="&lt;&#120;" todt="2026-11-22 09:00:00" type="layout"/></records>',
    '<records><stat __proto__="x" constructor="y" fromdt="a" todt="b" type="layout" layoutid="1"/></records>',
    '<records><stat>text</stat><stat><![CDATA[x]]></stat></records>',
    'creativeId,startedAt,endedAt,__proto__\nmilk,1,2,3\n,,,\nmilk',
    'creativeId,startedAt,endedAt\nmilk,0001-01-01 00:00:00,9999-12-31 23:59:59\nmilk,9999-12-31T23:59:59Z,9999-12-31T23:59:59Z',
  ])('refuses each line that is none %#', async (text) => {
    const { status, body } = await post(text);
    expect([status, body.imported]).toEqual([200, 0]);
    expect(body.rejected.length).toBeGreaterThan(0);
  });
});
