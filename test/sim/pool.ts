import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import type { SeedResult } from './run-seed.ts';

export type WorkerRequest = { seed: number; trace: boolean };
export type SeedReport =
  | { seed: number; result: SeedResult; error?: undefined }
  | { seed: number; error: string; result?: undefined };

/** A second core is for the machine's owner when there are only two; the simulation takes both when it may. */
const MAX_WORKERS = 2;

/**
 * Runs seeds, each in one of a few threads, until `next` has no more; reports come as they are done.
 * A thread loads Beckon's code once, with the bug that is to be planted in it.
 */
export async function runSeeds(
  next: () => number | undefined,
  onReport: (report: SeedReport) => void,
  {
    plant,
    trace = false,
    workers = Math.min(MAX_WORKERS, availableParallelism()),
  }: { plant?: string | undefined; trace?: boolean; workers?: number },
): Promise<void> {
  await Promise.all(Array.from({ length: workers }, () => runInThread(next, onReport, { plant, trace })));
}

function runInThread(
  next: () => number | undefined,
  onReport: (report: SeedReport) => void,
  { plant, trace }: { plant: string | undefined; trace: boolean },
): Promise<void> {
  const worker = new Worker(new URL('worker.ts', import.meta.url), { workerData: { plant } });
  return new Promise((resolve, reject) => {
    const dispatch = (): void => {
      const seed = next();
      if (seed === undefined) worker.terminate().then(() => resolve(), reject);
      else worker.postMessage({ seed, trace } satisfies WorkerRequest);
    };
    worker.on('message', (report: SeedReport) => {
      onReport(report);
      dispatch();
    });
    worker.on('error', reject);
    dispatch();
  });
}
