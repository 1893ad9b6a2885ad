import { flushCompileCache } from 'node:module';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Answer, HandlerName, Order } from './crew.ts';

/**
 * One Lambda environment, as a process that can be killed: the very handlers that AWS runs, on the events that it would
 * send. Its environment says where DynamoDB is.
 */
type Handler = (event: unknown, context: unknown) => Promise<unknown>;
/** Eight busy processes share a small machine: none is cut off for being slow, or its rest would run into the next round. */
const REMAINING_MS = 600_000;
const NAMES: readonly HandlerName[] = ['engage', 'redeem'];

const handlers = new Map<HandlerName, Handler>();
for (const name of NAMES) {
  const module = (await import(`../../functions/${name}/handler.ts`)) as { handler: Handler };
  handlers.set(name, module.handler);
}

process.on('message', (order: Order) => void obey(order));
// Nobody is left to answer to.
process.on('disconnect', () => process.exit(0));
// The one that takes our place starts in half the time; SIGKILL would not write it.
flushCompileCache();
process.send?.('ready');

async function obey({ startAt, jobs }: Order): Promise<void> {
  await sleep(Math.max(0, startAt - Date.now()));
  await Promise.all(
    jobs.map(async ({ id, handler, event }) => {
      const answer: Answer = await handle(handler, event).then(
        (value) => ({ id, value }),
        (error: Error) => ({ id, error: `${error.name}: ${error.message}` }),
      );
      process.send?.(answer);
    }),
  );
}

async function handle(name: HandlerName, event: unknown): Promise<unknown> {
  const handler = handlers.get(name);
  if (!handler) throw new Error(`no handler ${name}`);
  return await handler(event, {
    functionName: name,
    awsRequestId: crypto.randomUUID(),
    getRemainingTimeInMillis: () => REMAINING_MS,
  });
}
