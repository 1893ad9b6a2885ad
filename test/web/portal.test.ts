import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { functions } from '#functions/routes.ts';
import { createGateway } from '#local/host/gateway.ts';
import type { LoadedFunction } from '#local/host/handlers.ts';
import { BRANDS, MERAKI, openPortal, type PortalWorld } from '#test/functions/portal-world.ts';
import { openBrowser } from './browser.ts';

/** Set `SHOTS` to a folder to look at what the tests saw. */
const SHOTS = process.env.SHOTS;
const PHONE = { viewport: { width: 390, height: 844 }, deviceScaleFactor: 2, hasTouch: true };
const GRANT_HOST = 'n143.network-auth.com';

/** What would run if anything of a query were taken for markup, in each place where it could stand. */
const PAYLOADS = [
  '<script>xss()</script>',
  '"><script>xss()</script>',
  "'><img src=x onerror=xss()>",
  '"><img src=x onerror=xss()>',
  '</title><script>xss()</script>',
  '</style><svg onload=xss()>',
  '" autofocus onfocus=xss() x="',
  "' autofocus onfocus=xss() x='",
  'javascript:xss()',
  '<iframe srcdoc="<script>parent.xss()</script>">',
  '<meta http-equiv=refresh content="0;url=javascript:xss()">',
  '&lt;script&gt;xss()&lt;/script&gt;',
  '\u2028<svg/onload=xss()>',
  '{{constructor.constructor("xss()")()}}',
];
const PARAMETERS = [
  ...Object.keys(MERAKI),
  'login_url',
  'continue_url',
  'ap_mac',
  'mac',
  'id',
  'ap',
  'url',
  'ssid',
  'handover',
  'lang',
  'unknown',
];

let portal: PortalWorld;
let server: Server;
let origin: string;
let browser: Browser;
beforeAll(async () => {
  portal = await openPortal();
  const spec = functions.find(({ name }) => name === 'portal');
  if (!spec) throw new Error('the routing table has no portal');
  const invoke = ((event: never) => portal.handler(event, {} as never)) as LoadedFunction['invoke'];
  const gateway = createGateway([{ spec, invoke } as LoadedFunction]);
  server = createServer(async (request, response) => {
    if (!(await gateway(request, response))) response.writeHead(404).end();
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  browser = await openBrowser();
});
afterAll(async () => {
  await browser?.close();
  server?.close();
  server?.closeAllConnections();
});

const addressOf = (query: Record<string, string> = MERAKI): string => `${origin}/w/lobby?${new URLSearchParams(query)}`;

/** Waits for the request that leaves the portal, and says how the browser ended it. */
async function leaving(page: Page, click: () => Promise<unknown>): Promise<{ url: string; failure: string }> {
  const [failed] = await Promise.all([
    page.waitForEvent('requestfailed', (request) => new URL(request.url()).hostname === GRANT_HOST),
    click(),
  ]);
  // The browser goes on to say so itself, and must have done before it is sent elsewhere.
  await expect.poll(() => page.url()).toMatch(/^chrome-error:/);
  return { url: failed.url(), failure: failed.failure()?.errorText ?? '' };
}

describe('the page of the WiFi, on a phone without JavaScript', () => {
  let context: BrowserContext;
  let page: Page;
  const complaints: string[] = [];
  const outside: string[] = [];
  beforeAll(async () => {
    context = await browser.newContext({ ...PHONE, locale: 'en', javaScriptEnabled: false });
    page = await context.newPage();
    page.on('console', (message) => {
      if (message.type() === 'error') complaints.push(message.text());
    });
    page.on('request', (request) => {
      if (!request.url().startsWith(origin)) outside.push(request.url());
    });
  });
  afterAll(() => context?.close());

  it('lets somebody online who says nothing', async () => {
    await page.goto(addressOf());
    await shoot(page, 'portal-stranger');
    expect(await overflow(page)).toBeLessThanOrEqual(0);
    expect(outside).toEqual([]);
    const left = await leaving(page, () => page.getByRole('button', { name: 'Go online' }).click());
    // There is no such host here: it was asked for, and not forbidden by the page's own policy.
    expect(left).toEqual({
      url: `https://${GRANT_HOST}/splash/grant?continue_url=http%3A%2F%2Fask.com%2F&duration=14400`,
      failure: expect.not.stringMatching(/BLOCKED|ABORTED/),
    });
    expect([portal.signals, portal.rows('people')]).toEqual([[], []]);
  });

  it('would not leave the page for a host that its policy does not name', async () => {
    await page.route(addressOf(), async (route) => {
      const response = await route.fetch();
      const policy = response.headers()['content-security-policy']?.replace(/form-action [^;]*/, "form-action 'self'");
      await route.fulfill({ response, headers: { ...response.headers(), 'content-security-policy': policy ?? '' } });
    });
    await page.goto(addressOf());
    await page.unroute(addressOf());
    const asked = outside.length;
    const refused = page.waitForEvent('console', (message) => /form-action/.test(message.text()));
    await page.getByRole('button', { name: 'Go online' }).click();
    await refused;
    expect(outside.slice(asked)).toEqual([]);
    complaints.length = 0;
  });

  it('knows somebody who enters the code that came by email', async () => {
    await page.goto(addressOf());
    await page.getByLabel('Your email address').fill('mei@example.com');
    await page.getByRole('button', { name: 'Send me a code' }).click();
    await page.getByLabel('Code', { exact: true }).fill('000000');
    await shoot(page, 'portal-code');
    const [mail] = portal.mails;
    if (mail?.code !== '000000') {
      await page.getByRole('button', { name: 'That is me' }).click();
      expect(await page.getByRole('status').first().innerText()).toMatch(/not the code/);
    }
    await page.getByLabel('Code', { exact: true }).fill(mail?.code ?? '');
    await page.getByRole('button', { name: 'That is me' }).click();
    expect(await page.getByText('You are here as m•••@example.com.').isVisible()).toBe(true);
    expect(await page.getByRole('checkbox').count()).toBe(4);
    expect(await page.getByRole('checkbox', { checked: true }).count()).toBe(0);
    expect(await overflow(page)).toBeLessThanOrEqual(0);
  });

  it('tells the one brand that is ticked, and nobody once it is unticked', async () => {
    await page.getByRole('checkbox', { name: /Tell Harbour Dairy/ }).check();
    await page.getByRole('checkbox', { name: /Harbour Dairy may show/ }).check();
    await shoot(page, 'portal-choices');
    const left = await leaving(page, () => page.getByRole('button', { name: /^Go online/ }).click());
    expect(left.failure).not.toMatch(/BLOCKED|ABORTED/);
    expect(portal.signals.splice(0).map(({ brand, screenId }) => [brand, screenId])).toEqual([['harbour', 'screen-1']]);
    await page.goto(addressOf());
    expect(await page.getByText(/online for another 2\d\d minutes/).isVisible()).toBe(true);
    expect(await page.getByRole('checkbox', { checked: true }).count()).toBe(2);
    await page.getByRole('button', { name: 'Stop all sharing' }).click();
    expect(await page.getByText('Saved. It holds from now on.').isVisible()).toBe(true);
    expect(await page.getByRole('checkbox', { checked: true }).count()).toBe(0);
    await leaving(page, () => page.getByRole('button', { name: /^Go online/ }).click());
    expect(portal.signals).toEqual([]);
  });

  it('speaks Chinese, and says what is here', async () => {
    await page.goto(addressOf());
    await page.getByRole('link', { name: '简体中文' }).click();
    expect(await page.locator('html').getAttribute('lang')).toBe('zh-CN');
    expect(new URL(page.url()).searchParams.get('base_grant_url')).toBe(MERAKI.base_grant_url);
    await shoot(page, 'portal-zh');
    expect(await overflow(page)).toBeLessThanOrEqual(0);
    await page.goto(`${origin}/w/lobby/venue`);
    expect(await page.getByText('Milk of the morning').isVisible()).toBe(true);
    await shoot(page, 'portal-venue');
    await page.getByRole('link', { name: /WiFi and who/ }).click();
    await page.getByRole('button', { name: 'Forget me on this phone' }).click();
    expect(await page.getByRole('checkbox').count()).toBe(0);
  });

  it('asks nothing of anybody else, and breaks no policy of its own', () => {
    expect(outside.filter((url) => new URL(url).hostname !== GRANT_HOST)).toEqual([]);
    expect(complaints.filter((text) => !/ERR_|422|Failed to load resource/.test(text))).toEqual([]);
  });
});

describe('whatever stands in the address', () => {
  it('is never run', async () => {
    const context = await browser.newContext(PHONE);
    const page = await context.newPage();
    let ran = 0;
    await page.exposeFunction('xss', () => {
      ran += 1;
    });
    page.on('dialog', (dialog) => dialog.dismiss());
    // The net must hold what it is meant to catch: this is the same page, had it not escaped.
    await page.goto(`data:text/html,${encodeURIComponent('<img src=x onerror=xss()>')}`);
    await expect.poll(() => ran).toBe(1);
    ran = 0;
    const statuses = new Set<number>();
    for (const payload of PAYLOADS) {
      for (const name of PARAMETERS) {
        const response = await page.goto(addressOf({ ...MERAKI, [name]: payload }));
        statuses.add(response?.status() ?? 0);
      }
    }
    expect([...statuses].sort()).toEqual([200, 400]);
    // Typed into the form, and by the venue itself.
    for (const payload of PAYLOADS) {
      await page.goto(addressOf());
      await page.getByLabel('Your email address').evaluate((input: HTMLInputElement) => {
        input.type = 'text';
      });
      await page.getByLabel('Your email address').fill(`${payload.replaceAll(/[\s<>()"':;,]/g, '')}'&@example.com`);
      await page.getByRole('button', { name: 'Send me a code' }).click();
    }
    await portal.replaceBrands(PAYLOADS.map((name, index) => ({ brand: `b${index}`, name, about: name })));
    await page.goto(addressOf());
    await page.goto(`${origin}/w/lobby/venue`);
    await portal.replaceBrands(BRANDS);
    expect(ran).toBe(0);
    await context.close();
  });
});

async function overflow(page: Page): Promise<number> {
  // Without JavaScript in the page, the browser still answers us.
  const width = (await page.locator('body').boundingBox())?.width ?? Number.POSITIVE_INFINITY;
  const boxes = await page.locator('main *').evaluateAll((all) => all.map((one) => one.getBoundingClientRect().right));
  return Math.max(width, ...boxes) - PHONE.viewport.width;
}

async function shoot(page: Page, name: string): Promise<void> {
  if (!SHOTS) return;
  mkdirSync(SHOTS, { recursive: true });
  await page.screenshot({ path: path.join(SHOTS, `${name}.png`), fullPage: true });
}
