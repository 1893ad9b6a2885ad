import type { Locale } from './campaign.ts';

/** The half of `Harbour Dairy 海港乳品` that belongs to a language; a name in one language stays whole. */
export function localName(name: string, locale: Locale): string {
  const match = /^([^\u3400-\u9fff]+?)\s+([\u3400-\u9fff].*)$/u.exec(name);
  return match ? ((locale === 'zh-CN' ? match[2] : match[1]) ?? name) : name;
}
