import { useRef, useState } from 'react';
import type { InboxItem } from '../shared/api.ts';
import { shortTime } from '../shared/format.ts';
import { useLang } from '../shared/lang.tsx';

/** An email as a mail program shows it: its head in our words, its body in a frame of its own that runs no script. */
export function Email({ item }: { item: InboxItem }) {
  const { t, lang } = useLang();
  const headers = item.headers ?? {};
  const unsubscribe = headerOf(headers, 'list-unsubscribe');
  const link = /<(https?:[^>]+)>/.exec(unsubscribe ?? '')?.[1];
  return (
    <article className="email">
      <h2>{item.subject}</h2>
      <dl className="email-head">
        <div>
          <dt>{t('inbox.from')}</dt>
          <dd>{item.from}</dd>
        </div>
        <div>
          <dt>{t('inbox.to')}</dt>
          <dd>
            {item.to} <time dateTime={item.at}>{shortTime(item.at, lang)}</time>
          </dd>
        </div>
        {unsubscribe && (
          <div>
            <dt>{t('inbox.unsubscribeHeader')}</dt>
            <dd>
              {link ? (
                <a href={link} target="_blank" rel="noreferrer">
                  {t('inbox.unsubscribe')}
                </a>
              ) : (
                unsubscribe
              )}
              {headerOf(headers, 'list-unsubscribe-post') && <span className="badge good">One-Click</span>}
            </dd>
          </div>
        )}
      </dl>
      {item.html ? (
        <HtmlBody html={item.html} title={item.subject ?? ''} />
      ) : (
        <pre className="email-text">{item.text}</pre>
      )}
      {Object.keys(headers).length > 0 && (
        <details className="email-headers">
          <summary>{t('inbox.headers')}</summary>
          <dl>
            {Object.entries(headers).map(([name, value]) => (
              <div key={name}>
                <dt>{name}</dt>
                <dd>{value}</dd>
              </div>
            ))}
          </dl>
        </details>
      )}
    </article>
  );
}

/**
 * The body in a sandbox without `allow-scripts`: nothing in it can run. `allow-same-origin` lets this page measure it
 * and lend it the CJK font; links open outside.
 */
function HtmlBody({ html, title }: { html: string; title: string }) {
  const frameRef = useRef<HTMLIFrameElement>(null);
  const [heightPx, setHeightPx] = useState(320);
  const settle = () => {
    const body = frameRef.current?.contentDocument?.body;
    if (!body) return;
    lendFont(body);
    setHeightPx(Math.min(2400, Math.max(120, body.scrollHeight + 24)));
  };
  return (
    <iframe
      ref={frameRef}
      className="email-body"
      title={title}
      sandbox="allow-same-origin allow-popups allow-popups-to-escape-sandbox"
      srcDoc={`<base target="_blank"><link rel="stylesheet" href="${location.origin}/assets/fonts.css">${html}`}
      style={{ height: heightPx }}
      onLoad={settle}
    />
  );
}

/** A mail program falls back to a font of the system where a character is missing; a machine without one gets ours. */
function lendFont(body: HTMLElement): void {
  for (const element of [body, ...body.querySelectorAll<HTMLElement>('*')]) {
    const own = getComputedStyle(element).fontFamily;
    element.style.fontFamily = element.matches(':lang(zh)') ? `'Noto Sans SC', ${own}` : `${own}, 'Noto Sans SC'`;
  }
}

function headerOf(headers: Record<string, string>, name: string): string | undefined {
  return Object.entries(headers).find(([key]) => key.toLowerCase() === name)?.[1];
}
