import { renderSVG } from 'uqr';
import type { Locale } from '#core/model/campaign.ts';
import type { HttpResponse } from '../shared/http.ts';
import { html, type Markup, trusted } from './html.ts';
import { SECURITY_POLICY, STYLE } from './style.ts';
import { fill, WORDS, type Words } from './words.ts';

/** What the page says, in words of the visitor's language; nothing in it is markup. */
export type PageView = {
  locale: Locale;
  /** The same page in the other language: path and query. */
  otherLanguage: string;
  /** Who speaks, as people call them; without, nobody in particular. */
  brand?: string | undefined;
  /** Where one is: the screen, the place. */
  where: string[];
  /** Names of what was on air, the likeliest first; undefined where nobody asked, empty where nobody knows. */
  onAir: string[] | undefined;
  content: Content;
  /** A way to be forgotten, for those who are remembered. */
  forget?: Form | undefined;
};

/** Where a form goes, and what it carries. */
export type Form = { action: string; fields: Record<string, string> };
export type OfferView = { summary: string; name: string; conditions: string[] };
export type CouponView = {
  code: string;
  qrCode: string;
  state: 'issued' | 'reserved' | 'redeemed' | 'expired' | 'void';
  until: string;
  /** Undefined: at every shop of the brand. */
  place: string | undefined;
};

export type Content =
  | { state: 'ask'; offer: OfferView; form: Form; byLot: boolean }
  | { state: 'coupon'; offer: OfferView; coupon: CouponView }
  | { state: 'nothing'; why: string; hint?: string | undefined; details: string[] }
  | { state: 'refused'; heading: string; why: string };

const OTHER: Record<Locale, Locale> = { en: 'zh-CN', 'zh-CN': 'en' };
/** Longer offers are set smaller, so that they stay on few lines of a phone. */
const LONG_OFFER = 16;
/** As wide as a Latin letter; Chinese characters are twice that. */
const widthOf = (text: string): number => [...text].length + [...text.matchAll(/[\u2e80-\uffef]/g)].length;

/** The whole page. It needs no script and asks for nothing else. */
export function pageResponse(view: PageView, status = 200, cookies: string[] = []): HttpResponse {
  return {
    status,
    body: pageOf(view).markup,
    ...(cookies.length > 0 && { cookies }),
    headers: {
      'content-type': 'text/html; charset=utf-8',
      'content-language': view.locale,
      'content-security-policy': SECURITY_POLICY,
      'referrer-policy': 'no-referrer',
      'x-content-type-options': 'nosniff',
      'x-robots-tag': 'noindex',
      vary: 'accept, accept-language, authorization, cookie',
    },
  };
}

function pageOf(view: PageView): Markup {
  const { locale, brand, where, content } = view;
  const words = WORDS[locale];
  const heading = brand ?? where[0] ?? 'Beckon';
  return html`<!doctype html><html lang="${locale}"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1"><title>${heading} · ${words.title}</title><style>${trusted(STYLE)}</style></head><body>
<header><span class="mark" aria-hidden="true">${[...heading][0] ?? ''}</span><p class="who"><b>${heading}</b><span>${where.join(' · ')}</span></p><a class="lang" href="${view.otherLanguage}" lang="${OTHER[locale]}" rel="nofollow">${words.switchTo}</a></header>
<main>${onAirLine(view.onAir, words)}${contentOf(content, brand ?? heading, words)}</main>
<footer>${view.forget && html`${formOf(view.forget, html`<button class="plain" type="submit">${words.notYou}</button>`)}`}</footer>
</body></html>`;
}

function onAirLine(names: string[] | undefined, words: Words): Markup | undefined {
  if (!names) return undefined;
  if (names.length === 0) return html`<p class="air dim">${words.onAirUnknown}</p>`;
  const [first = '', ...others] = names;
  return html`<p class="air">${words.onAir} <b>${first}</b>${others.map((name) => html` ${words.or} <b>${name}</b>`)}</p>`;
}

function contentOf(content: Content, brand: string, words: Words): Markup {
  switch (content.state) {
    case 'ask':
      return html`<section class="card" data-state="ask"><h1>${fill(words.ask, { brand })}</h1>${offerOf(content.offer)}
${formOf(content.form, html`<button class="go" type="submit">${words.askButton}</button>`)}
<div class="terms"><p>${consentText(words, brand)}</p>${content.byLot && html`<p>${words.notEverybody}</p>`}</div></section>`;
    case 'coupon':
      return couponOf(content.offer, content.coupon, brand, words);
    case 'nothing':
      return html`<section class="card" data-state="nothing"><div class="sign" aria-hidden="true">${SIGNS.nothing}</div><h2>${words.nothing}</h2><p class="say">${content.why}</p>${content.hint !== undefined && html`<p class="say fine">${content.hint}</p>`}
${content.details.length > 0 && html`<details open><summary>${words.why1}</summary>${content.details.map((detail) => html`<p>${detail}</p>`)}</details>`}</section>`;
    case 'refused':
      return html`<section class="card warn" data-state="refused"><div class="sign" aria-hidden="true">${SIGNS.again}</div><h2>${content.heading}</h2><p class="say">${content.why}</p></section>`;
  }
}

function couponOf(offer: OfferView, coupon: CouponView, brand: string, words: Words): Markup {
  const isGood = coupon.state === 'issued' || coupon.state === 'reserved';
  const state = coupon.state === 'issued' ? undefined : words.couponStates[coupon.state];
  const place =
    coupon.place === undefined ? fill(words.anywhere, { brand }) : fill(words.atPlace, { place: coupon.place });
  return html`<section class="card${isGood ? '' : ' spent'}" data-state="coupon"><h1>${words.coupon}</h1>${state !== undefined && html`<p class="state">${state}</p>`}${offerOf(offer)}
<div class="cut"></div><p class="fine">${words.showAtTill}</p><div class="qr" role="img" aria-label="${words.qrLabel}">${qrOf(coupon.qrCode)}</div>
<code>${coupon.code}</code><dl><dd><strong>${fill(words.until, { time: coupon.until })}</strong></dd><dd>${place}</dd></dl></section>`;
}

const offerOf = ({ summary, name, conditions }: OfferView): Markup =>
  html`<p class="big${widthOf(summary) > LONG_OFFER ? ' long' : ''}">${summary}</p><p class="name">${name}</p>${conditions.map((condition) => html`<p class="fine">${condition}</p>`)}`;

/** One path of squares, scaled by the page: a tenth of a picture. */
const qrOf = (text: string): Markup => trusted(renderSVG(text, { pixelSize: 1, border: 2, ecc: 'M' }));

const formOf = ({ action, fields }: Form, button: Markup): Markup =>
  html`<form method="post" action="${action}">${Object.entries(fields).map(([name, value]) => html`<input type="hidden" name="${name}" value="${value}">`)}${button}</form>`;

/** What somebody agrees to by pressing the button, word for word: its digest is kept with the consent. */
export const consentText = (words: Words, brand: string): string =>
  [fill(words.remember, { brand }), words.notSent, words.forgetAnyTime].join(' ');

const sign = (path: string): Markup =>
  trusted(
    `<svg viewBox="0 0 64 64" fill="none" stroke="currentColor" stroke-width="3" stroke-linecap="round" stroke-linejoin="round"><path d="${path}"/></svg>`,
  );
const SIGNS = {
  /** A ticket, empty. */
  nothing: sign('M17 24h30v6a3.5 3.5 0 0 0 0 7v6H17v-6a3.5 3.5 0 0 0 0-7zM28 24v3m0 5v3m0 5v3'),
  /** Waves of a tap. */
  again: sign('M22 44c7-7 7-17 0-24m9 28c10-10 10-22 0-32m9 36c13-13 13-27 0-40'),
};
