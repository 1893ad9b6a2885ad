import type { ReportView } from '../shared/api.ts';
import { duration } from '../shared/format.ts';
import { useLang } from '../shared/lang.tsx';
import { coloursOf, keyOf } from './shapes.ts';

/** Units of the drawing; it is as wide as its place. */
const WIDTH = 1000;
const HEIGHT = 44;
const GAP = 2;

/** Share of voice: of the time on air, whose it was. */
export function Voice({ report: { rows } }: { report: ReportView }) {
  const { t, lang } = useLang();
  const total = rows.reduce((sum, { secondsOnAir }) => sum + secondsOnAir, 0);
  const colourOf = coloursOf(rows);
  const share = (seconds: number) => (total === 0 ? 0 : seconds / total);
  const percent = (seconds: number) =>
    share(seconds).toLocaleString(lang, { style: 'percent', maximumFractionDigits: 1 });
  let x = 0;
  const blocks = rows.map((row) => {
    const width = share(row.secondsOnAir) * WIDTH;
    const block = { row, x, width };
    x += width;
    return block;
  });
  return (
    <section aria-labelledby="voice">
      <h3 id="voice">{t('report.voice')}</h3>
      <p className="report-sub">
        {total === 0 ? t('report.nothingShown') : t('report.onAirFor', { time: duration(total * 1000, lang) })}
      </p>
      <svg
        className="voice"
        viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
        preserveAspectRatio="none"
        role="img"
        aria-label={t('report.voice')}
      >
        {total === 0 && <rect width={WIDTH} height={HEIGHT} fill="var(--sunken)" />}
        {blocks.map(({ row, x: left, width }) => (
          <rect
            key={keyOf(row)}
            x={left}
            width={Math.max(0, width - GAP)}
            height={HEIGHT}
            fill={colourOf(row)}
            className="voice-block"
          />
        ))}
      </svg>
      <ul className="voice-legend">
        {rows.map((row) => (
          <li key={keyOf(row)}>
            <i style={{ background: colourOf(row) }} /> {row.creativeId} <b>{percent(row.secondsOnAir)}</b>
          </li>
        ))}
      </ul>
    </section>
  );
}
