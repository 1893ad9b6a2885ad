import { type ReactNode, useEffect, useState } from 'react';
import { api, type Coupon, type Decision, type MessageView, type PersonView, type SignalView } from '../shared/api.ts';
import { duration, offerSummary, shortTime } from '../shared/format.ts';
import { useLang } from '../shared/lang.tsx';
import type { Names } from './directory.ts';
import { DecisionCard } from './gates.tsx';
import { Consents, Facts } from './person-facts.tsx';
import { visitsOf } from './visits.ts';
import { channelName, messageState, placeName } from './words.ts';

type Data = {
  person: PersonView;
  signals: SignalView[];
  decisions: Decision[];
  coupons: Coupon[];
  messages: MessageView[];
};
type Props = {
  personId: string;
  names: Names /** Changes when the feed has news of this person. */;
  revision: string;
  onBack: () => void;
  onShow: () => void;
};

/** News come in bursts (signal, then message): one look-up answers them all. */
const SETTLE_MS = 600;
const MAX_SHOWN = 12;

/** Everything that Beckon knows and decided about one person, for the marketer who asks why. */
export function PersonPanel({ personId, names, revision, onBack, onShow }: Props) {
  const { t, lang } = useLang();
  const { data, hasFailed, retry } = usePerson(personId, revision);
  const say = { t, lang, names };
  useEffect(() => {
    const leave = ({ key }: KeyboardEvent) => {
      if (key === 'Escape') onBack();
    };
    addEventListener('keydown', leave);
    return () => removeEventListener('keydown', leave);
  }, [onBack]);

  const name =
    data && typeof data.person.attributes.firstName === 'string' ? data.person.attributes.firstName : personId;
  return (
    <section className="person" aria-label={name}>
      <div className="person-bar">
        <button type="button" className="chip" onClick={onBack}>
          <span aria-hidden="true">←&nbsp;</span>
          {t('person.back')}
        </button>
        <button type="button" className="chip" onClick={onShow}>
          {t('person.onMap')}
        </button>
      </div>
      {!data && (
        <p className="quiet" role="status">
          {hasFailed ? t('person.failed') : t('person.loading')}
          {hasFailed && (
            <button type="button" className="chip" onClick={retry}>
              {t('person.retry')}
            </button>
          )}
        </p>
      )}
      {data && (
        <div className="person-body">
          <Facts person={data.person} name={name} />
          <Part title={t('person.consents')}>
            <Consents consents={data.person.consents} />
          </Part>
          <Decisions decisions={data.decisions} names={names} />
          <Part title={t('person.visits')} count={visitsOf(data.signals).length}>
            {visitsOf(data.signals)
              .slice(0, MAX_SHOWN)
              .map(({ key, placeId, from, until, taps }) => (
                <li key={key} className="line">
                  <span>
                    {placeName(placeId, say)}
                    {taps > 0 && <span className="badge">{t('person.tapped')}</span>}
                  </span>
                  <span className="soft">
                    {shortTime(from ?? until ?? '', lang)} ·{' '}
                    {from === undefined
                      ? t('person.unknownStart')
                      : until === undefined
                        ? t('person.stillThere')
                        : duration(Date.parse(until) - Date.parse(from), lang)}
                  </span>
                </li>
              ))}
          </Part>
          <Part title={t('person.coupons')} count={data.coupons.length}>
            {data.coupons.slice(0, MAX_SHOWN).map(({ couponId, code, state, offer, expiresAt }) => (
              <li key={couponId} className="line coupon">
                <span>
                  <b>{offerSummary(offer, lang, t)}</b>
                  <code>{code}</code>
                </span>
                <span>
                  <span className={`badge ${state === 'redeemed' ? 'good' : state === 'issued' ? 'waiting' : ''}`}>
                    {t(`coupon.${state}`)}
                  </span>
                  <span className="soft">{t('coupon.until', { time: shortTime(expiresAt, lang) })}</span>
                </span>
              </li>
            ))}
          </Part>
          <Part title={t('person.messages')} count={data.messages.length}>
            {data.messages.slice(0, MAX_SHOWN).map(({ messageId, channel, state, reason, at }) => (
              <li key={messageId} className="line">
                <span>
                  {channelName(channel, t)} <span className="soft">{reason}</span>
                </span>
                <span>
                  <span className={`badge ${state === 'SENT' ? 'good' : state === 'FAILED' ? 'bad' : 'waiting'}`}>
                    {messageState(state, t)}
                  </span>
                  <span className="soft">{shortTime(at, lang)}</span>
                </span>
              </li>
            ))}
          </Part>
        </div>
      )}
    </section>
  );
}

/** The decisions of campaigns that look at the place; those of all others, which can only say so, on demand. */
function Decisions({ decisions, names }: { decisions: readonly Decision[]; names: Names }) {
  const { t } = useLang();
  const [isAll, setIsAll] = useState(false);
  const near = decisions.filter(names.concerns);
  const shown = isAll ? decisions : near;
  return (
    <Part title={t('person.decisions')} count={decisions.length === 0 ? 0 : shown.length || undefined}>
      {shown.slice(0, isAll ? 4 * MAX_SHOWN : MAX_SHOWN).map((decision) => (
        <DecisionCard key={decision.decisionId} decision={decision} names={names} />
      ))}
      {near.length < decisions.length && (
        <li>
          <button type="button" className="chip" aria-pressed={isAll} onClick={() => setIsAll(!isAll)}>
            {t('person.elsewhere', { n: decisions.length - near.length })}
          </button>
        </li>
      )}
    </Part>
  );
}

function Part({ title, count, children }: { title: string; count?: number | undefined; children: ReactNode }) {
  const { t } = useLang();
  return (
    <section className="part">
      <h3>
        {title} {count !== undefined && count > 0 && <span className="soft">{count}</span>}
      </h3>
      {count === 0 ? <p className="soft">{t('person.none')}</p> : <ul>{children}</ul>}
    </section>
  );
}

/** Loads a person, again whenever the feed has news of them or the language changes; keeps the old until then. */
function usePerson(
  personId: string,
  revision: string,
): { data: Data | undefined; hasFailed: boolean; retry: () => void } {
  const { lang } = useLang();
  const [data, setData] = useState<Data>();
  const [hasFailed, setHasFailed] = useState(false);
  const [attempt, setAttempt] = useState(0);
  // biome-ignore lint/correctness/useExhaustiveDependencies: revision and attempt are reasons to load again
  useEffect(() => {
    const abort = new AbortController();
    const load = async () => {
      try {
        const [person, signals, decisions, coupons, messages] = await Promise.all([
          api.person(personId, lang, abort.signal),
          api.signals(personId, lang, abort.signal),
          api.decisions(personId, lang, abort.signal),
          api.coupons(personId, lang, abort.signal),
          api.messages(personId, lang, abort.signal),
        ]);
        setData({
          person,
          signals: signals.items,
          decisions: newest(decisions.items, 'at'),
          coupons: newest(coupons.items, 'issuedAt'),
          messages: newest(messages.items, 'at'),
        });
        setHasFailed(false);
      } catch {
        if (!abort.signal.aborted) setHasFailed(true);
      }
    };
    const timer = setTimeout(load, data ? SETTLE_MS : 0);
    return () => {
      clearTimeout(timer);
      abort.abort();
    };
  }, [personId, lang, revision, attempt]);
  return { data, hasFailed, retry: () => setAttempt(attempt + 1) };
}

function newest<K extends string, T extends Record<K, string>>(items: T[], key: K): T[] {
  return [...items].sort((a, b) => Date.parse(b[key]) - Date.parse(a[key]));
}
