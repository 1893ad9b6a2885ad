import type { Signal } from '../model/signal.ts';

/**
 * The creative that an offer is credited to: of those that may have been on air the likeliest that the campaign names,
 * or the likeliest at all where it names none. Undefined where nobody knows.
 */
export function creditedCreative(
  onAir: Signal['onAir'] = [],
  { creativeIds }: { creativeIds: readonly string[] } = { creativeIds: [] },
): string | undefined {
  const named = creativeIds.length === 0 ? onAir : onAir.filter(({ creativeId }) => creativeIds.includes(creativeId));
  return named.reduce<(typeof onAir)[number] | undefined>(
    (best, candidate) => (best && best.share >= candidate.share ? best : candidate),
    undefined,
  )?.creativeId;
}
