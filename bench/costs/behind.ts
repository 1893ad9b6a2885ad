import { LocationClient } from '@aws-sdk/client-location';
import type { Context, SQSBatchResponse, SQSEvent } from 'aws-lambda';
import { GeofenceEventSchema } from '#core/signals/from-amazon-location.ts';
import { take } from '#functions/ingest-geo/take.ts';
import { locate } from '#functions/locate/locate.ts';
import { DeviceFixesSchema } from '#functions/locate/message.ts';
import type { LocationService } from '#functions/shared/location.ts';
import type { Runtime } from '#functions/shared/runtime.ts';
import { queueFunction } from '#functions/shared/worker.ts';
import { MAX_PLACES } from '#functions/sync-places/message.ts';
import { syncPlaces } from '#functions/sync-places/sync.ts';
import { TrackedSchema } from '#functions/track/message.ts';
import { createPositionSender } from '#functions/track/sender.ts';
import { track } from '#functions/track/track.ts';
import { startLocation } from '#local/host/location/location.ts';
import { COLLECTION, TRACKER } from '#local/host/location/operations.ts';
import { createRandom } from '#local/random.ts';
import type { Tenant } from '#store/keys.ts';
import type { Meter } from './meter.ts';

/** What stands behind the queue of positions. */
type Behind = {
  /** The function that reads it. */
  name: string;
  handle: (event: SQSEvent) => Promise<SQSBatchResponse>;
  /** What follows by itself from what was handled. */
  settle: () => Promise<void>;
  stop: () => Promise<void>;
};
type Handler = ReturnType<typeof queueFunction>;

const handling = (handler: Handler) => async (event: SQSEvent) =>
  (await handler(event, {} as Context)) as SQSBatchResponse;

export function embedded(runtime: Runtime): Behind {
  const handler = queueFunction('locate', DeviceFixesSchema, locate, runtime);
  return { name: 'locate', handle: handling(handler), settle: async () => {}, stop: async () => {} };
}

type Ground = {
  runtime: Runtime;
  meter: Meter;
  tenant: Tenant;
  placeIds: readonly string[];
  roundTrip: () => Promise<unknown>;
};

/** Amazon Location's local endpoint, asked by the SDK, with all the places in it. */
export async function amazon({ runtime, meter, tenant, placeIds, roundTrip }: Ground): Promise<Behind> {
  const events: unknown[] = [];
  const due: (() => void)[] = [];
  const endpoint = await startLocation({
    onEvent: (event) => events.push(event),
    now: runtime.now,
    random: createRandom(1).next,
    later: (action) => due.push(action),
    activateMs: 0,
    callsPerSecond: Number.POSITIVE_INFINITY,
  });
  const sdk = new LocationClient({
    endpoint: endpoint.url,
    region: 'us-east-1',
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
    disableHostPrefix: true,
  });
  const send = async (command: never) => {
    await roundTrip();
    return await sdk.send(command);
  };
  const service: LocationService = {
    client: { send: send as typeof sdk.send },
    collection: COLLECTION,
    tracker: TRACKER,
  };
  for (let start = 0; start < placeIds.length; start += MAX_PLACES) {
    await syncPlaces({ tenant, placeIds: placeIds.slice(start, start + MAX_PLACES) }, runtime, service);
  }
  const ways = { send: createPositionSender(() => service, runtime), location: () => service };
  const sent = () => endpoint.counts.get('BatchUpdateDevicePosition')?.items ?? 0;
  let counted = 0;
  return {
    name: 'track',
    handle: handling(queueFunction('track', TrackedSchema, (message, of) => track(message, of, ways), runtime)),
    /** Events come, and the positions that were sent are billed: written, and evaluated against one collection. */
    async settle() {
      for (const action of due.splice(0)) action();
      for (const event of events.splice(0)) {
        meter.count('eventBridge', 1);
        await meter.invoke('ingest-geo', () => take(GeofenceEventSchema.parse(event), runtime));
      }
      meter.count('positionWritten', sent() - counted);
      meter.count('positionEvaluated', sent() - counted);
      counted = sent();
    },
    async stop() {
      sdk.destroy();
      await endpoint.stop();
    },
  };
}
