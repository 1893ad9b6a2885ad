import middy from '@middy/core';
import type { SQSBatchItemFailure, SQSBatchResponse, SQSEvent, SQSRecord } from 'aws-lambda';
import type * as z from 'zod/mini';
import { everyFunction, MAX_RECEIVES, type QueueTrigger } from '../routes.ts';
import { namesErased } from './erased.ts';
import { errorName, log } from './log.ts';
import { processRuntime } from './process.ts';
import type { Runtime } from './runtime.ts';
import { check } from './validate.ts';

/** A message that will never be handled, however often it is tried. */
class PermanentError extends Error {
  override name = 'PermanentError';
}

export type QueueStep<T> = (message: T, runtime: Runtime) => Promise<void>;

/**
 * A Lambda behind a queue from the step that handles one message. Messages are handled at the same time, those of one
 * FIFO group in order. What fails is tried again alone; what fails for good, or too often, goes to the dead-letter
 * queue with its reason, and only then counts as handled.
 */
export function queueFunction<S extends z.ZodMiniType>(
  name: string,
  schema: S,
  step: QueueStep<z.infer<S>>,
  runtime: Runtime = processRuntime,
) {
  const trigger = triggerOf(name);
  return middy<SQSEvent, SQSBatchResponse>().handler(async (event: SQSEvent) => {
    // Only a FIFO queue's groups have an order to keep; a standard queue's name whose turn it is.
    const groupOf = ({ attributes, messageId }: SQSRecord) => (trigger.fifo && attributes.MessageGroupId) || messageId;
    const groups = Map.groupBy(event.Records, groupOf);
    const failures = await Promise.all([...groups.values()].map((records) => handleGroup(records)));
    return { batchItemFailures: failures.flat() };
  });

  /** Stops at the first failure: handing back the rest of the group keeps its order. */
  async function handleGroup(records: SQSRecord[]): Promise<SQSBatchItemFailure[]> {
    for (const [index, record] of records.entries()) {
      if (!(await handleRecord(record))) {
        return records.slice(index).map(({ messageId }) => ({ itemIdentifier: messageId }));
      }
    }
    return [];
  }

  async function handleRecord(record: SQSRecord): Promise<boolean> {
    try {
      await step(parse(record.body), runtime);
      return true;
    } catch (error) {
      const receives = Number(record.attributes.ApproximateReceiveCount);
      if (!(error instanceof PermanentError) && receives < MAX_RECEIVES) {
        log('WARN', 'message will be tried again', { function: name, error: errorName(error), count: receives });
        return false;
      }
      return await bury(record, error);
    }
  }

  function parse(body: string): z.infer<S> {
    let value: unknown;
    try {
      value = JSON.parse(body);
    } catch (cause) {
      throw new PermanentError('the message is not JSON', { cause });
    }
    const result = check(schema, value);
    if (!result.ok) {
      const [first] = result.errors;
      throw new PermanentError(`the message is not valid: ${first?.pointer} ${first?.detail}`);
    }
    return result.value;
  }

  async function bury(record: SQSRecord, error: unknown): Promise<boolean> {
    const reason =
      error instanceof PermanentError ? error.message : `failed ${MAX_RECEIVES} times: ${errorName(error)}`;
    try {
      if (await namesErased(runtime, record.body)) {
        log('WARN', 'a message of somebody who was erased is dropped', { function: name });
        return true;
      }
      const group = record.attributes.MessageGroupId;
      await runtime.sendToDeadLetters(trigger.queue, {
        body: record.body,
        attributes: { reason: reason.slice(0, 250), function: name },
        ...(group !== undefined && { group, ...(trigger.fifo && { dedupId: record.messageId }) }),
      });
      log('ERROR', 'message dead-lettered', { function: name, reason });
      return true;
    } catch (failure) {
      log('WARN', 'the dead-letter queue did not take a message', { function: name, error: errorName(failure) });
      return false;
    }
  }
}

function triggerOf(name: string): QueueTrigger {
  const trigger = everyFunction.find((spec) => spec.name === name)?.queue;
  if (!trigger) throw new Error(`routes.ts gives ${name} no queue`);
  return trigger;
}
