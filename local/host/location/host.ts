import { createRandom } from '../../random.ts';
import type { Service } from '../dynamodb.ts';
import type { LoadedFunction } from '../handlers.ts';
import { startLocation } from './location.ts';

const SEED = 7;
/** As Lambda does with an event that its function fails on; it waits a minute, and two. */
const TRIES = 3;
const PAUSE_MS = 1000;

/** Amazon Location for a host: it starts before the functions are there that its events go to. */
export function locateOnThisMachine(): {
  start: () => Promise<Service>;
  connect: (loaded: readonly LoadedFunction[]) => void;
} {
  let invoke: LoadedFunction['invoke'] | undefined;
  const deliver = (event: unknown, tries = TRIES): void => {
    void invoke?.(event).catch((error: unknown) => {
      if (tries > 1) setTimeout(() => deliver(event, tries - 1), PAUSE_MS).unref();
      else console.error(`ingest-geo gave up on an event: ${error instanceof Error ? error.stack : error}`);
    });
  };
  return {
    start: () =>
      startLocation({
        onEvent: (event) => deliver(event),
        now: Date.now,
        random: createRandom(SEED).next,
        later: (action, ms) => void setTimeout(action, ms).unref(),
      }),
    connect: (loaded) => {
      invoke = loaded.find(({ spec }) => spec.event?.source.includes('aws.geo'))?.invoke;
    },
  };
}
