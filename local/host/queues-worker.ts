import { parentPort, workerData } from 'node:worker_threads';
import { startFauxqs } from 'fauxqs';

/** A queue to be there, with its attributes; the dead-letter queue of another comes before it. */
export type WantedQueue = { name: string; attributes: Record<string, string> };
export type QueuesWorkerData = { dataDir: string | undefined; queues: WantedQueue[]; bucket: string };

/**
 * fauxqs in a thread of its own: it waits for the disk at every message, and the API should not wait with it.
 * A thread, not a process, so that nothing is left behind when the host is killed.
 */
const { dataDir, queues, bucket } = workerData as QueuesWorkerData;
const server = await startFauxqs({ port: 0, logger: false, ...(dataDir !== undefined && { dataDir }) });
for (const { name, attributes } of queues) {
  // fauxqs puts a new queue in the place of one that is there, messages and all: make only what is missing.
  if (!server.inspectQueue(name)) server.createQueue(name, { attributes });
}
// It keeps a bucket that is there.
server.createBucket(bucket);
parentPort?.on('message', () => {
  void server.stop().then(() => parentPort?.postMessage('stopped'));
});
parentPort?.postMessage(server.port);
