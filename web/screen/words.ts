/** A screen does not know who reads it: what it says it says in both languages. */
export type Words = { en: string; zh: string };

export const WORDS = {
  pair: { en: 'Pair this screen with the code', zh: '用此配对码配对这块屏幕' },
  pairHow: {
    en: 'The code changes every quarter of an hour. Click for full screen.',
    zh: '配对码每 15 分钟更换一次。点击进入全屏。',
  },
  connecting: { en: 'Connecting…', zh: '连接中…' },
  nothing: { en: 'Nothing to show now', zh: '目前没有可播放的内容' },
  loading: { en: 'Loading…', zh: '正在加载…' },
  elsewhere: { en: 'The player is open in another window', zh: '播放器已在另一个窗口中打开' },
  insecure: { en: 'The player needs HTTPS', zh: '播放器需要 HTTPS' },
  failed: { en: 'The player has stopped: reload this page', zh: '播放器已停止，请重新加载页面' },
  scan: { en: 'Scan me', zh: '扫一扫' },
} as const satisfies Record<string, Words>;

/** An element that says it in both languages. */
export function said(tag: keyof HTMLElementTagNameMap, { en, zh }: Partial<Words>): HTMLElement {
  const element = document.createElement(tag);
  for (const [lang, text] of [
    ['en', en],
    ['zh-CN', zh],
  ] as const) {
    if (text === undefined) continue;
    if (element.childNodes.length > 0) element.append(' ');
    element.append(Object.assign(document.createElement('span'), { lang, textContent: text }));
  }
  return element;
}
