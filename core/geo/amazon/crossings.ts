import type { DeviceState, Transition } from '../detect.ts';
import { MAX_PLACES_PER_DEVICE, NEVER } from '../device-state.ts';

/** That a device entered or left a place, as Amazon Location saw it; `at` in epoch milliseconds. */
export type Crossing = { kind: 'geofence.enter' | 'geofence.exit'; placeId: string; at: number };

/**
 * What is remembered of a device that Amazon Location watches: no position, only where it is in, and what it has left,
 * so that an enter that arrives after its exit does not bring it back. `left` holds the newest, `MAX_LEFT` of them.
 */
export type CrossingState = DeviceState & { left?: { placeId: string; at: number }[] };

const MAX_LEFT = 100;

/**
 * One event more of a device, in any order and any number of times. Of each place the newest event counts (an exit goes
 * before an enter of the same instant), so that whatever order they come in, the same state is left. The event's own
 * transition is told each time, whatever is known: its signal's id follows from it, and `engage` makes one of any
 * number. It is left out where the place is not the device's brand's any more (`knows`).
 */
export function cross(args: {
  state: CrossingState | undefined;
  crossing: Crossing;
  knows: (placeId: string) => boolean;
}): { state: CrossingState; changed: boolean; transitions: Transition[] } {
  const { crossing, knows } = args;
  const { placeId, at, kind } = crossing;
  const before: CrossingState = args.state ?? { lastAt: NEVER, visits: [], entering: [] };
  const kept = before.visits.filter((visit) => knows(visit.placeId));
  const visit = kept.find((one) => one.placeId === placeId);
  const left = before.left?.find((one) => one.placeId === placeId);
  if (!knows(placeId) || (!visit && kept.length >= MAX_PLACES_PER_DEVICE)) {
    return { state: { ...before, visits: kept }, changed: kept.length < before.visits.length, transitions: [] };
  }
  const isNews =
    kind === 'geofence.enter'
      ? at > (visit?.since ?? NEVER) && at > (left?.at ?? NEVER)
      : at >= (visit?.since ?? NEVER) && at > (left?.at ?? NEVER);
  const others = kept.filter((one) => one.placeId !== placeId);
  const othersLeft = (before.left ?? []).filter((one) => one.placeId !== placeId);
  const state: CrossingState = {
    ...before,
    lastAt: Math.max(before.lastAt, at),
    ...(isNews
      ? {
          visits: kind === 'geofence.enter' ? [...others, { placeId, since: at }] : others,
          left: kind === 'geofence.enter' ? othersLeft : newest([...othersLeft, { placeId, at }]),
        }
      : { visits: kept }),
  };
  const inside = new Set(state.visits.map((one) => one.placeId));
  if (kind === 'geofence.enter') inside.add(placeId);
  else inside.delete(placeId);
  return {
    state,
    changed: isNews || kept.length < before.visits.length,
    transitions: [{ kind, placeId, at, insidePlaceIds: [...inside].sort() }],
  };
}

const newest = <T extends { at: number }>(list: T[]): T[] => list.sort((a, b) => b.at - a.at).slice(0, MAX_LEFT);
