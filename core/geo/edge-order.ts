const NONE = -1;

/**
 * Edges of a sweep line from lowest to highest, as a treap with a linked list through it: a search, an insertion and a
 * removal take O(log n) steps, a neighbour takes one. Edges are numbers below `capacity`.
 * Source: Seidel and Aragon 1996, "Randomized search trees"; the priorities are hashes, so that a run can be repeated.
 */
export class EdgeOrder {
  #root = NONE;
  #lowest = NONE;
  readonly #left: Int32Array;
  readonly #right: Int32Array;
  readonly #parent: Int32Array;
  readonly #below: Int32Array;
  readonly #above: Int32Array;

  constructor(capacity: number) {
    const links = () => new Int32Array(capacity).fill(NONE);
    this.#left = links();
    this.#right = links();
    this.#parent = links();
    this.#below = links();
    this.#above = links();
  }

  below(edge: number): number {
    return this.#below[edge] ?? NONE;
  }

  above(edge: number): number {
    return edge === NONE ? this.#lowest : (this.#above[edge] ?? NONE);
  }

  /** The highest edge for which `isAbove` (whether the point sought lies above the edge) holds, or -1. */
  findBelow(isAbove: (edge: number) => boolean): number {
    let found = NONE;
    let edge = this.#root;
    while (edge !== NONE) {
      const above = isAbove(edge);
      if (above) found = edge;
      edge = (above ? this.#right : this.#left)[edge] ?? NONE;
    }
    return found;
  }

  /** Puts an edge directly above another, or lowest of all above -1. */
  insertAbove(below: number, edge: number): void {
    const above = this.above(below);
    this.#link(below, edge);
    this.#link(edge, above);
    this.#left[edge] = NONE;
    this.#right[edge] = NONE;
    if (below !== NONE && this.#right[below] === NONE) this.#attach(this.#right, below, edge);
    else if (above !== NONE) this.#attach(this.#left, above, edge);
    else this.#setRoot(edge);
    while (this.#parentOf(edge) !== NONE && priority(edge) > priority(this.#parentOf(edge))) this.#rotateUp(edge);
  }

  remove(edge: number): void {
    for (;;) {
      const left = this.#left[edge] ?? NONE;
      const right = this.#right[edge] ?? NONE;
      if (left === NONE && right === NONE) break;
      if (right === NONE || (left !== NONE && priority(left) > priority(right))) this.#rotateUp(left);
      else this.#rotateUp(right);
    }
    this.#replaceChild(this.#parentOf(edge), edge, NONE);
    this.#link(this.below(edge), this.above(edge));
  }

  /** Lets another edge take an edge's place. */
  replace(edge: number, by: number): void {
    const below = this.below(edge);
    this.remove(edge);
    this.insertAbove(below, by);
  }

  #link(below: number, above: number): void {
    if (below === NONE) this.#lowest = above;
    else this.#above[below] = above;
    if (above !== NONE) this.#below[above] = below;
  }

  #attach(side: Int32Array, parent: number, child: number): void {
    side[parent] = child;
    this.#parent[child] = parent;
  }

  #setRoot(edge: number): void {
    this.#root = edge;
    if (edge !== NONE) this.#parent[edge] = NONE;
  }

  #parentOf(edge: number): number {
    return this.#parent[edge] ?? NONE;
  }

  #replaceChild(parent: number, from: number, to: number): void {
    if (parent === NONE) this.#setRoot(to);
    else {
      const side = this.#left[parent] === from ? this.#left : this.#right;
      side[parent] = to;
      if (to !== NONE) this.#parent[to] = parent;
    }
  }

  #rotateUp(edge: number): void {
    const parent = this.#parentOf(edge);
    const isLeft = this.#left[parent] === edge;
    const [near, far] = isLeft ? [this.#left, this.#right] : [this.#right, this.#left];
    const inner = far[edge] ?? NONE;
    this.#replaceChild(this.#parentOf(parent), parent, edge);
    near[parent] = inner;
    if (inner !== NONE) this.#parent[inner] = parent;
    this.#attach(far, edge, parent);
  }
}

/** MurmurHash3's 32-bit finaliser (github.com/aappleby/smhasher). */
function priority(edge: number): number {
  let hash = Math.imul((edge + 1) ^ ((edge + 1) >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
