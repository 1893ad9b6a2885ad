import type { Consent } from '#core/model/person.ts';
import type { PersonView } from '../shared/api.ts';
import { money, shortDate } from '../shared/format.ts';
import { categoryName } from '../shared/i18n.ts';
import { useLang } from '../shared/lang.tsx';
import { channelName } from './words.ts';

/** Who they are: name, the handles that Beckon knows, and what they are like as a customer. */
export function Facts({ person, name }: { person: PersonView; name: string }) {
  const { t, lang } = useLang();
  const { tier, favouriteCategory, onlineShare, purchasesTotal, spentMinor, currency } = person.attributes;
  const traits = [
    typeof tier === 'string' && categoryName(lang, tier),
    typeof favouriteCategory === 'string' &&
      t('attr.favouriteCategory', { value: categoryName(lang, favouriteCategory) }),
    typeof onlineShare === 'number' &&
      t('attr.onlineShare', { value: onlineShare.toLocaleString(lang, { style: 'percent' }) }),
    typeof purchasesTotal === 'number' && t('attr.purchasesTotal', { value: purchasesTotal }),
    typeof spentMinor === 'number' &&
      t('attr.spentMinor', { value: money(spentMinor, typeof currency === 'string' ? currency : 'CNY', lang) }),
  ].filter((trait) => typeof trait === 'string');
  return (
    <header className="facts">
      <span className="avatar" aria-hidden="true">
        {[...name][0]}
      </span>
      <div>
        <h2>{name}</h2>
        <p className="soft">
          {person.personId} · {person.identifiers.map(({ value }) => value).join(' · ')}
        </p>
        <p className="traits">
          {traits.map((trait) => (
            <span key={trait} className="badge">
              {trait}
            </span>
          ))}
        </p>
      </div>
    </header>
  );
}

/** What holds now, of an append-only history: the latest word for each purpose and channel. */
export function Consents({ consents }: { consents: readonly Consent[] }) {
  const { t, lang } = useLang();
  const latest = new Map<string, { consent: Consent; wasGranted: boolean }>();
  for (const consent of [...consents].sort((a, b) => Date.parse(a.at) - Date.parse(b.at))) {
    const key = `${consent.purpose}/${consent.channel}`;
    latest.set(key, { consent, wasGranted: latest.get(key)?.consent.granted ?? false });
  }
  if (latest.size === 0) return <li className="soft">{t('person.noConsents')}</li>;
  return [...latest].map(([key, { consent, wasGranted }]) => {
    const state = consent.granted ? 'granted' : wasGranted ? 'withdrawn' : 'refused';
    return (
      <li key={key} className="line">
        <span>
          {t(`purpose.${consent.purpose}`)}{' '}
          {consent.channel !== 'any' && <span className="soft">{channelName(consent.channel, t)}</span>}
        </span>
        <span>
          <span className={`badge ${consent.granted ? 'good' : 'bad'}`}>{t(`consent.${state}`)}</span>
          <span className="soft">{shortDate(consent.at, lang)}</span>
        </span>
      </li>
    );
  });
}
