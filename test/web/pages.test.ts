import { mkdirSync } from 'node:fs';
import path from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { GATES } from '#core/model/decision.ts';
import { type Beckon, startBeckon } from '#test/support/beckon.ts';
import { openBrowser, openPage } from './browser.ts';

/** Set `SHOTS` to a folder to look at what the tests saw. */
const SHOTS = process.env.SHOTS;
const SCREENS = [
  { name: 'desktop', width: 1280, height: 800 },
  { name: 'phone', width: 390, height: 844 },
];
const LOCALES = [
  { locale: 'en', said: /entered|left|tapped|staying/, inbox: 'What people receive' },
  { locale: 'zh-CN', said: /进入了|离开了|碰了|停留/, inbox: '顾客收到的消息' },
];
const MARK = 'data-test-han';

describe('the pages of a running city', () => {
  let beckon: Beckon;
  let browser: Browser;
  beforeAll(async () => {
    [beckon, browser] = await Promise.all([
      startBeckon({ env: { BECKON_SEED: 'demo' }, args: ['--speed', '10'] }),
      openBrowser(),
    ]);
  });
  afterAll(async () => {
    await browser?.close();
    await beckon?.stop();
  });

  for (const screen of SCREENS) {
    for (const { locale, said } of LOCALES) {
      it(`shows the city live, on a ${screen.name}, in ${locale}`, async () => {
        const { page, complaints, outside } = await openPage(browser, `${beckon.url}/live`, { ...screen, locale });
        await page.locator('.map[data-drawn="true"]').waitFor();
        await page.locator('.row-decision').first().waitFor();
        expect(await page.locator('.row-said').allInnerTexts()).toContainEqual(expect.stringMatching(said));
        expect(await mapColours(page)).toBeGreaterThan(5);
        // 150 dots of a few pixels each.
        expect(await drawnPixels(page, '.map-people')).toBeGreaterThan(2000);
        await expect.poll(() => counter(page, 'positions')).toBeGreaterThan(0);
        expect(await boxes(page)).toEqual([]);
        expect(await overflow(page)).toBeLessThanOrEqual(0);
        await shoot(page, `live-${screen.name}-${locale}`);
        expect([complaints, outside]).toEqual([[], []]);
        await page.context().close();
      });
    }
  }

  it('explains a decision gate by gate, in either language', async () => {
    const size = { width: 1280, height: 800 };
    const { page, complaints, outside } = await openPage(browser, `${beckon.url}/live`, { ...size, locale: 'en' });
    // By the keyboard, as whoever has no mouse: rows are buttons. Paused, or the row would move on.
    await page.locator('.row.offered button').first().waitFor();
    await page.getByRole('button', { name: 'Pause' }).click();
    await page.locator('.row.offered button').first().press('Enter');
    const decision = page.locator('.decision.offered').first();
    await decision.locator('.gates').press('Enter');
    const gates = decision.locator('.gate-list li');
    expect(await gates.count()).toBe(GATES.length);
    expect(await decision.locator('.gate-mark.passed').count()).toBe(2 * GATES.length);
    expect(await decision.innerText()).toMatch(/The person agreed to marketing by/);
    expect(await page.locator('.person .coupon code').first().innerText()).toMatch(/^(\w{4}-){3}\w$/);
    await shoot(page, 'person-desktop-en');
    await page.getByRole('button', { name: '简体中文' }).click();
    await expect.poll(() => decision.innerText()).toMatch(/顾客/);
    expect(await boxes(page)).toEqual([]);
    await page.keyboard.press('Escape');
    await page.locator('.stream').waitFor();
    expect([complaints, outside]).toEqual([[], []]);
    await page.context().close();
  });

  it('opens a person from their dot on the map', async () => {
    const size = { width: 1280, height: 800 };
    const { page } = await openPage(browser, `${beckon.url}/live`, { ...size, locale: 'en' });
    await page.locator('.map[data-drawn="true"]').waitFor();
    await page.locator('.row').first().waitFor();
    // Dots walk on between looking and clicking, so that a click may miss.
    const facts = page.locator('.person .facts');
    for (let tries = 0; tries < 10 && !(await facts.isVisible()); tries += 1) {
      const { x, y } = await someDot(page);
      await page.mouse.click(x, y);
      await facts.waitFor({ timeout: 2000 }).catch(() => undefined);
    }
    expect(await facts.innerText()).toMatch(/p-\d{4}/);
    await page.context().close();
  });

  for (const screen of SCREENS) {
    for (const { locale, inbox } of LOCALES) {
      it(`shows messages as their channels do, on a ${screen.name}, in ${locale}`, async () => {
        const { page, complaints, outside } = await openPage(browser, `${beckon.url}/inbox`, { ...screen, locale });
        const email = page.locator('.inbox-item:has(.of-email)').first();
        await email.waitFor();
        expect(await page.locator('.inbox-title').textContent()).toBe(inbox);
        expect(await overflow(page)).toBeLessThanOrEqual(0);
        await shoot(page, `inbox-list-${screen.name}-${locale}`);
        await email.click();
        expect(await page.locator('.email-head a').getAttribute('href')).toMatch(/\/u\//);
        await page
          .frameLocator('.email-body')
          .getByText(/\w{4}-\w{4}-\w{4}-\w/)
          .first()
          .waitFor();
        await shoot(page, `inbox-email-${screen.name}-${locale}`);
        if (screen.name === 'phone') await page.locator('.inbox-back').click();
        await page.locator('.inbox-item:has(.of-sms)').first().click();
        expect(await page.locator('.phone li.open p').innerText()).toMatch(/STOP/);
        expect(await overflow(page)).toBeLessThanOrEqual(0);
        await shoot(page, `inbox-sms-${screen.name}-${locale}`);
        expect([complaints, outside]).toEqual([[], []]);
        await page.context().close();
      });
    }
  }

  it('says so when the feed is lost, and when nobody walks', async () => {
    const { page } = await openPage(browser, `${beckon.url}/live`, { width: 390, height: 844, locale: 'en' });
    await page.locator('.connection.open').waitFor();
    await page.route('**/local/feed', (route) => route.abort());
    await page.reload();
    expect(await page.locator('.connection.lost').textContent()).toMatch(/lost/);
    await page.unroute('**/local/feed');
    // It comes back by itself.
    await page.locator('.connection.open').waitFor();
    const body = 'event: walkers\ndata: {"at":"2026-11-22T08:00:00Z","walkers":[]}\n\n';
    await page.route('**/local/feed', (route) => route.fulfill({ contentType: 'text/event-stream', body }));
    await page.reload();
    expect(await page.locator('.map-note strong').textContent()).toBe('Nobody is walking');
    await page.context().close();
  });

  it('would notice boxes in place of Chinese', async () => {
    const { page } = await openPage(browser, `${beckon.url}/inbox`, { width: 1280, height: 800, locale: 'zh-CN' });
    await page.locator('.inbox-title').waitFor();
    expect(await boxes(page)).toEqual([]);
    await page.addStyleTag({ content: '* { font-family: sans-serif !important }' });
    expect((await boxes(page)).length).toBeGreaterThan(0);
    await page.context().close();
  });
});

async function counter(page: Page, name: string): Promise<number> {
  return Number((await page.locator(`.counter.${name} dd`).innerText()).replace(/\D/g, ''));
}

/** How many pixels the page is wider than its window. */
async function overflow(page: Page): Promise<number> {
  return await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
}

/** How many different colours the map shows: a blank canvas has one. */
async function mapColours(page: Page): Promise<number> {
  const png = (await page.locator('.map-box').screenshot()).toString('base64');
  return await page.evaluate(async (data) => {
    const image = new Image();
    image.src = `data:image/png;base64,${data}`;
    await image.decode();
    const context = new OffscreenCanvas(image.width, image.height).getContext('2d');
    context?.drawImage(image, 0, 0);
    const pixels = new Uint32Array(context?.getImageData(0, 0, image.width, image.height).data.buffer ?? []);
    const counts = new Map<number, number>();
    for (const pixel of pixels) counts.set(pixel, (counts.get(pixel) ?? 0) + 1);
    return [...counts.values()].filter((count) => count > 200).length;
  }, png);
}

async function shoot(page: Page, name: string): Promise<void> {
  if (!SHOTS) return;
  mkdirSync(SHOTS, { recursive: true });
  await page.screenshot({ path: path.join(SHOTS, `${name}.png`) });
}

/** Pixels that are not clear on a canvas. */
async function drawnPixels(page: Page, selector: string): Promise<number> {
  return await page.locator(selector).evaluate((element) => {
    const canvas = element as HTMLCanvasElement;
    const { data } = canvas.getContext('2d')?.getImageData(0, 0, canvas.width, canvas.height) ?? { data: [] };
    let drawn = 0;
    for (let index = 3; index < data.length; index += 4) if (data[index] !== 0) drawn += 1;
    return drawn;
  });
}

/** The middle of some dot, in pixels of the page, well inside the map. */
async function someDot(page: Page): Promise<{ x: number; y: number }> {
  return await page.locator('.map-people').evaluate((element) => {
    const canvas = element as HTMLCanvasElement;
    const { left, top } = canvas.getBoundingClientRect();
    const [scaleX, scaleY] = [canvas.width / canvas.clientWidth, canvas.height / canvas.clientHeight];
    const { data } = canvas.getContext('2d')?.getImageData(0, 0, canvas.width, canvas.height) ?? { data: [] };
    // Below the header and above the legend, which lie over the map.
    for (let y = Math.round(200 * scaleY); y < canvas.height - 150 * scaleY; y += 1) {
      for (let x = 50; x < canvas.width - 100 * scaleX; x += 1) {
        if (data[(y * canvas.width + x) * 4 + 3] === 255) return { x: left + x / scaleX, y: top + y / scaleY + 2 };
      }
    }
    return { x: 0, y: 0 };
  });
}

/**
 * Elements whose Chinese text is not drawn from the font that the page brought, by what Chromium really used
 * (`document.fonts.check` says yes to a font that it then passes over). This Chromium has no Chinese font of its own.
 */
async function boxes(page: Page): Promise<string[]> {
  const cdp = await page.context().newCDPSession(page);
  await cdp.send('DOM.enable');
  await cdp.send('CSS.enable');
  await page.evaluate(() => document.fonts.ready);
  await page.evaluate((mark) => {
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    for (let node = walker.nextNode(); node; node = walker.nextNode()) {
      const isShown = node.parentElement?.checkVisibility({ visibilityProperty: true });
      if (isShown && /\p{Script=Han}/u.test(node.nodeValue ?? '')) node.parentElement?.setAttribute(mark, '');
    }
  }, MARK);
  const { root } = await cdp.send('DOM.getDocument', { depth: -1 });
  const { nodeIds } = await cdp.send('DOM.querySelectorAll', { nodeId: root.nodeId, selector: `[${MARK}]` });
  const bad: string[] = [];
  for (const nodeId of nodeIds) {
    // A row that has scrolled away between two calls has nothing to say.
    const used = await cdp.send('CSS.getPlatformFontsForNode', { nodeId }).catch(() => undefined);
    if (used && used.fonts.length > 0 && !used.fonts.some(({ isCustomFont }) => isCustomFont)) {
      bad.push((await cdp.send('DOM.getOuterHTML', { nodeId })).outerHTML.slice(0, 200));
    }
  }
  expect(nodeIds.length).toBeGreaterThan(0);
  await cdp.detach();
  return bad;
}
