import { captiveDocument } from '#core/portal/captive.ts';
import { ASKED, consentKeyOf } from '#core/portal/consents.ts';
import { grantRedirect } from '#core/portal/grant.ts';
import { type Guest, sharesWithAny } from '#store/guests.ts';
import { linkVisitor } from '../people/link.ts';
import type { HttpRequest, HttpResponse, HttpStep } from '../shared/http.ts';
import { Problem } from '../shared/problem.ts';
import { acceptHandover, forgetCookie, isSecure, visitorCookie } from '../shared/visitor.ts';
import { GUEST_MS, guestCookieName, onlineCookieName, portalCookie } from './cookies.ts';
import { emailOf, guestHandedOver, isChallenge, logIn, requestCode, type Sender } from './login.ts';
import { heed } from './objection.ts';
import { accountPage, codePage, type Notice, portalPage, venuePage } from './page.ts';
import { applyChoices, brandsFor, peopleOf, rememberedPerson, sendJoins, type Ticked } from './sharing.ts';
import { linkPhone, type Visit, visitOf } from './visit.ts';
import { wordsFor } from './words.ts';

type Action = (visit: Visit, send: Sender) => Promise<HttpResponse>;

/** What a guest can do on the page, by the button's value. */
const ACTIONS: Record<string, Action> = { online, code, login, handover, save, stop, leave };

/** The captive portal of a venue's WiFi: internet is never the price of a consent. */
export function portalSteps(send: Sender): Record<string, HttpStep> {
  return {
    showPortal: async (request) => show(await heed(await visitOf(request))),
    postPortal: async (request) => {
      refuseForeignForms(request);
      const visit = await visitOf(request);
      const name = visit.form.get('action') ?? '';
      const action = Object.hasOwn(ACTIONS, name) ? ACTIONS[name] : undefined;
      if (!action) {
        const detail = `must be one of ${Object.keys(ACTIONS).join(', ')}`;
        throw new Problem('invalid-input', 'the form is not one of ours', [{ pointer: '/action', detail }]);
      }
      return await action(await heed(visit), send);
    },
    captivePortalApi: async (request) => {
      const { portalUrl, onlineUntil, now } = await visitOf(request);
      return {
        status: 200,
        headers: { 'content-type': 'application/captive+json', 'cache-control': 'private' },
        body: captiveDocument({ portalUrl, onlineUntil, now }),
      };
    },
    showVenue: async (request) => venuePage(await heed(await visitOf(request))),
  };
}

/** A consent is what somebody has read and ticked here: another site's form is neither. */
function refuseForeignForms({ headers }: HttpRequest): void {
  const site = headers['sec-fetch-site'];
  if (site === 'cross-site' || site === 'same-site')
    throw new Problem('forbidden', 'this form is sent from its own page');
}

function show(visit: Visit, more: { notice?: Notice; status?: number; cookies?: string[] } = {}): HttpResponse {
  const brands = visit.guest ? brandsFor(visit, visit.guest) : [];
  return portalPage(visit, { brands, byEmail: visit.runtime.channels.includes('email'), ...more });
}

/** Lets them online. Who they are, and what they agree to, changes nothing about it. */
async function online(visit: Visit): Promise<HttpResponse> {
  const { grant, login: account, guest: before } = visit;
  const shared = before ? await saveChoices(visit, before) : undefined;
  const way = grant ?? account;
  const cookies = shared?.cookies ?? [];
  const now = shared ? { ...visit, guest: shared.guest } : visit;
  if (!way) return show(now, { cookies, notice: { text: wordsFor(visit.language).notFromWifi } });
  if (shared && sharesWithAny(shared.guest)) {
    await linkPhone(visit, shared.guest);
    await sendJoins(visit, shared.guest);
  }
  if (!grant) return accountPage(now, way, cookies);
  const seconds = visit.portal.sessionMinutes * 60;
  return {
    status: 302,
    headers: {
      location: grantRedirect(grant.url, { continueUrl: grant.continueUrl, seconds }),
      'referrer-policy': 'no-referrer',
    },
    cookies: [...cookies, await onlineCookie(visit, seconds)],
  };
}

async function code(visit: Visit, send: Sender): Promise<HttpResponse> {
  const email = emailOf(visit.form.get('email') ?? '');
  const words = wordsFor(visit.language);
  if (!visit.runtime.channels.includes('email'))
    return show(visit, { status: 422, notice: { text: words.noEmail, bad: true } });
  if (email === undefined) return show(visit, { status: 422, notice: { text: words.badEmail, bad: true } });
  const { venue, connectorId, mac, language, portal } = visit;
  const asking = { venue, connectorId, network: portal.networkName, locale: language, mac };
  return codePage(visit, { email, challengeId: await requestCode(visit.runtime, send, asking, email) });
}

async function login(visit: Visit): Promise<HttpResponse> {
  const { form, runtime, venue, language } = visit;
  const [challengeId, code] = [form.get('challenge') ?? '', form.get('code') ?? ''];
  const email = emailOf(form.get('email') ?? '');
  const guest = email === undefined ? undefined : await logIn(runtime, venue, { email, challengeId, code });
  if (guest) return await welcome(visit, guest);
  const wrong = { status: 422, notice: { text: wordsFor(language).wrongCode, bad: true } };
  // Whoever mistyped may type again; how many tries are left is not said.
  return email !== undefined && isChallenge(challengeId)
    ? codePage(visit, { email, challengeId, ...wrong })
    : show(visit, wrong);
}

/** Who a brand's app says that this is. A GET only shows the button: a link that somebody is sent logs nobody in. */
async function handover(visit: Visit): Promise<HttpResponse> {
  const { runtime, venue, language, given } = visit;
  const visitor = await acceptHandover(runtime, given.handover ?? '');
  if (visitor) return await welcome(visit, await guestHandedOver(runtime, venue, visitor));
  return show(visit, { status: 422, notice: { text: wordsFor(language).staleApp, bad: true } });
}

/** Logged in: remembered on this phone, known to the brands that they share with, and shown what they can choose. */
async function welcome(visit: Visit, guest: Guest): Promise<HttpResponse> {
  const until = visit.now + GUEST_MS;
  const cookie = await portalCookie(visit, guestCookieName(visit.venue), { what: guest.guestId, until });
  return back(visit, [cookie, ...(await visitorCookies(visit, await peopleOf(visit, guest)))]);
}

async function save(visit: Visit): Promise<HttpResponse> {
  if (!visit.guest) return back(visit, []);
  const { guest, cookies } = await saveChoices(visit, visit.guest);
  return show({ ...visit, guest }, { cookies, notice: { text: wordsFor(visit.language).saved } });
}

/** As easy as giving: one button for all. */
async function stop(visit: Visit): Promise<HttpResponse> {
  if (!visit.guest) return back(visit, []);
  const { guest, cookies } = await change(visit, visit.guest, new Set());
  return show({ ...visit, guest }, { cookies, notice: { text: wordsFor(visit.language).saved } });
}

/** This phone forgets them; what they have agreed to stands until they withdraw it. */
async function leave(visit: Visit): Promise<HttpResponse> {
  const secure = isSecure(visit.request.headers);
  const ended = await portalCookie(visit, guestCookieName(visit.venue), { what: '0', until: 0 });
  const brands = visit.guest ? [...(await peopleOf(visit, visit.guest)).keys()] : [];
  return back(visit, [ended, ...brands.map((brand) => forgetCookie(brand, { secure }))]);
}

/** Only a form that showed the boxes says anything about them: a bare button leaves all as it is. */
async function saveChoices(visit: Visit, guest: Guest): Promise<{ guest: Guest; cookies: string[] }> {
  if (!visit.form.has('choices')) return { guest, cookies: [] };
  const keys = ASKED.flatMap((asked) => visit.form.getAll(asked).map((brand) => consentKeyOf(asked, brand)));
  return await change(visit, guest, new Set(keys));
}

async function change(visit: Visit, before: Guest, ticked: Ticked): Promise<{ guest: Guest; cookies: string[] }> {
  const had = await peopleOf(visit, before);
  const { guest, people } = await applyChoices(visit, before, ticked);
  const secure = isSecure(visit.request.headers);
  const lost = [...had.keys()].filter((brand) => !people.has(brand));
  const forgotten = lost.map((brand) => forgetCookie(brand, { secure }));
  return { guest, cookies: [...(await visitorCookies(visit, people)), ...forgotten] };
}

/** So that the page of a brand's screen knows them as whom they share as; as whom it knew them until now, is them too. */
async function visitorCookies(visit: Visit, people: Map<string, string>): Promise<string[]> {
  const { runtime, request, now } = visit;
  const secret = await runtime.secret('linkSecret');
  for (const [brand, personId] of people) {
    const visitorId = await rememberedPerson(visit, brand);
    if (visitorId !== undefined) await linkVisitor(runtime, brand, { visitorId, personId, source: 'portal' });
  }
  const secure = isSecure(request.headers);
  return [...people].map(([brand, personId]) => visitorCookie(secret, { brand, personId }, { now, secure }));
}

function onlineCookie(visit: Visit, seconds: number): Promise<string> {
  // It says that this browser was sent to the host that opens the network, which is all that we can know.
  return portalCookie(visit, onlineCookieName(visit.connectorId), {
    what: 'online',
    until: visit.now + seconds * 1000,
  });
}

/** To the same page by a GET, so that a reload sends nothing again; a used token is left behind. */
function back({ given }: Visit, cookies: string[]): HttpResponse {
  const { handover: _used, ...kept } = given;
  return { status: 303, headers: { location: `?${new URLSearchParams(kept)}` }, cookies };
}
