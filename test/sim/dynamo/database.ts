import {
  BatchGetItemCommand,
  type BatchGetItemCommandOutput,
  BatchWriteItemCommand,
  type BatchWriteItemCommandOutput,
  DeleteItemCommand,
  type DeleteItemCommandOutput,
  type DynamoDBClient,
  GetItemCommand,
  type GetItemCommandOutput,
  PutItemCommand,
  type PutItemCommandOutput,
  QueryCommand,
  type QueryCommandOutput,
  TransactGetItemsCommand,
  type TransactGetItemsCommandOutput,
  TransactWriteItemsCommand,
  type TransactWriteItemsCommandOutput,
  UpdateItemCommand,
  type UpdateItemCommandOutput,
} from '@aws-sdk/client-dynamodb';
import { batchGet, batchWrite } from './batch.ts';
import { noSuchTable } from './errors.ts';
import type { ReadOptions, Tables } from './ports.ts';
import { query } from './query.ts';
import { getItem, writeItem } from './single.ts';
import { Table } from './table.ts';
import { type TokenMemory, transactGet, transactWrite } from './transactions.ts';

/** The SDK's command objects that this DynamoDB understands. */
export type Command =
  | GetItemCommand
  | PutItemCommand
  | UpdateItemCommand
  | DeleteItemCommand
  | QueryCommand
  | BatchGetItemCommand
  | BatchWriteItemCommand
  | TransactGetItemsCommand
  | TransactWriteItemsCommand;

export type OutputOf<C> = C extends GetItemCommand
  ? GetItemCommandOutput
  : C extends PutItemCommand
    ? PutItemCommandOutput
    : C extends UpdateItemCommand
      ? UpdateItemCommandOutput
      : C extends DeleteItemCommand
        ? DeleteItemCommandOutput
        : C extends QueryCommand
          ? QueryCommandOutput
          : C extends BatchGetItemCommand
            ? BatchGetItemCommandOutput
            : C extends BatchWriteItemCommand
              ? BatchWriteItemCommandOutput
              : C extends TransactGetItemsCommand
                ? TransactGetItemsCommandOutput
                : TransactWriteItemsCommandOutput;

export type DatabaseOptions = {
  /** Names of the tables; each has the keys `pk` and `sk`, both strings, and a stream of both images. */
  tables: readonly string[];
  /** Milliseconds since 1970; may only go forward. */
  now: () => number;
  /** For how long reads may be answered as of an earlier moment (`asOf`); by default not at all. */
  historyMs?: number;
};

/**
 * DynamoDB in this process: deterministic, without a clock, timers, randomness or a network of its own.
 * Throws the SDK's own exceptions. `differential.test.ts` holds it to other implementations.
 */
export class InProcessDynamoDb {
  /** For code that takes a client: each command is carried out at once, its answer comes as a promise. */
  readonly client: Pick<DynamoDBClient, 'send'>;
  private readonly all: ReadonlyMap<string, Table>;
  private readonly tokens: TokenMemory = new Map();
  private readonly tables: Tables;

  constructor({ tables, now, historyMs = 0 }: DatabaseOptions) {
    this.all = new Map(tables.map((name) => [name, new Table(name, historyMs)]));
    this.tables = {
      now,
      get: (name) => {
        const table = this.all.get(name ?? '');
        if (!table) throw noSuchTable();
        return table;
      },
    };
    const send = async (command: Command) => this.apply(command);
    // The client's `send` has one overload for each of the SDK's commands and for callbacks: this is the one in use.
    this.client = { send: send as unknown as DynamoDBClient['send'] };
  }

  /** Carries out one command, atomically. Throws what the SDK's client would reject with. */
  apply<C extends Command>(command: C, options: ReadOptions = {}): OutputOf<C> {
    return this.dispatch(command, options) as OutputOf<C>;
  }

  /** One table's stream, what it has consumed, and its items. Throws a ResourceNotFoundException. */
  table(name: string): Table {
    return this.tables.get(name);
  }

  /** Deletes what has a `ttl` before `nowSeconds`, as DynamoDB does some time later; costs nothing. Returns how many. */
  expire(name: string, nowSeconds: number): number {
    const table = this.table(name);
    const expired = [...table.items()].filter(
      ({ item }) => item.ttl?.N !== undefined && Number(item.ttl.N) < nowSeconds,
    );
    for (const { item } of expired)
      table.write({ pk: item.pk?.S as string, sk: item.sk?.S as string }, undefined, this.tables.now(), true);
    return expired.length;
  }

  private dispatch(command: Command, options: ReadOptions): unknown {
    const { tables, tokens } = this;
    if (command instanceof UpdateItemCommand) return writeItem(tables, 'Update', command.input);
    if (command instanceof PutItemCommand) return writeItem(tables, 'Put', command.input);
    if (command instanceof GetItemCommand) return getItem(tables, command.input, options);
    if (command instanceof TransactWriteItemsCommand) return transactWrite(tables, tokens, command.input);
    if (command instanceof QueryCommand) return query(tables, command.input, options);
    if (command instanceof BatchGetItemCommand) return batchGet(tables, command.input, options);
    if (command instanceof DeleteItemCommand) return writeItem(tables, 'Delete', command.input);
    if (command instanceof BatchWriteItemCommand) return batchWrite(tables, command.input);
    if (command instanceof TransactGetItemsCommand) return transactGet(tables, command.input);
    throw new Error(`the in-process DynamoDB does not know ${(command as object).constructor.name}`);
  }
}
