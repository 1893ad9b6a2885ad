import { LocationClient } from '@aws-sdk/client-location';
import * as z from 'zod/mini';
import { GeofenceEventSchema } from '#core/signals/from-amazon-location.ts';
import { checkPlaces } from '#functions/check-places/check.ts';
import { take } from '#functions/ingest-geo/take.ts';
import type { LocationService } from '#functions/shared/location.ts';
import { ChangedPlacesSchema } from '#functions/sync-places/message.ts';
import { syncPlaces } from '#functions/sync-places/sync.ts';
import { TrackedSchema } from '#functions/track/message.ts';
import { createPositionSender } from '#functions/track/sender.ts';
import { track } from '#functions/track/track.ts';
import { startLocation } from '#local/host/location/location.ts';
import { COLLECTION, TRACKER } from '#local/host/location/operations.ts';
import { createRandom } from '#local/random.ts';
import { openWorld } from './world.ts';

/** Amazon Location's local endpoint, asked by the SDK over HTTP; its events come late and twice, as the seed has it. */
export const openAmazon = (seed = 1) =>
  openWorld('amazon', async ({ now, advance, runtime }) => {
    const due: { at: number; action: () => void }[] = [];
    const arrived: unknown[] = [];
    const events: z.infer<typeof GeofenceEventSchema>[] = [];
    const endpoint = await startLocation({
      onEvent: (event) => arrived.push(event),
      now,
      random: createRandom(seed).next,
      later: (action, ms) => due.push({ at: now() + ms, action }),
      // Its seconds are the test's, which stand still.
      callsPerSecond: Number.POSITIVE_INFINITY,
    });
    const client = new LocationClient({
      endpoint: endpoint.url,
      region: 'eu-west-1',
      credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
      disableHostPrefix: true,
      maxAttempts: 3,
    });
    const service: LocationService = { client, collection: COLLECTION, tracker: TRACKER };
    const ways = { send: createPositionSender(() => service, runtime), location: () => service };
    return {
      endpoint,
      service,
      /** Every event that has come, as often as it has. */
      events,
      consumers: {
        positions: (body: unknown) => track(z.parse(TrackedSchema, body), runtime, ways),
        geofences: (body: unknown) => syncPlaces(z.parse(ChangedPlacesSchema, body), runtime, service),
      },
      check: () => checkPlaces(runtime, service),
      async turn() {
        const event = arrived.shift();
        if (event !== undefined) {
          const parsed = z.parse(GeofenceEventSchema, event);
          events.push(parsed);
          await take(parsed, runtime);
          return true;
        }
        due.sort((a, b) => a.at - b.at);
        const next = due.shift();
        if (!next) return false;
        advance(Math.max(0, next.at - now()));
        next.action();
        return true;
      },
      stop: async () => {
        client.destroy();
        await endpoint.stop();
      },
    };
  });
