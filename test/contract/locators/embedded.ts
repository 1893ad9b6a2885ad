import * as z from 'zod/mini';
import { locate } from '#functions/locate/locate.ts';
import { DeviceFixesSchema } from '#functions/locate/message.ts';
import { type Behind, openWorld } from './world.ts';

/** Beckon's own index. */
export const openEmbedded = () =>
  openWorld(
    'embedded',
    async (): Promise<Behind> => ({
      consumers: { positions: (body, runtime) => locate(z.parse(DeviceFixesSchema, body), runtime) },
      turn: async () => false,
      stop: async () => {},
    }),
  );
