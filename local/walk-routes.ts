import type { WalkGraph } from './city-walks.ts';
import { distance, type XY } from './plane.ts';

/** The shortest walk from a street node to inside a place: street corners, the door, the point inside; in metres. */
export type Routes = (fromNode: number, placeId: string) => XY[];

/**
 * Shortest paths by Dijkstra, one tree per destination, kept: with some forty places the whole city is soon known.
 * Without a heap: 1,300 nodes take a few milliseconds once, and the code stays as short as the idea.
 */
export function routesOf({ nodes, edges, doors }: WalkGraph): Routes {
  const trees = new Map<number, Int32Array>();
  const treeTo = (target: number): Int32Array => {
    const known = trees.get(target);
    if (known) return known;
    const next = new Int32Array(nodes.length).fill(-1);
    const metres = new Float64Array(nodes.length).fill(Infinity);
    metres[target] = 0;
    const open = new Set([target]);
    while (open.size > 0) {
      const nearest = nearestOf(open, metres);
      open.delete(nearest);
      for (const neighbour of edges[nearest] ?? []) {
        const through = (metres[nearest] ?? 0) + distance(nodes[nearest] as XY, nodes[neighbour] as XY);
        if (through >= (metres[neighbour] ?? 0)) continue;
        metres[neighbour] = through;
        next[neighbour] = nearest;
        open.add(neighbour);
      }
    }
    trees.set(target, next);
    return next;
  };
  return (fromNode, placeId) => {
    const goal = doors[placeId];
    if (!goal) return [];
    const next = treeTo(goal.node);
    const path: XY[] = [];
    for (let node = fromNode; node !== -1; node = node === goal.node ? -1 : (next[node] ?? -1))
      path.push(nodes[node] as XY);
    return [...path, goal.door, goal.inside];
  };
}

function nearestOf(open: ReadonlySet<number>, metres: Float64Array): number {
  let nearest = -1;
  for (const node of open) if (nearest < 0 || (metres[node] ?? 0) < (metres[nearest] ?? 0)) nearest = node;
  return nearest;
}
