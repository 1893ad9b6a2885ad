import fc from 'fast-check';
import { expect, test } from 'vitest';
import { findContact } from '#core/geo/ring-contacts.ts';

type Point = [number, number];

/** The rule itself, pair by pair, in whole numbers: edges share no point but the corner between neighbours. */
function touches(rings: Point[][]): boolean {
  const edges = rings.flatMap((ring, r) =>
    ring.slice(1).map((to, i) => ({ r, i, n: ring.length - 1, from: ring[i] as Point, to })),
  );
  const side = (a: Point, b: Point, c: Point) =>
    Math.sign((b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0]));
  const on = (a: Point, b: Point, c: Point) =>
    side(a, b, c) === 0 && (c[0] - a[0]) * (c[0] - b[0]) <= 0 && (c[1] - a[1]) * (c[1] - b[1]) <= 0;
  return edges.some((e, k) =>
    edges.slice(k + 1).some((f) => {
      const follows = e.r === f.r && f.i === e.i + 1;
      const closes = e.r === f.r && e.i === 0 && f.i === e.n - 1;
      if (follows && closes) return true;
      if (follows) return on(e.from, e.to, f.to) || on(f.from, f.to, e.from);
      if (closes) return on(f.from, f.to, e.to) || on(e.from, e.to, f.from);
      const proper =
        side(e.from, e.to, f.from) * side(e.from, e.to, f.to) < 0 &&
        side(f.from, f.to, e.from) * side(f.from, f.to, e.to) < 0;
      return (
        proper ||
        on(e.from, e.to, f.from) ||
        on(e.from, e.to, f.to) ||
        on(f.from, f.to, e.from) ||
        on(f.from, f.to, e.to)
      );
    }),
  );
}

const flat = (ring: Point[]) => Float64Array.from(ring.flatMap(([x, y]) => [x / 1e7, y / 1e7]));

/** Closed rings without repeated neighbours, on a grid so small that every kind of touch occurs. */
const ringOn = (cells: number, scale: number) =>
  fc
    .array(fc.tuple(fc.integer({ min: 0, max: cells }), fc.integer({ min: 0, max: cells })), {
      minLength: 3,
      maxLength: 9,
    })
    .map((points) => points.filter((p, i) => `${p}` !== `${points[(i + 1) % points.length]}`))
    .filter((points) => points.length >= 3)
    .map((points): Point[] => [...points, points[0] as Point].map(([x, y]) => [x * scale, y * scale]));

// 2e8 units are 20 degrees: products there are beyond 2^53, where only exact arithmetic tells a touch from a miss.
for (const [cells, scale] of [
  [4, 1],
  [9, 1],
  [9, 199_999_999],
  [1000, 1_799_999],
] as const) {
  test(`finds a contact exactly where two edges meet (${cells} cells of ${scale})`, () => {
    let simple = 0;
    fc.assert(
      fc.property(fc.array(ringOn(cells, scale), { minLength: 1, maxLength: 2 }), (rings) => {
        const wanted =
          scale === 1 ? touches(rings) : touches(rings.map((ring) => ring.map(([x, y]) => [x / scale, y / scale])));
        if (!wanted) simple++;
        expect(findContact(rings.map(flat)) !== undefined).toBe(wanted);
      }),
      { numRuns: 5000 },
    );
    expect(simple).toBeGreaterThan(50);
  });
}

test('tells a sliver of one unit over 17 degrees from a touch', () => {
  const sliver = (y: number) =>
    flat([
      [0, 0],
      [170_000_000, 1],
      [170_000_000, 170_000_000],
      [85_000_000, y],
      [0, 0],
    ]);
  expect(findContact([sliver(1)])).toBeUndefined();
  expect(findContact([sliver(0)])).toMatchObject({ kind: 'contact' });
});

test('100,000 vertices in a comb and in a star take under a second', () => {
  const n = 99_998;
  const around = Array.from({ length: n }, (_, i) => (2 * Math.PI * i) / n);
  const star = around.map((a, i): Point => [(i % 2 ? 1e7 : 2e7) * Math.cos(a), (i % 2 ? 1e7 : 2e7) * Math.sin(a)]);
  const comb = around.map((_, i): Point => [i * 1000, i % 2 ? 4e8 : 1e6]);
  comb.push([(n - 1) * 1000, 0], [0, 0]);
  const close = (ring: Point[]) => flat([...ring, ring[0] as Point]);
  for (const ring of [close(star), close(comb)]) {
    const start = performance.now();
    expect(findContact([ring])).toBeUndefined();
    expect(performance.now() - start).toBeLessThan(1000);
  }
});
