import { access, copyFile, mkdir, readFile, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const PAGES = ['live', 'inbox', 'lobby', 'report'] as const;
const FONT_WEIGHTS = ['400', '700'] as const;

/**
 * Builds the pages into `outDir`: `live.html`, `inbox.html`, and `assets/` with their scripts, styles, fonts and
 * MapLibre's worker. Takes about half a second; nothing in the result points outside its own origin.
 */
export async function buildWeb(outDir: string): Promise<void> {
  const assets = path.join(outDir, 'assets');
  await mkdir(path.join(assets, 'fonts'), { recursive: true });
  await Promise.all([
    bundle(assets),
    copyWorker(assets),
    copyFonts(assets),
    ...[...PAGES, 'screen'].map((page) =>
      copyFile(path.join(ROOT, 'web', page, 'index.html'), path.join(outDir, `${page}.html`)),
    ),
  ]);
}

async function bundle(assets: string): Promise<void> {
  await build({
    absWorkingDir: ROOT,
    entryPoints: [
      ...PAGES.map((page) => ({ in: `web/${page}/main.tsx`, out: page })),
      { in: 'web/screen/main.ts', out: 'screen' },
      { in: 'web/screen/service-worker.ts', out: 'screen-sw' },
    ],
    outdir: assets,
    bundle: true,
    format: 'esm',
    target: 'es2022',
    jsx: 'automatic',
    minify: true,
    sourcemap: false,
    legalComments: 'none',
    define: { 'process.env.NODE_ENV': '"production"' },
    logLevel: 'silent',
  });
}

/** MapLibre starts its worker from a file of its own: bundled into a blob it would need `script-src blob:`. */
async function copyWorker(assets: string): Promise<void> {
  await copyFile(resolve('maplibre-gl/dist/maplibre-gl-worker.mjs'), path.join(assets, 'maplibre-gl-worker.mjs'));
}

/**
 * Noto Sans SC comes in a hundred pieces by Unicode range, so that a page loads only those whose characters it shows.
 * The package also offers .woff for browsers that are no more; those are left out.
 */
async function copyFonts(assets: string): Promise<void> {
  const sheets = await Promise.all(
    FONT_WEIGHTS.map((weight) => readFile(resolve(`@fontsource/noto-sans-sc/${weight}.css`), 'utf8')),
  );
  const css = sheets
    .join('\n')
    .replace(/,\s*url\([^)]*\.woff\)\s*format\('woff'\)/g, '')
    .replaceAll('./files/', './fonts/');
  await writeFile(path.join(assets, 'fonts.css'), css);
  const names = [...css.matchAll(/\.\/fonts\/([\w-]+\.woff2)/g)].map((match) => match[1] ?? '');
  const folder = path.dirname(resolve('@fontsource/noto-sans-sc/400.css'));
  await Promise.all(names.map((name) => copyOnce(path.join(folder, 'files', name), path.join(assets, 'fonts', name))));
}

/** Fonts never change under their name, and they are most of the bytes. */
async function copyOnce(from: string, to: string): Promise<void> {
  try {
    await access(to);
  } catch {
    await copyFile(from, to);
  }
}

const resolve = (specifier: string): string => createRequire(import.meta.url).resolve(specifier);
