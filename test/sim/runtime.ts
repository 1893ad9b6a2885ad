import { createLeaseHand } from '#functions/engage/lease-hand.ts';
import type { QueueName } from '#functions/routes.ts';
import type { OutgoingMessage } from '#functions/shared/queues.ts';
import type { Runtime } from '#functions/shared/runtime.ts';
import type { Random } from '#local/random.ts';
import { createCatalogueCache } from '#store/snapshot.ts';
import { openSimulatedDatabase, type Server, sleepIn } from './database.ts';
import type { Faults } from './faults.ts';
import type { Environment } from './lambda.ts';
import type { Queue } from './queues.ts';
import type { Scheduler } from './scheduler.ts';
import { createRetrier } from './sdk-retry.ts';

/** As deployed: `lib/` sets five seconds. */
const CATALOGUE_MAX_AGE_MS = 5_000;
export const COUPON_SECRET = 'simulated-coupon-secret-of-32-symbols';
const LINK_SECRET = 'simulated-link-secret-of-32-characters';
/** SQS takes ten messages in one call. */
const SEND_BATCH = 10;

export type RuntimeWorld = {
  scheduler: Scheduler;
  faults: Faults;
  server: Server;
  random: Random;
  queues: Partial<Record<QueueName, Queue>>;
};

/** All that a step may use, of a process that lives in the simulation: every way out is a port of its environment. */
export function createRuntime(world: RuntimeWorld, environment: Environment): Runtime {
  const { faults, random } = world;
  const db = openSimulatedDatabase(world, environment);
  const sleep = (ms: number): Promise<void> => sleepIn(environment, ms);
  const retry = createRetrier(sleep, random);

  /** One SendMessageBatch: taken and not heard of, or not taken, or taken. */
  function post(what: string, put: () => void): Promise<void> {
    return retry(() =>
      environment.port<void>({
        what,
        there: 1 + random.exponential(4),
        back: 1 + random.exponential(4),
        perform: (resolve, reject) => {
          const fails = faults.strikes('send failed');
          if (!fails || faults.random.chance(0.5)) put();
          if (fails) reject(Object.assign(new Error('socket hang up'), { code: 'ECONNRESET' }));
          else resolve();
        },
      }),
    );
  }

  async function send(queue: QueueName, messages: readonly OutgoingMessage[]): Promise<void> {
    const batches: OutgoingMessage[][] = [];
    for (let start = 0; start < messages.length; start += SEND_BATCH)
      batches.push(messages.slice(start, start + SEND_BATCH));
    await Promise.all(
      batches.map((batch) =>
        post(`send ${queue}`, () => {
          // Nobody's phone is located in this world, so nobody is inside anywhere: who is, is no launch's question here.
          // Its few places no files are made of.
          if (queue === 'visits' || queue === 'snapshots') return;
          for (const message of batch) queueOf(world, queue).put(message);
        }),
      ),
    );
  }

  return {
    db,
    catalogue: createCatalogueCache(db, { maxAgeMs: CATALOGUE_MAX_AGE_MS, now: environment.now }),
    leases: createLeaseHand(),
    channels: ['email', 'sms'],
    now: environment.now,
    random: random.next,
    sleep,
    secret: async (name) => (name === 'couponSecret' ? COUPON_SECRET : LINK_SECRET),
    send,
    sendToDeadLetters: (queue, message) => post(`bury ${queue}`, () => queueOf(world, queue).putDead(message)),
    requireEnv: (name) => (name === 'PUBLIC_URL' ? 'https://offers.example' : name),
  };
}

function queueOf({ queues }: RuntimeWorld, name: QueueName): Queue {
  const queue = queues[name];
  if (!queue) throw new Error(`no queue ${name} in the simulation`);
  return queue;
}
