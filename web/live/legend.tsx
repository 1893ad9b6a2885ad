import { OUTCOMES } from '#core/model/decision.ts';
import { useLang } from '../shared/lang.tsx';

export function Legend() {
  const { t } = useLang();
  return (
    <ul className="legend">
      <li>
        <i className="dot" /> {t('legend.person')}
      </li>
      {OUTCOMES.map((outcome) => (
        <li key={outcome}>
          <i className={`dot ${outcome}`} /> {t(`legend.${outcome}`)}
        </li>
      ))}
      <li>
        <i className="dot screen" /> {t('legend.screen')}
      </li>
    </ul>
  );
}
