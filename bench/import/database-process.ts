import {
  BatchGetItemCommand,
  type CancellationReason,
  TransactionCanceledException,
  TransactWriteItemsCommand,
} from '@aws-sdk/client-dynamodb';
import { TABLES } from '#local/host/dynamodb.ts';
import { InProcessDynamoDb } from '#test/sim/dynamo/database.ts';

export type Question = { id: number; name: string; input: object };
export type Answer = {
  id: number;
  output?: unknown;
  error?: { name: string; message: string; reasons?: CancellationReason[] | undefined };
  units: number;
};

const dynamo = new InProcessDynamoDb({ tables: TABLES, now: () => Date.now() });

process.on('message', async ({ id, name, input }: Question) => {
  process.send?.(await answer(id, name, input));
});

async function answer(id: number, name: string, input: object): Promise<Answer> {
  const asked = { ...input, ReturnConsumedCapacity: 'TOTAL' } as never;
  try {
    // An import reads and writes, and asks nothing else of a database.
    const command =
      name === 'BatchGetItemCommand' ? new BatchGetItemCommand(asked) : new TransactWriteItemsCommand(asked);
    const output = (await dynamo.client.send(command as BatchGetItemCommand)) as { ConsumedCapacity?: unknown };
    const consumed = [output.ConsumedCapacity ?? []].flat() as { CapacityUnits?: number }[];
    return { id, output, units: consumed.reduce((sum, { CapacityUnits = 0 }) => sum + CapacityUnits, 0) };
  } catch (error) {
    const { name: kind, message } = error as Error;
    const reasons = error instanceof TransactionCanceledException ? error.CancellationReasons : undefined;
    return { id, error: { name: kind, message, reasons }, units: 0 };
  }
}
