import { memo, useEffect, useMemo, useState } from 'react';
import { clockTime } from '../shared/format.ts';
import { useLang } from '../shared/lang.tsx';
import type { Directory, Names } from './directory.ts';
import { bestOutcome, type Entry, type LiveState, type LiveStore, MAX_ENTRIES } from './live-store.ts';
import { campaignName, sentenceOf, verdictOf } from './words.ts';

const FILTERS = ['all', 'offered', 'held-out', 'skipped', 'delivery'] as const;
type Filter = (typeof FILTERS)[number];
type Props = {
  live: LiveState;
  store: LiveStore;
  directory: Directory;
  search: string;
  onSearch: (text: string) => void;
  onPerson: (personId: string) => void;
};

/** What happens, newest first, in words. Not a live region: at ten lines a second a screen reader would never fall silent. */
export function Stream({ live, store, directory, search, onSearch, onPerson }: Props) {
  const { t, lang } = useLang();
  const [filter, setFilter] = useState<Filter>('all');
  const { names } = directory;
  const version = directory.version();

  useEffect(() => {
    directory.ask(live.entries.flatMap(({ personId }) => (personId === undefined ? [] : [personId])));
    const isUnknown = (entry: Entry) =>
      campaignsOf(entry, () => true).some((campaignId) => directory.names.campaign(campaignId) === undefined);
    if (live.entries.some(isUnknown)) directory.askCampaigns();
  }, [live.entries, directory]);

  // `version` changes when a name arrives, and names decide what the search finds.
  // biome-ignore lint/correctness/useExhaustiveDependencies: see above
  const shown = useMemo(() => {
    const wanted = search.trim().toLowerCase();
    const says = (entry: Entry) =>
      [
        sentenceOf(entry, { t, lang, names }),
        ...campaignsOf(entry, names.concerns).map((id) => campaignName(id, { lang, names })),
      ]
        .join(' ')
        .toLowerCase();
    return live.entries.filter(
      (entry) => passes(entry, filter, names) && (wanted === '' || says(entry).includes(wanted)),
    );
  }, [live.entries, filter, search, lang, t, names, version]);

  return (
    <section className="stream" aria-label={t('panel.stream')}>
      <div className="stream-tools">
        <div className="chips" role="group" aria-label={t('filter.label')}>
          {FILTERS.map((one) => (
            <button
              key={one}
              type="button"
              className="chip"
              aria-pressed={filter === one}
              onClick={() => setFilter(one)}
            >
              {one !== 'all' && <i className={`dot ${one}`} />}
              {t(`filter.${one}`)}
            </button>
          ))}
        </div>
        <div className="stream-find">
          <input
            className="search"
            type="search"
            value={search}
            placeholder={t('filter.search')}
            aria-label={t('filter.search')}
            onChange={({ target }) => onSearch(target.value)}
          />
          <button
            type="button"
            className="chip"
            aria-pressed={live.isPaused}
            onClick={() => store.pause(!live.isPaused)}
          >
            {live.isPaused ? t('stream.resume', { n: live.waiting }) : t('stream.pause')}
          </button>
        </div>
      </div>
      {shown.length === 0 && (
        <p className="quiet">
          {live.entries.length === 0
            ? t('stream.empty')
            : t('stream.noMatch', { n: Math.min(live.entries.length, MAX_ENTRIES) })}
        </p>
      )}
      <ol className="rows" aria-live="off">
        {shown.map((entry) => (
          <Row key={entry.key} entry={entry} names={names} version={version} onPerson={onPerson} />
        ))}
      </ol>
    </section>
  );
}

function campaignsOf(entry: Entry, concerns: Names['concerns']): string[] {
  if (entry.type === 'redemption') return [entry.campaignId];
  return entry.type === 'signal' ? entry.decisions.filter(concerns).map(({ campaignId }) => campaignId) : [];
}

function passes(entry: Entry, filter: Filter, { concerns }: Names): boolean {
  if (filter === 'all') return true;
  if (filter === 'delivery') return entry.type !== 'signal';
  return entry.type === 'signal' && entry.decisions.filter(concerns).some(({ outcome }) => outcome === filter);
}

type RowProps = {
  entry: Entry;
  names: Names;
  /** Only to draw again when a name has arrived. */
  version: number;
  onPerson: (personId: string) => void;
};

const Row = memo(function Row({ entry, names, onPerson }: RowProps) {
  const { t, lang } = useLang();
  const say = { t, lang, names };
  const told = entry.type === 'signal' ? entry.decisions.filter(names.concerns) : [];
  const mark = entry.type === 'signal' ? (bestOutcome(told) ?? 'none') : entry.type;
  const body = (
    <>
      <time dateTime={entry.at}>{clockTime(entry.at, lang)}</time>
      <span className="row-said">{sentenceOf(entry, say)}</span>
      {told.map((decision) => (
        <span key={decision.decisionId} className="row-decision">
          <i className={`dot ${decision.outcome}`} />
          <span>
            {campaignName(decision.campaignId, say)}
            {lang === 'en' ? ': ' : '：'}
            <em className={decision.outcome}>{verdictOf(decision, say)}</em>
          </span>
        </span>
      ))}
      {entry.type === 'redemption' && <span className="row-decision">{campaignName(entry.campaignId, say)}</span>}
      {entry.type === 'message' && entry.reason && <span className="row-decision">{entry.reason}</span>}
    </>
  );
  const { personId } = entry;
  return (
    <li className={`row ${mark}`}>
      {personId === undefined ? (
        <div className="row-body">{body}</div>
      ) : (
        <button type="button" className="row-body" onClick={() => onPerson(personId)}>
          {body}
        </button>
      )}
    </li>
  );
});
