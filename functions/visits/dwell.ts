import type { Transition } from '#core/geo/detect.ts';
import { dwellInSilence, wakeAt } from '#core/geo/silent-dwell.ts';
import { signalFromTransition } from '#core/signals/from-transition.ts';
import { ConflictError } from '#store/conflict.ts';
import { presenceKeys } from '#store/keys.ts';
import { pendingOf, presenceOf, putPresence } from '#store/presence.ts';
import { isStanding, tombstoneKey } from '#store/tombstones.ts';
import type { Runtime } from '../shared/runtime.ts';
import type { WakeMessage } from './message.ts';
import { dwellThresholdsIn, placesForVisits, sourceOf } from './stays.ts';
import { sendWakes } from './wakes.ts';

const MAX_TRIES = 6;

/**
 * A dwell has fallen due by the clock: told here if no fix has told it, by the same rule of the device's state, in which
 * it is noted before its signal is published. So whoever comes first, fix or clock, tells it, and only they; a crash
 * between the two is mended by the next delivery, which finds the note and publishes the same signal.
 */
export async function dwell(message: WakeMessage, runtime: Runtime): Promise<void> {
  if (wakeAt(message) > runtime.now()) return await sendWakes(runtime, message, [message]);
  for (let attempt = 0; attempt < MAX_TRIES; attempt += 1) {
    const transition = await advance(runtime, message);
    if (transition === 'changed') continue;
    if (transition) await runtime.send('signals', [signalOf(transition, message, runtime)]);
    return;
  }
  throw new ConflictError('the state of a device changed too often');
}

async function advance(runtime: Runtime, message: WakeMessage): Promise<Transition | 'changed' | undefined> {
  const { brand, deviceId } = message;
  const now = runtime.now();
  const key = presenceKeys.device(brand, deviceId);
  const gone = tombstoneKey(await runtime.secret('linkSecret'), brand, { kind: 'device', value: deviceId });
  const { snapshot, found } = await runtime.catalogue.read(brand, () => ({ presence: [key], tombstones: [gone] }));
  const before = presenceOf(found.get('presence', key), now);
  if (!before || isStanding(found.get('tombstones', gone))) return undefined;
  const pending = pendingOf(before, now);
  const places = await placesForVisits(snapshot, [message.placeId]);
  const dwellThresholds = dwellThresholdsIn(snapshot, places);
  const dwelt = dwellInSilence(before.state, message, { now, dwellThresholds });
  if (!dwelt) return pending.find((one) => isOurs(one.transition, message))?.transition;
  const { state, transition } = dwelt;
  const written = await putPresence(runtime.db, brand, deviceId, {
    version: before.version + 1,
    state,
    pending: [...pending, { transition, writtenAt: now }],
    // Only of the phone's own fixes is there a position to keep: a wake-up prolongs nothing.
    writtenAt: before.writtenAt,
  });
  return written ? transition : 'changed';
}

/** Told by the clock: what a fix has told is published with that fix. */
const isOurs = (transition: Transition, { placeId, since, dwellSeconds }: WakeMessage): boolean =>
  transition.kind === 'geofence.dwell' &&
  transition.placeId === placeId &&
  transition.dwellSeconds === dwellSeconds &&
  transition.at === since + dwellSeconds * 1000;

function signalOf(transition: Transition, { brand, deviceId }: WakeMessage, runtime: Runtime) {
  const receivedAt = new Date(runtime.now()).toISOString();
  return {
    body: signalFromTransition(transition, { brand, deviceId, receivedAt, source: sourceOf(runtime) }),
    group: brand,
  };
}
