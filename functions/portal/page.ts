import { createHash } from 'node:crypto';
import type { PortalBrand } from '#core/model/portal.ts';
import { ASKED, consentKeyOf, consentText, LANGUAGES } from '#core/portal/consents.ts';
import { formTargets } from '#core/portal/grant.ts';
import type { Guest } from '#store/guests.ts';
import type { HttpResponse } from '../shared/http.ts';
import { html, type Markup, trusted } from '../tap/html.ts';
import { CODE_MINUTES } from './login.ts';
import type { Visit } from './visit.ts';
import { wordsFor } from './words.ts';

const STYLE = `:root{color-scheme:light dark;--ink:#14202b;--dim:#55626e;--line:#d5dce2;--paper:#fff;--ground:#f2f5f7;--brand:#0f5f59;--on:#fff;--warn:#9a3412}
@media(prefers-color-scheme:dark){:root{--ink:#edf2f5;--dim:#a3b1bc;--line:#33414c;--paper:#18222b;--ground:#0e151b;--brand:#5fd0c5;--on:#06231f;--warn:#fdba74}}
*{box-sizing:border-box}body{margin:0;background:var(--ground);color:var(--ink);font:17px/1.5 system-ui,-apple-system,'Noto Sans SC','PingFang SC',sans-serif}
main{max-width:30rem;margin:0 auto;padding:1.25rem 1rem 3rem}header{display:flex;justify-content:space-between;align-items:baseline;gap:1rem;font-size:.9rem;color:var(--dim)}
a{color:var(--brand)}header a,footer a{color:inherit;padding:.6rem 0}header span{overflow-wrap:anywhere}section>:last-child{margin-bottom:0}section>form:first-child button{margin-top:0}h1{font-size:1.7rem;line-height:1.2;margin:.75rem 0 .25rem;overflow-wrap:anywhere}h2{font-size:1.1rem;margin:0 0 .25rem}
p{margin:.25rem 0 .75rem}.dim{color:var(--dim);font-size:.95rem}section{background:var(--paper);border:1px solid var(--line);border-radius:14px;padding:1.1rem;margin-top:1rem;overflow-wrap:anywhere}
button{font:inherit;font-weight:600;width:100%;min-height:3rem;border-radius:10px;border:1px solid var(--brand);background:none;color:var(--brand);margin-top:.6rem;cursor:pointer}
button.first{background:var(--brand);color:var(--on)}button.plain{border-color:var(--line);color:var(--ink);font-weight:400}
label{display:block;margin-top:.5rem}input:not([type=checkbox]){font:inherit;width:100%;min-height:3rem;padding:0 .8rem;border:1px solid var(--dim);border-radius:10px;background:var(--paper);color:inherit}
.box{display:grid;grid-template-columns:1.6rem 1fr;gap:.4rem .6rem;padding:.45rem 0}.box input{width:1.35rem;height:1.35rem;margin:.15rem 0 0;accent-color:var(--brand)}
fieldset{border:0;border-top:1px solid var(--line);margin:.6rem 0 0;padding:.6rem 0 0;min-width:0}legend{float:left;width:100%;padding:0;font-weight:600}legend+*{clear:both}
.note{border-left:4px solid var(--brand);padding:.1rem .8rem}.bad{border-color:var(--warn);color:var(--warn)}ul{padding:0;list-style:none;margin:0}li{padding:.6rem 0;border-top:1px solid var(--line)}
:focus-visible{outline:3px solid var(--brand);outline-offset:2px}footer{margin-top:1.25rem;font-size:.9rem;color:var(--dim)}`;
const STYLE_HASH = createHash('sha256').update(STYLE).digest('base64');

/** A word to the guest about what they have just done. */
export type Notice = { text: string; bad?: boolean };
type Shown = { notice?: Notice | undefined; status?: number; cookies?: string[] };

/** The page as somebody sees it whom it does not know, or knows. */
export function portalPage(
  visit: Visit,
  {
    brands,
    byEmail,
    ...shown
  }: Shown & { brands: PortalBrand[]; handover?: PortalBrand | undefined; byEmail: boolean },
): HttpResponse {
  const { guest } = visit;
  const body = guest ? knownPart(visit, guest, brands) : strangerPart(visit, byEmail);
  return document(visit, wordsFor(visit.language).title, body, shown);
}

function strangerPart(visit: Visit, byEmail: boolean): Markup {
  const words = wordsFor(visit.language);
  const names = visit.portal.brands.map(({ name }) => name).join(visit.language === 'zh-CN' ? '、' : ', ');
  return html`<p>${words.lead}</p>
<section>${canGoOnline(visit) ? html`<form method="post"><button class="first" name="action" value="online">${words.online}</button></form><p class="dim">${words.onlineNote}</p>` : html`<p class="dim">${words.notFromWifi}</p>`}</section>
<section><h2>${words.whoTitle}</h2><p class="dim">${words.whoNote}${names && html` ${words.brandsHere(names)}`}</p>
${visit.given.handover !== undefined && html`<form method="post"><button name="action" value="handover">${words.fromApp}</button></form>`}
${byEmail ? html`<form method="post"><label for="email">${words.email}</label><input id="email" name="email" type="email" autocomplete="email" required maxlength="254"><button name="action" value="code">${words.sendCode}</button></form>` : html`<p class="dim">${words.noEmail}</p>`}</section>`;
}

function knownPart(visit: Visit, guest: Guest, brands: PortalBrand[]): Markup {
  const words = wordsFor(visit.language);
  const sharing = Object.values(guest.consents).some(({ granted }) => granted);
  const online = html`<button class="first" name="action" value="online">${words.onlineKnown}</button>`;
  return html`<p>${nameOf(visit, guest)}</p>
<form method="post"><input type="hidden" name="choices" value="1"><section><h2>${words.choices}</h2>
<p class="dim">${brands.length > 0 ? words.choicesNote : words.noBrands}</p>
${brands.map((brand) => boxes(visit, guest, brand))}</section>
${canGoOnline(visit) ? online : html`<p class="dim">${words.notFromWifi}</p>`}
<button name="action" value="save">${words.save}</button></form>
<form method="post">${sharing && html`<button class="plain" name="action" value="stop">${words.stop}</button>`}<button class="plain" name="action" value="leave">${words.leave}</button></form>`;
}

function boxes({ language, portal }: Visit, guest: Guest, { brand, name }: PortalBrand): Markup {
  const names = { brand: name, network: portal.networkName };
  return html`<fieldset><legend>${name}</legend>${ASKED.map((asked) => {
    const checked = guest.consents[consentKeyOf(asked, brand)]?.granted === true;
    const box = html`<input type="checkbox" name="${asked}" value="${brand}"${checked && trusted(' checked')}>`;
    return html`<label class="box">${box}<span>${consentText(asked, language, names)}</span></label>`;
  })}</fieldset>`;
}

/** As whom a guest is here: enough for them to know it, not for whoever looks over their shoulder. */
function nameOf({ language, portal }: Visit, { identifiers }: Guest): string {
  const words = wordsFor(language);
  const [login] = identifiers;
  if (login?.kind === 'email') return words.known(login.value.replace(/^(.).*(?=@)/u, '$1•••'));
  const brand = login?.value.split('/')[0];
  return words.knownByApp(portal.brands.find((one) => one.brand === brand)?.name ?? brand ?? '');
}

const canGoOnline = ({ grant, login }: Visit): boolean => grant !== undefined || login !== undefined;

/** Where the code is entered that was sent to `email`. */
export function codePage(
  visit: Visit,
  { email, challengeId, ...shown }: Shown & { email: string; challengeId: string },
): HttpResponse {
  const words = wordsFor(visit.language);
  const body = html`<section><p>${words.codeNote(email, CODE_MINUTES)}</p>
<form method="post"><input type="hidden" name="email" value="${email}"><input type="hidden" name="challenge" value="${challengeId}">
<label for="code">${words.code}</label><input id="code" name="code" inputmode="numeric" autocomplete="one-time-code" pattern="[0-9 ]{6,9}" required maxlength="9">
<button class="first" name="action" value="login">${words.enter}</button></form></section>
${canGoOnline(visit) && html`<form method="post"><button class="plain" name="action" value="online">${words.online}</button></form>`}`;
  return document(visit, words.codeTitle, body, shown);
}

/** The network wants an account: the form is its own, and goes to it (Meraki EXCAP, sign-on). */
export function accountPage(visit: Visit, { url, continueUrl }: { url: URL; continueUrl: URL }, cookies: string[]) {
  const words = wordsFor(visit.language);
  const body = html`<section><p class="dim">${words.accountNote}</p><form method="post" action="${url.href}">
<input type="hidden" name="success_url" value="${continueUrl.href}">
<label for="user">${words.user}</label><input id="user" name="username" autocomplete="username" required>
<label for="password">${words.password}</label><input id="password" name="password" type="password" autocomplete="current-password" required>
<button class="first">${words.signIn}</button></form></section>`;
  return document(visit, words.account, body, { cookies });
}

/** RFC 8908's `venue-info-url`: what there is here, for whoever is online or not. */
export function venuePage(visit: Visit): HttpResponse {
  const words = wordsFor(visit.language);
  const { brands } = visit.portal;
  const list = html`<ul>${brands.map(({ name, about }) => html`<li><strong>${name}</strong>${about && html`<br>${about}`}</li>`)}</ul>`;
  const body = html`<section><p>${brands.length > 0 ? words.venueLead : words.venueEmpty}</p>${list}${brands.length > 0 && html`<p class="dim">${words.venueTap}</p>`}</section>
<p><a href="../${visit.connectorId}">${words.toPortal}</a></p>`;
  return document(visit, words.venueTitle, body, {});
}

function document(visit: Visit, title: string, body: Markup, { notice, status = 200, cookies }: Shown): HttpResponse {
  const { language, portal, onlineUntil, now } = visit;
  const words = wordsFor(language);
  const [other] = LANGUAGES.filter((one) => one !== language);
  const switchTo = `?${new URLSearchParams({ ...visit.given, lang: other ?? 'en' })}`;
  const minutes = Math.floor((onlineUntil - now) / 60_000);
  const page = html`<!doctype html><html lang="${language}"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title} · ${portal.networkName}</title><style>${trusted(STYLE)}</style></head><body><main>
<header><span>${portal.networkName}</span><a href="${switchTo}" lang="${other}" hreflang="${other}">${other === 'en' ? 'English' : '简体中文'}</a></header><h1>${title}</h1>
${notice && html`<p class="note${notice.bad && ' bad'}" role="status">${notice.text}</p>`}
${minutes > 0 && html`<p class="note">${words.minutesLeft(minutes)}</p>`}
${body}<footer>${portal.termsUrl && html`<a href="${portal.termsUrl}" rel="noreferrer">${words.terms}</a>`}</footer></main></body></html>`;
  return {
    status,
    body: page.markup,
    headers: {
      'content-type': 'text/html; charset=utf-8',
      'content-security-policy': policyOf(visit),
      'referrer-policy': 'no-referrer',
      'x-content-type-options': 'nosniff',
      vary: 'accept-language, cookie',
    },
    ...(cookies && { cookies }),
  };
}

/** No script, no picture, no frame; a form goes to us and, by our redirect, to the host that opens the network. */
function policyOf({ grant, login }: Visit): string {
  const targets = [grant, login].flatMap((way) => (way ? formTargets(way.url, way.continueUrl) : []));
  return [
    "default-src 'none'",
    `style-src 'sha256-${STYLE_HASH}'`,
    `form-action ${["'self'", ...new Set(targets)].join(' ')}`,
    "base-uri 'none'",
    "frame-ancestors 'none'",
  ].join('; ');
}
