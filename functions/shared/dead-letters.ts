import {
  ChangeMessageVisibilityBatchCommand,
  DeleteMessageBatchCommand,
  type Message,
  ReceiveMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import { ENV } from '../routes.ts';
import { once, requireEnv } from './environment.ts';

const BATCH = 10;
/** Longer than a sweep: what has been looked at does not come again. */
const HIDDEN_SECONDS = 120;

export type Swept = { deleted: number /** False where time ran out before the end of a queue. */; complete: boolean };

const client = once(() => new SQSClient({}));

/**
 * Reads every dead-letter queue to its end, deletes the messages that are doomed, and leaves the others as they were.
 * @param isDoomed by the bodies of some messages
 * @param until epoch milliseconds
 */
export async function sweepDeadLetters(
  isDoomed: (bodies: readonly string[]) => Promise<readonly boolean[]>,
  until: number,
): Promise<Swept> {
  const urls = requireEnv(ENV.deadLetters).split(',');
  const swept = await Promise.all(urls.map((url) => sweepQueue(url, isDoomed, until)));
  return {
    deleted: swept.reduce((sum, { deleted }) => sum + deleted, 0),
    complete: swept.every(({ complete }) => complete),
  };
}

async function sweepQueue(
  QueueUrl: string,
  isDoomed: (bodies: readonly string[]) => Promise<readonly boolean[]>,
  until: number,
): Promise<Swept> {
  const kept: Message[] = [];
  let deleted = 0;
  try {
    while (Date.now() < until) {
      // A long poll asks every server of the queue: nothing means that there is nothing.
      const receive = { QueueUrl, MaxNumberOfMessages: BATCH, VisibilityTimeout: HIDDEN_SECONDS, WaitTimeSeconds: 1 };
      const { Messages = [] } = await client().send(new ReceiveMessageCommand(receive));
      if (Messages.length === 0) return { deleted, complete: true };
      const doomed = await isDoomed(Messages.map(({ Body = '' }) => Body));
      kept.push(...Messages.filter((_, index) => !doomed[index]));
      deleted += await deleteAll(
        QueueUrl,
        Messages.filter((_, index) => doomed[index]),
      );
    }
    return { deleted, complete: false };
  } finally {
    await release(QueueUrl, kept);
  }
}

async function deleteAll(QueueUrl: string, messages: readonly Message[]): Promise<number> {
  if (messages.length === 0) return 0;
  const Entries = messages.map(({ ReceiptHandle }, index) => ({ Id: String(index), ReceiptHandle }));
  const { Failed = [] } = await client().send(new DeleteMessageBatchCommand({ QueueUrl, Entries }));
  if (Failed.length > 0) throw new Error(`${Failed.length} dead letters could not be deleted`);
  return messages.length;
}

/** Others may look at them again at once. What fails here comes back by itself. */
async function release(QueueUrl: string, messages: readonly Message[]): Promise<void> {
  for (let start = 0; start < messages.length; start += BATCH) {
    const Entries = messages
      .slice(start, start + BATCH)
      .map(({ ReceiptHandle }, index) => ({ Id: String(index), ReceiptHandle, VisibilityTimeout: 0 }));
    await client().send(new ChangeMessageVisibilityBatchCommand({ QueueUrl, Entries }));
  }
}
