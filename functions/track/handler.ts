import { processLocation } from '../shared/location.ts';
import { processRuntime } from '../shared/process.ts';
import { queueFunction } from '../shared/worker.ts';
import { TrackedSchema } from './message.ts';
import { createPositionSender } from './sender.ts';
import { track } from './track.ts';

const send = createPositionSender(processLocation, processRuntime);

/** Positions go to Amazon Location, which says what they cross. */
export const handler = queueFunction('track', TrackedSchema, (message, runtime) =>
  track(message, runtime, { send, location: processLocation }),
);
