import { functions } from '#functions/routes.ts';
import type { Faults } from './faults.ts';
import type { History } from './history.ts';
import type { Scheduler } from './scheduler.ts';

/** A promise that nobody keeps: what a dead environment waits for. */
const NEVER = new Promise<never>(() => undefined);

/** One Lambda environment: it handles one event at a time, has a clock of its own, and can die or be paused. */
export type Environment = {
  readonly id: string;
  readonly functionName: string;
  alive: boolean;
  skewMs: number;
  /** Replies reach it no earlier than this: it sleeps, and does not know. */
  pausedUntil: number;
  /** Milliseconds by its own clock. */
  now: () => number;
  /** Something outside the environment, and its answer; a crash may come before, while, or after. */
  port: <T>(call: PortCall<T>) => Promise<T>;
  die: (why: string) => void;
  onDeath: (() => void) | undefined;
};

export type PortCall<T> = {
  what: string;
  about?: string;
  /** Milliseconds until it is carried out, and from then until the answer is there. */
  there: number;
  back: number;
  /** Carried out even if the caller has died meanwhile: it was on its way. May take its time. */
  perform: (resolve: (value: T) => void, reject: (error: unknown) => void) => void;
};

class LambdaLostError extends Error {
  override name = 'LambdaLostError';
}

type World = { scheduler: Scheduler; faults: Faults; history: History };

function createEnvironment(world: World, functionName: string, id: string, skewMs: number): Environment {
  const { scheduler, faults, history } = world;
  const environment: Environment = {
    id,
    functionName,
    alive: true,
    skewMs,
    pausedUntil: 0,
    onDeath: undefined,
    now: () => scheduler.now() + environment.skewMs,
    port<T>({ what, about, there, back, perform }: PortCall<T>): Promise<T> {
      if (!environment.alive) return NEVER;
      if (faults.crashes()) {
        environment.die(`before ${what}`);
        return NEVER;
      }
      const sleepMs = faults.sleeps();
      if (sleepMs > 0) environment.pausedUntil = Math.max(environment.pausedUntil, scheduler.now() + sleepMs);
      return new Promise<T>((resolve, reject) => {
        const answer = (settle: () => void, outcome: string): void => {
          const arrive = (): void => {
            if (!environment.alive) return;
            if (environment.pausedUntil > scheduler.now()) {
              scheduler.at(environment.pausedUntil, arrive);
              return;
            }
            if (faults.crashes()) {
              environment.die(`after ${what}`);
              return;
            }
            history.record(id, what, outcome, about);
            settle();
          };
          scheduler.after(back, arrive);
        };
        scheduler.after(there, () =>
          perform(
            (value) => answer(() => resolve(value), 'ok'),
            (error) => answer(() => reject(error), (error as Error)?.name ?? 'failed'),
          ),
        );
      });
    },
    die(why) {
      if (!environment.alive) return;
      environment.alive = false;
      history.record(id, 'dies', why);
      environment.onDeath?.();
    },
  };
  return environment;
}

export type LambdaHandler<E, R> = (event: E, environment: Environment) => Promise<R>;

/** Runs handlers in environments, as many as needed up to a limit; the newest idle one is used again, as Lambda does. */
export type Lambda = {
  /** Rejects with `LambdaLostError` when the environment dies or is out of time. */
  invoke: <E, R>(functionName: string, handler: LambdaHandler<E, R>, event: E) => Promise<R>;
  readonly environments: readonly Environment[];
  readonly peak: number;
};

const MAX_ENVIRONMENTS = 200;
const COLD_START_MS = 300;

export function createLambda(world: World, skewOf: () => number): Lambda {
  const { scheduler, faults, history } = world;
  const idle = new Map<string, Environment[]>();
  const alive = new Set<Environment>();
  const waiting: (() => void)[] = [];
  let made = 0;
  let peak = 0;

  function take(functionName: string): { environment: Environment; delay: number } | undefined {
    const pool = idle.get(functionName) ?? [];
    for (let environment = pool.pop(); environment; environment = pool.pop()) {
      if (environment.alive) return { environment, delay: 1 };
    }
    if (alive.size >= MAX_ENVIRONMENTS) return undefined;
    made += 1;
    const environment = createEnvironment(world, functionName, `${functionName}-${made}`, skewOf());
    if (environment.skewMs !== 0) faults.count('F14');
    alive.add(environment);
    peak = Math.max(peak, alive.size);
    return { environment, delay: COLD_START_MS * (0.5 + faults.random.next()) };
  }

  function release(environment: Environment): void {
    const pool = idle.get(environment.functionName);
    if (pool) pool.push(environment);
    else idle.set(environment.functionName, [environment]);
    waiting.shift()?.();
  }

  function forget(environment: Environment): void {
    alive.delete(environment);
    waiting.shift()?.();
  }

  async function claim(functionName: string): Promise<Environment> {
    for (;;) {
      const taken = take(functionName);
      if (taken) {
        await scheduler.sleep(taken.delay);
        return taken.environment;
      }
      // An idle one of another function makes room: Lambda reaps those.
      const other = [...idle.values()].find((pool) => pool.length > 0)?.pop();
      if (other) forget(other);
      else await new Promise<void>((resolve) => waiting.push(resolve));
    }
  }

  return {
    get environments() {
      return [...alive];
    },
    get peak() {
      return peak;
    },
    async invoke(functionName, handler, event) {
      const environment = await claim(functionName);
      return await new Promise((resolve, reject) => {
        let over = false;
        const end = (settle: () => void): void => {
          if (over) return;
          over = true;
          settle();
        };
        environment.onDeath = () => {
          forget(environment);
          end(() => reject(new LambdaLostError('died')));
        };
        scheduler.after(timeoutMs(functionName), () => {
          if (over) return;
          faults.count('timeout');
          history.record(environment.id, 'out of time', environment.pausedUntil > 0 ? 'zombie' : 'killed');
          // One that was only paused wakes up later and goes on, as a machine that was frozen does.
          if (environment.pausedUntil > 0) {
            forget(environment);
            environment.onDeath = undefined;
            end(() => reject(new LambdaLostError('timed out')));
          } else environment.die('out of time');
        });
        handler(event, environment).then(
          (result) => {
            if (over) return;
            release(environment);
            end(() => resolve(result));
          },
          (error: unknown) => {
            if (over) return;
            release(environment);
            end(() => reject(error));
          },
        );
      });
    },
  };
}

export function timeoutMs(functionName: string): number {
  const seconds = functions.find(({ name }) => name === functionName)?.timeoutSeconds;
  if (seconds === undefined) throw new Error(`routes.ts knows no function ${functionName}`);
  return seconds * 1000;
}
