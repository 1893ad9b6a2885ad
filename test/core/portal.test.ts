import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import * as z from 'zod/mini';
import { PortalSchema } from '#core/model/portal.ts';
import { captiveDocument } from '#core/portal/captive.ts';
import { ASKED, consentSource, consentText, LANGUAGES, proofOf } from '#core/portal/consents.ts';
import { checkContinueUrl, checkGrantUrl, formTargets, grantRedirect } from '#core/portal/grant.ts';

const OWN = ['wifi.compass.example'];
const GOOD = [
  'https://n143.network-auth.com/splash/grant',
  'https://n143.network-auth.com',
  'https://n143.network-auth.com?x=1',
  'https://n143.network-auth.com:443/splash/grant',
  'HTTPS://N143.NETWORK-AUTH.COM/splash/grant',
  'https://eu.n143.network-auth.com/splash/grant?x=1#y',
  'https://wifi.compass.example/grant',
];
/** Open redirects as they are tried: each is at another host than it seems, or is none of ours. */
const BAD = [
  'http://n143.network-auth.com/splash/grant',
  'https://network-auth.com/splash/grant',
  'https://network-auth.com.evil.example/',
  'https://n143.network-auth.com.evil.example/',
  'https://evilnetwork-auth.com/',
  'https://evil-network-auth.com/',
  'https://evil.example/n143.network-auth.com',
  'https://evil.example/?.network-auth.com',
  'https://evil.example#.network-auth.com',
  'https://evil.example\\.network-auth.com/',
  'https://evil.example\\@n143.network-auth.com/',
  'https://n143.network-auth.com@evil.example/',
  'https://n143.network-auth.com:pw@evil.example/',
  'https://evil@n143.network-auth.com/',
  'https://@n143.network-auth.com/',
  'https://:@n143.network-auth.com/',
  'https://n143.network-auth.com:8443/',
  'https://n143.network-auth.com:443@evil.example/',
  'https://n143.network-auth.com:/',
  'https://n143.network-auth.com./',
  'https://n143.network-auth.com%2eevil.example/',
  'https://n143.network-auth.com%00.evil.example/',
  'https://n143%2enetwork-auth.com/',
  'https://n143。network-auth。com/',
  'https://n143.network‐auth.com/',
  'https://n143.network-auth.com。evil.example/',
  'https://ｎ143.network-auth.com/',
  'https://n143.nеtwork-auth.com/',
  'https://.network-auth.com/',
  'https://..network-auth.com/',
  'https://a..network-auth.com/',
  '//evil.example/',
  '//n143.network-auth.com/',
  '///n143.network-auth.com/',
  '/\\evil.example',
  'https:n143.network-auth.com',
  'https:/n143.network-auth.com',
  'https:\\\\n143.network-auth.com',
  'https:///n143.network-auth.com',
  'javascript:alert(1)//.network-auth.com',
  'data:text/html,.network-auth.com',
  'ftp://n143.network-auth.com/',
  ' https://n143.network-auth.com/',
  'https://n143.network-auth.com/ x',
  'https://n143.network-auth.com/\r\nSet-Cookie: a=b',
  'https://n143.network-\tauth.com/',
  'https://n143.network-auth.com\n.evil.example/',
  'https://wifi.compass.example.evil.example/',
  'https://sub.wifi.compass.example/',
  'https://ifi.compass.example/',
  'https://[::1]/',
  'https://127.0.0.1/',
  '',
  'x',
];

describe('the host that opens the network', () => {
  it.each(GOOD)('may be %s', (text) => {
    const checked = checkGrantUrl(text, OWN);
    expect(checked.ok && checked.url.protocol).toBe('https:');
  });

  it.each(BAD)('is never %j', (text) => {
    expect(checkGrantUrl(text, OWN)).toEqual({ ok: false, detail: expect.stringMatching(/must be|not one that may/) });
  });

  it('is not one that is too long, and only a venue’s own where it says so', () => {
    expect(checkGrantUrl(`https://n1.network-auth.com/${'a'.repeat(2000)}`, OWN).ok).toBe(false);
    expect(checkGrantUrl('https://wifi.compass.example/grant', []).ok).toBe(false);
  });

  it('is, whatever is written, one that a browser takes for one of ours', () => {
    const piece = fc.constantFrom(
      'https://',
      'n1',
      '.',
      'network-auth.com',
      'evil.example',
      '@',
      ':',
      '443',
      '/',
      '\\',
      '。',
      '%2e',
      '?',
      '#',
      '\t',
    );
    const texts = fc
      .array(fc.oneof(piece, fc.string({ maxLength: 3 })), { maxLength: 10 })
      .map((parts) => parts.join(''));
    fc.assert(
      fc.property(
        fc.oneof(
          texts,
          texts.map((text) => `https://n1.network-auth.com${text}`),
        ),
        (text) => {
          const checked = checkGrantUrl(text, OWN);
          if (!checked.ok) return;
          const { hostname, port, username, protocol } = new URL(text);
          expect([protocol, port, username]).toEqual(['https:', '', '']);
          expect(hostname).toMatch(/^[a-z0-9-]+(\.[a-z0-9-]+)*\.network-auth\.com$|^wifi\.compass\.example$/);
        },
      ),
      { numRuns: 5000 },
    );
  });

  it('gets where to go on and for how long, beside what it had', () => {
    const grant = new URL('https://n143.network-auth.com/splash/grant?a=1&continue_url=x#part');
    const continueUrl = new URL('http://ask.com/?q=a&b=c');
    expect(grantRedirect(grant, { continueUrl, seconds: 14_400 })).toBe(
      'https://n143.network-auth.com/splash/grant?a=1&continue_url=http%3A%2F%2Fask.com%2F%3Fq%3Da%26b%3Dc&duration=14400',
    );
  });
});

describe('the page a guest wanted', () => {
  it.each(['http://ask.com/', 'https://www.example.com/a?b=c#d', 'http://1.2.3.4:8080/', 'http://例え.jp/'])(
    'may be %s',
    (text) => {
      expect(checkContinueUrl(text).ok).toBe(true);
    },
  );

  it.each([
    'javascript:alert(1)',
    'JaVaScRiPt:alert(1)',
    'java\nscript:alert(1)',
    'data:text/html,<script>alert(1)</script>',
    'vbscript:x',
    'file:///etc/passwd',
    '//evil.example',
    '/here',
    'http:evil.example',
    'http:///evil.example',
    'http://user:pw@evil.example/',
    'http://bank.example@evil.example/',
    'http://a\\@evil.example/',
    'http://a b/',
    'http://',
    'http://a/\r\nx: y',
    `http://a/${'b'.repeat(2000)}`,
    '',
  ])('is never %j', (text) => {
    expect(checkContinueUrl(text)).toEqual({ ok: false, detail: expect.any(String) });
  });

  it('is in the page’s policy, with its neighbours, and never ends a directive', () => {
    const grant = new URL('https://n143.network-auth.com/splash/grant');
    expect(formTargets(grant, new URL('http://www.ask.com/'))).toEqual([
      'https://n143.network-auth.com',
      'https://*.network-auth.com',
      'http://ask.com',
      'http://*.ask.com',
    ]);
    for (const odd of ["http://a;script-src'/", 'http://a,b/', 'http://[::1]/', "http://a'b/", 'http://*/']) {
      const url = URL.parse(odd);
      if (!url) continue;
      expect(formTargets(new URL('https://wifi.compass.example/'), url)).toEqual(['https://wifi.compass.example']);
    }
  });
});

describe('the captive portal’s document (RFC 8908)', () => {
  const portalUrl = 'https://beckon.example/w/lobby';
  const urls = { 'user-portal-url': portalUrl, 'venue-info-url': `${portalUrl}/venue` };

  it('says that the network is closed, and where to open it', () => {
    for (const onlineUntil of [0, 999, 1000, 1999]) {
      expect(captiveDocument({ portalUrl, onlineUntil, now: 1000 })).toEqual({ captive: true, ...urls });
    }
  });

  it('says for how much longer it is open', () => {
    const open = { captive: false, ...urls, 'can-extend-session': true };
    expect(captiveDocument({ portalUrl, onlineUntil: 327_900, now: 1000 })).toEqual({
      ...open,
      'seconds-remaining': 326,
    });
  });
});

describe('what a guest may agree to', () => {
  const names = { brand: 'Harbour Dairy', network: 'Compass Lobby' };

  it('is one sentence each, which names the brand, in both languages', () => {
    const texts = ASKED.flatMap((asked) => LANGUAGES.map((language) => consentText(asked, language, names)));
    expect(new Set(texts).size).toBe(4);
    for (const text of texts) expect(text).toContain(names.brand);
    for (const language of LANGUAGES) expect(consentText('sharing', language, names)).toContain(names.network);
  });

  /** Whoever changes a sentence gives it another version: a record must go on meaning what its guest has read. */
  it('is version 1, word for word', () => {
    const texts = ASKED.flatMap((asked) => LANGUAGES.map((language) => consentText(asked, language, names)));
    expect([LANGUAGES.map(consentSource), texts.map((text) => proofOf(text).slice(0, 12))]).toMatchInlineSnapshot(`
      [
        [
          "portal:v1:en",
          "portal:v1:zh-CN",
        ],
        [
          "18bbb9adc88b",
          "b092f29723c6",
          "a53067d99a3f",
          "09196a1d61a6",
        ],
      ]
    `);
  });

  it('is proved by the SHA-256 of what was shown', () => {
    const text = consentText('sharing', 'zh-CN', names);
    expect(proofOf(text)).toBe(createHash('sha256').update(text, 'utf8').digest('hex'));
  });
});

describe('a portal as its operator writes it', () => {
  it('has defaults, and refuses what could lead elsewhere', () => {
    expect(z.parse(PortalSchema, { networkName: 'Lobby' })).toEqual({
      networkName: 'Lobby',
      grantHosts: [],
      sessionMinutes: 240,
      brands: [],
    });
    for (const host of [
      '*.example.com',
      'example',
      'a.example:8443',
      'https://a.example',
      'a.example/',
      '1.2.3.4',
      'A.example',
    ]) {
      expect([host, z.safeParse(PortalSchema, { networkName: 'Lobby', grantHosts: [host] }).success]).toEqual([
        host,
        false,
      ]);
    }
    for (const termsUrl of ['javascript:alert(1)', 'http://a.example', 'https://a"b', '//a.example']) {
      expect(z.safeParse(PortalSchema, { networkName: 'Lobby', termsUrl }).success).toBe(false);
    }
  });
});
