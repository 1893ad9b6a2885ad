import { setTimeout as sleep } from 'node:timers/promises';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { marshall, unmarshall } from '@aws-sdk/util-dynamodb';
import { type TableName, tableEnv } from '#functions/routes.ts';

export type Item = Record<string, unknown>;
export type Key = { pk: string; sk: string };

/** DynamoDB as one process sees it: one client, and the tables' names as deployed. */
export type Database = {
  client: Pick<DynamoDBClient, 'send'>;
  table: (name: TableName) => string;
  sleep: (ms: number) => Promise<void>;
};

/** The database of this process, as its environment names it; `AWS_ENDPOINT_URL_DYNAMODB` points it elsewhere. */
export function openDatabase(env: NodeJS.ProcessEnv): Database {
  // Six tries: at one table's throttle the SDK backs off for about 1.5 s in all, well inside a function's timeout.
  const client = new DynamoDBClient({ maxAttempts: 6 });
  return {
    client,
    sleep: (ms) => sleep(ms),
    table: (name) => {
      const table = env[tableEnv(name)];
      if (!table) throw new Error(`${tableEnv(name)} is not set: this function may not touch the ${name} table`);
      return table;
    },
  };
}

export const toItem = (item: Item) => marshall(item, { removeUndefinedValues: true });
export const toKey = ({ pk, sk }: Key) => ({ pk: { S: pk }, sk: { S: sk } });
export const fromItem = <T>(item: Parameters<typeof unmarshall>[0]): T => unmarshall(item) as T;
