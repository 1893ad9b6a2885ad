/** RFC 8908, section 5: what a phone learns about the network before it opens a page. */
export type CaptiveDocument = {
  captive: boolean;
  'user-portal-url': string;
  'venue-info-url': string;
  'seconds-remaining'?: number;
  'can-extend-session'?: boolean;
};

/**
 * The document for somebody whose session ends at `onlineUntil` (epoch ms), or who has none. Whoever went through the
 * page again would be let on again, so a session can be extended.
 */
export function captiveDocument(args: { portalUrl: string; onlineUntil: number; now: number }): CaptiveDocument {
  const { portalUrl, onlineUntil, now } = args;
  const urls = { 'user-portal-url': portalUrl, 'venue-info-url': `${portalUrl}/venue` };
  const seconds = Math.floor((onlineUntil - now) / 1000);
  if (seconds <= 0) return { captive: true, ...urls };
  return { captive: false, ...urls, 'seconds-remaining': seconds, 'can-extend-session': true };
}
