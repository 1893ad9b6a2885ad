import { processLocation } from '../shared/location.ts';
import { queueFunction } from '../shared/worker.ts';
import { ChangedPlacesSchema } from './message.ts';
import { syncPlaces } from './sync.ts';

/** Places become geofences of Amazon Location. */
export const handler = queueFunction('sync-places', ChangedPlacesSchema, (message, runtime) =>
  syncPlaces(message, runtime, processLocation()),
);
