import middy from '@middy/core';
import type { DynamoDBBatchResponse, DynamoDBStreamEvent } from 'aws-lambda';
import { processRuntime } from '../shared/process.ts';
import { tellMemberships } from './membership.ts';

/** Who has entered or left a segment, from the people's stream to the queue of webhooks. */
export const handler = middy<DynamoDBStreamEvent, DynamoDBBatchResponse>().handler(
  async (event: DynamoDBStreamEvent) => {
    await tellMemberships(event.Records, processRuntime);
    return { batchItemFailures: [] };
  },
);
