import type { SQSBatchResponse, SQSEvent } from 'aws-lambda';
import { SignalSchema } from '#core/model/signal.ts';
import { engage } from '#functions/engage/engage.ts';
import { createLeaseHand } from '#functions/engage/lease-hand.ts';
import { relay } from '#functions/relay/relay.ts';
import { DeliverSchema, deliver } from '#functions/shared/deliver.ts';
import type { Runtime } from '#functions/shared/runtime.ts';
import { queueFunction } from '#functions/shared/worker.ts';
import { createRandom } from '#local/random.ts';
import { fromItem, type Item } from '#store/client.ts';
import type { LeaseEntry } from '#store/counters.ts';
import { entryOf } from '#store/ledger.ts';
import { createCatalogueCache } from '#store/snapshot.ts';
import { InProcessDynamoDb } from '../dynamo/database.ts';
import { createScheduler } from '../scheduler.ts';
import { createRetrier } from '../sdk-retry.ts';
import { arrivals, fill, STADIUM } from './crowd.ts';
import { createFleet } from './fleet.ts';
import { createService, type Service } from './service.ts';

const TABLES = ['catalogue', 'people', 'presence', 'offers', 'stock'] as const;
const START = Date.parse('2026-11-22T10:00:00Z');
/** A stream's shards are its table's partitions; each is asked four times a second, and answers in 100 records. */
const SHARDS = 25;
const STREAM_POLL_MS = 250;
const STREAM_BATCH = 100;
const PROVIDER_MS = 60;
/** A call's share of a function's processor, one at a time: marshalling, signing, deciding. Measured: 0.3 to 0.7 ms. */
const CPU_MS_PER_CALL = 0.7;
const SAMPLE_MS = 500;
const SECRET = 'a secret of the simulated stadium, long enough';

/** One moment of the match; counts are since the moment before, coupons those of the stadium. */
export type Sample = {
  seconds: number;
  arrived: number;
  decided: number;
  issued: number;
  handedOver: number;
  backlog: number;
  environments: number;
};
export type Match = {
  samples: Sample[];
  /** Milliseconds from the accepted signal to the provider's hands, by brand. */
  handOffMs: Map<string, number[]>;
  coupons: number;
  offered: number;
  soldOut: number;
  signals: number;
  firstSoldOutAtIssued: number;
  left: number;
  openLeases: number;
  leasesTaken: number;
  failures: number;
  environments: number;
  service: Service['counts'];
};

/** Real handlers, real store code, a virtual minute of a stadium; nine other brands beside it. */
export async function playMatch(seed: number, withCrowd: boolean): Promise<Match> {
  const random = createRandom(seed, 'stadium');
  const scheduler = createScheduler(START, random);
  const dynamo = new InProcessDynamoDb({ tables: TABLES, now: scheduler.now });
  const direct = { client: dynamo.client, table: (name: string) => name, sleep: async () => {} };
  await fill(direct, withCrowd);
  const service = createService({ scheduler, random, dynamo, tables: TABLES });
  const watch = openWatch();

  const openRuntime = (): Runtime => {
    const retry = createRetrier(scheduler.sleep, random);
    let cpuFreeAt = 0;
    const send = async (command: Parameters<Service['call']>[0]) => {
      cpuFreeAt = Math.max(cpuFreeAt, scheduler.now()) + CPU_MS_PER_CALL;
      await scheduler.sleep(cpuFreeAt - scheduler.now());
      return retry(() => service.call(command));
    };
    const db = { client: { send: send as never }, table: (name: string) => name, sleep: scheduler.sleep };
    return {
      db,
      catalogue: createCatalogueCache(db, { maxAgeMs: 5000, now: scheduler.now }),
      leases: createLeaseHand(),
      channels: ['sms'],
      now: scheduler.now,
      random: random.next,
      sleep: scheduler.sleep,
      secret: async () => SECRET,
      send: async (_, messages) => {
        for (const { body, group } of messages) senders.put(body, group ?? '');
      },
      sendToDeadLetters: async () => {
        watch.deadLetters += 1;
      },
      requireEnv: (name) => name,
    };
  };
  const handler = (open: (runtime: Runtime) => unknown) => () => {
    const handle = open(openRuntime()) as (event: SQSEvent, context: object) => Promise<SQSBatchResponse>;
    return (event: SQSEvent) => handle(event, {});
  };
  const engines = createFleet(
    scheduler,
    'engage',
    handler((runtime) => queueFunction('engage', SignalSchema, engage, runtime)),
  );
  const provider = (brand: string, personId: string) => ({
    send: async () => {
      watch.handedOver(brand, personId, scheduler.now());
      await scheduler.sleep(PROVIDER_MS);
      return { providerMessageId: 'taken' };
    },
  });
  const senders = createFleet(
    scheduler,
    'deliver-sms',
    handler((runtime) =>
      queueFunction(
        'deliver-sms',
        DeliverSchema,
        (message) => deliver(runtime, provider(message.brand, message.personId), message),
        runtime,
      ),
    ),
  );

  const all = arrivals(START, random, withCrowd);
  let ended = false;
  for (const { at, signal } of all) {
    scheduler.at(at, () => {
      watch.arrived(signal.brand, signal.subject.value.slice('phone-'.length), at);
      engines.put(signal, signal.brand);
    });
  }
  runStream();
  runSamples();
  await scheduler.drain();
  return watch.result(dynamo, {
    failures: engines.failures + senders.failures,
    environments: engines.environments,
    service,
  });

  /** The outbox: each shard's records, in order, to the relay. */
  function runStream(): void {
    const offers = dynamo.table('offers').stream;
    const runtime = openRuntime();
    let position = offers.end;
    const shards: Parameters<typeof relay>[0][number][][] = Array.from({ length: SHARDS }, () => []);
    const poll = (): void => {
      for (const record of offers.read(position)) {
        position += 1;
        if (record.eventName === 'INSERT') watch.added(fromItem<Item>(record.dynamodb.NewImage ?? {}));
        shards[position % SHARDS]?.push(record as never);
      }
      offers.trim(position);
      for (const shard of shards) {
        const batch = shard.splice(0, STREAM_BATCH);
        if (batch.length > 0) void relay(batch, runtime);
      }
      ended = scheduler.now() > START + 100_000 && engines.backlog + senders.backlog === 0;
      if (!ended) scheduler.after(STREAM_POLL_MS, poll);
    };
    poll();
  }

  function runSamples(): void {
    const sample = (): void => {
      watch.sample((scheduler.now() - START) / 1000, engines.backlog, engines.environments);
      if (!ended) scheduler.after(SAMPLE_MS, sample);
    };
    sample();
  }
}

function openWatch() {
  const arrivedAt = new Map<string, number>();
  const handOffMs = new Map<string, number[]>();
  const samples: Sample[] = [];
  const now = { arrived: 0, decided: 0, issued: 0, handedOver: 0 };
  let [coupons, offered, soldOut, signals, firstSoldOutAtIssued] = [0, 0, 0, 0, Number.NaN];
  const decided = (item: Item): void => {
    signals += 1;
    const [decision] = entryOf(item).decisions;
    if (decision?.outcome === 'offered') offered += 1;
    if (decision?.outcome !== 'skipped') return;
    soldOut += 1;
    if (Number.isNaN(firstSoldOutAtIssued)) firstSoldOutAtIssued = coupons;
  };
  const watch = {
    deadLetters: 0,
    arrived: (brand: string, personId: string, at: number): void => {
      now.arrived += 1;
      arrivedAt.set(`${brand}/${personId}`, at);
    },
    handedOver: (brand: string, personId: string, at: number): void => {
      if (brand === STADIUM) now.handedOver += 1;
      const waited = at - (arrivedAt.get(`${brand}/${personId}`) ?? Number.NaN);
      const waits = handOffMs.get(brand);
      if (waits) waits.push(waited);
      else handOffMs.set(brand, [waited]);
    },
    /** A new item of the offers table. */
    added: (item: Item): void => {
      if (item.entity === 'signal') now.decided += 1;
      if (!String(item.pk).startsWith(`B#${STADIUM}#`)) return;
      if (item.entity === 'signal') decided(item);
      if (item.entity !== 'coupon') return;
      now.issued += 1;
      coupons += 1;
    },
    sample: (seconds: number, backlog: number, environments: number): void => {
      samples.push({ seconds, ...now, backlog, environments });
      Object.assign(now, { arrived: 0, decided: 0, issued: 0, handedOver: 0 });
    },
    result: (dynamo: InProcessDynamoDb, ends: { failures: number; environments: number; service: Service }): Match => {
      const stock = [...dynamo.table('stock').items()]
        .map(({ item }) => fromItem<Item>(item as Parameters<typeof fromItem>[0]))
        .find(({ pk }) => pk === `B#${STADIUM}#K#gate`);
      return {
        samples,
        handOffMs,
        coupons,
        offered,
        soldOut,
        signals,
        firstSoldOutAtIssued,
        left: stock?.left as number,
        openLeases: Object.values((stock?.leases ?? {}) as Record<string, LeaseEntry>).filter(({ n }) => n > 0).length,
        leasesTaken: dynamo.table('stock').consumed.operations.UpdateItem?.calls ?? 0,
        failures: ends.failures + watch.deadLetters,
        environments: ends.environments,
        service: ends.service.counts,
      };
    },
  };
  return watch;
}
