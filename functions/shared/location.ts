import { LocationClient } from '@aws-sdk/client-location';
import { BATCH } from '#core/geo/amazon/limits.ts';
import { ENV } from '../routes.ts';
import { once, requireEnv } from './environment.ts';
import type { Runtime } from './runtime.ts';

/** Amazon Location, as the functions of that locator reach it. */
export type LocationService = { client: Pick<LocationClient, 'send'>; collection: string; tracker: string };

/** The SDK's own tries of a call that was throttled or failed, with pauses that grow. */
const SDK_TRIES = 5;
/** Of the entries of a batch that were refused for the moment. */
const MAX_TRIES = 6;
const FIRST_PAUSE_MS = 200;
/** No limit of a request is documented: well under what any front end takes. */
const MAX_CALL_BYTES = 900_000;

/** This process's Amazon Location. An endpoint of one's own has no `tracking.` or `geofencing.` before its name. */
export const processLocation = once((): LocationService => {
  const { AWS_ENDPOINT_URL, AWS_ENDPOINT_URL_LOCATION } = process.env;
  const disableHostPrefix = (AWS_ENDPOINT_URL_LOCATION ?? AWS_ENDPOINT_URL) !== undefined;
  return {
    client: new LocationClient({ maxAttempts: SDK_TRIES, disableHostPrefix }),
    collection: requireEnv(ENV.geofenceCollection),
    tracker: requireEnv(ENV.tracker),
  };
});

/** `BatchItemError` of the service. */
export type ItemError = { Code?: string | undefined; Message?: string | undefined };

/** What trying again may help against; the rest is for good. */
const PASSING: readonly (string | undefined)[] = ['ThrottlingError', 'InternalServerError', 'ConflictError'];
/** Errors of a whole call that may be one entry's. */
const OF_AN_ENTRY = ['ValidationException', 'ServiceQuotaExceededException'];

/**
 * Carries out `call` ten items at a time, and again for those that were refused for the moment.
 * @param call answers one error, or undefined, for each item, in order
 * @returns the items that were refused for good, and why
 * @throws when some are still refused for the moment after `MAX_TRIES`, or the whole call fails
 */
export async function inBatches<T>(
  items: readonly T[],
  { call, bytesOf, runtime }: BatchCall<T>,
): Promise<{ item: T; error: ItemError }[]> {
  const refused: { item: T; error: ItemError }[] = [];
  for (const batch of batchesOf(items, bytesOf ?? (() => 0))) {
    let left = batch;
    for (let attempt = 0; left.length > 0; attempt += 1) {
      if (attempt === MAX_TRIES) throw new Error(`Amazon Location did not take ${left.length} entries`);
      // Full jitter: those that were throttled together do not come back together.
      if (attempt > 0) await runtime.sleep(runtime.random() * FIRST_PAUSE_MS * 2 ** attempt);
      const errors = await callOrSplit(left, call);
      const again: T[] = [];
      left.forEach((item, i) => {
        const error = errors[i];
        if (!error) return;
        if (PASSING.includes(error.Code)) again.push(item);
        else refused.push({ item, error });
      });
      left = again;
    }
  }
  return refused;
}

export type BatchCall<T> = {
  call: (batch: T[]) => Promise<(ItemError | undefined)[]>;
  bytesOf?: (item: T) => number;
  runtime: Pick<Runtime, 'sleep' | 'random'>;
};

/** One entry that the service will not read must not keep nine others from it. */
async function callOrSplit<T>(batch: T[], call: BatchCall<T>['call']): Promise<(ItemError | undefined)[]> {
  try {
    return await call(batch);
  } catch (error) {
    if (!(error instanceof Error) || !OF_AN_ENTRY.includes(error.name)) throw error;
    if (batch.length === 1) return [{ Code: error.name, Message: error.message }];
    return (await Promise.all(batch.map((item) => callOrSplit([item], call)))).flat();
  }
}

function batchesOf<T>(items: readonly T[], bytesOf: (item: T) => number): T[][] {
  const batches: T[][] = [];
  let bytes = 0;
  for (const item of items) {
    const last = batches.at(-1);
    if (!last || last.length === BATCH || bytes + bytesOf(item) > MAX_CALL_BYTES) {
      batches.push([item]);
      bytes = bytesOf(item);
    } else {
      last.push(item);
      bytes += bytesOf(item);
    }
  }
  return batches;
}
