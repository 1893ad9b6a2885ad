import { useEffect, useState } from 'react';
import { api, type InboxItem } from '../shared/api.ts';

const POLL_MS = 2000;

/** The captured messages, newest first, asked for every two seconds while the page is in view. */
export function useInbox(): { items: InboxItem[] | undefined; hasFailed: boolean } {
  const [items, setItems] = useState<InboxItem[]>();
  const [hasFailed, setHasFailed] = useState(false);
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    let isGone = false;
    const poll = async () => {
      try {
        if (!document.hidden) {
          const { items: latest } = await api.inbox();
          // The same list again must not draw again: a reader may be selecting text.
          setItems((known) =>
            known && known.length === latest.length && known[0]?.id === latest[0]?.id ? known : latest,
          );
          setHasFailed(false);
        }
      } catch {
        setHasFailed(true);
      }
      if (!isGone) timer = setTimeout(poll, POLL_MS);
    };
    void poll();
    return () => {
      isGone = true;
      clearTimeout(timer);
    };
  }, []);
  return { items, hasFailed };
}
