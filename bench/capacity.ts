import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';

type Consumed = { TableName?: string; CapacityUnits?: number };
type Row = { operation: string; table: string; kind: 'read' | 'write'; calls: number; units: number };

export type Meter = {
  reset: () => void;
  rows: () => Row[];
  /** Calls of one operation that touched a table (short name). */
  calls: (operation: string, table: string) => number;
};

/** Asks DynamoDB for the units of each call through this client, and adds them up. Refused calls are not answered with any. */
export function countCapacity(client: DynamoDBClient): Meter {
  const rows = new Map<string, Row>();
  client.middlewareStack.add(
    (next, context) => async (args) => {
      const result = await next({
        ...args,
        input: { ...args.input, ReturnConsumedCapacity: 'TOTAL' } as typeof args.input,
      });
      const { ConsumedCapacity } = result.output as { ConsumedCapacity?: Consumed | Consumed[] };
      for (const { TableName = '', CapacityUnits = 0 } of [ConsumedCapacity ?? []].flat()) {
        const operation = context.commandName ?? '';
        const table = TableName.replace(/^beckon-/, '');
        const kind = /Get|Query|Scan/.test(operation) ? 'read' : 'write';
        const row = rows.get(`${operation}/${table}`) ?? { operation, table, kind, calls: 0, units: 0 };
        row.calls += 1;
        row.units += CapacityUnits;
        rows.set(`${operation}/${table}`, row);
      }
      return result;
    },
    { step: 'initialize', name: 'countCapacity' },
  );
  return {
    reset: () => rows.clear(),
    rows: () => [...rows.values()],
    calls: (operation, table) => rows.get(`${operation}/${table}`)?.calls ?? 0,
  };
}
