import { execFile } from 'node:child_process';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { build } from 'esbuild';
import { everyFunction } from '#functions/routes.ts';
import { bundle, bundleFunctions } from '#lib/bundle.ts';
import { environmentOf } from '#lib/environment.ts';
import { machine } from './machine.ts';
import type { BenchResult } from './main.ts';
import { median } from './median.ts';

/** Odd, so that a median is one of the measured times. */
const ROUNDS = 21;
const OUT = 'dist/coldstart';
const BARE = fileURLToPath(import.meta.resolve('./fixtures/bare-dynamodb.ts'));
const run = promisify(execFile);

type Contestant = {
  name: string;
  hot: boolean;
  entry: string;
  /** All that is uploaded. */
  bytes: number;
  /** Of it what is parsed before the first event. */
  initBytes: number;
  env: NodeJS.ProcessEnv;
};

/**
 * What a cold start costs before the first event: each function's bundle as Lambda gets it, imported by a fresh process,
 * beside a function that does nothing but make a DynamoDB client, bundled in two ways: as esbuild does by default, which
 * is what most people deploy, and by our own bundler, which shows what our code adds. Every round starts each of them
 * once, so that noise hits all alike; medians are compared.
 */
export async function coldstart(): Promise<BenchResult> {
  const byDefault = await bareByDefault();
  const byUs = await bareByUs();
  const ours = await ourFunctions();
  const times = await initTimes([byDefault, byUs, ...ours]);
  const ms = (each: Contestant): number => median(times.get(each) ?? []);
  const rows = [byDefault, byUs, ...ours].map((each) => ({
    function: each.name,
    hot: each.hot,
    bytes: each.bytes,
    initBytes: each.initBytes,
    initMs: rounded(ms(each), 1),
    bytesRatio: rounded(each.bytes / byDefault.bytes, 3),
    initRatio: rounded(ms(each) / ms(byDefault), 3),
    bytesRatioSameBundler: rounded(each.bytes / byUs.bytes, 3),
    initRatioSameBundler: rounded(ms(each) / ms(byUs), 3),
  }));
  const hot = rows.filter((row) => row.hot);
  return {
    name: 'coldstart',
    machine: machine(),
    rows,
    headline: {
      hotBundleRatio: Math.max(...hot.map((row) => row.bytesRatio)),
      hotInitRatio: Math.max(...hot.map((row) => row.initRatio)),
      hotBundleRatioSameBundler: Math.max(...hot.map((row) => row.bytesRatioSameBundler)),
      hotInitRatioSameBundler: Math.max(...hot.map((row) => row.initRatioSameBundler)),
      hotBundleBytes: Math.max(...hot.map((row) => row.bytes)),
      hotInitMs: Math.max(...hot.map((row) => row.initMs)),
      baselineBytes: byDefault.bytes,
      baselineInitMs: rounded(ms(byDefault), 1),
    },
  };
}

/** As `esbuild --bundle --minify --platform=node` makes it. */
async function bareByDefault(): Promise<Contestant> {
  const entry = path.resolve(OUT, 'bare-by-default/index.cjs');
  const { metafile } = await build({
    entryPoints: [BARE],
    outfile: entry,
    bundle: true,
    minify: true,
    platform: 'node',
    target: 'node24',
    metafile: true,
  });
  const bytes = Object.values(metafile.outputs).reduce((sum, output) => sum + output.bytes, 0);
  return { name: 'bare DynamoDB client, esbuild’s defaults', hot: false, entry, bytes, initBytes: bytes, env: LAMBDA };
}

async function bareByUs(): Promise<Contestant> {
  const { dir, bytes, initBytes } = await bundle(BARE, path.resolve(OUT, 'bare-by-us'));
  return { name: 'bare DynamoDB client, our bundler', hot: false, entry: entryOf(dir), bytes, initBytes, env: LAMBDA };
}

async function ourFunctions(): Promise<Contestant[]> {
  const bundles = await bundleFunctions(OUT);
  return everyFunction.map((spec) => {
    const made = bundles.get(spec.name);
    if (!made) throw new Error(`no bundle of ${spec.name}`);
    const { dir, bytes, initBytes } = made;
    const env = { ...LAMBDA, ...environmentOf(spec, PLACEHOLDERS) };
    return { name: spec.name, hot: spec.hot === true, entry: entryOf(dir), bytes, initBytes, env };
  });
}

function entryOf(dir: string): string {
  return path.join(dir, 'index.mjs');
}

/** As in Lambda: credentials in the environment, so that no provider looks for a file or a metadata service. */
const LAMBDA = {
  AWS_REGION: 'eu-west-1',
  AWS_ACCESS_KEY_ID: 'bench',
  AWS_SECRET_ACCESS_KEY: 'bench',
  AWS_SESSION_TOKEN: 'bench',
  AWS_LAMBDA_FUNCTION_NAME: 'bench',
  LAMBDA_TASK_ROOT: '/var/task',
};

const PLACEHOLDERS = {
  table: (name: string) => `bench-${name}`,
  queue: (name: string) => `https://sqs.eu-west-1.amazonaws.com/111122223333/${name}`,
  everyDeadLetters: () => [],
  deadLetters: (name: string) => `https://sqs.eu-west-1.amazonaws.com/111122223333/${name}-dead`,
  secret: (name: string) => `arn:aws:secretsmanager:eu-west-1:111122223333:secret:${name}`,
  issuer: 'https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_bench',
  jwksUrl: 'https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_bench/.well-known/jwks.json',
  clientId: 'bench',
  publicUrl: 'https://bench.example',
  emailFrom: 'bench@shop.example',
  bucket: 'bench',
  location: { collection: 'bench', tracker: 'bench' },
  smsOrigin: 'phone-bench',
};

/** Times the import of a bundle in a process of its own, and that it yields what Lambda calls. */
const PROBE = `
const start = performance.now();
const { handler } = await import(process.argv[1]);
const ms = performance.now() - start;
if (typeof handler !== 'function') throw new Error('no handler');
console.log(ms);
process.exit(0);
`;

async function initMs({ entry, env }: Contestant): Promise<number> {
  const args = ['--input-type=module', '--eval', PROBE, pathToFileURL(entry).href];
  const { stdout } = await run(process.execPath, args, { env });
  return Number(stdout);
}

async function initTimes(contestants: readonly Contestant[]): Promise<Map<Contestant, number[]>> {
  const times = new Map<Contestant, number[]>(contestants.map((each) => [each, []]));
  for (let round = -1; round < ROUNDS; round++) {
    for (const [each, list] of times) {
      const ms = await initMs(each);
      // The first round fills the disk cache and is not counted.
      if (round >= 0) list.push(ms);
    }
  }
  return times;
}

function rounded(value: number, digits: number): number {
  return Number(value.toFixed(digits));
}
