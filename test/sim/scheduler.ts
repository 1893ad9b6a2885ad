import type { Random } from '#local/random.ts';
import { enterSimulation, leaveSimulation } from './guard.ts';

/** Node drains all microtasks between two immediates, so a batch of them costs one turn of the event loop, not one each. */
const BATCH = 128;
/** Far more than any scenario needs: a run that gets here goes round in circles. */
const MAX_EVENTS = 3_000_000;

type Event = { time: number; tie: number; run: () => void };

export type Scheduler = {
  /** Virtual time: epoch milliseconds, whole. */
  now: () => number;
  at: (time: number, run: () => void) => void;
  after: (ms: number, run: () => void) => void;
  sleep: (ms: number) => Promise<void>;
  /** Lets everything happen, in order of virtual time, until nothing is left. Throws what an event throws. */
  drain: () => Promise<void>;
  readonly events: number;
};

/** One virtual clock and everything that is going to happen on it. Events of one instant come in a seeded order. */
export function createScheduler(start: number, random: Random): Scheduler {
  const heap: Event[] = [];
  let clock = start;
  let events = 0;

  function runNext(): void {
    const event = pop(heap);
    if (!event) return;
    clock = Math.max(clock, event.time);
    events += 1;
    event.run();
  }

  function drain(): Promise<void> {
    return new Promise((resolve, reject) => {
      let failure: { error: unknown } | undefined;
      const one = (): void => {
        if (failure || heap.length === 0) return;
        try {
          runNext();
        } catch (error) {
          failure = { error };
        }
      };
      const last = (): void => {
        leaveSimulation();
        if (failure) reject(failure.error);
        else if (events > MAX_EVENTS) reject(new Error(`no end after ${MAX_EVENTS} events`));
        else if (heap.length === 0) resolve();
        else batch();
      };
      const batch = (): void => {
        setImmediate(enterSimulation);
        for (let index = 0; index < BATCH; index += 1) setImmediate(one);
        // An event's microtasks run before this one, so an empty heap here means that nothing is on its way.
        setImmediate(last);
      };
      batch();
    });
  }

  const at = (time: number, run: () => void): void =>
    push(heap, { time: Math.max(time, clock), tie: random.next(), run });
  return {
    now: () => Math.floor(clock),
    at,
    after: (ms, run) => at(clock + ms, run),
    sleep: (ms) => new Promise((resolve) => at(clock + ms, resolve)),
    drain,
    get events() {
      return events;
    },
  };
}

const isBefore = (left: Event, right: Event): boolean =>
  left.time < right.time || (left.time === right.time && left.tie < right.tie);

function push(heap: Event[], event: Event): void {
  let index = heap.push(event) - 1;
  while (index > 0) {
    const parent = (index - 1) >> 1;
    const above = heap[parent] as Event;
    if (!isBefore(event, above)) break;
    heap[index] = above;
    index = parent;
  }
  heap[index] = event;
}

function pop(heap: Event[]): Event | undefined {
  const first = heap[0];
  const moved = heap.pop();
  if (!first || !moved || heap.length === 0) return first;
  let index = 0;
  for (;;) {
    const left = 2 * index + 1;
    if (left >= heap.length) break;
    const right = left + 1;
    const child = right < heap.length && isBefore(heap[right] as Event, heap[left] as Event) ? right : left;
    if (!isBefore(heap[child] as Event, moved)) break;
    heap[index] = heap[child] as Event;
    index = child;
  }
  heap[index] = moved;
  return first;
}
