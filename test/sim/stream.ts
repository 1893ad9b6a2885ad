import { functions, isWanted } from '#functions/routes.ts';
import type { Faults } from './faults.ts';
import type { Lambda, LambdaHandler } from './lambda.ts';
import type { Scheduler } from './scheduler.ts';

/** As `lib/constructs/stream-trigger.ts` sets it. */
const MAX_RECORD_AGE_MS = 4 * 3_600_000;
const SHARDS = 4;
const RETRY_MS = 1_000;
const MAX_RETRY_MS = 60_000;

/** One change of an item, as the stream tells it: with `INSERT`, `MODIFY` or `REMOVE`. */
export type StreamRecord = {
  eventName: 'INSERT' | 'MODIFY' | 'REMOVE';
  dynamodb: { Keys: Record<string, { S?: string }>; NewImage?: Record<string, { S?: string }> };
};
type Waiting = { record: StreamRecord; since: number };

export type Stream = {
  put: (record: StreamRecord) => void;
  /** Records that were given up on, because nobody could handle them for hours. */
  readonly lost: number;
};

type World = { scheduler: Scheduler; faults: Faults; lambda: Lambda };

/** A DynamoDB stream and its event source: each key in order, at least once, keys of different shards in any order. */
export function createStream(world: World, functionName: string, handler: LambdaHandler<StreamRecord[], void>): Stream {
  const { scheduler, faults, lambda } = world;
  const spec = functions.find(({ name }) => name === functionName)?.stream;
  if (!spec) throw new Error(`routes.ts gives ${functionName} no stream`);
  const { filter, batchSize } = spec;
  const shards: { waiting: Waiting[]; busy: boolean; tries: number }[] = Array.from({ length: SHARDS }, () => ({
    waiting: [],
    busy: false,
    tries: 0,
  }));
  let lost = 0;

  function poll(shard: (typeof shards)[number]): void {
    if (shard.busy) return;
    const oldest = scheduler.now() - MAX_RECORD_AGE_MS;
    const kept = shard.waiting.filter(({ since }) => since >= oldest);
    lost += shard.waiting.length - kept.length;
    shard.waiting = kept;
    if (kept.length === 0) return;
    shard.busy = true;
    // After a failure the batch is halved, to find the record that it fails on.
    const most = Math.max(1, Math.floor(batchSize / 2 ** shard.tries));
    const batch = kept.slice(0, most);
    lambda
      .invoke(
        functionName,
        handler,
        batch.map(({ record }) => record),
      )
      .then(
        () => {
          shard.tries = 0;
          // The checkpoint is lost, and the same records come again.
          if (!faults.strikes('F13')) shard.waiting.splice(0, batch.length);
          next(shard, 1);
        },
        () => {
          shard.tries += 1;
          next(shard, Math.min(RETRY_MS * 2 ** shard.tries, MAX_RETRY_MS));
        },
      );
  }

  function next(shard: (typeof shards)[number], ms: number): void {
    shard.busy = false;
    scheduler.after(ms, () => poll(shard));
  }

  return {
    put(record) {
      if (!isWanted(filter, record)) return;
      const shard = shards[shardOf(record.dynamodb.Keys.pk?.S ?? '')];
      if (!shard) return;
      shard.waiting.push({ record, since: scheduler.now() });
      // Shards are read at their own pace, so that keys overtake each other.
      scheduler.after(20 + faults.random.exponential(100), () => poll(shard));
    },
    get lost() {
      return lost;
    },
  };
}

function shardOf(pk: string): number {
  let sum = 0;
  for (let index = 0; index < pk.length; index += 1) sum = (sum * 31 + pk.charCodeAt(index)) >>> 0;
  return sum % SHARDS;
}
