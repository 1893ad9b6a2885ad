import type { DeviceState, Transition } from '#core/geo/detect.ts';
import { wakesOf } from '#core/geo/silent-dwell.ts';
import { signalFromTransition } from '#core/signals/from-transition.ts';
import { noteInside } from '#store/inside.ts';
import type { Snapshot } from '#store/snapshot.ts';
import type { Runtime } from '../shared/runtime.ts';
import { sendOpenings } from './opening.ts';
import { dwellThresholdsIn, placesForVisits } from './stays.ts';
import { sendWakes } from './wakes.ts';

/** What a device's fixes or crossings have made of its state. */
export type Crossed = {
  before: DeviceState | undefined;
  state: DeviceState;
  transitions: readonly Transition[];
  /** The catalogue that they were read by. */
  snapshot: Snapshot;
};

/**
 * What follows from a state that is written: who is inside is noted by place, the dwells and openings to come are put on the clock,
 * and the transitions become signals. Whoever crashes on the way does all of it again, and nothing comes of it twice.
 */
export async function publish(
  runtime: Runtime,
  context: Parameters<typeof signalFromTransition>[1],
  { before, state, transitions, snapshot }: Crossed,
): Promise<void> {
  const { brand, deviceId } = context;
  const now = runtime.now();
  const placeIds = placesOfVisits(before, state, transitions);
  const places = await placesForVisits(snapshot, placeIds);
  const dwellThresholds = dwellThresholdsIn(snapshot, places);
  await noteInside(runtime.db, brand, { deviceId, state, placeIds, now });
  await sendWakes(runtime, context, wakesOf(state, { placeIds, dwellThresholds, now }));
  await sendOpenings(runtime, context, { state, places });
  await runtime.send(
    'signals',
    transitions.map((transition) => ({ body: signalFromTransition(transition, context), group: brand })),
  );
}

/** Where a visit has come or gone; a place that is no more ends its visits without a word. */
function placesOfVisits(
  before: DeviceState | undefined,
  after: DeviceState,
  transitions: readonly Transition[],
): Set<string> {
  const was = idsOf(before);
  const is = idsOf(after);
  const moved = [...was, ...is].filter((placeId) => was.has(placeId) !== is.has(placeId));
  const crossed = transitions.filter(({ kind }) => kind !== 'geofence.dwell').map(({ placeId }) => placeId);
  return new Set([...moved, ...crossed]);
}

const idsOf = (state: DeviceState | undefined): Set<string> => new Set(state?.visits.map(({ placeId }) => placeId));
