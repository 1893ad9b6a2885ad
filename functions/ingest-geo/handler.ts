import middy from '@middy/core';
import { GeofenceEventSchema } from '#core/signals/from-amazon-location.ts';
import { processRuntime } from '../shared/process.ts';
import { check } from '../shared/validate.ts';
import { take } from './take.ts';

/**
 * Amazon Location's geofence events, from EventBridge. An event that is not one of ours throws, so that it ends in this
 * function's dead-letter queue, where the reason is read from the log.
 */
export const handler = middy<unknown, void>().handler(async (event: unknown) => {
  const result = check(GeofenceEventSchema, event);
  if (!result.ok) {
    throw new Error(
      `not a geofence event of Beckon: ${result.errors.map(({ pointer, detail }) => `${pointer} ${detail}`).join('; ')}`,
    );
  }
  await take(result.value, processRuntime);
});
