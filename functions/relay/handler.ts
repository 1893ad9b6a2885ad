import middy from '@middy/core';
import type { DynamoDBBatchResponse, DynamoDBStreamEvent } from 'aws-lambda';
import { processRuntime } from '../shared/process.ts';
import { relay } from './relay.ts';

/** New coupons' messages, from the table's stream to the channels' queues. */
export const handler = middy<DynamoDBStreamEvent, DynamoDBBatchResponse>().handler(
  async (event: DynamoDBStreamEvent) => {
    await relay(event.Records, processRuntime);
    return { batchItemFailures: [] };
  },
);
