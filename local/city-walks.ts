import type { SitedPlace } from './city-places.ts';
import { bend, type Plan } from './city-plan.ts';
import { distance, type XY } from './plane.ts';

/** Where one can walk, in metres of the city's plane. */
export type WalkGraph = {
  nodes: XY[];
  /** `edges[n]` lists the neighbours of node `n`; the graph is undirected and connected. */
  edges: number[][];
  /** The street node before each place's door, the door, and a point inside. */
  doors: Record<string, { node: number; door: XY; inside: XY }>;
};

export type Street = { name: string; kind: 'main' | 'side' | 'bridge' | 'path'; line: XY[] };

/** The streets as bent polylines; those without a bridge stop at the river. */
export function streetsOf(plan: Plan): Street[] {
  const [west, east] = ends(plan.columns, 70);
  const [south, north] = ends(plan.rows, 70);
  const bank = plan.columns[plan.riverAfter];
  const farBank = plan.columns[plan.riverAfter + 1];
  if (!bank || !farBank) return [];
  const kindOf = (widthM: number): Street['kind'] => (widthM > 14 ? 'main' : 'side');
  return [
    ...plan.columns.map(({ at, name, widthM }) => ({
      name,
      kind: kindOf(widthM),
      line: bend([at, south + 70], [at, north], 10),
    })),
    ...plan.rows.flatMap(({ at, name, widthM, bridge }): Street[] => [
      { name, kind: kindOf(widthM), line: bend([west, at], [bank.at, at], 10) },
      { name, kind: kindOf(widthM), line: bend([farBank.at, at], [east, at], 10) },
      ...(bridge ? [{ name, kind: 'bridge' as const, line: bend([bank.at, at], [farBank.at, at], 10) }] : []),
    ]),
  ];
}

function ends(lines: readonly { at: number }[], marginM: number): [number, number] {
  return [(lines[0]?.at ?? 0) - marginM, (lines.at(-1)?.at ?? 0) + marginM];
}

/** Two vertices closer than this are one crossing: streets are cut every 10 m, so crossings are at most 7 m off. */
const SAME_NODE_M = 7.5;

/** Joins streets and park paths into one graph and hangs every place on its nearest street node. */
export function walkGraphOf(streets: readonly Street[], sited: readonly SitedPlace[]): WalkGraph {
  const nodes: XY[] = [];
  const edges: number[][] = [];
  const nodeAt = (point: XY, others: number): number => {
    // Only nodes of other streets merge: along its own street every vertex counts.
    const near = nodes.findIndex((node, index) => index < others && distance(node, point) < SAME_NODE_M);
    if (near >= 0) return near;
    edges.push([]);
    return nodes.push(point) - 1;
  };
  const link = (a: number, b: number): void => {
    if (a === b || edges[a]?.includes(b)) return;
    edges[a]?.push(b);
    edges[b]?.push(a);
  };
  for (const { line } of streets) {
    const others = nodes.length;
    let last: number | undefined;
    for (const point of line) {
      const node = nodeAt(point, others);
      if (last !== undefined) link(last, node);
      last = node;
    }
  }
  const doors: WalkGraph['doors'] = {};
  for (const { place, door, inside } of sited) doors[place.placeId] = { node: nearestNode(nodes, door), door, inside };
  return { nodes, edges, doors };
}

function nearestNode(nodes: readonly XY[], point: XY): number {
  let best = 0;
  for (let index = 1; index < nodes.length; index += 1) {
    if (distance(nodes[index] as XY, point) < distance(nodes[best] as XY, point)) best = index;
  }
  return best;
}
