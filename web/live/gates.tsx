import { useId, useState } from 'react';
import { GATES } from '#core/model/decision.ts';
import type { Decision } from '../shared/api.ts';
import { shortTime } from '../shared/format.ts';
import { useLang } from '../shared/lang.tsx';
import type { Names } from './directory.ts';
import { campaignName, placeName } from './words.ts';

const MARKS = { passed: '✓', failed: '✕', notReached: '·' } as const;

/** One decision: the thirteen gates as marks, and on demand each gate's own words. */
export function DecisionCard({ decision, names }: { decision: Decision; names: Names }) {
  const { t, lang } = useLang();
  const [isOpen, setIsOpen] = useState(false);
  const listId = useId();
  const byGate = new Map(decision.reasons.map((reason) => [reason.gate, reason]));
  const stateOf = (gate: (typeof GATES)[number]): keyof typeof MARKS => {
    const reason = byGate.get(gate);
    return reason === undefined ? 'notReached' : reason.passed ? 'passed' : 'failed';
  };
  const passed = GATES.filter((gate) => stateOf(gate) === 'passed').length;
  return (
    <li className={`decision ${decision.outcome}`}>
      <div className="decision-head">
        <strong>{campaignName(decision.campaignId, { lang, names })}</strong>
        <span className={`badge ${decision.outcome}`}>{t(`outcome.${decision.outcome}`)}</span>
      </div>
      <p className="soft">
        {decision.signal?.placeId ? `${placeName(decision.signal.placeId, { t, lang, names })} · ` : ''}
        {shortTime(decision.at, lang)}
      </p>
      <button
        type="button"
        className="gates"
        aria-expanded={isOpen}
        aria-controls={listId}
        onClick={() => setIsOpen(!isOpen)}
      >
        <span className="gate-marks" role="img" aria-label={t('gates.summary', { n: passed })}>
          {GATES.map((gate) => (
            <i
              key={gate}
              className={`gate-mark ${stateOf(gate)} ${decision.outcome}`}
              title={`${t(`gate.${gate}`)}: ${t(`gates.${stateOf(gate)}`)}`}
            >
              {MARKS[stateOf(gate)]}
            </i>
          ))}
        </span>
        <span className="gates-more">
          {t('gates.show')} <span aria-hidden="true">{isOpen ? '▴' : '▾'}</span>
        </span>
      </button>
      {isOpen && (
        <ol id={listId} className="gate-list">
          {GATES.map((gate) => (
            <li key={gate} className={stateOf(gate)}>
              <i className={`gate-mark ${stateOf(gate)} ${decision.outcome}`} aria-hidden="true">
                {MARKS[stateOf(gate)]}
              </i>
              <b>{t(`gate.${gate}`)}</b>
              <span>{byGate.get(gate)?.text ?? t('gates.notReached')}</span>
            </li>
          ))}
        </ol>
      )}
    </li>
  );
}
