import { type ClockSample, clockAt, SAMPLES_KEPT } from '#core/screens/clock.ts';
import type { Storage } from './storage.ts';
import { time } from './time.ts';

export type ClockReading = { offsetMs: number; uncertaintyMs: number };
/** What the last run of the player knew: the reading, and both clocks at that moment. */
type Carried = { reading: ClockReading; now: number; wall: number };

export type ServerClock = {
  /** What this run has measured, as it holds at a moment of `time.now`. */
  measuredAt: (now: number) => ClockReading | undefined;
  /** The same, or else what the last run knew, if the computer's clock has been left alone since. */
  readingAt: (now: number) => ClockReading | undefined;
  /** What the last run knew, for its own plays. */
  lastRun: ClockReading | undefined;
  serverNow: () => number;
  measure: () => Promise<void>;
  /** Notes what is known for the next run. True when somebody has set the computer's clock: measure, then. */
  beat: () => Promise<boolean>;
};

const KEPT = 'clock';
const DRIFT = 50e-6;
/** A computer that has been restarted has read its clock from a chip that counts seconds. */
const RESTART_MS = 1000;
/** A clock that is set moves by more than timers do. */
const JUMP_MS = 500;

/** How far the server's clock is from ours: measured as NTP does, over `GET /v1/clock`. */
export async function openServerClock(storage: Storage): Promise<ServerClock> {
  let samples: ClockSample[] = [];
  // Either the clock was set, which does not touch ours, or the computer slept, and ours with it: nobody knows which.
  let doubtMs = 0;
  let ahead = time.wall() - time.now();
  const last = await storage.get<Carried>(KEPT);
  const carriedAt = (now: number): ClockReading | undefined => {
    if (!last) return undefined;
    const { reading } = last;
    return {
      offsetMs: reading.offsetMs + last.now - last.wall,
      uncertaintyMs: reading.uncertaintyMs + RESTART_MS + Math.max(0, now - last.wall) * DRIFT,
    };
  };
  const measuredAt = (now: number): ClockReading | undefined => {
    const reading = clockAt(samples, now);
    return reading && { ...reading, uncertaintyMs: reading.uncertaintyMs + doubtMs };
  };
  const readingAt = (now: number) => measuredAt(now) ?? carriedAt(now);
  return {
    measuredAt,
    readingAt,
    lastRun: last?.reading,
    serverNow: () => time.now() + (readingAt(time.now())?.offsetMs ?? 0),
    measure: async () => {
      const t0 = time.now();
      const response = await fetch('/v1/clock', { cache: 'no-store', signal: AbortSignal.timeout(8000) });
      const { t1, t2 } = (await response.json()) as { t1: number; t2: number };
      if (!Number.isFinite(t1 - t2)) throw new Error('the clock did not tell the time');
      const sample = { t0, t1, t2, t3: time.now() };
      samples = doubtMs > 0 ? [sample] : [...samples, sample].slice(-SAMPLES_KEPT);
      doubtMs = 0;
    },
    beat: async () => {
      const [now, wall] = [time.now(), time.wall()];
      const jump = Math.abs(wall - now - ahead);
      ahead = wall - now;
      if (jump > JUMP_MS) doubtMs += jump;
      const reading = readingAt(now);
      if (reading) await storage.put(KEPT, { reading, now, wall } satisfies Carried);
      return jump > JUMP_MS;
    },
  };
}
