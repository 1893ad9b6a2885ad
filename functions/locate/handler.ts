import { processPlaceFiles } from '../shared/place-files.ts';
import { queueFunction } from '../shared/worker.ts';
import { locate } from './locate.ts';
import { DeviceFixesSchema } from './message.ts';

/** Positions become geofence signals. */
export const handler = queueFunction('locate', DeviceFixesSchema, (message, runtime) =>
  locate(message, runtime, processPlaceFiles()),
);
