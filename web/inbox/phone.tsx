import { useEffect, useRef } from 'react';
import type { InboxItem } from '../shared/api.ts';
import { shortTime } from '../shared/format.ts';
import { useLang } from '../shared/lang.tsx';

/** All texts to one number, oldest first, as bubbles on a phone. */
export function Phone({ to, openId, thread }: { to: string; openId: string; thread: readonly InboxItem[] }) {
  const { lang } = useLang();
  const openRef = useRef<HTMLLIElement>(null);
  // biome-ignore lint/correctness/useExhaustiveDependencies: another message of the same thread was chosen
  useEffect(() => {
    // In braces: newer browsers answer with a promise here, which React would take for a clean-up.
    openRef.current?.scrollIntoView({ block: 'nearest' });
  }, [openId]);
  return (
    <article className="phone" aria-label={to}>
      <header>
        <b>{thread[0]?.from}</b>
        <span>→ {to}</span>
      </header>
      <ol>
        {[...thread].reverse().map(({ id, at, text }) => (
          <li key={id} ref={id === openId ? openRef : undefined} className={id === openId ? 'open' : ''}>
            <time dateTime={at}>{shortTime(at, lang)}</time>
            <p>{linked(text)}</p>
          </li>
        ))}
      </ol>
    </article>
  );
}

/** Links become links, as every phone does it. */
function linked(text: string) {
  return text.split(/(https?:\/\/[^\s，。、）)]+)/).map((part, index) =>
    index % 2 === 1 ? (
      // biome-ignore lint/suspicious/noArrayIndexKey: the parts of one text never change places
      <a key={`${index}-${part}`} href={part} target="_blank" rel="noreferrer">
        {part}
      </a>
    ) : (
      part
    ),
  );
}
