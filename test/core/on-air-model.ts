import type { Airing, OnAir } from '#core/screens/on-air.ts';

/**
 * What was on air, the slow way: for each millisecond of the window the airing that one saw, by looking at all of them.
 * Shares by creative, `unknown` for nobody's.
 */
export function bruteForce(
  airings: readonly Airing[],
  { from, to }: { from: number; to: number },
): { shares: Record<string, number>; uncertaintyMs: number } {
  const believed = airings.filter(
    (one) =>
      one.uncertaintyMs <= 8000 &&
      !airings.some((other) => isSame(one, other) && one !== other && rank(other) < rank(one)),
  );
  const uncertainties = believed
    .filter((one) => one.startedAt - one.uncertaintyMs <= to && one.endedAt + one.uncertaintyMs > from)
    .map((one) => one.uncertaintyMs);
  if (uncertainties.length === 0) return { shares: { unknown: 1 }, uncertaintyMs: 2000 };
  const uncertaintyMs = Math.max(...uncertainties);
  const [start, end] = [from - uncertaintyMs, to + uncertaintyMs];
  const moments = start === end ? [start] : Array.from({ length: end - start }, (_, index) => start + index);
  const counts: Record<string, number> = {};
  for (const moment of moments) {
    let top: Airing | undefined;
    for (const one of believed) {
      if (one.startedAt > moment || one.endedAt <= moment) continue;
      if (!top || isLater(one, top)) top = one;
    }
    const name = top ? `${top.brand ?? ''}/${top.creativeId}` : 'unknown';
    counts[name] = (counts[name] ?? 0) + 1;
  }
  return {
    shares: Object.fromEntries(Object.entries(counts).map(([name, count]) => [name, count / moments.length])),
    uncertaintyMs,
  };
}

/** The same shape from an answer. */
export function sharesOf({ candidates, unknownShare }: OnAir): Record<string, number> {
  const shares = candidates.map(({ brand, creativeId, share }) => [`${brand ?? ''}/${creativeId}`, share] as const);
  return { ...Object.fromEntries(shares), ...(unknownShare > 0 && { unknown: unknownShare }) };
}

const isSame = (left: Airing, right: Airing): boolean => left.logId === right.logId && left.sequence === right.sequence;
/** Ended ones first. */
const rank = ({ open }: Airing): number => (open ? 1 : 0);

function isLater(one: Airing, other: Airing): boolean {
  if (one.startedAt !== other.startedAt) return one.startedAt > other.startedAt;
  return one.logId === other.logId ? one.sequence > other.sequence : one.logId > other.logId;
}
