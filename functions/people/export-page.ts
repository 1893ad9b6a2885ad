import type { HttpResponse } from '../shared/http.ts';
import { html, type Markup, trusted } from '../tap/html.ts';
import type { Dossier } from './export.ts';

/** Both languages stand beside each other: whoever asked for it may hand it on. */
const SECTIONS = {
  profiles: ['Who you are', '您的资料'],
  consents: ['What you have agreed to, and withdrawn', '您同意或撤回的内容'],
  links: ['What was taken to be yours, and why', '被认定属于您的标识及其依据'],
  presence: ['Where your devices were last seen', '您的设备最近一次的位置'],
  guests: ['As a guest of our network', '作为我们网络的访客'],
  purchases: ['What you have bought', '您的购买记录'],
  signals: ['What was noticed, and what was decided about it', '收到的信号及相应决定'],
  coupons: ['Coupons', '优惠券'],
  messages: ['Messages', '消息'],
  other: ['Anything else', '其他'],
} as const;

const WORDS = {
  title: ['All that we hold about you', '我们保存的关于您的全部信息'],
  nothing: ['Nothing.', '无。'],
  more: ['There is more: ask again with this cursor.', '还有更多内容：请用此游标继续查询。'],
  asked: ['As of', '截至'],
} as const;

/** A dossier as a page that reads without a computer's help. Every value is escaped: people's names are whatever they are. */
export function exportPage(dossier: Dossier): HttpResponse {
  const sections = (Object.keys(SECTIONS) as (keyof typeof SECTIONS)[]).flatMap((name) => {
    const rows = dossier[name];
    if (rows === undefined) return [];
    const content =
      rows.length === 0 ? [html`<p>${both(WORDS.nothing)}</p>`] : rows.map((row) => html`${shown(row)}<hr>`);
    return [html`<section><h2>${both(SECTIONS[name])}</h2>${content}</section>`];
  });
  const { brand, personId, exportedAt, cursor } = dossier;
  const { markup } =
    html`<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>${WORDS.title.join(' · ')}</title><style>${trusted(STYLE)}</style>
<body><h1>${both(WORDS.title)}</h1>
<p>${brand} · ${personId} · ${both(WORDS.asked)} ${exportedAt}</p>
${sections}${cursor !== undefined && html`<p>${both(WORDS.more)} <code>${cursor}</code></p>`}</body></html>`;
  return {
    status: 200,
    body: markup,
    headers: {
      'content-type': 'text/html; charset=utf-8',
      'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'",
      'cache-control': 'no-store',
    },
  };
}

const STYLE = `body{font:16px/1.5 system-ui,sans-serif;max-width:60em;margin:2em auto;padding:0 1em;color:#222;background:#fff}
table{border-collapse:collapse;width:100%}th{text-align:start;vertical-align:top;font-weight:600;width:12em}
th,td{padding:.2em .6em .2em 0;overflow-wrap:anywhere}hr{border:0;border-top:1px solid #ccc}h2{margin-top:2em}
[lang=zh-CN]{color:#555;margin-inline-start:.5em}`;

/** Objects are tables, lists are lists, everything else is text. */
function shown(value: unknown): Markup {
  if (Array.isArray(value)) {
    return value.some((item) => typeof item === 'object')
      ? html`<ul>${value.map((item) => html`<li>${shown(item)}</li>`)}</ul>`
      : html`${value.join(', ')}`;
  }
  if (typeof value !== 'object' || value === null) return html`${String(value)}`;
  const rows = Object.entries(value).map(
    ([name, inner]) => html`<tr><th scope="row">${name}</th><td>${shown(inner)}</td></tr>`,
  );
  return html`<table>${rows}</table>`;
}

const both = ([english, chinese]: readonly [string, string]): Markup =>
  html`<span lang="en">${english}</span><span lang="zh-CN">${chinese}</span>`;
