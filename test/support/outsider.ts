import { readFileSync } from 'node:fs';
import path from 'node:path';
import { importJWK, type JWK, SignJWT } from 'jose';
import { expect } from 'vitest';
import { functions, type HttpRoute, type Role } from '#functions/routes.ts';
import { type Beckon, type BeckonOptions, eventually, startBeckon } from './beckon.ts';
import { aCampaign, aPerson, aPlace, HOME } from './builders.ts';
import { type Document, examples, texts } from './examples.ts';

/** A request as it goes over the wire; `as` is a role of the fixture's brand, or a token. */
export type Sent = {
  method: string;
  path: string;
  as?: Role | 'nobody' | { token: string };
  body?: unknown;
  raw?: string | Buffer;
  headers?: Record<string, string>;
};
export type Got = { status: number; type: string; text: string; ms: number; headers: Headers };

export const LIMIT_MS = 2000;
export const CANARY = 'canary7f3a';
export const routes = functions.flatMap(({ http = [] }) => http);
export type GuardedRoute = HttpRoute & { roles: readonly Role[] };
export const guarded = routes.filter((route): route is GuardedRoute => route.roles !== 'public');

/** Somebody outside, who speaks HTTP to a host with a small brand in it and knows how a bad request is refused. */
export type Outsider = {
  beckon: Beckon;
  /** The brand's coupon, which others will try to guess. */
  code: string;
  send: (request: Sent) => Promise<Got>;
  must: (request: Sent) => Promise<Document>;
  walkIn: (deviceId: string) => Promise<void>;
  /** What is wrong with the answer to a bad request: undefined when it is refused as it should be. */
  refusal: (request: Sent, name: string, status: readonly number[], pointer?: string) => Promise<string | undefined>;
  sign: (claims?: Record<string, unknown>, header?: Record<string, unknown>) => Promise<string>;
  groupToken: (group: unknown) => Promise<{ token: string }>;
};

export async function openOutsider(options: BeckonOptions = {}): Promise<Outsider> {
  const beckon = await startBeckon(options);
  const sign = await signer(beckon);
  const send = (request: Sent) => sendTo(beckon, request);
  const must = async (request: Sent): Promise<Document> => {
    const got = await send(request);
    expect([request.path, got.status, got.text.slice(0, 500)]).toEqual([
      request.path,
      expect.toBeOneOf([200, 202]),
      expect.anything(),
    ]);
    return JSON.parse(got.text);
  };
  const walkIn = (deviceId: string) => walk(must, deviceId);
  await putFixture(must, walkIn);
  const coupon = await eventually(
    async () => (await beckon.call('GET', '/v1/people/mei/coupons', 'marketer')).body.items[0],
  );
  return {
    beckon,
    code: coupon.code,
    send,
    must,
    walkIn,
    refusal: (request, name, status, pointer) => refusal(send, { request, name, status, pointer }),
    sign,
    groupToken: async (group) => ({
      token: await sign({ 'cognito:groups': Array.isArray(group) ? group : [group] }),
    }),
  };
}

async function putFixture(must: Outsider['must'], walkIn: Outsider['walkIn']): Promise<void> {
  const put = (at: string, body: unknown) => must({ method: 'PUT', path: at, body });
  await put('/v1/places/s1', aPlace({ name: CANARY }));
  await put('/v1/screens/screen1', { name: CANARY, placeId: 's1', tagIds: ['tag1'] });
  await put('/v1/segments/all', { name: CANARY, rule: { combinator: 'and', rules: [] } });
  await put('/v1/campaigns/milk', fixtureCampaign());
  await must({ method: 'POST', path: '/v1/campaigns/milk/launch' });
  await put('/v1/people/mei', aPerson('mei', { attributes: { firstName: 'Mei', note: CANARY } }));
  await put('/v1/people/bo', aPerson('bo'));
  await walkIn('phone-mei');
}

function fixtureCampaign() {
  const campaign = aCampaign({ limits: { stock: 100_000 } });
  const template = {
    title: `Hi\r\nBcc: all@example.com {{offer.summary}}`,
    body: `${CANARY} {{place.name}}: {{coupon.code}}`,
  };
  return { ...campaign, message: { channels: ['email'], templates: { en: template } } };
}

async function sendTo(beckon: Beckon, { method, path: at, as = 'marketer', body, raw, headers }: Sent): Promise<Got> {
  const token = as === 'nobody' ? undefined : typeof as === 'object' ? as.token : beckon.tokens[as];
  const content = raw ?? (body === undefined ? undefined : JSON.stringify(body));
  const started = performance.now();
  const response = await fetch(beckon.url + at, {
    method,
    headers: {
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
      ...(content !== undefined && { 'content-type': 'application/json' }),
      ...headers,
    },
    ...(content !== undefined && method !== 'GET' && { body: Buffer.from(content) as BodyInit }),
    signal: AbortSignal.timeout(20_000),
  });
  const text = await response.text();
  const type = response.headers.get('content-type') ?? '';
  return { status: response.status, type, text, ms: performance.now() - started, headers: response.headers };
}

/** Three fixes inside the fixture's place: enough for the detector to be sure. */
async function walk(must: Outsider['must'], deviceId: string): Promise<void> {
  const now = Date.now();
  const positions = [20, 10, 0].map((seconds) => ({
    deviceId,
    at: new Date(now - seconds * 1000).toISOString(),
    ...HOME,
    accuracyM: 8,
  }));
  expect(await must({ method: 'POST', path: '/v1/positions', as: 'app', body: { positions } })).toEqual({
    accepted: 3,
    rejected: [],
  });
}

async function refusal(
  send: Outsider['send'],
  {
    request,
    name,
    status,
    pointer,
  }: { request: Sent; name: string; status: readonly number[]; pointer: string | undefined },
): Promise<string | undefined> {
  let got = await send(request);
  // Two cores are shared with others: only what is slow twice is slow.
  if (got.ms > LIMIT_MS) got = await send(request);
  const problem = problemOf(got);
  const errors: { pointer: string; detail: string }[] = problem?.errors ?? [];
  const wrong = [
    !status.includes(got.status) && `answers ${got.status}, not ${status.join(' or ')}`,
    got.ms > LIMIT_MS && `takes ${Math.round(got.ms)} ms`,
    !problem && `is no problem document (${got.type})`,
    pointer !== undefined &&
      !errors.some((error) => pointsTo(error.pointer, pointer)) &&
      `does not name ${pointer || 'the body'}`,
    errors.some((error) => typeof error.pointer !== 'string' || !error.detail) && 'has an error without words',
  ].filter(Boolean);
  return wrong.length > 0 ? `${name}: ${wrong.join(', ')}: ${got.text.slice(0, 300)}` : undefined;
}

const pointsTo = (given: string, wanted: string): boolean =>
  given === wanted || (wanted !== '' && given.startsWith(`${wanted.replace(/\/$/, '')}/`));

/** The RFC 9457 document of an answer, or undefined when it is none. */
export function problemOf({ status, type, text }: Got): Document {
  if (type !== 'application/problem+json') return undefined;
  const document = JSON.parse(text);
  const { type: kind, title, status: said, detail } = document;
  const sound = /^urn:beckon:problem:[a-z-]+$/.test(kind) && title && detail && said === status && text.length < 20_000;
  return sound ? document : undefined;
}

async function signer(beckon: Beckon): Promise<Outsider['sign']> {
  const jwk = JSON.parse(readFileSync(path.join(beckon.dataDir, 'token-key.json'), 'utf8')) as JWK;
  const key = await importJWK(jwk, 'RS256');
  const soon = Math.floor(Date.now() / 1000) + 3600;
  return (claims: Record<string, unknown> = {}, header: Record<string, unknown> = {}) =>
    new SignJWT({
      iss: beckon.url,
      sub: 'tester',
      token_use: 'access',
      client_id: 'beckon-local',
      exp: soon,
      'cognito:groups': [`brand:${beckon.brand}:marketer`],
      ...claims,
    })
      .setProtectedHeader({ alg: 'RS256', kid: 'local-1', ...header })
      .sign(key);
}

/** A request on each route that would be good in the hands of its first role, with the first brand's ids. */
export function goodRequest(route: HttpRoute, code: string): Sent {
  const ids: Record<string, string> = {
    placeId: 's1',
    screenId: 'screen1',
    segmentId: 'all',
    campaignId: 'milk',
    personId: 'mei',
    code,
  };
  const at = route.path.replace(/\{(\w+)\}/g, (_, name: string) => ids[name] ?? 'x');
  const raw = texts[route.operation];
  // With a rule of the caller's own a preview would be of the caller's own people: that of the first brand's is meant.
  const body = route.operation === 'previewSegment' ? undefined : examples[route.operation]?.[0];
  return {
    method: route.method,
    path: route.operation === 'nearPlaces' ? `${at}?lng=0&lat=0` : at,
    ...(raw === undefined ? { body } : { raw }),
  };
}
