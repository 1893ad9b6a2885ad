import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** A minute and more each: begun last, one of them would keep one worker busy and the other idle. */
const LONGEST = ['web/player', 'web/pages', 'journey/kill', 'journey/erasure', 'journey/bad-input', 'journey/races'];

class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rank = ({ moduleId }: TestSpecification): number => {
      const place = LONGEST.findIndex((name) => moduleId.endsWith(`/${name}.test.ts`));
      return place < 0 ? LONGEST.length : place;
    };
    return (await super.sort(files)).sort((a, b) => rank(a) - rank(b));
  }
}

/** Journeys start hosts of their own and a browser: they get time, and each other's company is kept small. */
const SLOW = { testTimeout: 300_000, hookTimeout: 120_000 };

export default defineConfig({
  test: {
    maxWorkers: 2,
    sequence: { sequencer: LongestFirst },
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
