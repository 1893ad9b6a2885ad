import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Random } from '#local/random.ts';

export type HandlerName = 'engage' | 'redeem';
/** One invocation: which function, and the event. */
export type Job = { handler: HandlerName; event: unknown };
/** What a worker is told: jobs, all of them at `startAt` (epoch ms), which is the starting line of a race. */
export type Order = { startAt: number; jobs: readonly (Job & { id: number })[] };
/** What it says of one: what the handler returned, or that it threw. */
export type Answer = { id: number; value: unknown } | { id: number; error: string };

const WORKERS = 8;
/** Invocations in flight in one worker. */
const IN_FLIGHT = 25;
/** Orders reach all workers well within this. */
const STARTING_LINE_MS = 20;
/** Deliveries of one job: far more than faults explain, so that one which never ends is seen. */
const MAX_DELIVERIES = 40;
const MAX_REDELIVERY_MS = 120;

type Worker = { child: ChildProcess; outstanding: Set<number>; ready: Promise<void>; alive: boolean };

export type CrewCounts = { kills: number; redelivered: number; retried: number; complaints: Record<string, number> };

export type Crew = {
  counts: CrewCounts;
  /**
   * Starts all jobs at once, as far as they fit, and resolves with what each came to, in order. Whatever `isFinal`
   * refuses comes again, and so does what a killed worker had not answered: as a queue and a till would.
   */
  race: (jobs: readonly Job[], isFinal: (value: unknown) => boolean) => Promise<unknown[]>;
  /** SIGKILL to one of those that work, by chance; another takes its place. */
  kill: (random: Random) => void;
  stop: () => Promise<void>;
};

/** Eight processes that run what Lambda would. */
export async function startCrew(env: NodeJS.ProcessEnv): Promise<Crew> {
  const counts: CrewCounts = { kills: 0, redelivered: 0, retried: 0, complaints: {} };
  let current: ReturnType<typeof createRace> | undefined;
  let stopping = false;

  function hire(): Worker {
    const child = fork(new URL('./worker.ts', import.meta.url), { env, stdio: ['ignore', 'pipe', 'pipe', 'ipc'] });
    const worker: Worker = {
      child,
      outstanding: new Set(),
      ready: once(child, 'message').then(() => undefined),
      alive: true,
    };
    for (const stream of [child.stdout, child.stderr])
      stream?.on('data', (text) => noteComplaints(counts, String(text)));
    child.on('message', (answer: Answer | 'ready') => {
      if (answer !== 'ready') current?.answered(worker, answer);
    });
    child.on('exit', (code) => {
      worker.alive = false;
      if (stopping) return;
      if (code !== null) add(counts.complaints, `a worker ended by itself with ${code}`);
      workers[workers.indexOf(worker)] = hire();
      current?.lost(worker);
    });
    return worker;
  }
  const workers: Worker[] = [];
  for (let index = 0; index < WORKERS; index += 1) workers.push(hire());

  return {
    counts,
    race: async (jobs, isFinal) => {
      await Promise.all(workers.map(({ ready }) => ready));
      current = createRace({ jobs, isFinal, counts, workers: () => workers.filter(({ alive }) => alive) });
      const results = await current.done;
      current = undefined;
      return results;
    },
    kill: (random) => {
      const busy = workers.filter(({ alive, outstanding }) => alive && outstanding.size > 0);
      if (busy.length === 0) return;
      const worker = random.pick(busy);
      worker.alive = false;
      worker.child.kill('SIGKILL');
      counts.kills += 1;
    },
    stop: async () => {
      stopping = true;
      await Promise.all(
        workers.map(async ({ child }) => {
          if (child.exitCode !== null || child.signalCode !== null) return;
          child.kill('SIGKILL');
          await once(child, 'exit');
        }),
      );
    },
  };
}

/** One race from its start to its last answer. */
function createRace(args: {
  jobs: readonly Job[];
  isFinal: (value: unknown) => boolean;
  counts: CrewCounts;
  workers: () => Worker[];
}) {
  const { jobs, isFinal, counts } = args;
  const results: unknown[] = new Array(jobs.length);
  const deliveries = jobs.map(() => 0);
  const waiting = jobs.map((_, id) => id);
  const { promise: done, resolve, reject } = Promise.withResolvers<unknown[]>();
  let open = jobs.length;

  function deal(startAt: number, most = IN_FLIGHT): void {
    for (const worker of args.workers()) {
      const ids = waiting.splice(0, most - worker.outstanding.size);
      if (ids.length === 0) continue;
      for (const id of ids) {
        worker.outstanding.add(id);
        deliveries[id] = (deliveries[id] ?? 0) + 1;
        if ((deliveries[id] ?? 0) > MAX_DELIVERIES) reject(new Error(`job ${id} failed ${MAX_DELIVERIES} times`));
      }
      const order: Order = { startAt, jobs: ids.flatMap((id) => (jobs[id] ? [{ id, ...jobs[id] }] : [])) };
      // A worker that dies meanwhile is noticed by its exit.
      worker.child.send(order, () => undefined);
    }
  }

  async function again(id: number): Promise<void> {
    await sleep(Math.random() * MAX_REDELIVERY_MS);
    waiting.push(id);
    deal(0);
  }

  // All at the starting line at once, and every worker its share.
  deal(Date.now() + STARTING_LINE_MS, Math.min(IN_FLIGHT, Math.ceil(jobs.length / args.workers().length)));

  return {
    done,
    answered: (worker: Worker, answer: Answer): void => {
      worker.outstanding.delete(answer.id);
      if ('value' in answer && isFinal(answer.value)) {
        results[answer.id] = answer.value;
        open -= 1;
        if (open === 0) resolve(results);
      } else {
        if ('error' in answer) add(counts.complaints, answer.error);
        counts.retried += 1;
        void again(answer.id);
      }
      deal(0);
    },
    lost: (worker: Worker): void => {
      counts.redelivered += worker.outstanding.size;
      for (const id of worker.outstanding) void again(id);
      worker.outstanding.clear();
    },
  };
}

/** The names of errors that handlers log: what the faults came to, seen from outside. */
function noteComplaints({ complaints }: CrewCounts, text: string): void {
  for (const [, name] of text.matchAll(/error: '(\w+)'/g)) add(complaints, name ?? '');
}

function add(counts: Record<string, number>, name: string): void {
  counts[name] = (counts[name] ?? 0) + 1;
}
