import { execFile } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { everyFunction } from '#functions/routes.ts';
import { bundle, bundleFunctions } from '#lib/bundle.ts';
import { scratch } from './scratch.ts';

const LIST_TABLES = fileURLToPath(new URL('./fixtures/list-tables.ts', import.meta.url));
const BARE = 'bench/fixtures/bare-dynamodb.ts';
const run = promisify(execFile);

/** Name and text of every file of a bundle. */
function contents(dir: string): [string, string][] {
  return readdirSync(dir)
    .sort()
    .map((name) => [name, readFileSync(path.join(dir, name), 'utf8')]);
}

describe('a bundle', () => {
  it('depends on its sources alone, so that an unchanged function is not deployed again', async () => {
    const [first, second] = [await bundle(BARE, scratch()), await bundle(BARE, scratch())];
    expect(contents(second.dir)).toEqual(contents(first.dir));
  });

  it('names no folder of the machine that made it, and carries no source map', async () => {
    const { dir } = await bundle(BARE, scratch());
    const text = contents(dir).flat().join('\n');
    expect(text).not.toContain(process.cwd());
    expect(text).not.toContain('sourceMappingURL');
  });

  it('replaces what lay in its folder', async () => {
    const dir = scratch();
    const { metafile } = await bundle('functions/routes.ts', dir);
    await bundle(BARE, dir);
    const after = await bundle('functions/routes.ts', dir);
    expect(contents(dir)).toHaveLength(Object.keys(metafile.outputs).length);
    expect(after.bytes).toBe(contents(dir).reduce((sum, [, text]) => sum + Buffer.byteLength(text), 0));
  });

  it('leaves what the SDK imports lazily out of what is parsed at the start', async () => {
    const { bytes, initBytes } = await bundle(BARE, scratch());
    expect(initBytes).toBeLessThan(bytes);
    // esbuild's defaults make 526 kB of it: an SDK that grows back to that should be noticed.
    expect(bytes).toBeLessThan(300_000);
  });
});

describe('a bundled client', () => {
  const CALL = 'const { handler } = await import(process.argv[1]); console.log(JSON.stringify(await handler()));';
  const authorizations: (string | undefined)[] = [];
  const server = createServer((request, response) => {
    authorizations.push(request.headers.authorization);
    response.end('{"TableNames":["offers"]}');
  });
  let entry = '';
  let endpoint = '';
  beforeAll(async () => {
    entry = pathToFileURL(path.join((await bundle(LIST_TABLES, scratch())).dir, 'index.mjs')).href;
    await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready));
    endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterAll(() => server.close());
  const call = (credentials: NodeJS.ProcessEnv) =>
    run(process.execPath, ['--input-type=module', '--eval', CALL, entry], {
      env: { AWS_REGION: 'eu-west-1', AWS_ENDPOINT_URL: endpoint, HOME: '/nonexistent', ...credentials },
    });

  it('signs with the credentials that Lambda puts into the environment', async () => {
    const { stdout } = await call({ AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE', AWS_SECRET_ACCESS_KEY: 'secret' });
    expect(JSON.parse(stdout)).toEqual(['offers']);
    expect(authorizations).toEqual([expect.stringContaining('Credential=AKIDEXAMPLE/')]);
  });

  it('says so where there are none, instead of looking for a profile', async () => {
    await expect(call({})).rejects.toThrow(/is not bundled: on Lambda, credentials come from the environment/);
  });
});

describe('the functions of the routing table', () => {
  const TYPES =
    'const [, ...entries] = process.argv; const types = entries.map(async (entry) => typeof (await import(entry)).handler);' +
    'console.log(JSON.stringify(await Promise.all(types))); process.exit(0);';

  it('each export the handler that Lambda calls, with an empty environment', async () => {
    const bundles = await bundleFunctions(scratch());
    const entries = [...bundles.values()].map(({ dir }) => pathToFileURL(path.join(dir, 'index.mjs')).href);
    const { stdout } = await run(process.execPath, ['--input-type=module', '--eval', TYPES, ...entries], { env: {} });
    const exported = [...bundles.keys()].map((name, index) => [name, JSON.parse(stdout)[index]]);
    expect(exported).toEqual(everyFunction.map(({ name }) => [name, 'function']));
    for (const { name, hot, location } of everyFunction) {
      const inputs = Object.keys(bundles.get(name)?.metafile.inputs ?? {});
      // Amazon Location's client is in the bundles of those that ask it something, and in no other.
      expect(
        inputs.some((input) => /client-location\//.test(input)),
        name,
      ).toBe(location !== undefined);
      // What a cold start parses: two thirds of what a bare DynamoDB client weighs by esbuild's defaults.
      if (hot) expect(bundles.get(name)?.initBytes, name).toBeLessThan(450_000);
    }
  }, 60_000);
});
