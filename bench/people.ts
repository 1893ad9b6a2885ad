import { machine } from './machine.ts';
import type { BenchResult } from './main.ts';
import { type BenchBrand, openBrand } from './people/brand.ts';
import { measureLoads } from './people/load.ts';
import { measurePreviews } from './people/preview.ts';

const FEW = 50_000;
const MANY = 1_000_000;

/**
 * `npm run bench -- people`: what it takes to know somebody, and to count a segment. A brand of fifty thousand people
 * and one of a million (`--people N`), each in a database of its own, on disk. Filling them takes some minutes; its
 * progress is on stderr.
 */
export async function people({ people: many = MANY }: { people?: number } = {}): Promise<BenchResult> {
  if (!(Number.isInteger(many) && many >= FEW)) throw new RangeError(`--people takes a number from ${FEW} on`);
  const brands: BenchBrand[] = [];
  try {
    for (const size of [FEW, many]) brands.push(await openBrand(size));
    const largest = brands.at(-1) as BenchBrand;
    const parts = [await measureLoads(largest), await measurePreviews(brands)];
    return {
      name: 'people',
      machine: machine(),
      rows: parts.flatMap(({ rows }): Record<string, unknown>[] => rows),
      headline: Object.assign({}, ...parts.map(({ headline }) => headline)),
    };
  } finally {
    for (const brand of brands) await brand.stop();
  }
}
