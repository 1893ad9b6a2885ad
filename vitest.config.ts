import { defineConfig } from 'vitest/config';

/** Journeys start hosts of their own and a browser: they get time, and each other's company is kept small. */
const SLOW = { testTimeout: 300_000, hookTimeout: 120_000 };

export default defineConfig({
  test: {
    maxWorkers: 2,
    projects: [
      {
        test: {
          name: 'unit',
          include: ['test/{core,channels,contract,geo,local,functions,sim,store}/**/*.test.ts'],
          testTimeout: 120_000,
        },
      },
      { test: { name: 'infra', include: ['test/infra/**/*.test.ts'], ...SLOW } },
      {
        test: {
          name: 'journey',
          include: ['test/journey/**/*.test.ts'],
          ...SLOW,
          expect: { poll: { timeout: 30_000 } },
        },
      },
      // What a page comes to show is waited for longer than vitest's one second: the browser shares two cores with all of this.
      {
        test: { name: 'web', include: ['test/web/**/*.test.ts'], ...SLOW, expect: { poll: { timeout: 30_000 } } },
      },
    ],
  },
});
