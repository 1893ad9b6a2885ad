import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { everyFunction, MAX_RECEIVES, type QueueName } from '#functions/routes.ts';
import type { Service } from './dynamodb.ts';
import type { QueuesWorkerData, WantedQueue } from './queues-worker.ts';

/** Where files of places are. */
export const BUCKET = 'beckon';
const ACCOUNT = '000000000000';
/** fauxqs's own; ARNs are made with it whatever region the SDK speaks of. */
const QUEUE_REGION = 'us-east-1';
/** Shorter than AWS's six timeouts, so that what a killed host had in its hands comes back soon. */
const VISIBILITY_SECONDS = 20;

export const QUEUES: readonly QueueName[] = [
  ...new Set(everyFunction.flatMap(({ queue }) => (queue ? [queue.queue] : []))),
];
const isFifo = (queue: QueueName): boolean =>
  everyFunction.some((spec) => spec.queue?.queue === queue && spec.queue.fifo);
const nameOf = (queue: QueueName, suffix = ''): string => `beckon-${queue}${suffix}${isFifo(queue) ? '.fifo' : ''}`;

export const queueUrl = (endpoint: string, queue: QueueName): string => `${endpoint}/${ACCOUNT}/${nameOf(queue)}`;
export const deadLetterUrl = (endpoint: string, queue: QueueName): string =>
  `${endpoint}/${ACCOUNT}/${nameOf(queue, '-dead')}`;

/** SQS and S3 on this machine: fauxqs, everything written through to SQLite before it is acknowledged. */
export async function startQueues(dataDir: string): Promise<Service> {
  const workerData: QueuesWorkerData = {
    dataDir: dataDir === ':memory:' ? undefined : dataDir,
    queues: QUEUES.flatMap(withDeadLetters),
    bucket: BUCKET,
  };
  const worker = new Worker(new URL('./queues-worker.ts', import.meta.url), { workerData });
  const [port] = (await once(worker, 'message')) as [number];
  return {
    url: `http://127.0.0.1:${port}`,
    stop: async () => {
      const stopped = once(worker, 'message');
      worker.postMessage('stop');
      await stopped;
      await worker.terminate();
    },
  };
}

function withDeadLetters(queue: QueueName): WantedQueue[] {
  const fifo: Record<string, string> = isFifo(queue) ? { FifoQueue: 'true' } : {};
  const dead = nameOf(queue, '-dead');
  const deadLetterTargetArn = `arn:aws:sqs:${QUEUE_REGION}:${ACCOUNT}:${dead}`;
  return [
    { name: dead, attributes: { ...fifo, MessageRetentionPeriod: '1209600' } },
    {
      name: nameOf(queue),
      attributes: {
        ...fifo,
        VisibilityTimeout: String(VISIBILITY_SECONDS),
        // The handler dead-letters with the reason; this is for messages that kill their handler.
        RedrivePolicy: JSON.stringify({ deadLetterTargetArn, maxReceiveCount: MAX_RECEIVES + 2 }),
      },
    },
  ];
}
