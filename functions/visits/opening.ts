import type { DeviceState } from '#core/geo/detect.ts';
import { isHeard, MAX_SILENCE_MS } from '#core/geo/silent-dwell.ts';
import type { Place } from '#core/model/place.ts';
import { isOpen, nextOpening } from '#core/opening.ts';
import { signalFromVisit } from '#core/signals/from-visit.ts';
import { presenceKeys } from '#store/keys.ts';
import { presenceOf } from '#store/presence.ts';
import { isStanding, tombstoneKey } from '#store/tombstones.ts';
import type { Runtime } from '../shared/runtime.ts';
import type { OpeningMessage } from './message.ts';
import { placesForVisits, sourceOf } from './stays.ts';
import { delayUntil } from './wakes.ts';

/** Has whoever came to a closed place, of these places, looked at when it opens, if that is before their silence is believed no more. */
export async function sendOpenings(
  runtime: Runtime,
  { brand, deviceId }: { brand: string; deviceId: string },
  { state, places }: { state: DeviceState; places: ReadonlyMap<string, Place> },
): Promise<void> {
  const now = runtime.now();
  const openings = state.visits.flatMap(({ placeId, since }): OpeningMessage[] => {
    const place = places.get(placeId);
    const opensAt = place && nextOpening(place, now, MAX_SILENCE_MS);
    const isRecent = now - since <= MAX_SILENCE_MS;
    return opensAt === undefined || !isRecent ? [] : [{ what: 'opening', brand, deviceId, placeId, since, opensAt }];
  });
  if (openings.length > 0) await sendAt(runtime, openings);
}

/**
 * A place has opened around somebody who came too early, and whose enter was refused for that: it is told again, as of the
 * opening, with each dwell that they have reached meanwhile. Its ids follow from the visit and the hour, so that it is
 * decided once however often this runs.
 */
export async function opening(message: OpeningMessage, runtime: Runtime): Promise<void> {
  const { brand, deviceId, placeId, since, opensAt } = message;
  const now = runtime.now();
  if (opensAt > now) return await sendAt(runtime, [message]);
  const key = presenceKeys.device(brand, deviceId);
  const gone = tombstoneKey(await runtime.secret('linkSecret'), brand, { kind: 'device', value: deviceId });
  const { snapshot, found } = await runtime.catalogue.read(brand, () => ({ presence: [key], tombstones: [gone] }));
  const state = presenceOf(found.get('presence', key), now)?.state;
  const place = (await placesForVisits(snapshot, [placeId])).get(placeId);
  const visit = state?.visits.find((one) => one.placeId === placeId && one.since === since);
  if (!state || !visit || visit.leavingSince !== undefined || isStanding(found.get('tombstones', gone))) return;
  // Its hours may have changed since, as may what is sensitive.
  if (!place || !isOpen(place, now) || !isHeard(state, now)) return;
  const again = { placeId, since, because: { opensAt }, at: opensAt, state };
  const context = { brand, deviceId, receivedAt: new Date(now).toISOString(), source: sourceOf(runtime) };
  await runtime.send(
    'signals',
    [undefined, ...(visit.dwelt ?? [])].map((dwellSeconds) => ({
      body: signalFromVisit(again, { ...context, dwellSeconds }),
      group: brand,
    })),
  );
}

async function sendAt(runtime: Runtime, openings: readonly OpeningMessage[]): Promise<void> {
  const now = runtime.now();
  await runtime.send(
    'visits',
    openings.map((body) => ({ body, delaySeconds: delayUntil(body.opensAt, now) })),
  );
}
