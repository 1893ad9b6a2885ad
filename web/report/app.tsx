import { useEffect, useState } from 'react';
import { localName } from '#core/model/local-name.ts';
import { api, type ReportView } from '../shared/api.ts';
import { Brand, LangSwitch, useLang } from '../shared/lang.tsx';
import { Creatives } from './creatives.tsx';
import { Hours } from './hours.tsx';
import { lastDays } from './shapes.ts';
import { Voice } from './voice.tsx';

const SPANS = [1, 7, 31] as const;
/** Somebody may be tapping the ring while this page is open beside it. */
const ASK_MS = 4000;
const SCREEN = new URLSearchParams(location.search).get('screen') ?? '';

/** What one screen has shown and what came of it, as its operator may see it. */
export function App() {
  const { t, lang } = useLang();
  const [days, setDays] = useState<number>(7);
  const { report, failed } = useReport(days);
  return (
    <>
      <header className="report-header">
        <h1>
          <Brand />
          <span className="visually-hidden"> · {t('page.report')}</span>
        </h1>
        <a href="/lobby">{t('page.lobby')}</a>
        <LangSwitch />
      </header>
      <main className="report">
        <div className="report-title">
          <h2>{report ? localName(report.name, lang) : t('page.report')}</h2>
          <div role="group" aria-label={t('report.days')} className="report-days">
            {SPANS.map((span) => (
              <button
                key={span}
                type="button"
                className="chip"
                aria-pressed={span === days}
                onClick={() => setDays(span)}
              >
                {span === 1 ? t('report.today') : t('report.lastDays', { n: span })}
              </button>
            ))}
          </div>
        </div>
        {failed && <p role="alert">{t('report.failed')}</p>}
        {report && <Sections report={report} days={days} />}
      </main>
    </>
  );
}

function Sections({ report, days }: { report: ReportView; days: number }) {
  const { t } = useLang();
  return (
    <>
      <Voice report={report} />
      <Creatives report={report} />
      <Hours report={report} />
      <p className="report-note">
        {t('report.export')} <Download days={days} format="json" /> <Download days={days} format="csv" />
      </p>
    </>
  );
}

function useReport(days: number): { report: ReportView | undefined; failed: boolean } {
  const [report, setReport] = useState<ReportView>();
  const [failed, setFailed] = useState(false);
  useEffect(() => {
    let timer: number | undefined;
    let isCurrent = true;
    // The next question waits for the answer: a month of a busy screen takes seconds.
    const ask = async () => {
      const answer = await api.screenReport(SCREEN, lastDays(days, Date.now())).catch(() => undefined);
      if (!isCurrent) return;
      setReport((shown) => answer ?? shown);
      setFailed(answer === undefined);
      timer = window.setTimeout(() => void ask(), ASK_MS);
    };
    void ask();
    return () => {
      isCurrent = false;
      clearTimeout(timer);
    };
  }, [days]);
  return { report, failed };
}

/** The API wants a token, which a link cannot carry: fetched, and then saved. */
function Download({ days, format }: { days: number; format: 'json' | 'csv' }) {
  const save = async () => {
    const blob = await api.screenStatement(SCREEN, { ...lastDays(days, Date.now()), format });
    const url = URL.createObjectURL(blob);
    Object.assign(document.createElement('a'), { href: url, download: `${SCREEN}.${format}` }).click();
    setTimeout(() => URL.revokeObjectURL(url), 60_000);
  };
  return (
    <button type="button" className="chip" onClick={() => void save()}>
      {format.toUpperCase()}
    </button>
  );
}
