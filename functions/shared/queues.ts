import { SendMessageBatchCommand, SQSClient } from '@aws-sdk/client-sqs';
import { deadLetterEnv, type QueueName, queueEnv } from '../routes.ts';
import { once, requireEnv } from './environment.ts';

/** SQS takes ten messages, and 1 MiB, in one call. */
const BATCH = 10;
const MAX_TRIES = 4;

export type OutgoingMessage = {
  body: unknown;
  /** FIFO queues: messages of one group are handled in order, one at a time. Others: whose turn it is, so that none starves. */
  group?: string;
  /** FIFO queues: the same content within five minutes is one message. */
  dedupId?: string;
  attributes?: Record<string, string>;
  /** Nobody sees it before so many whole seconds have gone by; 900 at most, and not in FIFO queues. */
  delaySeconds?: number;
};

const client = once(() => new SQSClient({}));

/** Puts messages on a queue. Resolves only when every one is stored; throws otherwise, and the caller's retry repeats all. */
export async function send(queue: QueueName, messages: readonly OutgoingMessage[]): Promise<void> {
  await sendTo(requireEnv(queueEnv(queue)), messages);
}

/** Puts a message that cannot be handled where a person will look at it, with the reason. */
export async function sendToDeadLetters(queue: QueueName, message: OutgoingMessage): Promise<void> {
  await sendTo(requireEnv(deadLetterEnv(queue)), [message]);
}

async function sendTo(QueueUrl: string, messages: readonly OutgoingMessage[]): Promise<void> {
  const batches: OutgoingMessage[][] = [];
  for (let start = 0; start < messages.length; start += BATCH) batches.push(messages.slice(start, start + BATCH));
  // FIFO order holds within a group, and a group is never split here over batches that matter: see `functions/ingest`.
  await Promise.all(batches.map((batch) => sendBatch(QueueUrl, batch)));
}

async function sendBatch(QueueUrl: string, batch: OutgoingMessage[]): Promise<void> {
  let entries = batch.map(({ body, group, dedupId, attributes, delaySeconds }, index) => ({
    Id: String(index),
    MessageBody: typeof body === 'string' ? body : JSON.stringify(body),
    ...(group !== undefined && { MessageGroupId: group }),
    ...(dedupId !== undefined && { MessageDeduplicationId: dedupId }),
    ...(delaySeconds !== undefined && { DelaySeconds: delaySeconds }),
    ...(attributes && {
      MessageAttributes: Object.fromEntries(
        Object.entries(attributes).map(([name, value]) => [name, { DataType: 'String', StringValue: value }]),
      ),
    }),
  }));
  for (let attempt = 0; entries.length > 0; attempt += 1) {
    if (attempt === MAX_TRIES) throw new Error(`${entries.length} messages could not be queued`);
    const { Failed = [] } = await client().send(new SendMessageBatchCommand({ QueueUrl, Entries: entries }));
    const failed = new Set(Failed.map(({ Id }) => Id));
    entries = entries.filter(({ Id }) => failed.has(Id));
  }
}
