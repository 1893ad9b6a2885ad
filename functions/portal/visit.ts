import { type Connector, macOf, type Placement, placementOf } from '#core/model/connector.ts';
import type { Portal } from '#core/model/portal.ts';
import { LANGUAGES, type Language } from '#core/portal/consents.ts';
import { type Checked, checkContinueUrl, checkGrantUrl } from '#core/portal/grant.ts';
import { findAddress } from '#store/directory.ts';
import { type Guest, getGuest } from '#store/guests.ts';
import type { Tenant } from '#store/keys.ts';
import { getSignage } from '#store/signage.ts';
import { linkStation } from '#store/stations.ts';
import { ENV } from '../routes.ts';
import type { HttpRequest } from '../shared/http.ts';
import { Problem } from '../shared/problem.ts';
import type { Runtime } from '../shared/runtime.ts';
import { guestCookieName, onlineCookieName, readCookie } from './cookies.ts';

/** What WiFi controllers put into the page's address. Anything else there is left alone. */
const GIVEN = [
  // Cisco Meraki, click-through.
  'base_grant_url',
  'user_continue_url',
  'node_id',
  'node_mac',
  'gateway_id',
  'client_ip',
  'client_mac',
  // Cisco Meraki, sign-on.
  'login_url',
  'continue_url',
  'ap_mac',
  'mac',
  // UniFi.
  'id',
  'ap',
  'url',
  'ssid',
  // Ours: from a brand's app, and the language chosen.
  'handover',
  'lang',
] as const;
type Given = Partial<Record<(typeof GIVEN)[number], string>>;
const MAX_FORM_FIELDS = 100;

/** Somebody at the page: whose portal, what the controller said, and who they are as far as their cookies prove it. */
export type Visit = {
  runtime: Runtime;
  request: HttpRequest;
  now: number;
  connectorId: string;
  connector: Connector;
  portal: Portal;
  venue: Tenant;
  /** Of this page, without its query. */
  portalUrl: string;
  language: Language;
  given: Given;
  form: URLSearchParams;
  /** Where going online leads, if the network's controller has sent this guest: both checked. */
  grant: { url: URL; continueUrl: URL } | undefined;
  /** The same where the venue wants an account: this form is the controller's own. */
  login: { url: URL; continueUrl: URL } | undefined;
  /** Of the access point and of the phone, as the query says: nobody has proved them. */
  apMac: string | undefined;
  mac: string | undefined;
  guest: Guest | undefined;
  onlineUntil: number;
};

/** @throws Problem 404 where there is no such portal, 400 for an address that must not be followed */
export async function visitOf(request: HttpRequest): Promise<Visit> {
  const { runtime, cookies } = request;
  const connectorId = request.path.connectorId ?? '';
  const { venue, connector, portal } = await portalOf(runtime, connectorId);
  const form = new URLSearchParams(request.text);
  if (form.size > MAX_FORM_FIELDS) {
    throw new Problem('invalid-input', 'the form is not one of ours', [{ pointer: '', detail: 'has too many fields' }]);
  }
  const given = givenOf(request.query, form);
  const now = runtime.now();
  const secret = await runtime.secret('linkSecret');
  const cookie = (name: string) => readCookie(secret, name, cookies[name], now);
  const guestId = cookie(guestCookieName(venue))?.what;
  const portalUrl = `${runtime.requireEnv(ENV.publicUrl)}/w/${connectorId}`;
  return {
    runtime,
    request,
    now,
    connectorId,
    connector,
    portal,
    venue,
    portalUrl,
    language: languageOf(given.lang, request.headers['accept-language']),
    given,
    form,
    ...waysOnline(given, portal, portalUrl),
    apMac: macOf(given.node_mac ?? given.ap_mac ?? given.ap),
    mac: macOf(given.client_mac ?? given.mac ?? given.id),
    guest: guestId === undefined ? undefined : await getGuest(runtime.db, venue, guestId),
    onlineUntil: cookie(onlineCookieName(connectorId))?.until ?? 0,
  };
}

async function portalOf(runtime: Runtime, connectorId: string) {
  const address = await findAddress(runtime.db, 'connector', connectorId);
  const connector = address && (await getSignage<Connector>(runtime.db, address.owner, 'connector', connectorId));
  if (!address || !connector?.portal) throw new Problem('not-found', 'there is no such portal');
  return { venue: address.owner, connector, portal: connector.portal };
}

/** The form goes back to the page's own address; a client that puts everything into the form is understood as well. */
function givenOf(query: Record<string, string>, form: URLSearchParams): Given {
  return Object.fromEntries(
    GIVEN.flatMap((name) => {
      const value = form.get(name) ?? query[name];
      return value ? [[name, value]] : [];
    }),
  );
}

function waysOnline(given: Given, { grantHosts }: Portal, portalUrl: string): Pick<Visit, 'grant' | 'login'> {
  const wanted = (['user_continue_url', 'continue_url', 'url'] as const).find((name) => given[name] !== undefined);
  const continueUrl = checked(
    wanted ?? 'continue_url',
    checkContinueUrl((wanted && given[wanted]) ?? `${portalUrl}/venue`),
  );
  const way = (name: 'base_grant_url' | 'login_url') => {
    const text = given[name];
    return text === undefined ? undefined : { url: checked(name, checkGrantUrl(text, grantHosts)), continueUrl };
  };
  return { grant: way('base_grant_url'), login: way('login_url') };
}

function checked(name: string, result: Checked): URL {
  if (result.ok) return result.url;
  throw new Problem('invalid-input', 'this page was opened with an address that it may not follow', [
    { pointer: `/${name}`, detail: result.detail },
  ]);
}

/** What the guest has chosen, else the first of their browser's languages that we have. */
function languageOf(chosen: string | undefined, accepted: string | undefined): Language {
  const asked = chosen ?? /\b(en|zh)\b/i.exec(accepted ?? '')?.[0] ?? 'en';
  return LANGUAGES.find((language) => language.slice(0, 2) === asked.slice(0, 2).toLowerCase()) ?? 'en';
}

/** Where the guest is, as far as the operator has said where that access point or network is. */
export function placeOf({ connector, apMac, given }: Visit): Placement | undefined {
  return placementOf(
    connector,
    [apMac, given.ssid].filter((name) => name !== undefined),
  );
}

/**
 * Lets later sightings of this phone count as this guest's, for a day. The address is a word of the query, which anybody
 * can write: it is taken only from a page that the network's own controller has opened (an address of an allowed host
 * came with it), together with a login on that same network, and it never identifies anybody by itself.
 */
export async function linkPhone(visit: Visit, { guestId }: Guest): Promise<void> {
  const { runtime, venue: owner, connectorId, mac, now } = visit;
  if (mac === undefined) return;
  const venueSecret = await runtime.secret('venueSecret');
  await linkStation(runtime.db, { owner, connectorId, venueSecret }, { mac, guestId, now });
}
