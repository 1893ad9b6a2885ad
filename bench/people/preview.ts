import { previewSegment } from '#functions/catalogue/preview.ts';
import type { HttpRequest } from '#functions/shared/http.ts';
import { type BenchBrand, BRAND, RULE } from './brand.ts';
import { quantile, runtimeOf } from './load.ts';

const WARM_UP = 3;
const PREVIEWS = 25;

type Preview = {
  count: number;
  of: number;
  complete: boolean;
  sampled?: number;
  interval?: { count: [number, number] };
};

/** How long a preview takes in brands of different sizes, in turns; and how near it comes to who really is in the segment. */
export async function measurePreviews(brands: readonly BenchBrand[]) {
  const turns = brands.map((brand) => ({ brand, ask: askOf(brand), times: [] as number[] }));
  for (let round = -WARM_UP; round < PREVIEWS; round += 1) {
    for (const { ask, times } of turns) {
      const began = performance.now();
      await ask();
      if (round >= 0) times.push(performance.now() - began);
    }
  }
  const rows = [];
  for (const { brand, ask, times } of turns) {
    brand.meter.reset();
    const { count, of, sampled, interval } = await ask();
    const [low = count, high = count] = interval?.count ?? [];
    rows.push({
      people: brand.people,
      p50Ms: quantile(times, 0.5),
      p99Ms: quantile(times, 0.99),
      readUnits: Math.round(brand.meter.rows().reduce((sum, row) => sum + row.units, 0)),
      sampled,
      estimatedPeople: of,
      members: brand.members,
      estimate: count,
      interval: `${low} to ${high}`,
      holds: low <= brand.members && brand.members <= high,
    });
  }
  const [small, large] = [rows[0], rows.at(-1)];
  return {
    rows,
    headline: {
      /** At the larger brand, whatever its size: the time does not grow with it. */
      previewMsPerMillion: large?.p50Ms ?? Number.NaN,
      previewMeasuredPeople: large?.people ?? Number.NaN,
      previewGrowth: Math.round(((large?.p50Ms ?? Number.NaN) / (small?.p50Ms ?? Number.NaN)) * 100) / 100,
    },
  };
}

function askOf(brand: BenchBrand): () => Promise<Preview> {
  const request: HttpRequest = {
    runtime: runtimeOf(brand),
    caller: { subject: 'bench', tenant: { kind: 'brand', id: BRAND }, role: 'marketer' },
    path: { segmentId: 'new' },
    query: {},
    headers: {},
    body: { rule: RULE },
    text: '',
    bytes: Buffer.alloc(0),
    cookies: {},
  };
  return async () => (await previewSegment(request)).body as Preview;
}
