import type { TrueVisit } from './walk.ts';

/** An enter or an exit that somebody was told of; `at` in seconds since the walk began. */
export type Event = {
  placeId: string;
  kind: 'enter' | 'exit';
  at: number;
  /** How sure its teller was. */
  confidence?: number | undefined;
};
/** Whether it was true. */
type JudgedEvent = Event & { isTrue: boolean };
export type Score = {
  /** Long enough to be found: `longSeconds` or more. */
  trueVisits: number;
  detected: number;
  /** Seconds from the true enter to the event, of each that was found. */
  delays: number[];
  falseEvents: number;
  events: JudgedEvent[];
};

/** An event up to this much before the truth is of that visit: the phone was some metres off at the door. */
const EARLY_SECONDS = 60;

/**
 * An enter is true when it falls into a true visit (from `EARLY_SECONDS` before it to its end) that has no earlier one; an
 * exit is true when it comes after a true visit's end (likewise) and before the same place's next, once. Every other event
 * is false: an enter where nobody came in, a second one of the same stay, an exit of somebody who was still there.
 */
export function score(truth: readonly TrueVisit[], events: readonly Event[], longSeconds: number): Score {
  const total: Score = { trueVisits: 0, detected: 0, delays: [], falseEvents: 0, events: [] };
  const judge = (isTrue: boolean, judged: readonly Event[]): void => {
    for (const event of judged) total.events.push({ ...event, isTrue });
  };
  for (const placeId of new Set([...truth, ...events].map((one) => one.placeId))) {
    const visits = truth.filter((visit) => visit.placeId === placeId);
    const of = (kind: Event['kind']) => events.filter((event) => event.placeId === placeId && event.kind === kind);
    const enters = of('enter');
    const exits = of('exit');
    visits.forEach((visit, n) => {
      const enter = take(enters, visit.from - EARLY_SECONDS, visit.to + EARLY_SECONDS);
      const exit = take(exits, visit.to - EARLY_SECONDS, (visits[n + 1]?.from ?? Infinity) - EARLY_SECONDS);
      judge(
        true,
        [enter, exit].filter((event) => event !== undefined),
      );
      if (visit.to - visit.from < longSeconds) return;
      total.trueVisits += 1;
      if (enter === undefined) return;
      total.detected += 1;
      total.delays.push(Math.max(0, enter.at - visit.from));
    });
    judge(false, [...enters, ...exits]);
    total.falseEvents += enters.length + exits.length;
  }
  return total;
}

/** Takes the first event of a span of time out of a list. */
function take(events: Event[], from: number, to: number): Event | undefined {
  const n = events.findIndex(({ at }) => at >= from && at <= to);
  return n < 0 ? undefined : events.splice(n, 1)[0];
}

export function sum(scores: readonly Score[]): Score {
  const add = (of: (score: Score) => number): number => scores.reduce((total, one) => total + of(one), 0);
  return {
    trueVisits: add((one) => one.trueVisits),
    detected: add((one) => one.detected),
    delays: scores.flatMap(({ delays }) => delays),
    falseEvents: add((one) => one.falseEvents),
    events: scores.flatMap(({ events }) => events),
  };
}

const BANDS = [0.95, 0.97, 0.98, 0.99, 0.999, 1.0001];

/** Of the events that were told with a confidence: how many of each band were true. */
export function reliability(events: readonly JudgedEvent[]): Record<string, unknown>[] {
  return BANDS.slice(0, -1).flatMap((from, n) => {
    const band = events.filter(({ confidence = 0 }) => confidence >= from && confidence < (BANDS[n + 1] as number));
    if (band.length === 0) return [];
    const share = band.filter(({ isTrue }) => isTrue).length / band.length;
    return [{ confidenceFrom: from, events: band.length, trueShare: Number(share.toFixed(3)) }];
  });
}
