import { type Wake, wakeAt } from '#core/geo/silent-dwell.ts';
import { MAX_KEPT_BACK_SECONDS } from '../routes.ts';
import type { Runtime } from '../shared/runtime.ts';
import type { WakeMessage } from './message.ts';

/** Has the dwells of a device looked at when they fall due. */
export async function sendWakes(
  runtime: Runtime,
  { brand, deviceId }: { brand: string; deviceId: string },
  wakes: readonly Wake[],
): Promise<void> {
  if (wakes.length === 0) return;
  const now = runtime.now();
  await runtime.send(
    'visits',
    wakes.map(({ placeId, since, dwellSeconds }) => {
      const body: WakeMessage = { what: 'dwell', brand, deviceId, placeId, since, dwellSeconds };
      return { body, delaySeconds: delayUntil(wakeAt(body), now) };
    }),
  );
}

/** As long as a message can be kept back, at most. */
export const delayUntil = (at: number, now: number): number =>
  Math.max(0, Math.min(MAX_KEPT_BACK_SECONDS, Math.ceil((at - now) / 1000)));
