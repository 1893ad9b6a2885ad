import type { UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { describe, expect, it } from 'vitest';
import type { Database } from '#store/client.ts';
import { riseCounter } from '#store/taps.ts';
import { InProcessDynamoDb } from '#test/sim/dynamo/database.ts';

const VENUE = { kind: 'venue', id: 'tower' } as const;
const UID = '04DE5F1EACC040';

function openDoor({ loseAnswers = false } = {}) {
  const dynamo = new InProcessDynamoDb({ tables: ['plays'], now: () => 0 });
  const send = async (command: UpdateItemCommand) => {
    // The SDK's own retry: the first answer is lost, the same command goes out again.
    if (loseAnswers) await dynamo.client.send(command);
    return dynamo.client.send(command);
  };
  const db: Database = { client: { send: send as never }, table: (name) => name, sleep: async () => {} };
  return (counter: number, tapId: string) => riseCounter(db, VENUE, UID, { counter, tapId });
}

describe('a chip’s read counter', () => {
  it('lets one of two hundred at once be the tap', async () => {
    const rise = openDoor();
    const taken = await Promise.all(Array.from({ length: 200 }, (_, index) => rise(7, `tap-${index}`)));
    expect(taken.filter(Boolean)).toHaveLength(1);
  });

  it('only rises', async () => {
    const rise = openDoor();
    expect(await rise(61, 'a')).toBe(true);
    expect(await rise(61, 'b')).toBe(false);
    expect(await rise(60, 'c')).toBe(false);
    expect(await rise(500, 'd')).toBe(true);
    expect(await rise(62, 'e')).toBe(false);
  });

  it('knows its own tap when the answer was lost', async () => {
    const rise = openDoor({ loseAnswers: true });
    expect(await rise(1, 'a')).toBe(true);
    expect(await rise(1, 'b')).toBe(false);
  });
});
