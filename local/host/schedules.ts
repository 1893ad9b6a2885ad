import { setTimeout as sleep } from 'node:timers/promises';
import type { LoadedFunction } from './handlers.ts';

/** What EventBridge's schedules do; here the first run is at once, for a service that forgets what it held. */
export function runSchedules(loaded: readonly LoadedFunction[], signal: AbortSignal): void {
  for (const { spec, invoke } of loaded) {
    const { name, schedule } = spec;
    if (schedule) void repeat(name, schedule.everyMinutes * 60_000, invoke, signal);
  }
}

async function repeat(
  name: string,
  everyMs: number,
  invoke: LoadedFunction['invoke'],
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    try {
      await invoke({ source: 'aws.events', 'detail-type': 'Scheduled Event' });
    } catch (error) {
      console.error(`${name}: ${error instanceof Error ? error.stack : error}`);
    }
    await sleep(everyMs, undefined, { signal, ref: false }).catch(() => undefined);
  }
}
