import chromium from '@sparticuz/chromium';
import { type Browser, type Page, chromium as playwright } from 'playwright-core';

/** WebGL by software; and nothing that reaches out by itself, which on a closed network costs seconds. */
const ARGS = [
  '--no-sandbox',
  '--use-gl=angle',
  '--use-angle=swiftshader',
  '--enable-unsafe-swiftshader',
  '--ignore-gpu-blocklist',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--disable-quic',
  '--no-first-run',
];

/** A real Chromium, from npm. */
export async function openBrowser(): Promise<Browser> {
  return await playwright.launch({ executablePath: await chromium.executablePath(), args: ARGS, headless: true });
}

export type Watched = { page: Page; complaints: string[]; outside: string[] };

/** A page that notes console errors, uncaught errors, failed requests, and any request to another origin. */
export async function openPage(
  browser: Browser,
  url: string,
  options: { width: number; height: number; locale: string },
): Promise<Watched> {
  const { width, height, locale } = options;
  const context = await browser.newContext({ viewport: { width, height }, locale, hasTouch: width < 600 });
  const page = await context.newPage();
  page.setDefaultTimeout(30_000);
  const complaints: string[] = [];
  const outside: string[] = [];
  page.on('console', (message) => {
    if (message.type() === 'error') complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('request', (request) => {
    const { origin, protocol } = new URL(request.url());
    if (protocol.startsWith('http') && origin !== new URL(url).origin) outside.push(request.url());
  });
  await page.goto(url);
  return { page, complaints, outside };
}
