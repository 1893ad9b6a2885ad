import middy from '@middy/core';
import { processLocation } from '../shared/location.ts';
import { processRuntime } from '../shared/process.ts';
import { checkPlaces } from './check.ts';

/** What lies in Amazon Location is compared with the places, and put right. Scheduled. */
export const handler = middy<unknown, void>().handler(async () => {
  await checkPlaces(processRuntime, processLocation());
});
