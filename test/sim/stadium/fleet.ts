import type { SQSBatchResponse, SQSEvent, SQSRecord } from 'aws-lambda';
import type { Scheduler } from '../scheduler.ts';

/**
 * A queue and the Lambda environments behind it, as AWS documents them: five batches at once, three hundred more a
 * minute while there is a backlog; batches of ten; a message that fails is seen again later. Fair queues (SQS, 2025):
 * whose group has waited is served before a group that floods.
 */
const FIRST_BATCHES = 5;
const MORE_PER_SECOND = 5;
const MOST_BATCHES = 1000;
const BATCH = 10;
const COLD_START_MS = 500;
const POLL_MS = 8;
const VISIBLE_AGAIN_MS = 180_000;

export type FleetHandler = (event: SQSEvent) => Promise<SQSBatchResponse>;
export type Fleet = {
  put: (body: unknown, group: string) => void;
  readonly backlog: number;
  readonly environments: number;
  readonly failures: number;
};

type Waiting = { id: string; body: string; receives: number };

/** `open` makes the handler of a new environment. */
export function createFleet(scheduler: Scheduler, name: string, open: (environment: string) => FleetHandler): Fleet {
  const groups = new Map<string, Waiting[]>();
  const idle: FleetHandler[] = [];
  let [made, running, environments, backlog, failures] = [0, 0, 0, 0, 0];
  let [most, grownAt, polling] = [FIRST_BATCHES, scheduler.now(), false];

  function enqueue(message: Waiting, group: string): void {
    const waiting = groups.get(group);
    if (waiting) waiting.push(message);
    else groups.set(group, [message]);
    backlog += 1;
    poll();
  }

  function poll(): void {
    if (polling) return;
    polling = true;
    scheduler.after(POLL_MS, () => {
      polling = false;
      grow();
      while (running < Math.floor(most) && backlog > 0) run(take());
      // Where the limit is reached, a batch that ends, or the limit's growth, goes on.
      if (backlog > 0) scheduler.after(200, poll);
    });
  }

  function grow(): void {
    const seconds = (scheduler.now() - grownAt) / 1000;
    grownAt = scheduler.now();
    if (backlog > 0) most = Math.min(MOST_BATCHES, most + seconds * MORE_PER_SECOND);
  }

  /** One from each group in turn, until the batch is full. */
  function take(): (Waiting & { group: string })[] {
    const batch: (Waiting & { group: string })[] = [];
    while (batch.length < BATCH && groups.size > 0) {
      for (const [group, waiting] of [...groups]) {
        if (batch.length === BATCH) break;
        const message = waiting.shift();
        if (message) batch.push({ ...message, group });
        groups.delete(group);
        if (waiting.length > 0) groups.set(group, waiting);
      }
    }
    backlog -= batch.length;
    return batch;
  }

  function run(batch: (Waiting & { group: string })[]): void {
    running += 1;
    const warm = idle.pop();
    if (!warm) environments += 1;
    const handler = warm ?? open(`${name}-${environments}`);
    scheduler.after(warm ? 1 : COLD_START_MS, () => {
      void handler({ Records: batch.map(recordOf) } as SQSEvent).then(({ batchItemFailures }) => {
        running -= 1;
        idle.push(handler);
        const failed = new Set(batchItemFailures.map(({ itemIdentifier }) => itemIdentifier));
        for (const message of batch) {
          if (!failed.has(message.id)) continue;
          failures += 1;
          const again = { ...message, receives: message.receives + 1 };
          scheduler.after(VISIBLE_AGAIN_MS, () => enqueue(again, message.group));
        }
        poll();
      });
    });
  }

  return {
    put: (body, group) => {
      made += 1;
      enqueue({ id: `${name}/${made}`, body: JSON.stringify(body), receives: 1 }, group);
    },
    get backlog() {
      return backlog;
    },
    get environments() {
      return environments;
    },
    get failures() {
      return failures;
    },
  };
}

function recordOf({ id, body, receives }: Waiting): Partial<SQSRecord> {
  const attributes = { ApproximateReceiveCount: String(receives) } as SQSRecord['attributes'];
  return { messageId: id, body, attributes, messageAttributes: {} };
}
