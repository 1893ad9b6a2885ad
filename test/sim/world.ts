import type { SQSBatchResponse, SQSEvent } from 'aws-lambda';
import { SignalSchema } from '#core/model/signal.ts';
import { engage } from '#functions/engage/engage.ts';
import { relay } from '#functions/relay/relay.ts';
import type { Role } from '#functions/routes.ts';
import { DeliverSchema, deliver } from '#functions/shared/deliver.ts';
import type { HttpRequest, HttpResponse } from '#functions/shared/http.ts';
import { Problem } from '#functions/shared/problem.ts';
import type { Runtime } from '#functions/shared/runtime.ts';
import { queueFunction } from '#functions/shared/worker.ts';
import { createRandom, type Random } from '#local/random.ts';
import type { AnyCommand } from './commands.ts';
import { createServer, type Storage } from './database.ts';
import { createFaults, drawProfile, type Faults } from './faults.ts';
import { createHistory, type History } from './history.ts';
import { createLambda, type Environment, type Lambda } from './lambda.ts';
import type { Weather } from './plant-list.ts';
import { createProvider, type ProviderCall } from './provider.ts';
import { createQueue, type Queue } from './queues.ts';
import { createRuntime, type RuntimeWorld } from './runtime.ts';
import { createScheduler, type Scheduler } from './scheduler.ts';
import { type Change, createStorage, type SimulatedTables } from './storage.ts';
import { createStream, type Stream, type StreamRecord } from './stream.ts';

/** Monday, 2 November 2026, midnight UTC; each seed begins at some hour of that week. */
const EPOCH = Date.parse('2026-11-02T00:00:00Z');
const WEEK_MS = 7 * 86_400_000;

/** What the watchers are told, as it happens. */
export type Watch = {
  applied: (applied: {
    environment: Environment;
    command: AnyCommand;
    error: unknown;
    changes: readonly Change[];
  }) => void;
  called: (call: ProviderCall) => void;
};

export type HttpCall = {
  functionName: string;
  step: (request: HttpRequest) => Promise<HttpResponse> | HttpResponse;
  brand: string;
  role: Role;
  subject?: string;
  path?: Record<string, string>;
  body?: unknown;
};
export type Answer = { status: number; text: string; kind?: string };

export type World = {
  seed: number;
  start: number;
  random: Random;
  scheduler: Scheduler;
  faults: Faults;
  history: History;
  lambda: Lambda;
  tables: SimulatedTables;
  queues: { signals: Queue; email: Queue; sms: Queue };
  stream: Stream;
  /** One request from outside, over a network that may lose it or its answer: undefined when the client never knew. */
  http: (call: HttpCall) => Promise<Answer | undefined>;
  /** Runs something in an environment of its own, as a function would. */
  inFunction: <T>(functionName: string, work: (runtime: Runtime, environment: Environment) => Promise<T>) => Promise<T>;
};

/** The whole system on one virtual clock: functions, table, stream, queues, provider, and all that can happen to them. */
export function createWorld(
  seed: number,
  watch: Watch,
  { trace, weather }: { trace: boolean; weather?: Weather | undefined },
): World {
  const random = createRandom(seed, 'scenario');
  const start = EPOCH + Math.floor(createRandom(seed, 'start').next() * WEEK_MS);
  const scheduler = createScheduler(start, createRandom(seed, 'schedule'));
  const faults = createFaults(
    drawProfile(createRandom(seed, 'profile'), seed, weather?.profile),
    createRandom(seed, 'faults'),
  );
  const history = createHistory(scheduler.now, trace);
  const tables = createStorage(scheduler.now);
  const skews = createRandom(seed, 'skew');
  const lambda = createLambda({ scheduler, faults, history }, () =>
    faults.active ? skews.int(-faults.profile.maxSkewMs, faults.profile.maxSkewMs) : 0,
  );
  const queues: RuntimeWorld['queues'] = {};
  let stream: Stream;
  const storage: Storage = tables;
  const server = createServer({
    scheduler,
    faults,
    storage,
    onApply: ({ environment, command, error }) => {
      const changes = tables.takeChanges();
      for (const change of changes)
        history.record(environment.id, 'commits', change.eventName, trace ? describeChange(change) : '');
      watch.applied({ environment, command, error, changes });
      for (const change of changes) if (change.table === 'offers') stream.put(recordOf(change));
    },
  });
  const runtimeWorld: RuntimeWorld = { scheduler, faults, server, random: createRandom(seed, 'runtime'), queues };
  const runtimes = new WeakMap<Environment, Runtime>();
  const runtimeOf = (environment: Environment): Runtime => {
    const runtime = runtimes.get(environment) ?? createRuntime(runtimeWorld, environment);
    runtimes.set(environment, runtime);
    return runtime;
  };
  const provider = createProvider(faults, watch.called);

  stream = createStream({ scheduler, faults, lambda }, 'relay', async (records: StreamRecord[], environment) =>
    relay(records as Parameters<typeof relay>[0], runtimeOf(environment)),
  );
  const handlers = new WeakMap<Environment, (event: SQSEvent) => Promise<SQSBatchResponse>>();
  const handlerOf = (
    environment: Environment,
    make: () => unknown,
  ): ((event: SQSEvent) => Promise<SQSBatchResponse>) => {
    const made = handlers.get(environment) ?? (make() as (event: SQSEvent) => Promise<SQSBatchResponse>);
    handlers.set(environment, made);
    return made;
  };
  const consumer = (functionName: string, make: (runtime: Runtime, environment: Environment) => unknown) => ({
    functionName,
    handler: (event: SQSEvent, environment: Environment) =>
      (
        handlerOf(environment, () => make(runtimeOf(environment), environment)) as (
          ...args: unknown[]
        ) => Promise<SQSBatchResponse>
      )(event, {}),
  });
  const queueWorld = { scheduler, faults, history, lambda };
  const sender = (name: string) =>
    consumer(name, (runtime, environment) =>
      queueFunction(name, DeliverSchema, (message, own) => deliver(own, provider(environment), message), runtime),
    );
  const signals = createQueue(
    queueWorld,
    'signals',
    consumer('engage', (runtime) => queueFunction('engage', SignalSchema, engage, runtime)),
  );
  const email = createQueue(queueWorld, 'email', sender('deliver-email'));
  const sms = createQueue(queueWorld, 'sms', sender('deliver-sms'));
  Object.assign(queues, { signals, email, sms });

  const inFunction: World['inFunction'] = (functionName, work) =>
    lambda.invoke(
      functionName,
      (_event: undefined, environment) => work(runtimeOf(environment), environment),
      undefined,
    );

  return {
    seed,
    start,
    random,
    scheduler,
    faults,
    history,
    lambda,
    tables,
    queues: { signals, email, sms },
    stream,
    http: (call) => request({ scheduler, faults, inFunction }, call),
    inFunction,
  };
}

/** What a reader of the history wants to see of a commit: the counters, and the states of a coupon and its message. */
function describeChange({ table, before, after }: Change): string {
  const key = `${table}/${(after ?? before)?.pk}/${(after ?? before)?.sk}`;
  const shown = [
    'left',
    'budgetLeft',
    'issued',
    'spent',
    'leases',
    'active',
    'state',
    'send',
    'entity',
    'campaignId',
    'couponId',
    'couponIds',
    'version',
  ];
  const parts = shown.flatMap((name) => {
    const [was, is] = [before?.[name], after?.[name]].map((value) => JSON.stringify(value));
    return was === is ? [] : [`${name} ${was ?? '-'} > ${is ?? '-'}`];
  });
  return `${key}: ${parts.join(', ')}`;
}

function recordOf({ eventName, keys, newImage }: Change): StreamRecord {
  return { eventName, dynamodb: { Keys: keys, ...(newImage && { NewImage: newImage }) } };
}

async function request(
  { scheduler, faults, inFunction }: Pick<World, 'scheduler' | 'faults' | 'inFunction'>,
  { functionName, step, brand, role, subject = `${role}-of-${brand}`, path = {}, body }: HttpCall,
): Promise<Answer | undefined> {
  await scheduler.sleep(5 + faults.random.exponential(20));
  try {
    const answer = await inFunction(functionName, async (runtime) => {
      const caller = { subject, tenant: { kind: 'brand' as const, id: brand }, role };
      const text = body === undefined ? '' : JSON.stringify(body);
      const parts = { path, query: {}, headers: {}, cookies: {}, body, text, bytes: Buffer.from(text) };
      return await answerOf(() => step({ runtime, caller, ...parts }));
    });
    await scheduler.sleep(5 + faults.random.exponential(20));
    return faults.strikes('network') ? undefined : answer;
  } catch {
    // The environment died or ran out of time: API Gateway says 5xx, which tells the client as little as silence.
    return undefined;
  }
}

/** As `functions/shared/http.ts` answers: what we wrote for clients, or that they may try again. */
async function answerOf(step: () => Promise<HttpResponse> | HttpResponse): Promise<Answer> {
  try {
    const { status, body } = await step();
    return { status, text: JSON.stringify(body ?? null) };
  } catch (error) {
    if (error instanceof Problem)
      return { status: error.status, kind: error.kind, text: JSON.stringify(error.document()) };
    return { status: 503, kind: 'unavailable', text: (error as Error)?.name ?? '' };
  }
}

/** Starts something on the virtual clock and lets the clock run until it is done. */
export async function inSimulation(world: World, work: () => Promise<void>): Promise<void> {
  let failure: { error: unknown } | undefined;
  let done = false;
  world.scheduler.after(0, () => {
    work().then(
      () => {
        done = true;
      },
      (error: unknown) => {
        failure = { error };
      },
    );
  });
  await world.scheduler.drain();
  if (failure) throw failure.error;
  if (!done) throw new Error('it never came to an end');
}
