import type { ReportRow, ReportView } from '../shared/api.ts';
import { useLang } from '../shared/lang.tsx';
import { coloursOf, keyOf } from './shapes.ts';

const MEASURES = ['plays', 'taps', 'offers', 'redemptions'] as const;
type Measure = (typeof MEASURES)[number];

/** From plays to redemptions, creative by creative: the bars of a column have one scale, columns have their own. */
export function Creatives({ report: { rows, unknown } }: { report: ReportView }) {
  const { t, lang } = useLang();
  const colourOf = coloursOf(rows);
  const unknownRow = { creativeId: t('report.unknown'), plays: 0, ...unknown };
  const most = (measure: Measure) => Math.max(1, unknownRow[measure] ?? 0, ...rows.map((row) => row[measure] ?? 0));
  const isWithheld = [...rows, unknown].some(({ redemptions }) => redemptions === null);
  return (
    <section aria-labelledby="creatives">
      <h3 id="creatives">{t('report.creatives')}</h3>
      <table className="creatives">
        <thead>
          <tr>
            <th scope="col">{t('report.creative')}</th>
            {MEASURES.map((measure) => (
              <th scope="col" key={measure}>
                {t(`report.${measure}`)}
              </th>
            ))}
            <th scope="col">{t('report.rate')}</th>
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={keyOf(row)}>
              <Name row={row} />
              {MEASURES.map((measure) => (
                <Bar key={measure} name={measure} value={row[measure]} most={most(measure)} colour={colourOf(row)} />
              ))}
              <td className="rate">{row.tapsPerThousandPlays?.toLocaleString(lang) ?? '–'}</td>
            </tr>
          ))}
          {unknown.taps + unknown.offers > 0 && (
            <tr className="unknown">
              <th scope="row">{unknownRow.creativeId}</th>
              {MEASURES.map((measure) =>
                measure === 'plays' ? (
                  <td key={measure}>–</td>
                ) : (
                  <Bar
                    key={measure}
                    name={measure}
                    value={unknown[measure]}
                    most={most(measure)}
                    colour="var(--ink-soft)"
                  />
                ),
              )}
              <td className="rate">–</td>
            </tr>
          )}
        </tbody>
      </table>
      {isWithheld && <p className="report-note">* {t('report.withheld')}</p>}
    </section>
  );
}

function Name({ row: { brand, creativeId } }: { row: ReportRow }) {
  const { t } = useLang();
  return (
    <th scope="row">
      {creativeId}
      <small>{brand ?? t('report.own')}</small>
    </th>
  );
}

/** `value` null: it is the brand's to know. */
function Bar(props: { name: Measure; value: number | null; most: number; colour: string }) {
  const { name, value, most, colour } = props;
  const { t, lang } = useLang();
  return (
    <td data-label={t(`report.${name}`)}>
      <span className="bar-number">{value?.toLocaleString(lang) ?? '*'}</span>
      <svg className="bar" viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true">
        <rect width="100" height="8" fill="var(--sunken)" />
        <rect width={((value ?? 0) / most) * 100} height="8" fill={colour} />
      </svg>
    </td>
  );
}
