import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { TableName } from '#functions/routes.ts';
import type { Random } from '#local/random.ts';
import type { Database } from '#store/client.ts';
import {
  type AnyCommand,
  describe,
  isRead,
  isTransaction,
  nameOf,
  partlyProcessed,
  tokenOf,
  withToken,
  writtenItems,
} from './commands.ts';
import * as errors from './database-errors.ts';
import type { Faults } from './faults.ts';
import type { Environment } from './lambda.ts';
import type { Scheduler } from './scheduler.ts';
import { createRetrier } from './sdk-retry.ts';

/** What carries out a command at once: the in-process table. Throws what DynamoDB answers. */
export type Storage = { apply: (command: AnyCommand, options: { asOf?: number }) => object };

/** What the simulation learns of every write that reached the table, whatever its caller hears of it. */
export type OnApply = (applied: { environment: Environment; command: AnyCommand; error: unknown }) => void;

/** How long a transaction holds its items: whoever wants to write one of them meanwhile is refused. */
const HOLD_MS = 8;
const OUTAGE_WAIT_MS = 1_000;
/** Of lost answers, those whose request is still on its way, and for how long on average. */
const LATE_SHARE = 0.25;
const LATE_MS = 2_000;
const DRIP_FACTOR = 60;

/** The server's side: one for the world, so that transactions of different environments meet. */
export type Server = {
  /** Carries a command out, after what the network and the service do to it. */
  serve: (environment: Environment, command: AnyCommand, settle: Settle) => void;
};
type Settle = { resolve: (output: object) => void; reject: (error: unknown) => void };

export function createServer(world: {
  scheduler: Scheduler;
  faults: Faults;
  storage: Storage;
  onApply: OnApply;
}): Server {
  const { scheduler, faults, storage, onApply } = world;
  const held = new Map<string, number>();
  const tokensInFlight = new Set<string>();
  const { random } = faults;

  function apply(environment: Environment, command: AnyCommand): object {
    try {
      const output = storage.apply(command, asOf(command));
      if (!isRead(command)) onApply({ environment, command, error: undefined });
      return output;
    } catch (error) {
      onApply({ environment, command, error });
      throw error;
    }
  }

  /** Eventually consistent reads may see the world as it was a moment ago. */
  function asOf(command: AnyCommand): { asOf?: number } {
    if (!isRead(command) || (command.input as { ConsistentRead?: boolean }).ConsistentRead) return {};
    return faults.strikes('F10') ? { asOf: scheduler.now() - random.next() * faults.profile.maxStaleMs } : {};
  }

  function carryOut(environment: Environment, command: AnyCommand, { resolve, reject }: Settle): void {
    try {
      resolve(apply(environment, command));
    } catch (error) {
      reject(error);
    }
  }

  /** A transaction takes time, in which its items are its own; a single write meets those items as they are held. */
  function withConflicts(environment: Environment, command: AnyCommand, settle: Settle): void {
    const items = writtenItems(command);
    const taken = items.findIndex((item) => held.has(item));
    if (taken >= 0) {
      faults.count('F7');
      settle.reject(isTransaction(command) ? errors.conflict(items.length, taken) : errors.singleConflict());
      return;
    }
    if (!isTransaction(command)) {
      carryOut(environment, command, settle);
      return;
    }
    const token = tokenOf(command);
    if (token !== undefined && tokensInFlight.has(token)) {
      faults.count('F8');
      settle.reject(errors.inProgress());
      return;
    }
    for (const item of items) held.set(item, scheduler.now());
    if (token !== undefined) tokensInFlight.add(token);
    scheduler.after(HOLD_MS * (0.5 + random.next()), () => {
      for (const item of items) held.delete(item);
      if (token !== undefined) tokensInFlight.delete(token);
      carryOut(environment, command, settle);
    });
  }

  function refused(command: AnyCommand): unknown {
    if (faults.isOut(scheduler.now())) {
      faults.count('F15');
      return random.chance(0.5) ? errors.serverError(503) : errors.network('ECONNRESET');
    }
    if (faults.strikes('F2')) return errors.network('ECONNRESET');
    if (faults.strikes('F5')) return errors.serverError(random.chance(0.5) ? 500 : 503);
    if (isTransaction(command)) return refusedTransaction(writtenItems(command).length);
    return faults.strikes('F6') ? errors.throttled() : undefined;
  }

  function refusedTransaction(count: number): unknown {
    const at = random.int(0, count - 1);
    if (faults.strikes('F6')) return errors.throttled(random.chance(0.5) ? { count, at } : undefined);
    if (faults.strikes('F7')) return errors.conflict(count, at);
    return faults.strikes('F8') ? errors.inProgress() : undefined;
  }

  return {
    serve(environment, command, settle) {
      const refusal = refused(command);
      if (refusal !== undefined) {
        settle.reject(refusal);
        return;
      }
      if (faults.strikes('F3')) {
        loseAnswer(environment, command, settle);
        return;
      }
      if (!isRead(command) && faults.strikes('F4')) {
        deliverTwice(environment, command, settle);
        return;
      }
      const part = partlyProcessed(command, () => random.next());
      if (part && faults.strikes('F9')) {
        withConflicts(environment, part.command, {
          ...settle,
          resolve: (output) => settle.resolve(part.complete(output)),
        });
        return;
      }
      withConflicts(environment, command, settle);
    },
  };

  /** The connection breaks: what was sent is carried out, perhaps only after the caller has tried again. */
  function loseAnswer(environment: Environment, command: AnyCommand, { reject }: Settle): void {
    const error = random.chance(0.3) ? errors.serverError(500) : errors.network('ECONNRESET');
    const nobody: Settle = { resolve: () => undefined, reject: () => undefined };
    if (random.chance(LATE_SHARE)) {
      scheduler.after(random.exponential(LATE_MS), () => withConflicts(environment, command, nobody));
      reject(error);
      return;
    }
    const lose = (): void => reject(error);
    withConflicts(environment, command, { resolve: lose, reject: lose });
  }

  /** The network repeats a request: the second arrives later, and whichever answer comes first is the one. */
  function deliverTwice(environment: Environment, command: AnyCommand, settle: Settle): void {
    let answered = false;
    const once = (settleOnce: () => void): void => {
      if (!answered) settleOnce();
      answered = true;
    };
    const first: Settle = random.chance(0.5)
      ? { resolve: (output) => once(() => settle.resolve(output)), reject: (error) => once(() => settle.reject(error)) }
      : { resolve: () => undefined, reject: () => undefined };
    withConflicts(environment, command, first);
    scheduler.after(random.exponential(300), () =>
      withConflicts(environment, command, {
        resolve: (output) => once(() => settle.resolve(output)),
        reject: (error) => once(() => settle.reject(error)),
      }),
    );
  }
}

/** DynamoDB as one environment sees it: the SDK's retries over a network that may fail. */
export function openSimulatedDatabase(
  world: { scheduler: Scheduler; faults: Faults; server: Server; random: Random },
  environment: Environment,
): Database {
  const { scheduler, faults, server, random } = world;
  const sleep = (ms: number): Promise<void> => sleepIn(environment, ms);
  const retry = createRetrier(sleep, random);
  const latency = (): number => {
    const base = 1 + random.exponential(3);
    if (faults.isDripping(scheduler.now())) {
      faults.count('F16');
      return base * DRIP_FACTOR;
    }
    return faults.strikes('F1') ? base + random.exponential(2_000) : base;
  };

  async function send(command: AnyCommand): Promise<object> {
    const whole = withToken(command, random);
    return await retry(() =>
      environment.port<object>({
        what: nameOf(whole),
        about: describe(whole),
        there: latency(),
        back: faults.isOut(scheduler.now()) ? OUTAGE_WAIT_MS * random.next() : latency(),
        perform: (resolve, reject) => server.serve(environment, whole, { resolve, reject }),
      }),
    );
  }
  return {
    // The SDK types `send` by a hundred overloads; every command is a name and an input.
    client: { send: send as unknown as DynamoDBClient['send'] },
    table: (name: TableName) => name,
    sleep,
  };
}

/** Waiting is a step too: an environment may die in it. */
export function sleepIn(environment: Environment, ms: number): Promise<void> {
  return environment.port<void>({ what: 'sleep', there: ms, back: 0, perform: (resolve) => resolve() });
}
