import { compileFunction } from 'node:vm';
import type { Fence, Points } from './data.ts';
import type { Asked, Contender } from './peers.ts';

/** In each a contender asks all of its points: long enough to have its own data in the caches again for most of it. */
const ROUNDS = 9;

export type Standing = {
  name: string;
  nsPerQuery: number;
  buildMs: number;
  checked: number;
  /** Questions to which its answer is another than ours, its own error apart. */
  mismatches: number;
  /** Questions where that error showed. */
  ownErrors: number;
};

type Entrant = Contender &
  Asked & { loop: ReturnType<typeof loopOf>; buildMs: number; nsPerQuery: number; checked: number };

/**
 * Every contender on the same fences and points, in one process: all are built, all answers compared with the first one's,
 * and then they are timed in turns. Of several rounds a contender's fastest counts, as a busy neighbour makes slower and
 * nothing makes faster; all are treated alike.
 */
export async function contest(
  contenders: readonly Contender[],
  fences: readonly Fence[],
  points: Points,
): Promise<Standing[]> {
  const entrants: Entrant[] = [];
  for (const contender of contenders) {
    if (fences.length > contender.most) continue;
    console.error(`  building ${contender.name}`);
    const began = performance.now();
    const made = await contender.make(fences);
    const asked: Asked = typeof made === 'function' ? { ask: made, numbers: made } : made;
    const count = Math.min(contender.points ?? Infinity, points.length / 2);
    entrants.push({
      ...contender,
      ...asked,
      loop: loopOf(),
      buildMs: performance.now() - began,
      nsPerQuery: Infinity,
      checked: count,
    });
  }
  console.error('  comparing');
  const opinions = compare(entrants, fences, points);
  for (let round = 0; round < ROUNDS; round += 1) {
    console.error(`  round ${round + 1} of ${ROUNDS}`);
    for (const entrant of entrants) takeTurn(entrant, points);
  }
  return entrants.map(({ name, nsPerQuery, buildMs, checked }, index) => ({
    name,
    nsPerQuery,
    buildMs,
    checked,
    ...(opinions[index] as (typeof opinions)[number]),
  }));
}

/** A loop for each contender alone, as a program that uses it has: in a shared one the compiler would inline nobody's call. */
const loopOf = () =>
  compileFunction('for (let i = from; i < to; i += 1) ask(points[2 * i], points[2 * i + 1]);', [
    'ask',
    'points',
    'from',
    'to',
  ]) as (ask: Asked['ask'], points: Points, from: number, to: number) => void;

function takeTurn(entrant: Entrant, points: Points): void {
  const { ask, loop, checked } = entrant;
  const began = performance.now();
  loop(ask, points, 0, checked);
  entrant.nsPerQuery = Math.min(((performance.now() - began) * 1e6) / checked, entrant.nsPerQuery);
}

function compare(entrants: readonly Entrant[], fences: readonly Fence[], points: Points) {
  const counts = entrants.map(() => ({ mismatches: 0, ownErrors: 0 }));
  for (let i = 0; i < points.length / 2; i += 1) {
    const [lng, lat] = [points[2 * i] as number, points[2 * i + 1] as number];
    let ours: Set<number> | undefined;
    entrants.forEach(({ numbers, checked, errs }, index) => {
      if (i >= checked) return;
      const theirs = new Set(numbers(lng, lat));
      ours ??= theirs;
      const mine = ours;
      const disputed = [...mine].filter((n) => !theirs.has(n)).concat([...theirs].filter((n) => !mine.has(n)));
      if (disputed.length === 0) return;
      const count = counts[index] as (typeof counts)[number];
      if (disputed.every((number) => errs?.(fences[number] as Fence, lng, lat))) count.ownErrors += 1;
      else count.mismatches += 1;
    });
  }
  return counts;
}
