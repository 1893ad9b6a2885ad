import { type FormEvent, useEffect, useState } from 'react';
import { api, type Playing } from '../shared/api.ts';
import { Brand, LangSwitch, useLang } from '../shared/lang.tsx';

/** The screen of the demo city that is the visitor's own to open, as `local/demo-screens.ts` names it. */
const SCREEN = 'screen-lobby-compass-1';
const ASK_MS = 1500;

/** The story that Beckon began with, to be tried: open a screen, pair it, tap the ring beside it. */
export function App() {
  const { t } = useLang();
  return (
    <>
      <header className="lobby-header">
        <h1>
          <Brand />
          <span className="visually-hidden"> · {t('page.lobby')}</span>
        </h1>
        <a href="/live">{t('page.live')}</a>
        <LangSwitch />
      </header>
      <main className="lobby">
        <p className="lobby-lead">{t('lobby.lead')}</p>
        <ol>
          <li>
            <h2>{t('lobby.screen')}</h2>
            <p>{t('lobby.screen.how')}</p>
            <a className="lobby-do" href="/screen" target="beckon-screen" rel="noopener">
              {t('lobby.screen.open')}
            </a>
          </li>
          <li>
            <h2>{t('lobby.pair')}</h2>
            <p>{t('lobby.pair.how')}</p>
            <Pairing />
          </li>
          <li>
            <h2>{t('lobby.tap')}</h2>
            <p>{t('lobby.tap.how')}</p>
            <a className="lobby-do" href="/local/tap" target="beckon-phone" rel="noopener">
              {t('lobby.tap.do')}
            </a>
            <OnAir />
          </li>
        </ol>
        <p>
          <a href={`/report?screen=${SCREEN}`}>{t('lobby.report')}</a>
        </p>
      </main>
    </>
  );
}

function Pairing() {
  const { t } = useLang();
  const [state, setState] = useState<'idle' | 'done' | 'failed'>('idle');
  const pair = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const code = String(new FormData(event.currentTarget).get('code') ?? '').trim();
    setState(
      await api.pair(SCREEN, code).then(
        () => 'done' as const,
        () => 'failed' as const,
      ),
    );
  };
  return (
    <form onSubmit={(event) => void pair(event)}>
      <label>
        {t('lobby.pair.code')} <input name="code" autoComplete="off" maxLength={12} required />
      </label>{' '}
      <button className="lobby-do" type="submit">
        {t('lobby.pair.do')}
      </button>
      <p role="status">{state === 'idle' ? '' : t(`lobby.pair.${state}`)}</p>
    </form>
  );
}

function OnAir() {
  const { t } = useLang();
  const [playing, setPlaying] = useState<Playing>();
  useEffect(() => {
    const ask = () => void api.playing(SCREEN).then(setPlaying, () => setPlaying(undefined));
    ask();
    const timer = setInterval(ask, ASK_MS);
    return () => clearInterval(timer);
  }, []);
  const known = playing && playing.creativeId !== 'unknown';
  return (
    <p className="lobby-on-air">
      {t('lobby.onAir')}: <strong>{known ? playing.creativeId : t('lobby.unknown')}</strong>
    </p>
  );
}
