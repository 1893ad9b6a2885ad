import { useMemo, useState } from 'react';
import type { InboxItem } from '../shared/api.ts';
import { shortTime } from '../shared/format.ts';
import { Brand, LangSwitch, useLang } from '../shared/lang.tsx';
import { Email } from './email.tsx';
import { Phone } from './phone.tsx';
import { useInbox } from './use-inbox.ts';

const FILTERS = ['all', 'email', 'sms'] as const;
/** One recipient may get hundreds of messages in a long demo; the list stays quick. */
const MAX_LISTED = 300;

/** What people receive, as their mail program or phone would show it. */
export function App() {
  const { t, lang } = useLang();
  const { items, hasFailed } = useInbox();
  const [filter, setFilter] = useState<(typeof FILTERS)[number]>('all');
  const [search, setSearch] = useState('');
  const [openId, setOpenId] = useState<string>();
  const shown = useMemo(() => {
    const wanted = search.trim().toLowerCase();
    return (items ?? [])
      .filter(
        (item) => (filter === 'all' || item.channel === filter) && (wanted === '' || haystack(item).includes(wanted)),
      )
      .slice(0, MAX_LISTED);
  }, [items, filter, search]);
  const open = items?.find(({ id }) => id === openId);

  return (
    <div className={`inbox ${open ? 'reading' : ''}`}>
      <header className="inbox-header">
        <h1>
          <Brand />
          <span className="visually-hidden"> · {t('page.inbox')}</span>
        </h1>
        <span className="inbox-title">{t('inbox.title')}</span>
        <nav>
          <a href="/live">{t('page.live')}</a>
        </nav>
        <LangSwitch />
      </header>
      <section className="inbox-list" aria-label={t('page.inbox')}>
        <div className="inbox-tools">
          <div className="chips" role="group" aria-label={t('filter.label')}>
            {FILTERS.map((one) => (
              <button
                key={one}
                type="button"
                className="chip"
                aria-pressed={filter === one}
                onClick={() => setFilter(one)}
              >
                {t(one === 'all' ? 'filter.all' : `channel.${one}`)}
              </button>
            ))}
            <span className="inbox-count">{t('inbox.count', { n: shown.length })}</span>
          </div>
          <input
            className="search"
            type="search"
            value={search}
            placeholder={t('inbox.search')}
            aria-label={t('inbox.search')}
            onChange={({ target }) => setSearch(target.value)}
          />
        </div>
        {hasFailed && (
          <p className="inbox-quiet" role="status">
            {t('feed.lost')}
          </p>
        )}
        {items && shown.length === 0 && (
          <p className="inbox-quiet">{t(items.length === 0 ? 'inbox.empty' : 'inbox.noMatch')}</p>
        )}
        <ul>
          {shown.map((item) => (
            <li key={item.id}>
              <button
                type="button"
                className="inbox-item"
                aria-current={item.id === openId}
                onClick={() => setOpenId(item.id)}
              >
                <span className={`inbox-icon of-${item.channel}`} aria-hidden="true">
                  {item.channel === 'email' ? '✉' : '…'}
                </span>
                <span className="inbox-who">{item.to}</span>
                <time dateTime={item.at}>{shortTime(item.at, lang)}</time>
                <span className="inbox-line">
                  {item.subject && <b>{item.subject} </b>}
                  {item.channel === 'sms' && <span className="visually-hidden">{t('channel.sms')} </span>}
                  {preview(item)}
                </span>
              </button>
            </li>
          ))}
        </ul>
      </section>
      <main className="inbox-reader">
        {open && (
          <button type="button" className="chip inbox-back" onClick={() => setOpenId(undefined)}>
            <span aria-hidden="true">←&nbsp;</span>
            {t('inbox.back')}
          </button>
        )}
        {!open && <p className="inbox-quiet">{t('inbox.pick')}</p>}
        {open?.channel === 'email' && <Email key={open.id} item={open} />}
        {open?.channel === 'sms' && (
          <Phone
            to={open.to}
            openId={open.id}
            thread={(items ?? []).filter(({ channel, to }) => channel === 'sms' && to === open.to)}
          />
        )}
      </main>
    </div>
  );
}

const haystack = ({ to, from, subject = '', text }: InboxItem): string =>
  `${to} ${from} ${subject} ${text}`.toLowerCase();

/** The first words of the body. */
const preview = ({ text }: InboxItem): string => text.replace(/\s+/g, ' ').slice(0, 140);
