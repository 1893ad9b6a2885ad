import { createContext, type ReactNode, useContext, useEffect, useMemo, useState } from 'react';
import { LANGS, type Lang, type Translate, translate } from './i18n.ts';

type Value = { lang: Lang; t: Translate; setLang: (lang: Lang) => void };
const LangContext = createContext<Value>({ lang: 'en', t: translate('en'), setLang: () => {} });
const STORAGE_KEY = 'beckon.lang';

/** The language of the page: what was chosen last, else what the browser asks for. */
export function LangProvider({ children }: { children: ReactNode }) {
  const [lang, setLang] = useState<Lang>(initialLang);
  useEffect(() => {
    document.documentElement.lang = lang;
    try {
      localStorage.setItem(STORAGE_KEY, lang);
    } catch {
      // Private windows may refuse storage; the choice then lasts as long as the page.
    }
  }, [lang]);
  const value = useMemo(() => ({ lang, t: translate(lang), setLang }), [lang]);
  return <LangContext value={value}>{children}</LangContext>;
}

export const useLang = (): Value => useContext(LangContext);

export function LangSwitch() {
  const { lang, setLang, t } = useLang();
  return (
    <div className="lang" role="group" aria-label={t('lang.label')}>
      {LANGS.map((one) => (
        <button key={one} type="button" lang={one} aria-pressed={one === lang} onClick={() => setLang(one)}>
          {one === 'en' ? 'EN' : '简体中文'}
        </button>
      ))}
    </div>
  );
}

export function Brand() {
  return (
    <span className="brand">
      <svg width="22" height="22" viewBox="0 0 32 32" aria-hidden="true">
        <circle cx="16" cy="16" r="4.5" fill="currentColor" />
        <circle cx="16" cy="16" r="9.5" fill="none" stroke="currentColor" strokeWidth="2.4" opacity=".75" />
        <circle cx="16" cy="16" r="14.5" fill="none" stroke="currentColor" strokeWidth="2" opacity=".35" />
      </svg>
      Beckon
    </span>
  );
}

function initialLang(): Lang {
  try {
    const stored = localStorage.getItem(STORAGE_KEY);
    if (stored === 'en' || stored === 'zh-CN') return stored;
  } catch {
    // As above.
  }
  return navigator.language.toLowerCase().startsWith('zh') ? 'zh-CN' : 'en';
}
