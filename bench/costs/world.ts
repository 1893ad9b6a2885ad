import { setTimeout as sleep } from 'node:timers/promises';
import type { SQSEvent } from 'aws-lambda';
import { postPositions } from '#functions/ingest/positions.ts';
import type { Locator, QueueName } from '#functions/routes.ts';
import type { OutgoingMessage } from '#functions/shared/queues.ts';
import type { Runtime } from '#functions/shared/runtime.ts';
import { CATALOGUE_MAX_AGE_SECONDS } from '#lib/environment.ts';
import { createRandom } from '#local/random.ts';
import { putEntries } from '#store/catalogue.ts';
import { createCatalogueCache } from '#store/snapshot.ts';
import { BRAND, openShop, type Wire } from '#test/store/shop.ts';
import { openDoor } from '#test/support/door.ts';
import { amazon, embedded } from './behind.ts';
import { shopsOf } from './crowd.ts';
import { createMeter, type Meter } from './meter.ts';

/** How long a call within a region is taken to last, in ms: assumptions, each generous. A Lambda is billed while it waits. */
export const ROUND_TRIP_MS = { dynamoDb: 6, sqs: 12, location: 40 };
/** SQS takes ten messages in one call. */
const CALL = 10;
const SHOPS = 500;
const TENANT = { kind: 'brand', id: BRAND } as const;

/**
 * The functions from the API to the signal, in one process: the real handlers over an in-process DynamoDB that says what
 * it would bill, queues that are counted, and Amazon Location's local endpoint where that is the locator.
 */
export async function openCostWorld(locator: Locator) {
  const random = createRandom(20_261_123);
  const shop = await openShop();
  const { places, spots } = shopsOf(random, SHOPS);
  const placeIds = places.map(({ placeId }) => placeId);
  await putEntries(
    shop.db,
    TENANT,
    'place',
    places.map((place) => ({ id: place.placeId, body: place })),
  );
  const meter = createMeter();
  shop.world.wire = metered(meter);
  const queued: { queue: QueueName; message: OutgoingMessage }[] = [];
  const now = () => shop.world.now;
  const runtime: Runtime = {
    ...shop.process(),
    locator,
    catalogue: createCatalogueCache(shop.db, { maxAgeMs: CATALOGUE_MAX_AGE_SECONDS * 1000, now }),
    sleep: (ms) => sleep(ms),
    send: async (queue, messages) => {
      const calls = [];
      for (let start = 0; start < messages.length; start += CALL) {
        meter.queueCall(queue, JSON.stringify(messages.slice(start, start + CALL)).length);
        calls.push(sleep(ROUND_TRIP_MS.sqs));
      }
      await Promise.all(calls);
      queued.push(...messages.map((message) => ({ queue, message })));
    },
  };
  const door = await openDoor('ingest', { postPositions }, runtime, BRAND);
  const ground = { runtime, meter, tenant: TENANT, placeIds, roundTrip: () => sleep(ROUND_TRIP_MS.location) };
  const behind = locator === 'amazon' ? await amazon(ground) : embedded(runtime);

  return {
    meter,
    spots,
    random,
    now,
    pass: (seconds: number): void => {
      shop.world.now += seconds * 1000;
    },
    /** One request of a phone, or of a server with many of them. */
    async upload(positions: readonly object[]): Promise<void> {
      const text = JSON.stringify({ positions });
      meter.apiRequest();
      await meter.invoke('ingest', async () => {
        const answer = await door.knock({ operation: 'postPositions', text, role: 'app' });
        if (answer.status !== 202 || JSON.parse(answer.text).rejected.length > 0) throw new Error(answer.text);
      });
    },
    /** What waits is delivered in batches of so many; signals go to whoever decides, and are no part of this. */
    async deliver(batchSize: number): Promise<{ signals: number }> {
      const waiting = queued.filter(({ queue }) => queue === 'positions').map(({ message }) => message);
      queued.length = 0;
      for (let start = 0; start < waiting.length; start += batchSize) {
        const event = eventOf(waiting.slice(start, start + batchSize));
        // Received, and then deleted.
        meter.queueCall('positions', JSON.stringify(event).length);
        meter.queueCall('positions', 0);
        await meter.invoke(behind.name, async () => {
          const { batchItemFailures } = await behind.handle(event);
          if (batchItemFailures.length > 0) throw new Error('a batch failed');
        });
      }
      await behind.settle();
      return { signals: queued.filter(({ queue }) => queue === 'signals').length };
    },
    stop: behind.stop,
  };
}

type Consumed = { CapacityUnits?: number };

/** Each call lasts as long as one would, and says what it would be billed. */
function metered(meter: Meter): Wire {
  return async (command, carryOut) => {
    Object.assign((command as { input: object }).input, { ReturnConsumedCapacity: 'TOTAL' });
    await sleep(ROUND_TRIP_MS.dynamoDb);
    const answer = (await carryOut()) as { ConsumedCapacity?: Consumed | Consumed[] };
    const units = [answer.ConsumedCapacity ?? []].flat().reduce((sum, { CapacityUnits = 0 }) => sum + CapacityUnits, 0);
    meter.count(/Get|Query|Scan/.test(command.constructor.name) ? 'dynamoRead' : 'dynamoWrite', units);
    return answer;
  };
}

function eventOf(batch: readonly OutgoingMessage[]): SQSEvent {
  const Records = batch.map(({ body, group = '' }, index) => ({
    messageId: String(index),
    body: JSON.stringify(body),
    attributes: { ApproximateReceiveCount: '1', MessageGroupId: group },
  }));
  return { Records } as unknown as SQSEvent;
}
