import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { type BuildResult, build, type Metafile, type Plugin } from 'esbuild';
import { everyFunction } from '#functions/routes.ts';

const root = path.resolve(import.meta.dirname, '..');
const ENTRY = 'index.mjs';

/** The name under which Lambda finds a bundle's exported `handler`. */
export const LAMBDA_HANDLER = 'index.handler';

export type Bundle = {
  dir: string;
  /** All that is uploaded. */
  bytes: number;
  /** What the runtime parses before the first event: the entry and all it imports statically. */
  initBytes: number;
  metafile: Metafile;
};

/**
 * Bundles one entry point for Lambda's Node 24, as ES modules, into `outDir` (emptied first). The output depends on
 * the sources alone, so an unchanged function keeps its asset hash. No source map is shipped.
 *
 * What carries the size, measured on a bare DynamoDB client (2 shared cores, medians of 21): esbuild's defaults make
 * 526 kB and 81 ms of it. `module` before `main`, so that unused exports fall away, and splitting, which leaves what
 * the SDK imports lazily in files that Lambda never opens: 355 kB, of which 213 kB are parsed, 40 ms. Without the
 * credential providers that cannot apply, and with less of package.json: 239 kB, of which 186 kB are parsed, 37 ms.
 */
export async function bundle(entry: string, outDir: string): Promise<Bundle> {
  const result = await build({
    entryPoints: { index: path.resolve(root, entry) },
    absWorkingDir: root,
    outdir: outDir,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node24',
    mainFields: ['module', 'main'],
    minify: true,
    legalComments: 'none',
    metafile: true,
    plugins: [onlyLambda, onlyVersions],
    write: false,
  });
  await rm(outDir, { recursive: true, force: true });
  await mkdir(outDir, { recursive: true });
  const needsRequire = importsByRequire(result.metafile);
  for (const file of result.outputFiles) {
    await writeFile(file.path, needsRequire ? REQUIRE + file.text : file.contents);
  }
  return { dir: outDir, ...sizes(result, outDir), metafile: result.metafile };
}

/** Bundles every function of the routing table, whatever the locator; answers its bundle by the function's name. */
export async function bundleFunctions(outDir: string): Promise<Map<string, Bundle>> {
  const bundles = await Promise.all(
    everyFunction.map(async ({ name }) => {
      return [name, await bundle(`functions/${name}/handler.ts`, path.resolve(root, outDir, name))] as const;
    }),
  );
  return new Map(bundles);
}

/**
 * What the SDK imports lazily, and never on Lambda: there credentials come from the environment, which its chain asks
 * first (what reads a developer's profile or web identity is half a client's weight), and nobody parses the name of a
 * browser (`bowser`). An honest error takes their place.
 */
const onlyLambda: Plugin = {
  name: 'only-lambda',
  setup({ onResolve, onLoad }) {
    onResolve(
      { filter: /^(bowser|@aws-sdk\/credential-provider-(ini|login|process|sso|web-identity))$/ },
      ({ path: name }) => ({ path: name, namespace: 'never-on-lambda' }),
    );
    onLoad({ filter: /./, namespace: 'never-on-lambda' }, ({ path: name }) => {
      const why = name === 'bowser' ? 'there are no browsers' : 'credentials come from the environment';
      const text = `${name} is not bundled: on Lambda, ${why}`;
      return { contents: `throw new Error(${JSON.stringify(text)});` };
    });
  },
};

/** Every SDK client imports its whole package.json to say its version: 2 kB each. */
const onlyVersions: Plugin = {
  name: 'only-versions',
  setup({ onLoad }) {
    onLoad({ filter: /node_modules\/@aws-sdk\/[^/]+\/package\.json$/ }, async ({ path: file }) => {
      const { version } = JSON.parse(await readFile(file, 'utf8'));
      return { contents: JSON.stringify({ version }), loader: 'json' };
    });
  },
};

/** ES modules have no `require`; a CommonJS dependency that asks for a Node built-in gets one. */
const REQUIRE = "import{createRequire as $r}from'node:module';const require=$r(import.meta.url);";

function importsByRequire(metafile: Metafile): boolean {
  return Object.values(metafile.outputs).some((output) =>
    output.imports.some(({ kind, external }) => external === true && kind === 'require-call'),
  );
}

function sizes(result: BuildResult<{ metafile: true }>, outDir: string): { bytes: number; initBytes: number } {
  const { outputs } = result.metafile;
  const reached = new Set<string>();
  const visit = (name: string): void => {
    if (reached.has(name)) return;
    reached.add(name);
    for (const { path: target, kind, external } of outputs[name]?.imports ?? []) {
      if (kind === 'import-statement' && external !== true) visit(target);
    }
  };
  visit(path.relative(root, path.join(outDir, ENTRY)));
  const sum = (names: Iterable<string>): number =>
    [...names].reduce((total, name) => total + (outputs[name]?.bytes ?? 0), 0);
  return { bytes: sum(Object.keys(outputs)), initBytes: sum(reached) };
}
