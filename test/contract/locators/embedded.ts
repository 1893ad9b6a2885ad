import * as z from 'zod/mini';
import { buildPlaces } from '#functions/build-places/build.ts';
import { BuildPlacesSchema } from '#functions/build-places/message.ts';
import { locate } from '#functions/locate/locate.ts';
import { DeviceFixesSchema } from '#functions/locate/message.ts';
import { createPlaceFiles } from '#functions/shared/place-files.ts';
import { openBucket } from '#test/support/objects.ts';
import { type Behind, openWorld } from './world.ts';

/** Beckon's own index; of tenants that have more than `maxInMemory` places, from files. */
export const openEmbedded = (maxInMemory?: number) =>
  openWorld('embedded', async (): Promise<Behind & ReturnType<typeof openBucket>> => {
    const bucket = openBucket();
    const files = createPlaceFiles(bucket.objects);
    return {
      consumers: {
        positions: (body, runtime) => locate(z.parse(DeviceFixesSchema, body), runtime, files),
        snapshots: (body, runtime) =>
          buildPlaces(z.parse(BuildPlacesSchema, body), runtime, { objects: bucket.objects, maxInMemory }),
      },
      turn: async () => false,
      stop: async () => {},
      ...bucket,
    };
  });
