import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

/** A few rounds at every change; `npm run races` plays fifty. */
const ROUNDS = 2;
const SEED = Number(process.env.SEED ?? Date.now() % 1_000_000);

it(`two hundred tills, one signal twenty times, a thousand people: ${ROUNDS} rounds with faults and kills`, async () => {
  const main = fileURLToPath(new URL('../races/main.ts', import.meta.url));
  const child = spawn(process.execPath, [main, '--rounds', String(ROUNDS), '--seed', String(SEED)], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const [output, complaints, [code]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'exit') as Promise<[number | null]>,
  ]);
  console.log(output);
  expect([code, complaints]).toEqual([0, '']);
  expect(output).toContain('nothing was violated');
});
