import { processObjects } from '../shared/objects.ts';
import { queueFunction } from '../shared/worker.ts';
import { buildPlaces } from './build.ts';
import { BuildPlacesSchema } from './message.ts';

/** Many places become files that are read where they are needed. */
export const handler = queueFunction('build-places', BuildPlacesSchema, (message, runtime) =>
  buildPlaces(message, runtime, { objects: processObjects() }),
);
