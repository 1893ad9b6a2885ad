import chromium from '@sparticuz/chromium';
import { type Browser, type Page, chromium as playwright } from 'playwright-core';

/**
 * A real Chromium, from npm, with WebGL by software; nothing of it reaches out by itself. The package's own `args` are
 * made for Lambda: `--single-process` dies with its second context, and `--disable-web-security` would let pass what a
 * real browser refuses.
 */
export async function openBrowser(): Promise<Browser> {
  const quiet = ['--disable-background-networking', '--disable-component-update', '--disable-sync', '--no-first-run'];
  const webGl = ['--use-gl=angle', '--use-angle=swiftshader', '--enable-unsafe-swiftshader', '--ignore-gpu-blocklist'];
  return await playwright.launch({
    executablePath: await chromium.executablePath(),
    args: [...quiet, ...webGl, '--no-sandbox', '--disable-quic', '--disable-dev-shm-usage'],
    headless: true,
  });
}

export type Watched = { page: Page; complaints: string[]; outside: string[] };

/** A page that notes console errors, uncaught errors, and any request to another origin. */
export async function openPage(
  browser: Browser,
  url: string,
  { width, height, locale }: { width: number; height: number; locale: string },
): Promise<Watched> {
  const context = await browser.newContext({ viewport: { width, height }, locale, hasTouch: width < 600 });
  const page = await context.newPage();
  // WebGL by software, on cores that the rest of the tests share: slow is not broken.
  page.setDefaultTimeout(90_000);
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
