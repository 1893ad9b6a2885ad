import type { ReportView } from '../shared/api.ts';
import { duration } from '../shared/format.ts';
import type { Lang } from '../shared/i18n.ts';
import { useLang } from '../shared/lang.tsx';
import { type HourCell, hourCells } from './shapes.ts';

/** Units of the drawing. */
const CELL = 30;
const LEFT = 78;
const TOP = 24;
const WIDTH = LEFT + 24 * CELL;
const HOURS = Array.from({ length: 24 }, (_, hour) => hour);

/** Each hour of each day by the screen's own clock: the fuller the more was on air, hatched where plays are missing. */
export function Hours({ report }: { report: ReportView }) {
  const { t, lang } = useLang();
  const cells = hourCells(report);
  const days = [...new Set(cells.map(({ day }) => day))];
  const missing = report.gaps.reduce((sum, { playsMissing }) => sum + playsMissing, 0);
  const height = TOP + days.length * CELL;
  return (
    <section aria-labelledby="hours">
      <h3 id="hours">{t('report.hours')}</h3>
      <p className="report-sub">
        {t('report.zone', { zone: report.timeZone ?? 'UTC' })} ·{' '}
        {missing === 0 ? t('report.noGaps') : t('report.gaps', { n: missing.toLocaleString(lang) })}
      </p>
      <div className="hours-scroll">
        <svg className="hours" viewBox={`0 0 ${WIDTH} ${height}`} role="img" aria-label={t('report.hours')}>
          <defs>
            <pattern id="gap" width="7" height="7" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
              <rect width="3" height="7" fill="var(--failed)" />
            </pattern>
          </defs>
          {HOURS.filter((hour) => hour % 3 === 0).map((hour) => (
            <text key={hour} x={LEFT + hour * CELL} y={TOP - 8}>
              {String(hour).padStart(2, '0')}
            </text>
          ))}
          {days.map((day, row) => (
            <text key={day} x={LEFT - 10} y={TOP + row * CELL + CELL * 0.66} textAnchor="end">
              {dayName(day, lang)}
            </text>
          ))}
          {cells.map((cell) => (
            <Cell key={cell.at} cell={cell} row={days.indexOf(cell.day)} />
          ))}
        </svg>
      </div>
      <ul className="voice-legend">
        <li>
          <i className="key-full" /> {t('report.full')}
        </li>
        <li>
          <i className="key-gap" /> {t('report.gap')}
        </li>
      </ul>
    </section>
  );
}

function Cell({ cell: { day, hour, seconds, complete }, row }: { cell: HourCell; row: number }) {
  const { t, lang } = useLang();
  const size = CELL - 3;
  const filled = Math.min(1, seconds / 3600) * size;
  const said = `${dayName(day, lang)} ${hour}:00 · ${duration(seconds * 1000, lang)}`;
  return (
    <g transform={`translate(${LEFT + hour * CELL} ${TOP + row * CELL})`} data-complete={complete}>
      <title>{complete ? said : `${said} · ${t('report.gap')}`}</title>
      <rect width={size} height={size} rx="4" fill="var(--sunken)" />
      <rect y={size - filled} width={size} height={filled} rx={Math.min(4, filled / 2)} fill="var(--accent)" />
      {!complete && (
        <rect width={size} height={size} rx="4" fill="url(#gap)" stroke="var(--failed)" strokeWidth="1.5" />
      )}
    </g>
  );
}

const dayName = (day: string, lang: Lang): string =>
  new Date(`${day}T00:00:00Z`).toLocaleDateString(lang, { timeZone: 'UTC', day: 'numeric', month: 'short' });
