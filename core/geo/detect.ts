import { type Anchor, type DeviceState, MAX_POSITION_AGE_MS, NEVER } from './device-state.ts';
import { MAX_ACCURACY_M, newsOf, sightM, UNKNOWN_ACCURACY_M } from './evidence.ts';
import type { NearPlace, PlaceIndex } from './place-index.ts';
import { isUnsettled, judgeMove } from './plausible.ts';
import { sensingOf } from './sensing.ts';
import { type Look, type Transition, Visits } from './visits.ts';

export type { DeviceState, Transition };

/** One position of one device. `at` in epoch milliseconds, degrees WGS-84, accuracy the 68 % radius in metres. */
export type Fix = {
  at: number;
  lng: number;
  lat: number;
  accuracyM?: number | undefined;
  speedMps?: number | undefined;
};

/**
 * Why a fix was not used. `duplicate` and `out-of-order` fixes are not read at all; `inaccurate` and `impossible-jump`
 * fixes still count for places of plain detection.
 */
type DropReason = 'duplicate' | 'out-of-order' | 'inaccurate' | 'impossible-jump' | 'sudden-move';

/** Places within so many metres make a device worth following. */
const NEARBY_M = 80;
/** How old the stored fix of a device that moves among places may become. */
const FOLLOW_MS = 45_000;

export type Detection = {
  state: DeviceState;
  changed: boolean;
  transitions: Transition[];
  /** By index into the fixes that were passed in. */
  dropped: { index: number; reason: DropReason }[];
};

/**
 * Turns one device's fixes into enter, exit and dwell.
 *
 * **Plain** places: containment fix by fix; the first fix inside enters, the first outside exits, a first-ever fix
 * outside says nothing (as Amazon Location does). No fix is refused for its accuracy or speed.
 *
 * **Confirmed** places: each plausible fix speaks for inside or outside, by how many of its own accuracies it lies from the
 * edge (`evidence.ts`); what fixes say is summed until it is enough (`visits.ts`, `sensing.ts`). A fix that is impossible
 * by its speed, or unlike how the device has lately moved, says nothing until it is seen to last (`plausible.ts`). A
 * device's first fix (and the one that settles a jump) enters at once where its whole accuracy circle is inside: who is
 * already in the shop when Beckon first hears of them is not lost.
 *
 * **Dwell**: from `geofence.enter`, once per visit and threshold, on the first fix inside that shows it. Silence is not
 * absence: a phone at rest stops reporting, so a visit lasts until a fix says otherwise.
 *
 * A place that is gone from the index ends without an exit; an edited one is judged by its new shape.
 *
 * The same state and fixes give the same answer, and a stream in order of time gives the same transitions however it
 * is cut into batches. `changed` is false when only `lastAt` and `fix` moved on: then the write may be skipped.
 * A stored state may therefore be older than the last fix. That is safe: fixes delivered again are read again and say
 * the same thing (they changed nothing the first time). All that is lost is that the next fix is then judged against an
 * older one, which allows more, and that a late fix from within the gap is read instead of dropped. Write at least every
 * few minutes to bound both; of a device that moves among places, `changed` asks for it sooner. A device's first state,
 * and the first with a `fix`, are always `changed`: they make the next fix no longer its first.
 *
 * A fix from a wrong clock in the future would silence the device until then: refuse those before they come here.
 */
export function detect(args: {
  state: DeviceState | undefined;
  fixes: readonly Fix[];
  index: PlaceIndex;
  /** Seconds, for the dwell campaigns of a place. */
  dwellThresholds: (placeId: string) => readonly number[];
  /** Treat every place as plain. */
  plainOnly?: boolean;
}): Detection {
  const { fixes, index, dwellThresholds, plainOnly = false } = args;
  const visits = new Visits(args.state, { index, plainOnly });
  let whereabouts: Whereabouts = args.state ?? { lastAt: NEVER };
  let moved = false;
  const transitions: Transition[] = [];
  const dropped: Detection['dropped'] = [];

  for (const { fix, i } of inOrderOfTime(fixes)) {
    if (fix.at <= whereabouts.lastAt) {
      dropped.push({ index: i, reason: fix.at === whereabouts.lastAt ? 'duplicate' : 'out-of-order' });
      continue;
    }
    const known = forgetOld(whereabouts, fix.at);
    const belief: Belief = plainOnly ? { whereabouts: { ...known, lastAt: fix.at } } : believe(known, fix);
    if (belief.reason) dropped.push({ index: i, reason: belief.reason });
    moved ||= isNews(whereabouts, belief.whereabouts);
    whereabouts = belief.whereabouts;
    const { trusted } = belief;
    const sightings = trusted ? around(index, fix, trusted.accuracyM, visits) : holding(index, fix);
    transitions.push(...visits.read({ at: fix.at, sightings, trusted, dwellThresholds }));
  }

  const state: DeviceState = { ...whereabouts, ...visits.toState() };
  const isFirst = args.state === undefined && state.lastAt !== NEVER;
  return {
    state,
    changed: visits.changed || moved || isFirst || isWorthKeeping(index, args.state?.fix, state.fix),
    transitions,
    dropped: dropped.sort((a, b) => a.index - b.index),
  };
}

/**
 * Who moves among places is followed more closely, so that a reflection is told from a walk. A device at rest is where it
 * was: its last stored fix stays good.
 */
function isWorthKeeping(index: PlaceIndex, stored: Anchor | undefined, now: Anchor | undefined): boolean {
  if (!stored || !now || !(isUnsettled(now) || isUnsettled(stored))) return false;
  return now.at - stored.at >= FOLLOW_MS && index.near(now.lng, now.lat, NEARBY_M).length > 0;
}

/** Stable: of two fixes of one time, the first reported comes first. */
function inOrderOfTime(fixes: readonly Fix[]): { fix: Fix; i: number }[] {
  return fixes.map((fix, i) => ({ fix, i })).sort((a, b) => a.fix.at - b.fix.at);
}

type Whereabouts = Pick<DeviceState, 'lastAt' | 'fix' | 'jump'>;
type Belief = { whereabouts: Whereabouts; trusted?: NonNullable<Look['trusted']>; reason?: DropReason };

/** A device that sends nothing believable for a day must not have its last position kept for longer. */
function forgetOld(whereabouts: Whereabouts, now: number): Whereabouts {
  const { lastAt, fix } = whereabouts;
  return fix && now - fix.at > MAX_POSITION_AGE_MS ? { lastAt } : whereabouts;
}

/** Whether later fixes would be judged otherwise: a jump begun, gone on or settled, or a first fix believed. */
function isNews(before: Whereabouts, after: Whereabouts): boolean {
  return after.jump !== before.jump || !after.fix !== !before.fix;
}

/** What confirmed places may make of a fix, and where the device is then believed to be. */
function believe(before: Whereabouts, { at, lng, lat, accuracyM = UNKNOWN_ACCURACY_M }: Fix): Belief {
  if (accuracyM > MAX_ACCURACY_M) return { whereabouts: { ...before, lastAt: at }, reason: 'inaccurate' };
  const anchor: Anchor = { at, lng, lat, accuracyM };
  const { verdict, jump, pace } = judgeMove(before, anchor);
  if (verdict !== 'sudden' && verdict !== 'jump') {
    return {
      whereabouts: { lastAt: at, fix: pace ? { ...anchor, pace } : anchor },
      trusted: { accuracyM, verdict, news: newsOf(before.fix ? at - before.fix.at : Infinity) },
    };
  }
  return {
    whereabouts: { lastAt: at, ...(before.fix && { fix: before.fix }), ...(jump && { jump }) },
    reason: verdict === 'sudden' ? 'sudden-move' : 'impossible-jump',
  };
}

/** As far as a fix can tell, and as much farther as the places ask that the device is in: most ask for the usual margin. */
function around(index: PlaceIndex, { lng, lat }: Fix, accuracyM: number, visits: Visits): Look['sightings'] {
  const usualM = visits.isEmpty ? 0 : sensingOf(undefined).exitMarginM;
  const sightings = byPlaceId(index.near(lng, lat, sightM(accuracyM) + usualM));
  const marginM = visits.exitMarginM(sightings);
  return marginM === usualM ? sightings : byPlaceId(index.near(lng, lat, sightM(accuracyM) + marginM));
}

/** Where no distance is asked for: the places that hold the fix, which is all that plain places need. */
function holding(index: PlaceIndex, { lng, lat }: Fix): Look['sightings'] {
  return byPlaceId(index.containing(lng, lat).map((place) => ({ place, distanceM: -0, sizeM: 0 })));
}

const NOTHING: Look['sightings'] = new Map();

function byPlaceId(sightings: readonly NearPlace[]): Look['sightings'] {
  if (sightings.length === 0) return NOTHING;
  const byId = new Map<string, NearPlace>();
  for (const sighting of sightings) byId.set(sighting.place.placeId, sighting);
  return byId;
}
