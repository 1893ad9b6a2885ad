import type { Rotation } from '#core/screens/schedule.ts';
import type { Ask } from './server.ts';
import type { ClockReading, ServerClock } from './server-clock.ts';
import type { Storage } from './storage.ts';
import { time } from './time.ts';

/** One play by this player's clock: open until it has an end. */
type Row = {
  screenId: string;
  logId: string;
  sequence: number;
  creativeId: string;
  brand?: string | undefined;
  startedAt: number;
  plannedEndsAt: number;
  /** The last moment at which it is known to have been on. */
  shownUntil: number;
  endedAt?: number;
  /** The clock as it was known then; absent as long as this run has not measured it. */
  clock?: ClockReading;
};
type Log = { screenId: string; logId: string; next: number };
export type Showing = { screenId: string; creativeId: string; brand?: string | undefined; seconds: number };

export type PlayLog = {
  /** What is on now, if anything. */
  current: () => Row | undefined;
  /** Ends what is on and begins `next`, in one write: before one sees it. */
  cut: (next: Showing | undefined, rotation: Rotation | undefined) => Promise<void>;
  /** Called each second: what is on, is on. False when it has not been called for so long that nobody knows. */
  beat: () => Promise<boolean>;
  /** Tells the server all it does not know of that screen. False when there was no way to. */
  deliver: (screenId: string) => Promise<boolean>;
  backlog: () => Promise<number>;
};

const [LOG, ROTATION] = ['log', 'rotation'] as const;
/** A server takes 500; this is 60 kB. */
const BATCH = 250;
/** A screen whose timers stand still that long was asleep, and showed nothing. */
const ASLEEP_MS = 10_000;
/** Longer than an hour no play may be, by a cut that comes late either. */
const LONGEST_MS = 3_595_000;
/** The server takes plays for a week, which is 75,600 of eight seconds. By number: a clock that was set tells no age. */
const MOST_ROWS = 100_000;
/** From the word in the log to light on the wall: a write to the disk, a frame, a panel. */
const LIGHT_MS = 50;
/** More than an hour says as little as an hour; the server takes no more. */
const MAX_UNCERTAINTY_MS = 3_600_000;

/**
 * The log of plays of this computer. It says what was shown, and nothing that was not: a play that was interrupted ends
 * with its last heartbeat, when the player is back. Numbers have no holes; if the log is lost, another one begins.
 */
export async function openPlayLog(storage: Storage, clock: ServerClock, ask: Ask): Promise<PlayLog> {
  await closeInterrupted(storage, clock);
  let log = await storage.get<Log>(LOG);
  let current: Row | undefined;
  /** The open play of which the server knows. */
  let told: Row | undefined;
  let delivering: Promise<boolean> | undefined;

  async function cut(next: Showing | undefined, rotation: Rotation | undefined): Promise<void> {
    if (!next && !current) return;
    if (next && log?.screenId !== next.screenId) {
      log = { screenId: next.screenId, logId: crypto.randomUUID(), next: 0 };
    }
    const now = time.now();
    const ended = current && { ...current, endedAt: Math.max(now, current.startedAt + 1) };
    const begun = next && log && rowOf(log, next, { now, measured: clock.measuredAt(now) });
    if (begun && log) log = { ...log, next: log.next + 1 };
    // At once: a heartbeat that comes while this is written is the new play's.
    current = begun;
    await storage.write((kept, plays) => {
      if (ended) plays.put(ended);
      if (begun && log) {
        plays.put(begun);
        kept.put(log, LOG);
      }
      if (rotation) kept.put(rotation, ROTATION);
    }, 'strict');
  }

  async function beat(): Promise<boolean> {
    if (!current) return true;
    const row = current;
    const now = time.now();
    if (now - row.shownUntil > ASLEEP_MS) {
      current = undefined;
      await storage.write((_, plays) => plays.put({ ...row, endedAt: Math.max(row.shownUntil, row.startedAt + 1) }));
      return false;
    }
    current = { ...row, shownUntil: now };
    const beaten = current;
    await storage.write((_, plays) => plays.put(beaten));
    return true;
  }

  async function deliverAll(screenId: string): Promise<boolean> {
    for (;;) {
      const range = IDBKeyRange.bound([screenId], [screenId, []]);
      const kept = await storage.plays<Row>(range, BATCH);
      const logId = kept[0]?.logId;
      const isTold = (row: Row) => row.sequence === told?.sequence && row.logId === told.logId;
      const isNews = (row: Row) => row.endedAt !== undefined || !isTold(row);
      const rows = kept.filter((row) => row.logId === logId && isNews(row));
      if (logId === undefined || rows.length === 0) return true;
      const plays = rows.map((row) => playOf(row, row.clock ?? clock.measuredAt(row.startedAt)));
      // Without a clock they would be taken for right by the computer's own: a moment later they have one.
      if (plays.some((play) => play.clock === undefined)) return false;
      const response = await ask('POST', 'plays', { body: { screenId, logId, plays } });
      if (!response.ok || !(await isTaken(response))) return false;
      // Refused ones too: what is no play today is none tomorrow.
      const finals = rows.filter(({ endedAt }) => endedAt !== undefined);
      told = rows.find(({ endedAt }) => endedAt === undefined) ?? told;
      await storage.write((_, store) => {
        for (const row of finals) store.delete([row.screenId, row.logId, row.sequence]);
      });
    }
  }

  return {
    current: () => current,
    cut,
    beat,
    deliver: (screenId) => {
      delivering ??= deliverAll(screenId)
        .catch(() => false)
        .finally(() => {
          delivering = undefined;
        });
      return delivering;
    },
    backlog: async () => (await storage.countPlays()) - (current ? 1 : 0),
  };
}

/** The rotation as the last cut left it: a restart gives nobody more than their share. */
export const keptRotation = (storage: Storage) => storage.get<Rotation>(ROTATION);

function rowOf(log: Log, next: Showing, { now, measured }: { now: number; measured: ClockReading | undefined }): Row {
  const { screenId, creativeId, brand, seconds } = next;
  return {
    screenId,
    logId: log.logId,
    sequence: log.next,
    creativeId,
    brand,
    startedAt: now,
    plannedEndsAt: now + Math.min(seconds * 1000, LONGEST_MS),
    shownUntil: now,
    ...(measured && { clock: measured }),
  };
}

/** What the last run left open or without a clock, and what nobody takes any more. */
async function closeInterrupted(storage: Storage, clock: ServerClock): Promise<void> {
  const rows = (await storage.plays<Row>()).sort((left, right) => left.startedAt - right.startedAt);
  await storage.write((_, plays) => {
    for (const [index, row] of rows.entries()) {
      if (index < rows.length - MOST_ROWS) plays.delete([row.screenId, row.logId, row.sequence]);
      else if (row.endedAt === undefined || !row.clock) plays.put(closed(row, clock.lastRun));
    }
  }, 'strict');
}

function closed(row: Row, reading: ClockReading | undefined): Row {
  const endedAt = row.endedAt ?? Math.max(row.shownUntil, row.startedAt + 1);
  const known = row.clock ?? reading;
  return { ...row, endedAt, ...(known && { clock: known }) };
}

function playOf(row: Row, reading: ClockReading | undefined) {
  const { sequence, creativeId, brand, startedAt, endedAt, plannedEndsAt } = row;
  return {
    sequence,
    creativeId,
    ...(brand !== undefined && { brand }),
    startedAt: iso(startedAt),
    ...(endedAt === undefined ? { plannedEndsAt: iso(plannedEndsAt) } : { endedAt: iso(endedAt) }),
    clock: reading && {
      offsetMs: reading.offsetMs,
      uncertaintyMs: Math.min(reading.uncertaintyMs + LIGHT_MS, MAX_UNCERTAINTY_MS),
    },
  };
}

/** That the server has them: a portal may answer 200 to anything. */
async function isTaken(response: Response): Promise<boolean> {
  const answer = (await response.json()) as { accepted?: unknown; repeated?: unknown };
  return typeof answer.accepted === 'number' && typeof answer.repeated === 'number';
}

const iso = (ms: number): string => new Date(ms).toISOString();
