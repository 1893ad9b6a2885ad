import { bend, bendRing, type Plan, rectangle, warp } from './city-plan.ts';
import type { Street } from './city-walks.ts';
import { isInside, type XY } from './plane.ts';
import type { Random } from './random.ts';

/** How far the sea, the river and the roads run beyond the streets, so that no edge of the drawing is ever seen. */
const FAR_M = 2600;

/** Two diagonals through the park, joined to the streets around it. */
export function parkPaths({ blocks, columns, rows }: Plan): Street[] {
  const park = blocks.filter(({ use }) => use === 'park');
  const [first, last] = [park[0], park.at(-1)];
  if (!first || !last) return [];
  const [west, east] = [columns[first.column]?.at ?? 0, columns[first.column + 1]?.at ?? 0];
  const [south, north] = [rows[first.row]?.at ?? 0, rows[last.row + 1]?.at ?? 0];
  const name = 'Orchard Park 果园公园';
  return [
    { name, kind: 'path', line: bend([west, south], [east, north], 10) },
    { name, kind: 'path', line: bend([east, south], [west, north], 10) },
  ];
}

/** The sea in the south and the river through the city, as closed rings. */
export function waters({ columns, rows, riverAfter }: Plan): XY[][] {
  const coast = (rows[0]?.at ?? 0) - 16;
  const [bank, farBank] = [(columns[riverAfter]?.at ?? 0) + 12, (columns[riverAfter + 1]?.at ?? 0) - 12];
  return [
    bendRing(rectangle(-FAR_M, coast - FAR_M, FAR_M, coast), 60),
    // The mouth widens: a river that meets the sea at a right angle looks like a canal.
    bendRing(
      [
        [bank - 4, coast - 40],
        [farBank + 4, coast - 40],
        [farBank, coast + 90],
        [farBank - 8, FAR_M],
        [bank + 8, FAR_M],
        [bank, coast + 90],
      ],
      30,
    ),
  ];
}

/** A pond in the lower half of the park. */
export function ponds({ blocks }: Plan): XY[][] {
  return blocks
    .filter(({ use, row }) => use === 'park' && row % 2 === 1)
    .map(({ west, east, south, north }) => {
      const ring = Array.from({ length: 28 }, (_, index): XY => {
        const angle = (index / 28) * 2 * Math.PI;
        const swell = 1 + 0.16 * Math.cos(3 * angle + 0.6);
        return warp([
          west + 0.5 * (east - west) + 22 * swell * Math.cos(angle),
          (south + north) / 2 + 30 * swell * Math.sin(angle),
        ]);
      });
      return [...ring, ring[0] as XY];
    });
}

/** Three piers into the harbour. */
export function piers({ columns, rows }: Plan): XY[][] {
  const coast = (rows[0]?.at ?? 0) - 16;
  return [0.4, 2.09, 5.2].map((position, index) => {
    const column = columns[Math.floor(position)]?.at ?? 0;
    const next = columns[Math.floor(position) + 1]?.at ?? column;
    const west = column + (position % 1) * (next - column);
    return bendRing(rectangle(west - 14, coast - (index === 1 ? 62 : 88), west + 14, coast + 4), 15);
  });
}

/** Trees stand in the park, off its paths and ponds, and along the harbour front. */
export function trees(plan: Plan, parks: readonly XY[][], random: Random): XY[] {
  const avoid = ponds(plan);
  const inPark = plan.blocks
    .filter(({ use }) => use === 'park')
    .flatMap(({ west, east, south, north }) =>
      Array.from({ length: 70 }, () =>
        warp([random.between(west + 6, east - 6), random.between(south + 6, north - 6)]),
      ),
    )
    .filter((point) => parks.some((ring) => isInside(point, [ring])) && !avoid.some((ring) => isInside(point, [ring])));
  const row = plan.rows[0]?.at ?? 0;
  const quay = bend([plan.columns[0]?.at ?? 0, row - 12], [plan.columns.at(-1)?.at ?? 0, row - 12], 22).filter(
    ([x], index) => index % 5 !== 4 || x > 0,
  );
  return [...inPark, ...quay];
}

/** The main streets go on into the country: drawn, but nobody of the demo walks there. */
export function roadsOut({ columns, rows }: Plan): Street[] {
  const [west, east] = [(columns[0]?.at ?? 0) - 70, (columns.at(-1)?.at ?? 0) + 70];
  const north = (rows.at(-1)?.at ?? 0) + 70;
  const isMain = ({ widthM }: { widthM: number }) => widthM > 14;
  return [
    ...columns
      .filter(isMain)
      .map(({ at, name }): Street => ({ name, kind: 'main', line: bend([at, north], [at, FAR_M], 40) })),
    ...rows.filter(isMain).flatMap(({ at, name }): Street[] => [
      { name, kind: 'main', line: bend([west, at], [-FAR_M, at], 40) },
      { name, kind: 'main', line: bend([east, at], [FAR_M, at], 40) },
    ]),
  ];
}

/** Woods and gardens around the city, as soft closed shapes that keep off the streets, the roads out and the river. */
export function woods({ columns, rows, riverAfter }: Plan, random: Random): XY[][] {
  const [west, east] = [columns[0]?.at ?? 0, columns.at(-1)?.at ?? 0];
  const [south, north] = [rows[0]?.at ?? 0, rows.at(-1)?.at ?? 0];
  const river = ((columns[riverAfter]?.at ?? 0) + (columns[riverAfter + 1]?.at ?? 0)) / 2;
  const keepOff = [...columns.filter(({ widthM }) => widthM > 14).map(({ at }) => at), river];
  const shapes: XY[][] = [];
  for (let u = west - 900; u < east + 900; u += 150) {
    const side = u < west - 60 || u > east + 60;
    const v = side ? random.between(south + 60, north + 300) : random.between(north + 120, north + 260);
    const size = random.between(38, 72);
    const isFree = side || keepOff.every((at) => Math.abs(at - u) > size * 1.2 + 30);
    const crosses = side && rows.some(({ at, widthM }) => widthM > 14 && Math.abs(at - v) < size * 0.9 + 20);
    if (isFree && !crosses) shapes.push(blob([u, v], size, random.between(0, 6)));
  }
  return shapes;
}

function blob([u, v]: XY, sizeM: number, phase: number): XY[] {
  const ring = Array.from({ length: 36 }, (_, index): XY => {
    const angle = (index / 36) * 2 * Math.PI;
    const swell = 1 + 0.15 * Math.cos(2 * angle + phase) + 0.09 * Math.cos(5 * angle - phase);
    return warp([u + 1.25 * sizeM * swell * Math.cos(angle), v + 0.85 * sizeM * swell * Math.sin(angle)]);
  });
  return [...ring, ring[0] as XY];
}
