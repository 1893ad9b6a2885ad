import { EdgeOrder } from './edge-order.ts';
import type { Ring } from './rings.ts';

/** An edge by its ring and the position at which it starts, before any reversal. */
type EdgeName = { ring: number; edge: number };

/** Where two edges meet that should not, in degrees. A spike is an edge that runs back over the one before it. */
export type Contact = { kind: 'spike' | 'contact'; a: EdgeName; b: EdgeName; lng: number; lat: number };

const UNITS_PER_DEGREE = 1e7;

/**
 * The first place, from west to east, where the closed rings of one polygon touch or cross themselves or one another.
 *
 * A sweep line (Shamos and Hoey 1976, "Geometric intersection problems"): O(n log n) whatever the shape, where a grid
 * or a tree of boxes takes n² steps over a comb or a star. Coordinates are whole units of 1e-7 degrees and the
 * side-of-line test is exact, so a sliver is judged as surely as a square.
 */
export function findContact(rings: readonly Ring[]): Contact | undefined {
  const mesh = meshOf(rings);
  return findSpike(mesh) ?? findRepeat(mesh) ?? sweep(mesh);
}

/** Vertices of all rings, closing positions left out; edge `v` runs from vertex `v` to `next[v]`. */
type Mesh = {
  x: Float64Array;
  y: Float64Array;
  next: Uint32Array;
  previous: Uint32Array;
  /** Vertices from west to east, south to north on one meridian. */
  order: Uint32Array;
  /** First vertex of each ring. */
  starts: number[];
};

function meshOf(rings: readonly Ring[]): Mesh {
  const count = rings.reduce((sum, ring) => sum + ring.length / 2 - 1, 0);
  const x = new Float64Array(count);
  const y = new Float64Array(count);
  const next = new Uint32Array(count);
  const previous = new Uint32Array(count);
  const starts: number[] = [];
  let v = 0;
  for (const ring of rings) {
    const start = v;
    const end = start + ring.length / 2 - 1;
    starts.push(start);
    for (let i = 0; v < end; i += 2, v++) {
      x[v] = Math.round((ring[i] ?? 0) * UNITS_PER_DEGREE);
      y[v] = Math.round((ring[i + 1] ?? 0) * UNITS_PER_DEGREE);
      next[v] = v + 1 < end ? v + 1 : start;
      previous[v] = v > start ? v - 1 : end - 1;
    }
  }
  const order = Uint32Array.from({ length: count }, (_, i) => i);
  order.sort((a, b) => at(x, a) - at(x, b) || at(y, a) - at(y, b));
  return { x, y, next, previous, order, starts };
}

function findSpike(mesh: Mesh): Contact | undefined {
  const { x, y, next, previous } = mesh;
  for (let v = 0; v < x.length; v++) {
    const [p, n] = [at(previous, v), at(next, v)];
    if (side(mesh, p, v, n) !== 0) continue;
    const along = (at(x, v) - at(x, p)) * (at(x, n) - at(x, v)) + (at(y, v) - at(y, p)) * (at(y, n) - at(y, v));
    if (along < 0) return contactAt(mesh, 'spike', v, p, v);
  }
  return undefined;
}

/** Two vertices on one spot: a ring that touches itself or another at a corner. */
function findRepeat(mesh: Mesh): Contact | undefined {
  const { x, y, order } = mesh;
  for (let i = 1; i < order.length; i++) {
    const [a, b] = [at(order, i - 1), at(order, i)];
    if (at(x, a) === at(x, b) && at(y, a) === at(y, b)) return contactAt(mesh, 'contact', a, b, a);
  }
  return undefined;
}

function sweep(mesh: Mesh): Contact | undefined {
  const active = new EdgeOrder(mesh.x.length);
  const meet = (a: number, b: number): Contact | undefined =>
    a >= 0 && b >= 0 && edgesMeet(mesh, a, b) ? crossing(mesh, a, b) : undefined;

  for (const v of mesh.order) {
    const into = at(mesh.previous, v);
    const intoStarts = isBefore(mesh, v, into);
    const outStarts = isBefore(mesh, v, at(mesh.next, v));
    let contact: Contact | undefined;
    if (intoStarts && outStarts) {
      const below = active.findBelow((edge) => sideOfEdge(mesh, edge, v) > 0);
      const [lower, upper] = side(mesh, v, into, at(mesh.next, v)) > 0 ? [into, v] : [v, into];
      active.insertAbove(below, lower);
      active.insertAbove(lower, upper);
      contact = meet(below, lower) ?? meet(upper, active.above(upper));
    } else if (intoStarts || outStarts) {
      const [ended, started] = intoStarts ? [v, into] : [into, v];
      active.replace(ended, started);
      contact = meet(active.below(started), started) ?? meet(started, active.above(started));
    } else {
      contact = removeAndMeet(active, into, meet) ?? removeAndMeet(active, v, meet);
    }
    if (contact) return contact;
  }
  return undefined;
}

function removeAndMeet(
  active: EdgeOrder,
  edge: number,
  meet: (a: number, b: number) => Contact | undefined,
): Contact | undefined {
  const [below, above] = [active.below(edge), active.above(edge)];
  active.remove(edge);
  return meet(below, above);
}

/** Whether two edges share a point, other than the corner between neighbours (which `findSpike` has looked at). */
function edgesMeet(mesh: Mesh, a: number, b: number): boolean {
  const [aEnd, bEnd] = [at(mesh.next, a), at(mesh.next, b)];
  if (aEnd === b || bEnd === a) return false;
  const [b1, b2] = [side(mesh, a, aEnd, b), side(mesh, a, aEnd, bEnd)];
  const [a1, a2] = [side(mesh, b, bEnd, a), side(mesh, b, bEnd, aEnd)];
  if (b1 * b2 < 0 && a1 * a2 < 0) return true;
  return (
    (b1 === 0 && isWithin(mesh, b, a)) ||
    (b2 === 0 && isWithin(mesh, bEnd, a)) ||
    (a1 === 0 && isWithin(mesh, a, b)) ||
    (a2 === 0 && isWithin(mesh, aEnd, b))
  );
}

/** Whether a vertex on the line of an edge lies between its ends. */
function isWithin({ x, y, next }: Mesh, v: number, edge: number): boolean {
  const end = at(next, edge);
  const between = (c: Float64Array) => (at(c, v) - at(c, edge)) * (at(c, v) - at(c, end)) <= 0;
  return between(x) && between(y);
}

function isBefore({ x, y }: Mesh, a: number, b: number): boolean {
  return at(x, a) < at(x, b) || (at(x, a) === at(x, b) && at(y, a) < at(y, b));
}

/** Positive when a vertex lies above an edge, read from west to east. */
function sideOfEdge(mesh: Mesh, edge: number, v: number): number {
  const end = at(mesh.next, edge);
  return isBefore(mesh, edge, end) ? side(mesh, edge, end, v) : side(mesh, end, edge, v);
}

/**
 * Exact sign of the turn from a to b to c: positive to the left. Coordinate differences are whole numbers below 2^53, so
 * only the products can round; where they might decide the sign, BigInt does (Shewchuk 1997, "Adaptive precision").
 */
function side({ x, y }: Mesh, a: number, b: number, c: number): number {
  const abx = at(x, b) - at(x, a);
  const aby = at(y, b) - at(y, a);
  const acx = at(x, c) - at(x, a);
  const acy = at(y, c) - at(y, a);
  const left = abx * acy;
  const right = aby * acx;
  const turn = left - right;
  if (Math.abs(turn) > (Math.abs(left) + Math.abs(right)) * 1e-15) return Math.sign(turn);
  if (Math.abs(left) < Number.MAX_SAFE_INTEGER && Math.abs(right) < Number.MAX_SAFE_INTEGER) return Math.sign(turn);
  const exact = BigInt(abx) * BigInt(acy) - BigInt(aby) * BigInt(acx);
  return exact > 0n ? 1 : exact < 0n ? -1 : 0;
}

/** Where two edges that meet do so; edges on one line meet at an end of one of them. */
function crossing(mesh: Mesh, a: number, b: number): Contact {
  const { x, y, next } = mesh;
  const [aEnd, bEnd] = [at(next, a), at(next, b)];
  for (const [v, edge] of [
    [b, a],
    [bEnd, a],
    [a, b],
    [aEnd, b],
  ] as const) {
    if (side(mesh, edge, at(next, edge), v) === 0 && isWithin(mesh, v, edge)) {
      return contactAt(mesh, 'contact', a, b, v);
    }
  }
  const [ax, ay, bx, by] = [
    at(x, aEnd) - at(x, a),
    at(y, aEnd) - at(y, a),
    at(x, bEnd) - at(x, b),
    at(y, bEnd) - at(y, b),
  ];
  const t = ((at(x, b) - at(x, a)) * by - (at(y, b) - at(y, a)) * bx) / (ax * by - ay * bx);
  return named(mesh, 'contact', a, b, at(x, a) + t * ax, at(y, a) + t * ay);
}

function contactAt(mesh: Mesh, kind: Contact['kind'], a: number, b: number, v: number): Contact {
  return named(mesh, kind, a, b, at(mesh.x, v), at(mesh.y, v));
}

function named({ starts }: Mesh, kind: Contact['kind'], a: number, b: number, x: number, y: number): Contact {
  const name = (v: number): EdgeName => {
    const ring = starts.findLastIndex((start) => start <= v);
    return { ring, edge: v - (starts[ring] ?? 0) };
  };
  const [first, second] = a < b || kind === 'spike' ? [name(a), name(b)] : [name(b), name(a)];
  return { kind, a: first, b: second, lng: x / UNITS_PER_DEGREE, lat: y / UNITS_PER_DEGREE };
}

/** An element of a column, by an index that the mesh guarantees. */
function at(column: Float64Array | Uint32Array, i: number): number {
  return column[i] as number;
}
