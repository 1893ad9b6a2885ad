import {
  BatchGetItemCommand,
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
  TransactWriteItemsCommand,
  type TransactWriteItemsCommandInput,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import { describe, expect, test } from 'vitest';
import { InProcessDynamoDb } from './database.ts';

/** What no other implementation can be asked about: time, stale reads, expiry, isolation and the books of units. */

const TableName = 'offers';
const START = Date.UTC(2026, 0, 1);
const Key = { pk: { S: 'brand' }, sk: { S: 'stock' } };

function started(historyMs = 0) {
  const clock = { now: START };
  const db = new InProcessDynamoDb({ tables: [TableName], now: () => clock.now, historyMs });
  return { db, clock };
}

const set = (left: number) => new PutItemCommand({ TableName, Item: { ...Key, left: { N: String(left) } } });
const get = (ConsistentRead = false) => new GetItemCommand({ TableName, Key, ConsistentRead });
const query = new QueryCommand({
  TableName,
  KeyConditionExpression: 'pk = :pk',
  ExpressionAttributeValues: { ':pk': { S: 'brand' } },
});

describe('reads as of an earlier moment', () => {
  test('see what was there then, deletions and first writes included', () => {
    const { db, clock } = started(1000);
    const leftAt = (asOf: number) => db.apply(get(), { asOf }).Item?.left?.N;
    for (const left of [3, 2, 1]) {
      clock.now += 100;
      db.apply(set(left));
    }
    clock.now += 100;
    db.apply(new TransactWriteItemsCommand({ TransactItems: [{ Delete: { TableName, Key } }] }));
    expect([99, 100, 199, 200, 300, 399, 400].map((ms) => leftAt(START + ms))).toEqual([
      undefined,
      '3',
      '3',
      '2',
      '1',
      '1',
      undefined,
    ]);
    expect(db.apply(query, { asOf: START + 250 }).Items).toEqual([{ ...Key, left: { N: '2' } }]);
    expect(db.apply(query, { asOf: START + 400 }).Items).toEqual([]);
    const batch = new BatchGetItemCommand({ RequestItems: { [TableName]: { Keys: [Key] } } });
    expect(db.apply(batch, { asOf: START + 250 }).Responses?.[TableName]).toHaveLength(1);
  });

  test('are not for those who ask for consistency', () => {
    const { db, clock } = started(1000);
    db.apply(set(2));
    clock.now += 100;
    db.apply(set(1));
    expect(db.apply(get(), { asOf: START }).Item?.left?.N).toBe('2');
    expect(db.apply(get(true), { asOf: START }).Item?.left?.N).toBe('1');
  });

  test('reach back as far as the history, and buried rows go when nobody may ask for them', () => {
    const { db, clock } = started(1000);
    for (let round = 0; round < 50; round += 1) {
      clock.now += 300;
      db.apply(set(round));
      clock.now += 300;
      db.expire(TableName, 0);
      db.apply(new TransactWriteItemsCommand({ TransactItems: [{ Delete: { TableName, Key } }] }));
      expect(db.apply(get(), { asOf: clock.now - 1 }).Item?.left?.N).toBe(String(round));
      expect(db.apply(get(), { asOf: clock.now }).Item).toBeUndefined();
    }
    clock.now += 5000;
    db.apply(new PutItemCommand({ TableName, Item: { pk: { S: 'brand' }, sk: { S: 'other' } } }));
    expect(db.apply(query, { asOf: START }).Count).toBe(0);
  });
});

describe('transactions with a token', () => {
  const input: TransactWriteItemsCommandInput = {
    ClientRequestToken: 'cause-1',
    TransactItems: [
      {
        Update: {
          TableName,
          Key,
          UpdateExpression: 'ADD left1 :one',
          ExpressionAttributeValues: { ':one': { N: '1' } },
        },
      },
    ],
  };
  const taken = (db: InProcessDynamoDb) => db.apply(get(true)).Item?.left1?.N;

  test('happen once within ten minutes, and again after them', () => {
    const { db, clock } = started();
    db.apply(new TransactWriteItemsCommand(input));
    clock.now += 10 * 60_000 - 1;
    db.apply(new TransactWriteItemsCommand(input));
    expect(taken(db)).toBe('1');
    clock.now += 1;
    db.apply(new TransactWriteItemsCommand(input));
    expect(taken(db)).toBe('2');
  });

  test('are not remembered when they were cancelled', () => {
    const { db } = started();
    const [item] = input.TransactItems ?? [];
    const conditional = { ...item?.Update, ConditionExpression: 'attribute_exists(pk)' };
    const refused = { ...input, TransactItems: [{ Update: conditional }] } as TransactWriteItemsCommandInput;
    expect(() => db.apply(new TransactWriteItemsCommand(refused))).toThrow(/ConditionalCheckFailed/);
    db.apply(set(1));
    db.apply(new TransactWriteItemsCommand(refused));
    expect(taken(db)).toBe('1');
  });
});

describe('the table', () => {
  test('is not changed through what was given to it or what it gave', () => {
    const { db } = started();
    const Item = { ...Key, list: { L: [{ S: 'a' }] }, body: { B: Uint8Array.of(1) } };
    db.apply(new PutItemCommand({ TableName, Item }));
    Item.list.L.push({ S: 'b' });
    Item.body.B[0] = 9;
    const found = db.apply(get()).Item;
    found?.list?.L?.push({ S: 'c' });
    found?.body?.B?.fill(8);
    expect(db.apply(get()).Item).toEqual({ ...Key, list: { L: [{ S: 'a' }] }, body: { B: Uint8Array.of(1) } });
  });

  test('expires what is past its time, and its stream says who did it', () => {
    const { db } = started();
    const item = (sk: string, ttl: string) =>
      db.apply(new PutItemCommand({ TableName, Item: { pk: { S: 'brand' }, sk: { S: sk }, ttl: { N: ttl } } }));
    item('old', '100');
    item('young', '101');
    const position = db.table(TableName).stream.end;
    expect(db.expire(TableName, 101)).toBe(1);
    const [record, ...more] = db.table(TableName).stream.read(position);
    expect(more).toEqual([]);
    expect(record?.eventName).toBe('REMOVE');
    expect(record?.userIdentity?.PrincipalId).toBe('dynamodb.amazonaws.com');
    expect(record?.dynamodb.Keys?.sk?.S).toBe('old');
    db.table(TableName).stream.trim(position);
    expect(db.table(TableName).stream.read(position)).toHaveLength(1);
    expect(() => db.table(TableName).stream.read(0)).toThrow(/trimmed/);
  });

  test('keeps the books of its units, refused writes included', () => {
    const { db } = started();
    db.apply(set(1));
    const refused = new UpdateItemCommand({
      TableName,
      Key,
      UpdateExpression: 'REMOVE x',
      ConditionExpression: 'attribute_not_exists(pk)',
    });
    expect(() => db.apply(refused)).toThrow();
    db.apply(get());
    db.apply(get(true));
    const check = { ConditionCheck: { TableName, Key, ConditionExpression: 'attribute_exists(pk)' } };
    db.apply(new TransactWriteItemsCommand({ TransactItems: [check] }));
    expect(db.table(TableName).consumed).toEqual({
      read: 1.5,
      write: 4,
      operations: {
        PutItem: { calls: 1, read: 0, write: 1 },
        UpdateItem: { calls: 1, read: 0, write: 1 },
        GetItem: { calls: 2, read: 1.5, write: 0 },
        TransactWriteItems: { calls: 1, read: 0, write: 2 },
      },
    });
  });
});
