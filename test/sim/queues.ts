import type { SQSBatchResponse, SQSEvent, SQSRecord } from 'aws-lambda';
import { functions, MAX_RECEIVES, type QueueName } from '#functions/routes.ts';
import type { Faults } from './faults.ts';
import type { History } from './history.ts';
import { type Lambda, type LambdaHandler, timeoutMs } from './lambda.ts';
import type { Scheduler } from './scheduler.ts';

/** As `lib/constructs/work-queue.ts` sets them. */
const VISIBILITY_PER_TIMEOUT = 6;
const MAX_RECEIVES_BEFORE_REDRIVE = MAX_RECEIVES + 2;
/** How long a poll waits for company. */
const POLL_MS = 20;

export type Outgoing = { body: unknown; attributes?: Record<string, string> | undefined };
export type QueuedMessage = {
  id: string;
  body: string;
  attributes: Record<string, string>;
  receives: number;
  visibleAt: number;
};

export type Queue = {
  readonly name: QueueName;
  put: (message: Outgoing) => void;
  readonly messages: ReadonlyMap<string, QueuedMessage>;
  readonly deadLetters: QueuedMessage[];
  putDead: (message: Outgoing) => void;
  /** Every dead letter is put on the queue again, as an operator does; its copies stay gone. */
  redrive: () => number;
  /** How often a message was handed to a handler, in all. */
  readonly deliveries: number;
  /** Bodies that a handler has acknowledged. */
  readonly handled: string[];
};

type World = { scheduler: Scheduler; faults: Faults; history: History; lambda: Lambda };
type Consumer = { functionName: string; handler: LambdaHandler<SQSEvent, SQSBatchResponse> };

/** An SQS standard queue and its event source: at least once, in no order, in batches, each message with its receives. */
export function createQueue(world: World, name: QueueName, consumer: Consumer): Queue {
  const { scheduler, faults, history, lambda } = world;
  const { random } = faults;
  const messages = new Map<string, QueuedMessage>();
  const deadLetters: QueuedMessage[] = [];
  const handled: string[] = [];
  const visibilityMs = timeoutMs(consumer.functionName) * VISIBILITY_PER_TIMEOUT;
  const batchSize = functions.find((spec) => spec.name === consumer.functionName)?.queue?.batchSize ?? 1;
  let made = 0;
  let deliveries = 0;
  let pollPlanned = false;

  function put({ body, attributes = {} }: Outgoing): void {
    made += 1;
    const id = `${name}-${made}`;
    const text = typeof body === 'string' ? body : JSON.stringify(body);
    messages.set(id, { id, body: text, attributes, receives: 0, visibleAt: scheduler.now() });
    planPoll(POLL_MS * random.next());
  }

  function planPoll(ms: number): void {
    if (pollPlanned) return;
    pollPlanned = true;
    scheduler.after(ms, () => {
      pollPlanned = false;
      poll();
    });
  }

  function poll(): void {
    const now = scheduler.now();
    const visible = [...messages.values()].filter(({ visibleAt }) => visibleAt <= now);
    if (visible.length === 0) return;
    const batch = random.shuffle(visible).slice(0, random.int(1, batchSize));
    if (visible.length > batch.length) planPoll(POLL_MS * random.next());
    const received = batch.filter((message) => receive(message, now));
    if (received.length > 0) deliver(received);
  }

  /** False when it has been received so often that the queue itself lets go of it. */
  function receive(message: QueuedMessage, now: number): boolean {
    message.receives += 1;
    // Now and then two pollers get the same message.
    const twice = faults.strikes('queue twice');
    message.visibleAt = now + (twice ? random.exponential(1_000) : visibilityMs);
    scheduler.at(message.visibleAt + 1, poll);
    if (message.receives <= MAX_RECEIVES_BEFORE_REDRIVE) return true;
    messages.delete(message.id);
    deadLetters.push(message);
    history.record(name, 'redriven', 'dead', message.id);
    return false;
  }

  function deliver(batch: QueuedMessage[]): void {
    deliveries += batch.length;
    const event = { Records: batch.map(recordOf) } as SQSEvent;
    lambda.invoke(consumer.functionName, consumer.handler, event).then(
      ({ batchItemFailures }) => {
        const failed = new Set(batchItemFailures.map(({ itemIdentifier }) => itemIdentifier));
        for (const { id, body } of batch) {
          if (!failed.has(id)) handled.push(body);
          // A delete that never arrives: the message comes again when its time is up.
          if (!failed.has(id) && !faults.strikes('delete lost')) messages.delete(id);
        }
      },
      // The environment is gone, and its messages come again.
      () => undefined,
    );
  }

  return {
    name,
    messages,
    deadLetters,
    handled,
    put,
    putDead({ body, attributes = {} }) {
      made += 1;
      const text = typeof body === 'string' ? body : JSON.stringify(body);
      deadLetters.push({ id: `${name}-dead-${made}`, body: text, attributes, receives: 0, visibleAt: 0 });
    },
    redrive() {
      const letters = deadLetters.splice(0);
      for (const { body } of letters) put({ body });
      return letters.length;
    },
    get deliveries() {
      return deliveries;
    },
  };
}

function recordOf({ id, body, receives }: QueuedMessage): Partial<SQSRecord> {
  return {
    messageId: id,
    body,
    attributes: { ApproximateReceiveCount: String(receives) } as SQSRecord['attributes'],
    messageAttributes: {},
  };
}
