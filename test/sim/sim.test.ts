import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import corpus from './corpus.json' with { type: 'json' };
import { PLANTS } from './plant-list.ts';
import { plantedSources } from './plants.ts';
import { runSeed } from './run-seed.ts';

const MAIN = fileURLToPath(new URL('main.ts', import.meta.url));
/** Enough to see that it runs; the many seeds are `npm run sim`. */
const SEEDS = [101, 102, 103, 104, 105, 106, 107, 108];

const simulate = (...args: string[]) => spawnSync(process.execPath, [MAIN, ...args], { encoding: 'utf8' });

describe('one seed', () => {
  test('is one history, event by event', async () => {
    const [first, second] = [await runSeed(11, { trace: true }), await runSeed(11, { trace: true })];
    expect(second.lines).toEqual(first.lines);
    expect(second.hash).toBe(first.hash);
    expect(second.faults).toEqual(first.faults);
  });

  test('is another history than the next', async () => {
    const [first, second] = [await runSeed(11), await runSeed(12)];
    expect(second.hash).not.toBe(first.hash);
  });
});

describe('every invariant holds', () => {
  test.each([...SEEDS, ...corpus.seeds])('with seed %i', async (seed) => {
    const { violations, counts } = await runSeed(seed);
    expect(violations).toEqual([]);
    expect(counts.signals).toBeGreaterThan(0);
  });
});

describe('a planted bug', () => {
  test.each(['no-ledger-condition', 'unconditional-redeem'])('is noticed: %s', (plant) => {
    const { status, stdout } = simulate('--plant', plant);
    expect(stdout).toMatch(/INV \d+/);
    expect(stdout).toMatch(/SEED=\d+ SHA=\w+/);
    expect(status).toBe(1);
  });

  test.each(PLANTS.map((plant) => [plant.name, plant] as const))('still grows: %s', (_, plant) => {
    expect(plantedSources(plant).size).toBeGreaterThan(0);
  });

  test('that does not grow is refused', () => {
    expect(simulate('--plant', 'no-such-plant').status).not.toBe(0);
  });
});
