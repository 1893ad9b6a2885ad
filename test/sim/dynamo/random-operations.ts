import {
  BatchGetItemCommand,
  BatchWriteItemCommand,
  DeleteItemCommand,
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
  type QueryCommandInput,
  type ReturnValue,
  TransactGetItemsCommand,
  type TransactWriteItem,
  TransactWriteItemsCommand,
  type TransactWriteItemsCommandInput,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import type { Command } from './database.ts';
import type { Quirk } from './known-differences.ts';
import { Draft, randomCondition, randomProjection, randomUpdate } from './random-expressions.ts';
import { PKS, randomItem, randomKey, randomValue, SKS, type Source } from './random-values.ts';
import type { Item } from './values.ts';

export const TABLES = ['alpha', 'beta'] as const;

/** `repeats`: the same transaction with the same token as one before. */
export type Operation = { command: Command; quirks: ReadonlySet<Quirk>; repeats: boolean };
type Plan = { command: Command; quirks?: Iterable<Quirk>; repeats?: boolean };
type Keys = { pk: { S: string }; sk: { S: string } };

/** How often something is wrong with an operation on purpose, besides what chance makes wrong. */
const INVALID_SHARE = 0.04;
const RCC = { ReturnConsumedCapacity: 'TOTAL' } as const;

/** An endless sequence of operations on `TABLES`; some follow up earlier ones (pages, tokens). */
export class RandomOperations {
  private readonly source: Source;
  /** The query whose last answer had more to come. */
  private unfinished: QueryCommandInput | undefined;
  private readonly transactions: TransactWriteItemsCommandInput[] = [];
  private tokens = 0;
  /** Keeps tokens of this run apart from those that an engine may remember of another. */
  private readonly run: string;

  constructor(source: Source, run: string) {
    this.source = source;
    this.run = run;
  }

  next(): Operation {
    const { one } = this.source;
    const make = one([
      this.get,
      this.put,
      this.put,
      this.update,
      this.update,
      this.update,
      this.delete,
      this.query,
      this.query,
      this.batchGet,
      this.batchWrite,
      this.transactWrite,
      this.transactWrite,
      this.transactGet,
    ]);
    const { command, quirks = [], repeats = false } = make();
    return { command, quirks: new Set(quirks), repeats };
  }

  /** Tells where the last query ended, for the next to go on from there. */
  answered({ command }: Operation, lastKey: Item | undefined): void {
    if (!(command instanceof QueryCommand)) return;
    this.unfinished = lastKey && { ...command.input, ExclusiveStartKey: lastKey as Keys };
  }

  private readonly table = (): string => (this.source.chance(0.005) ? 'nowhere' : this.source.one(TABLES));

  private readonly key = (): Keys => {
    const { chance, one } = this.source;
    const key = randomKey(this.source);
    if (!chance(INVALID_SHARE / 4)) return key as Keys;
    return one<Item>([
      { ...key, sk: { S: '' } },
      { pk: key.pk ?? {} },
      { ...key, sk: { N: '1' } },
      { ...key, x: { S: 'x' } },
    ]) as Keys;
  };

  private get drafted(): Draft {
    return new Draft(this.source);
  }

  /** Placeholders that are missing or too many, now and then. */
  private given(draft: Draft) {
    const { chance } = this.source;
    if (chance(INVALID_SHARE)) {
      if (chance(0.5)) draft.value(randomValue(this.source));
      else delete draft.values[':v0'];
    }
    return draft.given;
  }

  private condition(draft: Draft): { ConditionExpression?: string } {
    const { chance, one } = this.source;
    if (chance(0.45)) return {};
    if (chance(INVALID_SHARE))
      return { ConditionExpression: one(['', 'n', 'left = n', '((n < s))', 'foo(n)', 'n ! s', 'n = :none']) };
    return { ConditionExpression: randomCondition(draft) };
  }

  private readonly onFailure = () =>
    this.source.chance(0.5) ? ({ ReturnValuesOnConditionCheckFailure: 'ALL_OLD' } as const) : {};

  private readonly get = (): Plan => {
    const draft = this.drafted;
    const projection = this.source.chance(0.5) ? { ProjectionExpression: randomProjection(draft) } : {};
    const input = { TableName: this.table(), Key: this.key(), ConsistentRead: this.source.chance(0.5), ...RCC };
    return { command: new GetItemCommand({ ...input, ...projection, ...this.given(draft) }) };
  };

  private readonly put = (): Plan => {
    const draft = this.drafted;
    const Item = { ...this.key(), ...randomItem(this.source) } as Keys;
    const ReturnValues: ReturnValue = this.source.chance(0.02)
      ? 'ALL_NEW'
      : this.source.one(['NONE', 'ALL_OLD'] as const);
    const input = {
      TableName: this.table(),
      Item,
      ReturnValues,
      ...this.condition(draft),
      ...this.onFailure(),
      ...RCC,
    };
    return { command: new PutItemCommand({ ...input, ...this.given(draft) }), quirks: draft.quirks };
  };

  private readonly delete = (): Plan => {
    const draft = this.drafted;
    const ReturnValues = this.source.one(['NONE', 'ALL_OLD'] as const);
    const input = {
      TableName: this.table(),
      Key: this.key(),
      ReturnValues,
      ...this.condition(draft),
      ...this.onFailure(),
    };
    return { command: new DeleteItemCommand({ ...input, ...RCC, ...this.given(draft) }), quirks: draft.quirks };
  };

  private updateExpression(draft: Draft): { UpdateExpression?: string } {
    const { chance, one } = this.source;
    if (chance(0.03)) return {};
    if (chance(INVALID_SHARE))
      return {
        UpdateExpression: one([
          '',
          'SET',
          'SET n',
          'SET left = n',
          'REMOVE n REMOVE s',
          'ADD n s',
          'SET n = n + n + n',
          'SET pk = n',
          'REMOVE sk',
        ]),
      };
    return { UpdateExpression: randomUpdate(draft) };
  }

  private readonly update = (): Plan => {
    const draft = this.drafted;
    const ReturnValues = this.source.one(['NONE', 'ALL_OLD', 'ALL_NEW', 'UPDATED_OLD', 'UPDATED_NEW'] as const);
    const expressions = { ...this.updateExpression(draft), ...this.condition(draft) };
    const input = {
      TableName: this.table(),
      Key: this.key(),
      ReturnValues,
      ...expressions,
      ...this.onFailure(),
      ...RCC,
    };
    const quirks = new Set(draft.quirks);
    if (ReturnValues.startsWith('UPDATED') && /m\./.test(expressions.UpdateExpression ?? ''))
      quirks.add('updated part of a map');
    return { command: new UpdateItemCommand({ ...input, ...this.given(draft) }), quirks };
  };

  private readonly query = (): Plan => {
    const { chance, one, int } = this.source;
    const quirks = new Set<Quirk>();
    if (this.unfinished && chance(0.6)) return { command: new QueryCommand(this.unfinished) };
    const draft = this.drafted;
    const pk = draft.value(chance(0.99) ? { S: one(PKS) } : { N: '1' });
    if (draft.values[pk]?.N) quirks.add('query key of the wrong type');
    const bound = () => draft.value({ S: one(SKS) });
    const range = one([
      () => '',
      () => '',
      () => ` AND sk = ${bound()}`,
      () => ` AND begins_with(sk, ${bound()})`,
      () => ` AND sk BETWEEN ${bound()} AND ${bound()}`,
      () => ` AND sk ${one(['<', '<=', '>', '>='])} ${bound()}`,
      () => ` AND (sk > ${bound()})`,
    ])();
    const filter: { FilterExpression?: string } = chance(0.4) ? { FilterExpression: randomCondition(draft) } : {};
    const projection = chance(0.3) ? { ProjectionExpression: randomProjection(draft) } : {};
    const start = chance(0.05) ? { ExclusiveStartKey: randomKey(this.source) as Keys } : {};
    if (start.ExclusiveStartKey) quirks.add('start key of elsewhere');
    const input = {
      TableName: this.table(),
      KeyConditionExpression: `pk = ${pk}${range}`,
      ...filter,
      ...projection,
      ...start,
      ...(chance(0.6) && { Limit: int(6) }),
      ...(chance(0.5) && { ScanIndexForward: chance(0.5) }),
      ConsistentRead: chance(0.5),
      ...RCC,
    };
    for (const quirk of draft.quirks) quirks.add(quirk);
    return { command: new QueryCommand({ ...input, ...this.given(draft) }), quirks };
  };

  private readonly batchGet = (): Plan => {
    const { int, chance } = this.source;
    const tables = TABLES.filter(() => chance(0.7));
    const wanted = tables.map((table) => {
      const draft = this.drafted;
      const Keys = this.keys(int(8));
      const projection = chance(0.3) ? { ProjectionExpression: randomProjection(draft) } : {};
      return [table, { Keys, ConsistentRead: chance(0.5), ...projection, ...draft.given }] as const;
    });
    return { command: new BatchGetItemCommand({ RequestItems: Object.fromEntries(wanted), ...RCC }) };
  };

  /** Mostly distinct keys: a batch or a transaction with one key twice is refused; never twice and malformed. */
  private keys(count: number): Keys[] {
    if (this.source.chance(0.05)) return Array.from({ length: count }, () => randomKey(this.source) as Keys);
    const keys = Array.from({ length: count }, () => this.key());
    return [...new Map(keys.map((key) => [`${key.pk.S} ${key.sk?.S}`, key])).values()];
  }

  private readonly batchWrite = (): Plan => {
    const { int, chance } = this.source;
    const tables = TABLES.filter(() => chance(0.7));
    const requests = tables.map((table) => [
      table,
      this.keys(int(6)).map((Key) =>
        chance(0.6)
          ? { PutRequest: { Item: { ...Key, ...randomItem(this.source) } as Keys } }
          : { DeleteRequest: { Key } },
      ),
    ]);
    return { command: new BatchWriteItemCommand({ RequestItems: Object.fromEntries(requests), ...RCC }) };
  };

  private readonly transactWrite = (): Plan => {
    const { chance, int, one } = this.source;
    const [earlier] = this.transactions.slice(-1 - int(4));
    if (earlier && chance(0.12)) return { command: new TransactWriteItemsCommand(earlier), repeats: true };
    const draft = this.drafted;
    const quirks = draft.quirks;
    const keys = this.keys(1 + int(5));
    if (new Set(keys.map(({ pk, sk }) => `${pk.S} ${sk?.S}`)).size < keys.length)
      quirks.add('one item twice in a transaction');
    const TransactItems = keys.map((key) => this.transactItem(key, quirks));
    if (earlier && chance(0.05)) {
      const ClientRequestToken = earlier.ClientRequestToken;
      return { command: new TransactWriteItemsCommand({ TransactItems, ClientRequestToken, ...RCC }), quirks };
    }
    this.tokens += 1;
    const token = chance(0.5) ? { ClientRequestToken: `${this.run}-${this.tokens}` } : {};
    const input = { TransactItems, ...token, ...RCC };
    // A request with quirks is not sent to every engine: following it up would tell nothing.
    if (token.ClientRequestToken && quirks.size === 0) this.transactions.push(input);
    if (this.transactions.length > 8) this.transactions.shift();
    return { command: new TransactWriteItemsCommand(one([input])), quirks };
  };

  private transactItem(key: Keys, quirks: Set<Quirk>): TransactWriteItem {
    const { one } = this.source;
    const draft = this.drafted;
    const TableName = this.table();
    const ConditionExpression = this.source.chance(0.4) ? randomCondition(draft) : undefined;
    const kind = one(['Put', 'Put', 'Update', 'Update', 'Delete', 'ConditionCheck'] as const);
    const UpdateExpression = kind === 'Update' ? randomUpdate(draft) : undefined;
    const condition = { ...(ConditionExpression && { ConditionExpression }), ...this.onFailure() };
    if (Object.keys(key).length !== 2 || key.sk?.S === undefined) quirks.add('wrong key in a transaction');
    const Item = { ...key, ...(kind === 'Put' && randomItem(this.source)) } as Keys;
    const check =
      kind === 'ConditionCheck' && !ConditionExpression ? { ConditionExpression: 'attribute_exists(pk)' } : {};
    for (const quirk of draft.quirks) quirks.add(quirk);
    const shared = { TableName, ...condition, ...check, ...draft.given };
    if (kind === 'Put') return { Put: { ...shared, Item } };
    if (kind === 'Update') return { Update: { ...shared, Key: key, UpdateExpression } };
    return kind === 'Delete'
      ? { Delete: { ...shared, Key: key } }
      : {
          ConditionCheck: {
            ...shared,
            Key: key,
            ConditionExpression: condition.ConditionExpression ?? 'attribute_exists(pk)',
          },
        };
  }

  private readonly transactGet = (): Plan => {
    const quirks = new Set<Quirk>();
    const TransactItems = this.keys(1 + this.source.int(5)).map((Key) => {
      const draft = this.drafted;
      const projection = this.source.chance(0.2) ? { ProjectionExpression: randomProjection(draft) } : {};
      if (projection.ProjectionExpression) quirks.add('projection in TransactGetItems');
      if (Object.keys(Key).length !== 2 || Key.sk?.S === undefined) quirks.add('wrong key in a transaction');
      return { Get: { TableName: this.table(), Key, ...projection, ...draft.given } };
    });
    return { command: new TransactGetItemsCommand({ TransactItems, ...RCC }), quirks };
  };
}
