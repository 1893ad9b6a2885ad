import { mkdirSync } from 'node:fs';
import path from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { tableName } from '#local/host/dynamodb.ts';
import { openDatabase } from '#store/client.ts';
import { recordTap } from '#store/effects.ts';
import { type Beckon, eventually, startBeckon } from '#test/support/beckon.ts';
import { aCampaign, aPerson, aPlace } from '#test/support/builders.ts';
import { openBrowser, openPage } from './browser.ts';

/** Set `SHOTS` to a folder to look at what the tests saw. */
const SHOTS = process.env.SHOTS;
const VENUE = { kind: 'venue', id: 'harbour-city' } as const;
const BRAND = 'harbour-dairy';
const SCREEN = 'screen-lobby';
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
/** One play a minute: what is shown in turn, and how many people scan while it is on. */
const SHOWN = ['harbour-milk', 'harbour-milk', 'harbour-yogurt', undefined] as const;
const SCANS = { 'harbour-milk': 24, 'harbour-yogurt': 7 };
const REDEEMED = 6;

describe('the report of a screen', () => {
  let beckon: Beckon;
  let browser: Browser;
  /** The start of the last play of the log. */
  const last = Math.floor(Date.now() / MINUTE) * MINUTE - 2 * MINUTE;

  beforeAll(async () => {
    [beckon, browser] = await Promise.all([startBeckon(), openBrowser()]);
    await show(beckon, last);
    await scan(beckon, last);
  });
  afterAll(async () => {
    await browser?.close();
    await beckon?.stop();
  });

  const report = async (as: 'operator' | 'marketer') =>
    (await beckon.call('GET', `/v1/reports/screens/${SCREEN}`, as)).body;
  const rowOf = (body: { rows: { creativeId: string }[] }, creativeId: string) =>
    body.rows.find((row) => row.creativeId === creativeId);

  it('counts offers and redemptions from the stream, for the brand', async () => {
    const milk = await eventually(async () => {
      const row = rowOf(await report('marketer'), 'harbour-milk') as
        | { offers: number; redemptions: number }
        | undefined;
      return row?.offers === SCANS['harbour-milk'] && row.redemptions === REDEEMED ? row : undefined;
    });
    expect(milk).toMatchObject({ brand: BRAND, taps: SCANS['harbour-milk'] });
    const own = await report('marketer');
    expect(own.rows.map(({ creativeId }: { creativeId: string }) => creativeId).sort()).toEqual(Object.keys(SCANS));
    const venue = await report('operator');
    expect(rowOf(venue, 'harbour-milk')).toMatchObject({ redemptions: REDEEMED });
    expect(rowOf(venue, 'harbour-yogurt')).toMatchObject({ offers: SCANS['harbour-yogurt'], redemptions: null });
    expect(venue.gaps.length).toBeGreaterThan(0);
  });

  for (const size of [
    { width: 1200, height: 1180, name: 'desktop' },
    { width: 390, height: 844, name: 'phone' },
  ]) {
    for (const locale of ['en', 'zh-CN']) {
      it(`is drawn on a ${size.name}, in ${locale}`, async () => {
        const url = `${beckon.url}/report?screen=${SCREEN}`;
        const { page, complaints, outside } = await openPage(browser, url, { ...size, locale });
        await page.locator('.voice-block').first().waitFor();
        const milk = page.locator('.creatives tbody tr', { hasText: 'harbour-milk' });
        await expect.poll(() => milk.locator('.bar-number').allInnerTexts()).toContain(String(SCANS['harbour-milk']));
        const yogurt = page.locator('.creatives tbody tr', { hasText: 'harbour-yogurt' });
        expect((await yogurt.locator('.bar-number').allInnerTexts()).slice(2)).toEqual(['7', '*']);
        expect(await barShare(milk.locator('.bar').nth(2))).toBe(1);
        expect(await barShare(yogurt.locator('.bar').nth(2))).toBeCloseTo(7 / 24, 1);
        expect(await shares(page)).toBeCloseTo(1, 1);
        expect(await page.locator('.hours g[data-complete="false"]').count()).toBeGreaterThan(1);
        expect(await page.locator('.report').innerText()).toMatch(locale === 'en' ? /Share of voice/ : /播放占比/);
        expect(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)).toBeLessThanOrEqual(0);
        await shoot(page, `report-${size.name}-${locale}`);
        expect([complaints, outside]).toEqual([[], []]);
        await page.context().close();
      });
    }
  }

  it('hands out the signed statement, and says when there is no such screen', async () => {
    const size = { width: 1200, height: 900, locale: 'en' };
    const { page } = await openPage(browser, `${beckon.url}/report?screen=${SCREEN}`, size);
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('button', { name: 'CSV' }).click(),
    ]);
    expect(download.suggestedFilename()).toBe(`${SCREEN}.csv`);
    await page.goto(`${beckon.url}/report?screen=none`);
    await page.getByRole('alert').waitFor();
    await page.context().close();
  });
});

const shownAt = (age: number) => SHOWN[(age / MINUTE) % SHOWN.length];
/** Ages at which the screen was off for the night, and at which it played and its log is lost. */
const isDark = (age: number): boolean => age > 11 * HOUR && age < 17.4 * HOUR;
const isLost = (age: number): boolean => (age > 5 * HOUR && age < 7 * HOUR) || (age > 30 * HOUR && age < 30.2 * HOUR);

/** A lobby with a screen, and what it has shown in two days, with a hole of some minutes and one of two hours. */
async function show(beckon: Beckon, last: number): Promise<void> {
  const put = async (as: 'operator' | 'marketer', pathname: string, body: unknown) => {
    const answer = await beckon.call('PUT', pathname, as, body);
    expect(answer.status, answer.text).toBe(200);
  };
  await put('operator', '/v1/places/lobby', aPlace({ name: 'Lobby', tags: ['lobby'] }));
  await put('operator', `/v1/screens/${SCREEN}`, { name: 'Compass House lobby 指南针大厦大堂', placeId: 'lobby' });
  await put('marketer', '/v1/places/s1', aPlace());
  for (const [index, creativeId] of Object.keys(SCANS).entries()) {
    const campaign = aCampaign({
      trigger: { on: ['qr.scan'], creativeIds: [creativeId], freshFor: 'PT2H' },
      limits: {},
      offer: { kind: 'amountOff', amount: 500, currency: 'CNY', expiresAfter: 'PT4H', redeemAt: 'anyPlace' },
      priority: index,
    });
    const message = { ...campaign.message, channels: ['inbox' as const] };
    await put('marketer', `/v1/campaigns/${creativeId}`, { ...campaign, message });
    expect((await beckon.call('POST', `/v1/campaigns/${creativeId}/launch`, 'marketer')).status).toBe(200);
  }
  const plays = Array.from({ length: 36 * 60 }, (_, index) => last - (36 * 60 - 1 - index) * MINUTE)
    .filter((at) => !isDark(last - at))
    .map((at, sequence) => {
      const creativeId = shownAt(last - at);
      const times = { startedAt: new Date(at).toISOString(), endedAt: new Date(at + MINUTE).toISOString() };
      return { at, sequence, creativeId: creativeId ?? 'lobby-welcome', ...(creativeId && { brand: BRAND }), ...times };
    })
    .filter(({ at }) => !isLost(last - at))
    .map(({ at, ...play }) => play);
  for (let from = 0; from < plays.length; from += 500) {
    const answer = await beckon.call('POST', `/v1/screens/${SCREEN}/plays`, 'operator', {
      logId: 'log-1',
      clock: { offsetMs: 0, uncertaintyMs: 5 },
      plays: plays.slice(from, from + 500),
    });
    expect(answer.body).toMatchObject({ rejected: [] });
  }
}

/** People who scan the code beside it, each in the middle of a play of the creative, and some who use their coupon. */
async function scan(beckon: Beckon, last: number): Promise<void> {
  process.env.AWS_ENDPOINT_URL_DYNAMODB = beckon.endpoints.dynamodb;
  Object.assign(process.env, { AWS_REGION: 'eu-west-1', AWS_ACCESS_KEY_ID: 'local', AWS_SECRET_ACCESS_KEY: 'local' });
  const db = openDatabase({ TABLE_PLAYS: tableName('plays') });
  const people: string[] = [];
  for (const [creativeId, count] of Object.entries(SCANS)) {
    const age = SHOWN.indexOf(creativeId as (typeof SHOWN)[number]) * MINUTE;
    for (let index = 0; index < count; index += 1) {
      const name = `${creativeId}-${index}`;
      people.push(name);
      const identifiers = [{ kind: 'device' as const, value: `phone-${name}` }];
      await beckon.call('PUT', `/v1/people/${name}`, 'marketer', aPerson(name, { identifiers }));
      const at = last - age + MINUTE / 2;
      await recordTap(db, VENUE, SCREEN, { brand: BRAND, creativeId, signalId: `scan-${name}`, at });
      const subject = { kind: 'device', value: `phone-${name}` };
      const signal = { id: `scan-${name}`, kind: 'qr.scan', at: new Date(at).toISOString(), subject, screenId: SCREEN };
      const answer = await beckon.call('POST', '/v1/signals', 'app', { signals: [signal] });
      expect(answer.body).toMatchObject({ accepted: 1 });
    }
  }
  for (const name of people.slice(0, REDEEMED)) {
    const { code } = await eventually(
      async () => (await beckon.call('GET', `/v1/people/${name}/coupons`, 'marketer')).body.items[0],
    );
    const till = { redemptionId: `r-${name}`, placeId: 's1', tillId: 't-1' };
    expect((await beckon.call('POST', `/v1/coupons/${code}/redeem`, 'till', till)).status).toBe(200);
  }
  await recordTap(db, VENUE, SCREEN, { signalId: 'scan-of-nothing', at: last - 6 * HOUR });
}

/** How much of its bar is filled. */
const barShare = async (bar: ReturnType<Page['locator']>): Promise<number> =>
  Number(await bar.locator('rect').nth(1).getAttribute('width')) / 100;

async function shares(page: Page): Promise<number> {
  const widths = await page
    .locator('.voice-block')
    .evaluateAll((blocks) => blocks.map((block) => Number(block.getAttribute('width'))));
  return widths.reduce((sum, width) => sum + width, 0) / 1000;
}

async function shoot(page: Page, name: string): Promise<void> {
  if (!SHOTS) return;
  mkdirSync(SHOTS, { recursive: true });
  await page.screenshot({ path: path.join(SHOTS, `${name}.png`), fullPage: true });
}
