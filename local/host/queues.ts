import { startFauxqs } from 'fauxqs';
import { functions, MAX_RECEIVES, type QueueName } from '#functions/routes.ts';
import type { Service } from './dynamodb.ts';

const ACCOUNT = '000000000000';
/** Shorter than AWS's six timeouts, so that what a killed host had in its hands comes back soon. */
const VISIBILITY_SECONDS = 20;

export const QUEUES: readonly QueueName[] = functions.flatMap(({ queue }) => (queue ? [queue.queue] : []));
const isFifo = (queue: QueueName): boolean => functions.some((spec) => spec.queue?.queue === queue && spec.queue.fifo);
const nameOf = (queue: QueueName, suffix = ''): string => `beckon-${queue}${suffix}${isFifo(queue) ? '.fifo' : ''}`;

export const queueUrl = (endpoint: string, queue: QueueName): string => `${endpoint}/${ACCOUNT}/${nameOf(queue)}`;
export const deadLetterUrl = (endpoint: string, queue: QueueName): string =>
  `${endpoint}/${ACCOUNT}/${nameOf(queue, '-dead')}`;

/** SQS on this machine: fauxqs, every message written through to SQLite before it is acknowledged. */
export async function startQueues(dataDir: string): Promise<Service> {
  const server = await startFauxqs({
    port: 0,
    logger: false,
    ...(dataDir !== ':memory:' && { dataDir }),
  });
  // fauxqs puts a new queue in the place of one that is there, messages and all: make only what is missing.
  const ensure = (name: string, attributes: Record<string, string>): string =>
    server.inspectQueue(name)?.arn ?? server.createQueue(name, { attributes }).queueArn;
  for (const queue of QUEUES) {
    const fifo: Record<string, string> = isFifo(queue) ? { FifoQueue: 'true' } : {};
    const deadLetterTargetArn = ensure(nameOf(queue, '-dead'), { ...fifo, MessageRetentionPeriod: '1209600' });
    ensure(nameOf(queue), {
      ...fifo,
      VisibilityTimeout: String(VISIBILITY_SECONDS),
      // The handler dead-letters with the reason; this is for messages that kill their handler.
      RedrivePolicy: JSON.stringify({ deadLetterTargetArn, maxReceiveCount: MAX_RECEIVES + 2 }),
    });
  }
  return { url: `http://127.0.0.1:${server.port}`, stop: () => server.stop() };
}
