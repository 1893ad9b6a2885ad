import { setTimeout as sleep } from 'node:timers/promises';
import { DeleteMessageBatchCommand, type Message, ReceiveMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import type { SQSBatchResponse, SQSEvent } from 'aws-lambda';

export type QueueHandler = (event: SQSEvent) => Promise<SQSBatchResponse>;

/** Batches of one function handled at the same time, as Lambda would run several environments. */
const CONCURRENCY = 4;
const LONG_POLL_SECONDS = 5;

/**
 * What Lambda's event source mapping does: receive, invoke, delete what was not reported as failed. What is not deleted
 * comes back when its visibility ends.
 */
export function pollQueue(args: {
  url: string;
  batchSize: number;
  handler: QueueHandler;
  signal: AbortSignal;
}): Promise<void> {
  const client = new SQSClient({});
  return Promise.all(Array.from({ length: CONCURRENCY }, () => poll(client, args))).then(() => client.destroy());
}

async function poll(
  client: SQSClient,
  { url, batchSize, handler, signal }: { url: string; batchSize: number; handler: QueueHandler; signal: AbortSignal },
): Promise<void> {
  while (!signal.aborted) {
    try {
      const { Messages = [] } = await client.send(
        new ReceiveMessageCommand({
          QueueUrl: url,
          MaxNumberOfMessages: batchSize,
          WaitTimeSeconds: LONG_POLL_SECONDS,
          MessageSystemAttributeNames: ['All'],
        }),
        { abortSignal: signal },
      );
      if (Messages.length === 0) continue;
      const failed = await invoke(handler, Messages);
      const done = Messages.filter(({ MessageId = '' }) => !failed.has(MessageId));
      if (done.length > 0) {
        await client.send(
          new DeleteMessageBatchCommand({
            QueueUrl: url,
            Entries: done.map(({ ReceiptHandle }, index) => ({ Id: String(index), ReceiptHandle })),
          }),
        );
      }
    } catch (error) {
      if (signal.aborted) return;
      console.error(`queue ${url}: ${error instanceof Error ? error.name : 'failed'}; trying again`);
      await sleep(500, undefined, { signal }).catch(() => undefined);
    }
  }
}

async function invoke(handler: QueueHandler, messages: Message[]): Promise<Set<string>> {
  try {
    const { batchItemFailures } = await handler(eventOf(messages));
    return new Set(batchItemFailures.map(({ itemIdentifier }) => itemIdentifier));
  } catch (error) {
    console.error(`a handler threw ${error instanceof Error ? error.stack : error}`);
    return new Set(messages.map(({ MessageId = '' }) => MessageId));
  }
}

function eventOf(messages: Message[]): SQSEvent {
  return {
    Records: messages.map(({ MessageId = '', ReceiptHandle = '', Body = '', Attributes = {} }) => ({
      messageId: MessageId,
      receiptHandle: ReceiptHandle,
      body: Body,
      attributes: {
        ApproximateReceiveCount: Attributes.ApproximateReceiveCount ?? '1',
        SentTimestamp: Attributes.SentTimestamp ?? '0',
        SenderId: Attributes.SenderId ?? '',
        ApproximateFirstReceiveTimestamp: Attributes.ApproximateFirstReceiveTimestamp ?? '0',
        ...(Attributes.MessageGroupId !== undefined && { MessageGroupId: Attributes.MessageGroupId }),
      },
      messageAttributes: {},
      md5OfBody: '',
      eventSource: 'aws:sqs',
      eventSourceARN: '',
      awsRegion: process.env.AWS_REGION ?? '',
    })),
  };
}
