import { Brand, LangSwitch, useLang } from '../shared/lang.tsx';
import type { Connection } from './feed.ts';

export function Header({ cityName, connection }: { cityName: string; connection: Connection }) {
  const { t } = useLang();
  return (
    <header className="header">
      <h1>
        <Brand />
        <span className="visually-hidden"> · {t('page.live')}</span>
      </h1>
      <span className="header-city">{cityName}</span>
      <span className={`connection ${connection}`} role="status">
        {t(`feed.${connection}`)}
      </span>
      <nav>
        <a href="/lobby">{t('page.lobby')}</a>
        <a href="/inbox">{t('page.inbox')}</a>
      </nav>
      <LangSwitch />
    </header>
  );
}
