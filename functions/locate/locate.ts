import { detect } from '#core/geo/detect.ts';
import { reachM } from '#core/geo/reach.ts';
import { placesOf } from '#core/geo/silent-dwell.ts';
import { ConflictError } from '#store/conflict.ts';
import { presenceKeys } from '#store/keys.ts';
import { pendingOf, presenceOf, putPresence } from '#store/presence.ts';
import { isStanding, tombstoneKey } from '#store/tombstones.ts';
import { log } from '../shared/log.ts';
import type { PlaceFiles } from '../shared/place-files.ts';
import type { Runtime } from '../shared/runtime.ts';
import { type Crossed, publish } from '../visits/publish.ts';
import { placesForVisits } from '../visits/stays.ts';
import type { DeviceFixes } from './message.ts';
import { placesAround, placesView } from './places.ts';

/**
 * A device that reports without crossing anything is written this often. The older the last written position, the
 * farther an honest 90 m/s could have come since: five minutes leave a teleporter 27 km.
 */
const REFRESH_MS = 5 * 60_000;
const MAX_TRIES = 6;

/**
 * One device's fixes, from the state before to the state after, and the signals in between. The state is written before
 * the signals are published, together with them; fixes that arrive again therefore find them and publish them again,
 * with the same ids. So a crash at any point loses none, and `engage` makes one of what was published twice. What else
 * follows from a visit (`publish`) is repeated in the same way.
 *
 * A fix at a sensitive place is dropped before all that, as if there had been none: nothing is written of it or because
 * of it, and whatever the device was in lasts until a fix elsewhere says otherwise, as it does in any silence.
 */
export async function locate(message: DeviceFixes, runtime: Runtime, files?: PlaceFiles): Promise<void> {
  for (let attempt = 0; attempt < MAX_TRIES; attempt += 1) {
    const advanced = await advance(runtime, message, files);
    if (advanced === 'changed') continue;
    if (advanced) await publish(runtime, message, advanced);
    return;
  }
  throw new ConflictError('the state of a device changed too often');
}

async function advance(
  runtime: Runtime,
  message: DeviceFixes,
  files: PlaceFiles | undefined,
): Promise<Crossed | 'changed' | undefined> {
  const { brand, deviceId } = message;
  const now = runtime.now();
  const key = presenceKeys.device(brand, deviceId);
  const gone = tombstoneKey(await runtime.secret('linkSecret'), brand, { kind: 'device', value: deviceId });
  const { snapshot, found } = await runtime.catalogue.read(brand, () => ({ presence: [key], tombstones: [gone] }));
  // Its person was erased and has not come back: nobody may know where it is.
  if (isStanding(found.get('tombstones', gone))) return undefined;
  const before = presenceOf(found.get('presence', key), now);
  const { layer, dwellSeconds } = placesView(snapshot);
  const fixes = message.fixes.filter((fix) => !layer.hides(fix));
  const count = message.fixes.length - fixes.length;
  if (count > 0) log('INFO', 'positions at sensitive places were dropped', { function: 'locate', brand, count });
  if (fixes.length === 0) return undefined;
  const named = await placesForVisits(snapshot, before ? placesOf(before.state) : []);
  const points = fixes.map((fix) => ({ ...fix, withinM: reachM(fix, named.values()) }));
  const index = await placesAround(runtime, { snapshot, points, named }, files);
  const dwellThresholds = (placeId: string) => dwellSeconds(index.get(placeId));
  const { state, changed, transitions, dropped } = detect({ state: before?.state, fixes, index, dwellThresholds });
  const recent = pendingOf(before, now);
  const seenBefore = dropped.some(({ reason }) => reason === 'duplicate' || reason === 'out-of-order');
  if (changed || !before || before.writtenAt < now - REFRESH_MS) {
    const pending = [...recent, ...transitions.map((transition) => ({ transition, writtenAt: now }))];
    const written = await putPresence(runtime.db, brand, deviceId, {
      version: (before?.version ?? 0) + 1,
      state,
      pending,
      writtenAt: now,
    });
    if (!written) return 'changed';
  }
  const told = seenBefore ? [...recent.map(({ transition }) => transition), ...transitions] : transitions;
  return { before: before?.state, state, transitions: told, snapshot };
}
