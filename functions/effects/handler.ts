import middy from '@middy/core';
import type { DynamoDBBatchResponse, DynamoDBStreamEvent } from 'aws-lambda';
import { processRuntime } from '../shared/process.ts';
import { countEffects } from './effects.ts';

/** Coupons that screens led to, from the table's stream to the screens' reports. */
export const handler = middy<DynamoDBStreamEvent, DynamoDBBatchResponse>().handler(
  async (event: DynamoDBStreamEvent) => {
    await countEffects(event.Records, processRuntime);
    return { batchItemFailures: [] };
  },
);
