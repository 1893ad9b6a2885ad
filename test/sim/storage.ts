import { unmarshall } from '@aws-sdk/util-dynamodb';
import type { AnyCommand } from './commands.ts';
import type { Storage } from './database.ts';
import { type Command, InProcessDynamoDb } from './dynamo/database.ts';

const TABLES = ['catalogue', 'people', 'offers', 'stock', 'tombstones'] as const;
export type TableOfSimulation = (typeof TABLES)[number];
/** Longer than any read of the simulation is stale. */
const HISTORY_MS = 10_000;

type Attributes = Record<string, { S?: string }>;
export type PlainItem = Record<string, unknown> & { pk: string; sk: string };
/** One item that a write has changed: what it was, and what it is. */
export type Change = {
  table: TableOfSimulation;
  eventName: 'INSERT' | 'MODIFY' | 'REMOVE';
  keys: Attributes;
  newImage: Attributes | undefined;
  readonly before: PlainItem | undefined;
  readonly after: PlainItem | undefined;
};

export type SimulatedTables = Storage & {
  /** What has changed since this was last asked. */
  takeChanges: () => Change[];
  items: (table: TableOfSimulation) => Generator<PlainItem>;
  /** Deletes what DynamoDB may delete by its time to live; how many. */
  expire: (nowMs: number) => number;
  /** Read and write units, and calls, so far. */
  consumed: () => { read: number; write: number; calls: number };
};

const plain = (item: unknown): PlainItem => unmarshall(item as Parameters<typeof unmarshall>[0]) as PlainItem;

type StreamImages = { eventName: unknown; Keys: unknown; NewImage: unknown; OldImage: unknown };

/** Images are read when somebody looks at them: most are not. */
function changeOf(table: TableOfSimulation, { eventName, Keys, NewImage, OldImage }: StreamImages): Change {
  const once = (image: unknown): (() => PlainItem | undefined) => {
    let read: PlainItem | undefined;
    return () => {
      if (image) read ??= plain(image);
      return read;
    };
  };
  const [before, after] = [once(OldImage), once(NewImage)];
  return {
    table,
    eventName: eventName as Change['eventName'],
    keys: Keys as Attributes,
    newImage: NewImage as Attributes | undefined,
    get before() {
      return before();
    },
    get after() {
      return after();
    },
  };
}

export function createStorage(now: () => number): SimulatedTables {
  const database = new InProcessDynamoDb({ tables: TABLES, now, historyMs: HISTORY_MS });
  const positions = new Map<TableOfSimulation, number>(TABLES.map((table) => [table, 0]));

  return {
    // Every command that the store sends is one of those that the table knows; another one it refuses aloud.
    apply: (command: AnyCommand, options) => database.apply(command as unknown as Command, options),
    takeChanges: () =>
      TABLES.flatMap((table) => {
        const { stream } = database.table(table);
        const records = stream.read(positions.get(table) ?? 0);
        if (records.length === 0) return [];
        positions.set(table, stream.end);
        stream.trim(stream.end);
        return records.map(({ eventName, dynamodb: { Keys, NewImage, OldImage } }) =>
          changeOf(table, { eventName, Keys, NewImage, OldImage }),
        );
      }),
    *items(table) {
      for (const { item } of database.table(table).items()) yield plain(item);
    },
    expire: (nowMs) => TABLES.reduce((sum, table) => sum + database.expire(table, Math.floor(nowMs / 1000)), 0),
    consumed: () => {
      const total = { read: 0, write: 0, calls: 0 };
      for (const table of TABLES) {
        const { read, write, operations } = database.table(table).consumed;
        total.read += read;
        total.write += write;
        for (const { calls } of Object.values(operations)) total.calls += calls;
      }
      return total;
    },
  };
}
