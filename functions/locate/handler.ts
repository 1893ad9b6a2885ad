import { queueFunction } from '../shared/worker.ts';
import { locate } from './locate.ts';
import { DeviceFixesSchema } from './message.ts';

/** Positions become geofence signals. */
export const handler = queueFunction('locate', DeviceFixesSchema, locate);
