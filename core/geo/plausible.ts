import type { Anchor, DeviceState, Pace } from './device-state.ts';
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

/** A pace says something once a device has been followed, fix by fix, for this long; more is forgotten. */
const PACE_KNOWN_SECONDS = 60;
const MAX_PACE_SECONDS = 120;
/** The fastest of late is remembered, and fades: of a bus that has stopped more slowly, because it goes on. */
const WALK_MEMORY_SECONDS = 30;
const VEHICLE_MEMORY_SECONDS = 90;
const VEHICLE_MPS = 4;
/** Fixes farther apart are no following: what happened in between is not known. */
const MAX_FOLLOWED_SECONDS = 45;

/** Nobody is surprised by somebody at rest who begins to walk, or by a pace that doubles; metres a second. */
const WALK_MPS = 2.2;
/** A device at rest is stored rarely: the last stored fix of one that has since set out is at most so many seconds back. */
const SET_OUT_SECONDS = 30;
/** Below this a device is at rest, as far as noise allows to tell. */
const REST_MPS = 0.5;

/**
 * A sudden move is believed once fixes have spoken of it for this long: the reflections of a street seldom last longer.
 * Fewer fixes than `JUMP_FIXES` will do.
 */
const SUDDEN_SETTLE_MS = 90_000;

type Plausibility =
  /** In keeping with the last believed fix. */
  | 'plausible'
  /** It was sudden, and has lasted: all that was held back meanwhile may be believed. */
  | 'settled'
  /** Nothing to compare with: a first fix, or the one that settles a jump. */
  | 'fresh'
  /** Possible, but unlike how the device has lately moved: a reflection, or a car that sets off. */
  | 'sudden'
  | 'jump';

type Judgement = { verdict: Plausibility; jump?: NonNullable<DeviceState['jump']>; pace?: Pace };

/**
 * Whether a device could have moved from its last believed fix to this one, whether that is like it, and what to remember
 * next. Field reports have phones at rest jump 200 m while claiming 2 to 9 m accuracy, so a claimed accuracy alone proves
 * nothing.
 */
export function judgeMove(state: Pick<DeviceState, 'fix' | 'jump'>, next: Anchor): Judgement {
  const { fix, jump } = state;
  if (!fix) return { verdict: 'fresh' };
  const move = moveOf(fix, next);
  const isPossible = reachable(move);
  if (isPossible && !isSudden(move)) return { verdict: 'plausible', pace: paceOf(move) };
  const onward = jump && moveOf(jump, next);
  if (!jump || !onward || !reachable(onward)) {
    return { verdict: isPossible ? 'sudden' : 'jump', jump: { ...next, since: next.at, fixes: 1 } };
  }
  const fixes = Math.min(jump.fixes + 1, JUMP_FIXES);
  const settledMs = next.at - jump.since;
  if (isPossible && settledMs >= SUDDEN_SETTLE_MS) return { verdict: 'settled', pace: paceOf(onward) };
  if (!isPossible && fixes >= JUMP_FIXES && settledMs >= JUMP_SETTLE_MS) return { verdict: 'fresh' };
  // The pace at the new spot is what whoever turns out to be there goes on with.
  const pace = paceOf(onward);
  return {
    verdict: isPossible ? 'sudden' : 'jump',
    jump: { ...next, since: jump.since, fixes, ...(pace && { pace }) },
  };
}

/** Whether a device's next fix is judged otherwise a minute later: it moves, or its pace is not known yet. */
export function isUnsettled({ pace }: Anchor): boolean {
  return pace !== undefined && (pace.mps >= REST_MPS || pace.seconds < PACE_KNOWN_SECONDS + MAX_FOLLOWED_SECONDS);
}

/** From one fix to another: `pace` is that of the first. */
type Move = { ms: number; distanceM: number; accuraciesM: number; pace: Pace | undefined };

const moveOf = (from: Anchor, to: Anchor): Move => ({
  ms: to.at - from.at,
  distanceM: haversineM(from.lng, from.lat, to.lng, to.lat),
  accuraciesM: from.accuracyM + to.accuracyM,
  pace: from.pace,
});

/** Both accuracies are allowed for: two fixes 100 ms apart and 10 m off each other are noise, not 100 m/s. */
const reachable = ({ ms, distanceM, accuraciesM }: Move): boolean =>
  distanceM <= (MAX_SPEED_MPS * ms) / 1000 + accuraciesM;

/** Faster than the device's own pace makes likely. Nothing is sudden of one that has not been followed. */
function isSudden({ ms, distanceM, accuraciesM, pace }: Move): boolean {
  if (!pace || pace.seconds < PACE_KNOWN_SECONDS) return false;
  const seconds = ms / 1000;
  const likelyM =
    Math.max(WALK_MPS, 2 * pace.mps) * (pace.mps < REST_MPS ? Math.min(seconds, SET_OUT_SECONDS) : seconds);
  return distanceM > likelyM + accuraciesM;
}

/** What is moved within the accuracies is noise; older pace is forgotten in half a minute. */
function paceOf({ ms, distanceM, accuraciesM, pace }: Move): Pace | undefined {
  const seconds = ms / 1000;
  const before = pace ?? { mps: 0, seconds: 0 };
  if (seconds > MAX_FOLLOWED_SECONDS) return before.mps < REST_MPS ? pace : undefined;
  const movedM = distanceM - accuraciesM / 2;
  const mps = Math.max(
    movedM / Math.max(1, seconds),
    before.mps * Math.exp(-seconds / (before.mps > VEHICLE_MPS ? VEHICLE_MEMORY_SECONDS : WALK_MEMORY_SECONDS)),
  );
  return { mps: Math.round(mps * 100) / 100, seconds: Math.min(MAX_PACE_SECONDS, before.seconds + seconds) };
}
