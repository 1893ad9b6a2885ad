import { BatchUpdateDevicePositionCommand, type DevicePositionUpdate } from '@aws-sdk/client-location';
import { BATCH } from '#core/geo/amazon/limits.ts';
import { inBatches, type LocationService } from '../shared/location.ts';
import type { Runtime } from '../shared/runtime.ts';

/** How long a position waits for others of the same batch to share its call. */
const GATHER_MS = 15;

export type PositionSender = (update: DevicePositionUpdate) => Promise<void>;
type Waiting = { update: DevicePositionUpdate; resolve: () => void; reject: (error: unknown) => void };

/**
 * Sends positions ten in a call: those that the devices of one batch hand in at about the same time. The service takes
 * fifty calls a second, so what shares a call multiplies what can be sent. Of one device a call has one position, and
 * the next follows when that was taken: in which order it reads the positions of one call is not documented.
 */
export function createPositionSender(
  location: () => LocationService,
  runtime: Pick<Runtime, 'sleep' | 'random'>,
): PositionSender {
  const waiting: Waiting[] = [];

  async function flush(): Promise<void> {
    const batch = waiting.splice(0, BATCH);
    if (batch.length === 0) return;
    try {
      const refused = await inBatches(batch, { call: (some) => callFor(some), runtime });
      for (const { item, error } of refused) {
        item.reject(new Error(`Amazon Location refused a position: ${error.Code}`));
      }
      for (const { resolve } of batch) resolve();
    } catch (error) {
      for (const { reject } of batch) reject(error);
    }
  }

  async function callFor(batch: Waiting[]) {
    const { client, tracker: TrackerName } = location();
    const Updates = batch.map(({ update }) => update);
    const { Errors = [] } = await client.send(new BatchUpdateDevicePositionCommand({ TrackerName, Updates }));
    const errorOf = new Map(Errors.map(({ DeviceId, Error: error }) => [DeviceId, error]));
    return batch.map(({ update }) => errorOf.get(update.DeviceId));
  }

  return (update) =>
    new Promise((resolve, reject) => {
      waiting.push({ update, resolve, reject });
      if (waiting.length >= BATCH) void flush();
      else if (waiting.length === 1) void runtime.sleep(GATHER_MS).then(flush);
    });
}
