import type { Outcome } from '#core/model/decision.ts';
import type { Decision, FeedEvents } from '../shared/api.ts';
import type { Connection } from './feed.ts';

/** One line of the stream. A signal carries the decisions of every live campaign; `directory.ts` knows which concern its place. */
export type Entry = { key: string; at: string; personId?: string; placeId?: string } & (
  | { type: 'signal'; kind: string; reason?: string; decisions: Decision[] }
  | { type: 'message'; channel: string; state: string; reason?: string }
  | { type: 'redemption'; campaignId: string }
);

export type LiveState = {
  connection: Connection;
  counters: FeedEvents['counters'];
  /** Newest first, at most `MAX_ENTRIES`. */
  entries: Entry[];
  /** How many walk; undefined until the feed has said so. */
  walking: number | undefined;
  isPaused: boolean;
  /** What has come in while paused. */
  waiting: number;
};

/** Enough to scroll back through a few minutes; more rows would make every render slower for nothing. */
export const MAX_ENTRIES = 250;
/** Ten signals a second become at most four renders a second. */
const FLUSH_MS = 250;

const NONE: FeedEvents['counters'] = {
  positions: 0,
  signals: 0,
  offered: 0,
  heldOut: 0,
  skipped: 0,
  sent: 0,
  redeemed: 0,
};

export type LiveStore = ReturnType<typeof createLiveStore>;

/** Collects the feed and tells React about it in batches. */
export function createLiveStore() {
  let state: LiveState = {
    connection: 'connecting',
    counters: NONE,
    entries: [],
    walking: undefined,
    isPaused: false,
    waiting: 0,
  };
  let incoming: Entry[] = [];
  let _timer: ReturnType<typeof setTimeout> | undefined;
  const listeners = new Set<() => void>();
  const set = (change: Partial<LiveState>) => {
    state = { ...state, ...change };
    for (const listener of listeners) listener();
  };
  const flush = () => {
    _timer = undefined;
    if (state.isPaused) {
      set({ waiting: incoming.length });
    } else {
      set({ entries: merge(incoming, state.entries), waiting: 0 });
      incoming = [];
    }
  };
  const add = (entry: Entry) => {
    incoming = merge([entry], incoming);
    _timer ??= setTimeout(flush, FLUSH_MS);
  };
  return {
    subscribe: (listener: () => void) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    get: () => state,
    connection: (connection: Connection) => set({ connection }),
    counters: (counters: FeedEvents['counters']) => set({ counters }),
    walking: (walking: number) => {
      if (walking !== state.walking) set({ walking });
    },
    pause: (isPaused: boolean) => {
      set({ isPaused });
      flush();
    },
    signal: (signal: FeedEvents['signal']) => add(signalEntry(signal)),
    message: ({ messageId, ...message }: FeedEvents['message']) =>
      add({ type: 'message', key: `m/${messageId}`, ...message }),
    redemption: ({ couponId, redeemedAt, ...redemption }: FeedEvents['redemption']) =>
      add({ type: 'redemption', key: `r/${couponId}`, at: redeemedAt, ...redemption }),
  };
}

/** A message that changed its state, or a signal that the feed repeats after a reconnect, replaces its older line. */
function merge(newer: Entry[], older: Entry[]): Entry[] {
  const keys = new Set(newer.map(({ key }) => key));
  return [...newer, ...older.filter(({ key }) => !keys.has(key))].slice(0, MAX_ENTRIES);
}

function signalEntry({ signalId, decisions = [], outcome: _, ...signal }: FeedEvents['signal']): Entry {
  return { type: 'signal', key: `s/${signalId}`, ...signal, decisions };
}

const RANK: readonly Outcome[] = ['offered', 'held-out', 'skipped'];

export function bestOutcome(decisions: readonly Decision[]): Outcome | undefined {
  return RANK.find((outcome) => decisions.some((decision) => decision.outcome === outcome));
}
