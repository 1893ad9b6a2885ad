import type { FeedEvents } from '../shared/api.ts';

export type Connection = 'connecting' | 'open' | 'lost';
export type FeedListeners = { [Name in keyof FeedEvents]: (data: FeedEvents[Name]) => void } & {
  connection: (state: Connection) => void;
};

const EVENTS = ['walkers', 'signal', 'message', 'redemption', 'counters'] as const;
/** An event source that was refused (502 while the host restarts) does not try again by itself. */
const REOPEN_MS = 2000;

/** Listens to `/local/feed` until the returned function is called; reopens by itself. */
export function openFeed(listeners: FeedListeners): () => void {
  let source: EventSource | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const open = () => {
    source = new EventSource('/local/feed');
    source.addEventListener('open', () => listeners.connection('open'));
    source.addEventListener('error', () => {
      listeners.connection('lost');
      if (source?.readyState === EventSource.CLOSED) timer = setTimeout(open, REOPEN_MS);
    });
    for (const name of EVENTS) {
      source.addEventListener(name, (event: MessageEvent<string>) => {
        (listeners[name] as (data: unknown) => void)(JSON.parse(event.data));
      });
    }
  };
  open();
  return () => {
    clearTimeout(timer);
    source?.close();
  };
}
