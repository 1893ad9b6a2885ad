import type { Anchor, DeviceState } from './device-state.ts';
import { haversineM } from './sphere.ts';

/**
 * Faster than this on the ground is an error or a lie: high-speed rail runs at 83 m/s (300 km/h). Airliners are faster;
 * a passenger who lands is believed a moment later, see `JUMP_FIXES`.
 */
const MAX_SPEED_MPS = 90;

/**
 * A jump is believed once this many fixes, over at least this long, agree with each other at the new spot. Reflections
 * off buildings last seconds and scatter; a device that has really moved stays.
 */
const JUMP_FIXES = 3;
const JUMP_SETTLE_MS = 30_000;

export type Plausibility =
  /** In keeping with the last believed fix. */
  | 'plausible'
  /** Nothing to compare with: a first fix, or the one that settles a jump. */
  | 'fresh'
  | 'jump';

/**
 * Whether a device could have moved from its last believed fix to this one, and what to remember next. Field reports
 * have phones at rest jump 200 m while claiming 2 to 9 m accuracy, so a claimed accuracy alone proves nothing.
 */
export function judgeMove(
  state: Pick<DeviceState, 'fix' | 'jump'>,
  next: Anchor,
): { verdict: Plausibility; jump?: NonNullable<DeviceState['jump']> } {
  if (!state.fix) return { verdict: 'fresh' };
  if (reachable(state.fix, next)) return { verdict: 'plausible' };
  const { jump } = state;
  if (!jump || !reachable(jump, next)) return { verdict: 'jump', jump: { ...next, since: next.at, fixes: 1 } };
  const fixes = Math.min(jump.fixes + 1, JUMP_FIXES);
  if (fixes >= JUMP_FIXES && next.at - jump.since >= JUMP_SETTLE_MS) return { verdict: 'fresh' };
  return { verdict: 'jump', jump: { ...next, since: jump.since, fixes } };
}

/** Both accuracies are allowed for: two fixes 100 ms apart and 10 m off each other are noise, not 100 m/s. */
function reachable(from: Anchor, to: Anchor): boolean {
  const distanceM = haversineM(from.lng, from.lat, to.lng, to.lat);
  return distanceM <= (MAX_SPEED_MPS * (to.at - from.at)) / 1000 + from.accuracyM + to.accuracyM;
}
