import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const use = (specifier: string): string => `import { x } from '${specifier}';\nexport const y = x;\n`;

/** A file where a rule of the house must complain, or (`ok`) must not: a rule that has never failed proves nothing. */
const CASES: [file: string, code: string, rule: string][] = [
  ['core/a.ts', use('#store/keys.ts'), 'noRestrictedImports'],
  ['core/a.ts', use('../store/keys.ts'), 'noRestrictedImports'],
  ['core/a.ts', use('node:fs'), 'noRestrictedImports'],
  ['core/a.ts', use('@aws-sdk/client-sqs'), 'noRestrictedImports'],
  ['core/a.ts', use('node:crypto'), 'ok'],
  ['core/a.ts', 'export const y = process.env.A;\n', 'noRestrictedGlobals'],
  ['core/a.ts', 'export const y = Date.now();\n', 'no clock'],
  ['core/a.ts', 'export const y = Math.random();\n', 'no clock'],
  ['core/a.ts', 'export const y = new Date(0).toISOString();\n', 'ok'],
  ['store/a.ts', use('#functions/shared/http.ts'), 'noRestrictedImports'],
  ['store/a.ts', use('#functions/routes.ts'), 'ok'],
  ['channels/a.ts', use('#functions/shared/http.ts'), 'noRestrictedImports'],
  ['functions/a.ts', use('#lib/app.ts'), 'noRestrictedImports'],
  ['functions/a.ts', use('#local/city.ts'), 'noRestrictedImports'],
  ['functions/a.ts', use('@aws-sdk/client-dynamodb'), 'noRestrictedImports'],
  ['functions/a.ts', 'export async function a() {}\nexport function b() {\n  a();\n}\n', 'noFloatingPromises'],
  ['web/live/a.ts', use('#core/decide/decide.ts'), 'noRestrictedImports'],
  ['web/live/a.ts', use('#core/model/place.ts'), 'ok'],
];

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'beckon-rules-'));
  const config = JSON.parse(readFileSync(path.join(ROOT, 'biome.json'), 'utf8'));
  writeFileSync(path.join(folder, 'biome.json'), JSON.stringify({ ...config, vcs: { enabled: false } }));
  cpSync(path.join(ROOT, 'no-clock.grit'), path.join(folder, 'no-clock.grit'));
  symlinkSync(path.join(ROOT, 'node_modules'), path.join(folder, 'node_modules'));
});
afterAll(() => rmSync(folder, { recursive: true }));

it.each(CASES)('%s with %j: %s', (file, code, rule) => {
  const target = path.join(folder, file);
  mkdirSync(path.dirname(target), { recursive: true });
  writeFileSync(target, code);
  const biome = path.join(ROOT, 'node_modules/.bin/biome');
  const { status, stdout, stderr } = spawnSync(biome, ['lint', file], { cwd: folder, encoding: 'utf8' });
  rmSync(target);
  const said = stdout + stderr;
  if (rule === 'ok') expect([status, said]).toEqual([0, expect.stringContaining('Checked 1 file')]);
  else expect([status, said]).toEqual([1, expect.stringContaining(rule)]);
});
