import { fork } from 'node:child_process';
import path from 'node:path';
import { TransactionCanceledException } from '@aws-sdk/client-dynamodb';
import type { Database } from '#store/client.ts';
import type { Answer, Question } from './database-process.ts';

type Waiting = { resolve: (output: unknown) => void; reject: (error: Error) => void };

/**
 * The tests' DynamoDB in a process of its own, so that its memory is not the import's. Not dynoxide: that counts the rows
 * of a whole table for each item of a transaction, which would be timed and no more; here, as on AWS, it costs the same
 * however many there are.
 */
export function startDatabase() {
  const file = path.join(import.meta.dirname, 'database-process.ts');
  const child = fork(file, { serialization: 'advanced', execArgv: ['--max-old-space-size=16000'] });
  const waiting = new Map<number, Waiting>();
  let units = 0;
  let asked = 0;
  child.on('message', ({ id, output, error, units: taken }: Answer) => {
    const { resolve, reject } = waiting.get(id) as Waiting;
    waiting.delete(id);
    units += taken;
    if (!error) resolve(output);
    else if (error.reasons) {
      const told = { message: error.message, $metadata: {}, CancellationReasons: error.reasons };
      reject(new TransactionCanceledException(told));
    } else reject(new Error(`${error.name}: ${error.message}`));
  });
  const send = (command: { constructor: { name: string }; input: object }): Promise<unknown> =>
    new Promise((resolve, reject) => {
      asked += 1;
      waiting.set(asked, { resolve, reject });
      child.send({ id: asked, name: command.constructor.name, input: command.input } satisfies Question);
    });
  const db: Database = { client: { send: send as never }, table: (name) => name, sleep: async () => {} };
  return {
    db,
    /** Capacity units since the last time that was asked. */
    takeUnits: (): number => {
      const taken = units;
      units = 0;
      return taken;
    },
    stop: () => {
      child.kill();
    },
  };
}
