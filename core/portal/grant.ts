/** Cisco Meraki's cloud: the host of every grant and login URL that it hands to a splash page. */
const MERAKI_SUFFIX = '.network-auth.com';
const MAX_URL = 2000;

export type Checked = { ok: true; url: URL } | { ok: false; detail: string };

const refuse = (detail: string): Checked => ({ ok: false, detail });

/**
 * The address that opens the network, if it may be followed. It comes in a query that anybody can write, and we redirect
 * to it: so its host must be one that the venue trusts, read from the text itself before a parser has been kind to it
 * (an `@`, a full-width dot, a backslash, a port, a trailing dot). Source: Meraki's EXCAP, `base_grant_url`.
 */
export function checkGrantUrl(text: string, grantHosts: readonly string[]): Checked {
  if (text.length > MAX_URL) return refuse(`has more than ${MAX_URL} characters`);
  const written = /^https:\/\/([a-z0-9.-]+)(?::443)?(?=[/?#]|$)/i.exec(text)?.[1]?.toLowerCase();
  if (written === undefined || /[^!-~]|\\/.test(text)) return refuse('must be an https:// address on port 443');
  const url = URL.parse(text);
  if (!url || url.hostname !== written || url.host !== written || url.username !== '' || url.password !== '') {
    return refuse('must be an https:// address on port 443');
  }
  return mayGrant(written, grantHosts) ? { ok: true, url } : refuse('its host is not one that may open this network');
}

/** A name below Meraki's domain, or exactly one of the venue's own. */
function mayGrant(host: string, grantHosts: readonly string[]): boolean {
  const label = host.endsWith(MERAKI_SUFFIX) ? host.slice(0, -MERAKI_SUFFIX.length) : undefined;
  if (label !== undefined && /^([a-z0-9-]+\.)*[a-z0-9-]+$/.test(label)) return true;
  return grantHosts.includes(host);
}

/** Where the guest wanted to go, which the network's own host will send them to: a web page, said plainly. */
export function checkContinueUrl(text: string): Checked {
  if (text.length > MAX_URL) return refuse(`has more than ${MAX_URL} characters`);
  // A tab or line break in the middle would be dropped by the parser.
  const url = /^https?:\/\/[^/\\]/i.test(text) && !/[\s\p{Cc}\\]/u.test(text) ? URL.parse(text) : null;
  if (!url || !/^https?:$/.test(url.protocol) || url.username !== '' || url.password !== '') {
    return refuse('must be an http:// or https:// address');
  }
  return { ok: true, url };
}

/** The redirect that lets a guest online: `{base_grant_url}?continue_url=…&duration=…`, in seconds. */
export function grantRedirect(grant: URL, { continueUrl, seconds }: { continueUrl: URL; seconds: number }): string {
  const url = new URL(grant);
  url.hash = '';
  url.searchParams.set('continue_url', continueUrl.href);
  url.searchParams.set('duration', String(seconds));
  return url.href;
}

/**
 * What the page's form may lead to, for a Content-Security-Policy. Chromium holds `form-action` against every redirect
 * that follows a form, so the host that grants and the page the guest wanted must be in it; of that one also names beside
 * it, because `http://news.example` mostly means `https://www.news.example`. (In a policy `http:` covers `https:`.)
 */
export function formTargets(grant: URL, continueUrl: URL): string[] {
  const meraki = grant.hostname.endsWith(MERAKI_SUFFIX) ? [`https://*${MERAKI_SUFFIX}`] : [];
  const wanted = continueUrl.hostname.replace(/^www\./, '');
  const port = continueUrl.port === '' ? '' : `:${continueUrl.port}`;
  // A host name may hold a `;`, which would begin another directive: then the guest stays on the grant's page.
  const safe = /^([a-z0-9-]+\.)*[a-z0-9-]+$/.test(wanted);
  return [
    `https://${grant.hostname}`,
    ...meraki,
    ...(safe ? [`http://${wanted}${port}`, `http://*.${wanted}${port}`] : []),
  ];
}
