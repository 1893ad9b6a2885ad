import { parentPort, workerData } from 'node:worker_threads';
import { plantBug, plantNamed } from './plants.ts';
import type { SeedReport, WorkerRequest } from './pool.ts';

// Before anything of Beckon is imported: a module that is loaded can no longer be changed.
const { plant } = workerData as { plant: string | undefined };
const planted = plant === undefined ? undefined : plantNamed(plant);
if (planted) plantBug(planted);
// Thousands of refused writes are the point here, and each would collect its stack.
Error.stackTraceLimit = 3;
const { runSeed } = await import('./run-seed.ts');

parentPort?.on('message', async ({ seed, trace }: WorkerRequest) => {
  try {
    parentPort?.postMessage({
      seed,
      result: await runSeed(seed, { trace, weather: planted?.weather }),
    } satisfies SeedReport);
  } catch (error) {
    const { stack = String(error) } = error as Error;
    parentPort?.postMessage({ seed, error: stack } satisfies SeedReport);
  }
});
