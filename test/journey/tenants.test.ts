import { createPublicKey } from 'node:crypto';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { exportSPKI, generateKeyPair, importJWK, type JWK, SignJWT, UnsecuredJWT } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { couponCode } from '#core/offers/coupon-code.ts';
import { type HttpRoute, ROLES, type Role } from '#functions/routes.ts';
import type { Beckon } from '#test/support/beckon.ts';
import { type Document, examples } from '#test/support/examples.ts';
import {
  CANARY,
  type GuardedRoute,
  goodRequest,
  guarded,
  type Outsider,
  openOutsider,
  type Sent,
} from '#test/support/outsider.ts';

/** Who may do what, and that nobody reaches what is another's. */

let outsider: Outsider;
let beckon: Beckon;
/** The first brand's coupon, which others will try to guess. */
let code = '';

const send: Outsider['send'] = (request) => outsider.send(request);
const must: Outsider['must'] = (request) => outsider.must(request);
const refusal: Outsider['refusal'] = (...args) => outsider.refusal(...args);

beforeAll(async () => {
  outsider = await openOutsider();
  ({ beckon, code } = outsider);
  // One of each kind of thing that the fixture has none of, so that there is something to be kept from.
  for (const route of guarded) {
    const made = goodRequest(route, code);
    if (route.method === 'PUT' && made.path.endsWith('/x')) await must({ ...made, as: route.roles[0] as Role });
  }
});
afterAll(() => beckon.stop());

async function complaintsOf<T>(
  cases: readonly T[],
  complaint: (one: T) => Promise<string | undefined>,
): Promise<string[]> {
  const complaints: string[] = [];
  for (const one of cases) complaints.push(...[(await complaint(one)) ?? []].flat());
  return complaints;
}

async function badTokens(): Promise<Record<string, string>> {
  const now = Math.floor(Date.now() / 1000);
  const jwk = JSON.parse(readFileSync(path.join(beckon.dataDir, 'token-key.json'), 'utf8')) as JWK;
  const good = await outsider.sign();
  const [head, body, signature] = good.split('.') as [string, string, string];
  const claims = JSON.parse(Buffer.from(body, 'base64url').toString());
  const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const other = await generateKeyPair('RS256', { extractable: true });
  const publicPem = await exportSPKI(
    (await importJWK({ kty: 'RSA', n: jwk.n, e: jwk.e } as JWK, 'RS256')) as CryptoKey,
  );
  const nodePem = createPublicKey(publicPem).export({ type: 'pkcs1', format: 'pem' }).toString();
  const hmac = (secret: string) =>
    new SignJWT(claims).setProtectedHeader({ alg: 'HS256', kid: 'local-1' }).sign(Buffer.from(secret));
  const byOther = (header: Record<string, unknown> = {}) =>
    new SignJWT(claims).setProtectedHeader({ alg: 'RS256', kid: 'local-1', ...header }).sign(other.privateKey);
  const ps256 = await importJWK({ ...jwk, alg: 'PS256' }, 'PS256');
  return {
    garbage: 'garbage',
    'three dots': '..',
    'three parts of nothing': 'a.b.c',
    '8 kB': `${'a'.repeat(4000)}.${'b'.repeat(4000)}.c`,
    'alg none': new UnsecuredJWT(claims).encode() + signature,
    'alg none, unsigned': `${encode({ alg: 'none' })}.${body}.x`,
    'alg None': `${encode({ alg: 'None', kid: 'local-1' })}.${body}.${signature}`,
    'HS256 by the public key': await hmac(publicPem),
    'HS256 by the public key, PKCS#1': await hmac(nodePem),
    'HS256 by the modulus': await hmac(jwk.n ?? ''),
    'PS256 by the right key': await new SignJWT(claims)
      .setProtectedHeader({ alg: 'PS256', kid: 'local-1' })
      .sign(ps256),
    'another key': await byOther(),
    'another key, unknown kid': await byOther({ kid: 'other' }),
    'a kid that climbs': await byOther({ kid: '../../token-key.json' }),
    'a kid with SQL': await byOther({ kid: "x' OR '1'='1" }),
    'its own key in the header': await byOther({ jwk: await importableJwk(other.publicKey) }),
    'its own key by URL': await byOther({ jku: 'http://localhost:1/jwks.json' }),
    'a changed body': `${head}.${encode({ ...claims, 'cognito:groups': ['brand:other:marketer'] })}.${signature}`,
    'a cut signature': good.slice(0, -4),
    expired: await outsider.sign({ exp: now - 3600 }),
    'expired beyond the leeway': await outsider.sign({ exp: now - 90 }),
    'no expiry': await outsider.sign({ exp: undefined }),
    'not yet valid': await outsider.sign({ nbf: now + 3600 }),
    'no subject': await outsider.sign({ sub: undefined }),
    'an ID token': await outsider.sign({ token_use: 'id', aud: 'beckon-local' }),
    'no use': await outsider.sign({ token_use: undefined }),
    'another issuer': await outsider.sign({ iss: 'https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_other' }),
    'no issuer': await outsider.sign({ iss: undefined }),
    'another client': await outsider.sign({ client_id: 'other' }),
    'no client': await outsider.sign({ client_id: undefined }),
  };
}

async function importableJwk(key: CryptoKey): Promise<JWK> {
  return (await crypto.subtle.exportKey('jwk', key)) as JWK;
}

describe('tokens and roles', () => {
  it('refuses every token that is none', async () => {
    const tokens = await badTokens();
    const cases = guarded.flatMap((route, index) => {
      // Every token on some route, and every route with some tokens.
      const some = Object.entries(tokens).filter(
        (_, n) => route.operation === 'getPerson' || n % guarded.length === index,
      );
      return some.map(([name, token]) => ({
        name: `${route.operation}, ${name}`,
        request: { ...goodRequest(route, code), as: { token } },
      }));
    });
    expect(await complaintsOf(cases, ({ name, request }) => refusal(request, name, [401]))).toEqual([]);
    const within = await outsider.sign({ exp: Math.floor(Date.now() / 1000) - 30 });
    expect((await send({ method: 'GET', path: '/v1/people/mei', as: { token: within } })).status).toBe(200);
  });

  it('asks for a token on every route that is not public', async () => {
    const headers = [
      '',
      'Bearer',
      'Bearer ',
      `Basic ${Buffer.from('a:b').toString('base64')}`,
      `bearer ${beckon.tokens.marketer}x`,
      `Bearer ${beckon.tokens.marketer}, Bearer x`,
    ];
    const cases = guarded.flatMap((route) =>
      headers.map((authorization) => ({
        name: `${route.operation}, "${authorization.slice(0, 20)}"`,
        request: { ...goodRequest(route, code), as: 'nobody' as const, headers: { authorization } },
      })),
    );
    expect(await complaintsOf(cases, ({ name, request }) => refusal(request, name, [401]))).toEqual([]);
    expect((await send({ method: 'GET', path: '/v1/places', as: 'nobody' })).headers.get('www-authenticate')).toBe(
      'Bearer',
    );
  });

  it('lets no role do what is another’s', async () => {
    const cases = guarded.flatMap((route) =>
      ROLES.filter((role) => !route.roles.includes(role)).map((role) => ({
        name: `${route.operation} as ${role}`,
        request: { ...goodRequest(route, code), as: role },
      })),
    );
    expect(cases.length).toBeGreaterThan(50);
    expect(await complaintsOf(cases, ({ name, request }) => refusal(request, name, [403]))).toEqual([]);
  });

  it('finds no role in groups that are none', async () => {
    const own = beckon.brand;
    const groups: unknown[] = [
      [],
      '',
      'marketer',
      `brand:${own}`,
      `brand:${own}:`,
      `brand::marketer`,
      `brand:${own}:god`,
      `brand:${own}:Marketer`,
      `Brand:${own}:marketer`,
      `shop:${own}:marketer`,
      `brand:${own}:marketer:extra`,
      `brand:${own}/x:marketer`,
      `brand:${own}#P#mei:marketer`,
      `brand:${'x'.repeat(65)}:marketer`,
      `brand:${own} :marketer`,
      { brand: own },
      7,
      null,
      `brand:${own}:__proto__`,
    ];
    const cases = await Promise.all(
      groups.map(async (group) => ({
        name: JSON.stringify(group),
        request: { method: 'GET', path: '/v1/people/mei', as: await outsider.groupToken(group) },
      })),
    );
    cases.push({
      name: 'groups that are text',
      request: {
        method: 'GET',
        path: '/v1/people/mei',
        as: { token: await outsider.sign({ 'cognito:groups': `brand:${own}:marketer` }) },
      },
    });
    expect(await complaintsOf(cases, ({ name, request }) => refusal(request, name, [403]))).toEqual([]);
  });

  it('keeps a venue away from what is a brand’s, whatever role it has there', async () => {
    const shared = [
      'putPlace',
      'getPlace',
      'listPlaces',
      'deletePlace',
      'importPlaces',
      'getPlacesSync',
      'syncAllPlaces',
      'putSensitivePlace',
      'deleteSensitivePlace',
      'listSensitivePlaces',
      'importSensitivePlaces',
      'putScreen',
      'listScreens',
      'getScreenReport',
      'exportScreenReport',
      'putCreative',
      'getCreative',
      'listCreatives',
      'putPlaylist',
      'getPlaylist',
      'listPlaylists',
      'postPlays',
      'importPlays',
      'getPlaying',
      'pairScreen',
      'removePlayer',
      'getScreenHealth',
      'putTag',
      'getTag',
      'listTags',
      'importTags',
      'putConnector',
      'getConnector',
      'listConnectors',
    ];
    const brandOnly = guarded.filter(({ operation }) => !shared.includes(operation));
    const cases = await Promise.all(
      brandOnly.flatMap((route) =>
        route.roles.map(async (role) => ({
          name: `${route.operation} as a venue’s ${role}`,
          request: { ...goodRequest(route, code), as: await outsider.groupToken(`venue:harbour-city:${role}`) },
        })),
      ),
    );
    expect(await complaintsOf(cases, ({ name, request }) => refusal(request, name, [403]))).toEqual([]);
    const places = await send({ method: 'GET', path: '/v1/places', as: 'operator' });
    expect([places.status, places.text.includes(CANARY)]).toEqual([200, false]);
  });
});

/** An operation as the host's own document tells outsiders of it. */
type Told = { operation: string; method: string; path: string; roles: readonly string[] };

async function operationsTold(): Promise<Told[]> {
  const { paths } = await must({ method: 'GET', path: '/v1/openapi.json', as: 'nobody' });
  return Object.entries<Document>(paths).flatMap(([at, methods]) =>
    Object.entries<Document>(methods).map(([method, { operationId, security, description = '' }]) => ({
      operation: operationId,
      method: method.toUpperCase(),
      path: at,
      roles: security.length === 0 ? [] : description.replace(/^Roles: |\.$/g, '').split(', '),
    })),
  );
}

describe('every operation of openapi.json, in every role, of another brand', () => {
  it('is refused to roles that it is not for, and finds nothing that has another’s name', async () => {
    const told = (await operationsTold()).filter(({ roles }) => roles.length > 0);
    expect(told.map(({ operation }) => operation).sort()).toEqual(guarded.map(({ operation }) => operation).sort());
    // What makes something may do so under any name: the brand's own test below looks at that.
    const makes = (one: Told) => one.method === 'PUT' || !one.path.includes('{');
    const cases = told.flatMap((one) => ROLES.map((role) => ({ one, role })));
    const answers = await complaintsOf(cases, async ({ one, role }) => {
      const route = guarded.find(({ operation }) => operation === one.operation) as GuardedRoute;
      const request = { ...goodRequest(route, code), as: await outsider.groupToken(`brand:stranger:${role}`) };
      const mayAsk = one.roles.includes(role);
      if (mayAsk && makes(one)) return undefined;
      const got = await send(request);
      const wanted = mayAsk ? 404 : 403;
      const isWrong = got.status !== wanted || got.text.includes(CANARY) || got.text.includes(code);
      return isWrong
        ? `${one.operation} as ${role}: ${got.status}, not ${wanted}: ${got.text.slice(0, 200)}`
        : undefined;
    });
    expect(answers).toEqual([]);
    expect(cases.length).toBeGreaterThan(250);
  });
});

describe('another brand', () => {
  const reads = guarded.filter(
    ({ method, operation }) =>
      method === 'GET' || /launch|pause|preview|^delete|^syncAllPlaces|Coupon$/.test(operation),
  );

  it('finds nothing of the first brand’s, on any route, and changes nothing of it', async () => {
    const before = await everything();
    expect(JSON.stringify(before)).toContain(CANARY);
    // What only reads, and what takes away, comes first: then the other brand has nothing of these ids yet.
    const all = [...reads, ...guarded.filter((candidate) => !reads.includes(candidate))];
    const cases = all.flatMap((route) => route.roles.map((role) => ({ route, role })));
    expect(await complaintsOf(cases, ({ route, role }) => trespass(route, role, reads.includes(route)))).toEqual([]);
    // The other brand has things of the same ids now, and the first one’s are as they were.
    const other = await outsider.groupToken('brand:other:marketer');
    for (const route of reads) {
      const got = await send({ ...goodRequest(route, code), as: other });
      expect([route.operation, got.text.includes(CANARY) || got.text.includes(code)]).toEqual([route.operation, false]);
    }
    expect(await everything()).toEqual(before);
  });

  it('answers codes that are malformed, unknown or another brand’s in the same bytes', async () => {
    const body = examples.redeemCoupon?.[0];
    const unknown = Array.from({ length: 20 }, (_, n) => couponCode('x'.repeat(32), beckon.brand, `none-${n}`));
    const malformed = [
      'x',
      '0',
      'AAAA-AAAA-AAAA-A',
      code.slice(0, -1),
      `${code}0`,
      code.replace(/.$/, (last) => (last === '0' ? '1' : '0')),
      '%00',
      '%20',
      '%',
      '%ff',
      '字',
      '😀',
      '__proto__',
      '..%2f..',
      '-',
      'UUUU-UUUU-UUUU-U',
      'x'.repeat(64),
      'x'.repeat(65),
      'x'.repeat(5000),
      '{{7*7}}',
      "' OR 1=1--",
      '%0d%0aX: y',
    ];
    const answers = new Map<string, string[]>();
    const note = async (typed: string, as: Sent['as']) => {
      const got = await send({
        method: 'POST',
        path: `/v1/coupons/${/%/.test(typed) ? typed : encodeURIComponent(typed)}/redeem`,
        as: as ?? 'till',
        body,
      });
      const headers = [...got.headers].filter(([name]) => name !== 'date');
      const key = JSON.stringify([got.status, headers, got.text]);
      answers.set(key, [...(answers.get(key) ?? []), typed]);
      return got;
    };
    // Each by a till of its own: one alone would be throttled.
    for (const [n, typed] of [...unknown, ...malformed].entries()) {
      const groups = { sub: `till-${n}`, 'cognito:groups': [`brand:${beckon.brand}:till`] };
      await note(typed, { token: await outsider.sign(groups) });
    }
    const foreign = await note(code, await outsider.groupToken('brand:other:till'));
    await note(code.toLowerCase().replaceAll('-', ''), await outsider.groupToken('brand:other:associate'));
    expect([...answers.keys()]).toHaveLength(1);
    expect(foreign.status).toBe(404);
    expect(foreign.text).not.toContain(code);
  });

  it('gets nowhere with the cursor of another’s list', async () => {
    const { cursor } = await must({ method: 'GET', path: '/v1/people/mei/decisions?limit=1' });
    const { cursor: places } = await must({ method: 'GET', path: '/v1/places?limit=1' });
    const other = await outsider.groupToken('brand:other:marketer');
    const decoded = Buffer.from(cursor, 'base64url').toString();
    expect(decoded).not.toMatch(/mei|harbour/);
    for (const [at, as] of [
      [`/v1/people/bo/decisions?cursor=${cursor}`, 'marketer'],
      [`/v1/people/mei/decisions?cursor=${cursor}`, other],
      [`/v1/places?cursor=${places}`, other],
      [`/v1/people?cursor=0.${cursor}`, other],
    ] as const) {
      const got = await send({ method: 'GET', path: at, as });
      expect([at, got.status < 500, got.text.includes(CANARY), got.text.includes('"mei"') && as !== other]).toEqual([
        at,
        true,
        false,
        false,
      ]);
    }
  });
});

/** What is wrong with the answer to another brand's request that names the first one's things. */
async function trespass(route: HttpRoute, role: Role, isRead: boolean): Promise<string | undefined> {
  const got = await send({ ...goodRequest(route, code), as: await outsider.groupToken(`brand:other:${role}`) });
  const isList =
    /^(getRegionsReport|list(Erasures|Places|SensitivePlaces|Screens|Tags|Creatives|Playlists|Connectors|Segments|Campaigns|People))$/.test(
      route.operation,
    );
  // Every brand has settings, and places somewhere, if only those of one that has said nothing.
  const isThere = isList || /^(getBrand|getPlacesSync|nearPlaces)$/.test(route.operation);
  // These two need a player, too.
  const isTold = !isRead && !/^(pairScreen|removePlayer)$/.test(route.operation);
  // The ids of tags are everybody's: who comes first has one.
  const wanted = route.operation === 'putTag' ? [409] : isTold ? [200, 201, 202, 204, 422] : isThere ? [200] : [404];
  const wrong = [
    !wanted.includes(got.status) && `answers ${got.status}`,
    (got.text.includes(CANARY) || got.text.includes(code)) && 'shows the canary',
    isList && !got.text.startsWith('{"items":[]') && 'lists something',
  ].filter(Boolean);
  return wrong.length > 0 ? `${route.operation} as ${role} ${wrong.join(', ')}: ${got.text.slice(0, 200)}` : undefined;
}

/** All that the first brand has, as the API shows it. */
async function everything(): Promise<Document[]> {
  const views = ['decisions', 'coupons'].map((list) => `/v1/people/mei/${list}`);
  const paths = [
    '/v1/brand',
    '/v1/places/s1',
    '/v1/screens',
    '/v1/segments/all',
    '/v1/campaigns/milk',
    '/v1/people/mei',
    ...views,
  ];
  return await Promise.all(paths.map((at) => must({ method: 'GET', path: at })));
}
