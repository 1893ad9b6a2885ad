import { createHash, createPublicKey } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import fc from 'fast-check';
import { exportSPKI, generateKeyPair, importJWK, type JWK, SignJWT, UnsecuredJWT } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { couponCode } from '#core/offers/coupon-code.ts';
import { openApiDocument } from '#functions/meta/openapi.ts';
import { operations } from '#functions/meta/operations.ts';
import { functions, type HttpRoute, ROLES, type Role } from '#functions/routes.ts';
import { type Beckon, eventually, startBeckon } from '#test/support/beckon.ts';
import { aCampaign, aPerson, aPlace, HOME } from '#test/support/builders.ts';
import corpus from '../cases/bad-input.json' with { type: 'json' };

/** A request as it goes over the wire; `as` is a role of the fixture's brand, or a token. */
type Sent = {
  method: string;
  path: string;
  as?: Role | 'nobody' | { token: string };
  body?: unknown;
  raw?: string | Buffer;
  headers?: Record<string, string>;
};
type Got = { status: number; type: string; text: string; ms: number; headers: Headers };
// biome-ignore lint/suspicious/noExplicitAny: documents of any shape are cut up here.
type Document = any;
type Case = {
  name: string;
  method: string;
  path: string;
  as?: Role;
  body?: unknown;
  text?: string;
  base64?: string;
  generate?: string;
  /** A valid body by its operation, with `drop`ped and `set` members by pointer. */
  base?: string;
  drop?: string[];
  set?: Record<string, unknown>;
  status: number[];
  pointer?: string;
};

const SEED = Number(process.env.SEED ?? 20261122);
const FUZZ_RUNS = Number(process.env.FUZZ_RUNS ?? 2000);
const LIMIT_MS = 2000;
const LIMIT_RSS_KB = 600 * 1024;
const HEAP_MB = 256;
const CANARY = 'canary7f3a';
const routes = functions.flatMap(({ http = [] }) => http);
const guarded = routes.filter((route): route is HttpRoute & { roles: readonly Role[] } => route.roles !== 'public');

let beckon: Beckon;
let hostPid = 0;
let sign: (claims?: Record<string, unknown>, header?: Record<string, unknown>) => Promise<string>;
/** The first brand's coupon, which others will try to guess. */
let code = '';
/** People who came in between bad requests; each must get an offer in the end. */
const visitors: string[] = [];

beforeAll(async () => {
  // A small heap: what would pile up ends the process, and what is merely not yet collected is.
  beckon = await startBeckon({ env: { NODE_OPTIONS: `--max-old-space-size=${HEAP_MB}` } });
  hostPid = Number(readFileSync(path.join(beckon.dataDir, 'host.pid'), 'utf8'));
  sign = await signer();
  const put = (at: string, body: unknown) => must({ method: 'PUT', path: at, body });
  await put('/v1/places/s1', aPlace({ name: CANARY }));
  await put('/v1/screens/screen1', { name: CANARY, placeId: 's1', tagIds: ['tag1'] });
  await put('/v1/segments/all', { name: CANARY, rule: { combinator: 'and', rules: [] } });
  await put('/v1/campaigns/milk', fixtureCampaign());
  await must({ method: 'POST', path: '/v1/campaigns/milk/launch' });
  await put('/v1/people/mei', aPerson('mei', { attributes: { firstName: 'Mei', note: CANARY } }));
  await put('/v1/people/bo', aPerson('bo'));
  await walkIn('phone-mei');
  const coupon = await eventually(
    async () => (await beckon.call('GET', '/v1/people/mei/coupons', 'marketer')).body.items[0],
  );
  code = coupon.code;
});
afterAll(() => beckon.stop());

function fixtureCampaign() {
  const campaign = aCampaign({ limits: { stock: 100_000 } });
  const template = {
    title: `Hi\r\nBcc: all@example.com {{offer.summary}}`,
    body: `${CANARY} {{place.name}}: {{coupon.code}}`,
  };
  return { ...campaign, message: { channels: ['email'], templates: { en: template } } };
}

async function send({ method, path: at, as = 'marketer', body, raw, headers }: Sent): Promise<Got> {
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

async function must(request: Sent): Promise<Document> {
  const got = await send(request);
  expect([request.path, got.status, got.text.slice(0, 500)]).toEqual([
    request.path,
    expect.toBeOneOf([200, 202]),
    expect.anything(),
  ]);
  return JSON.parse(got.text);
}

/** Three fixes inside the fixture's place: enough for the detector to be sure. */
async function walkIn(deviceId: string): Promise<void> {
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

/** Sends bad requests one after the other, with somebody real coming in now and then, and hands back what is wrong. */
async function complaintsOf<T>(
  cases: readonly T[],
  complaint: (one: T) => Promise<string | undefined>,
): Promise<string[]> {
  const complaints: string[] = [];
  for (const [index, one] of cases.entries()) {
    if (index % 40 === 20) await visit();
    const found = await complaint(one);
    if (found) complaints.push(found);
  }
  return complaints;
}

async function visit(): Promise<void> {
  const name = `visitor${visitors.length}`;
  visitors.push(name);
  await must({ method: 'PUT', path: `/v1/people/${name}`, body: aPerson(name) });
  await walkIn(`phone-${name}`);
}

/** What is wrong with the answer to a bad request: undefined when it is refused as it should be. */
async function refusal(
  request: Sent,
  name: string,
  status: readonly number[],
  pointer?: string,
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
function problemOf({ status, type, text }: Got): Document {
  if (type !== 'application/problem+json') return undefined;
  const document = JSON.parse(text);
  const { type: kind, title, status: said, detail } = document;
  const sound = /^urn:beckon:problem:[a-z-]+$/.test(kind) && title && detail && said === status && text.length < 20_000;
  return sound ? document : undefined;
}

async function expectSteady(): Promise<void> {
  const status = `/proc/${hostPid}/status`;
  if (existsSync(status)) {
    const rss = Number(/VmRSS:\s+(\d+)/.exec(readFileSync(status, 'utf8'))?.[1]);
    expect(rss).toBeLessThan(LIMIT_RSS_KB);
  }
  expect((await send({ method: 'GET', path: '/healthz', as: 'nobody' })).status).toBe(200);
}

// ---- valid bodies, from which bad ones are made

const at = '2026-11-01T08:00:00Z';
const square = [
  [0, 0],
  [1, 0],
  [1, 1],
  [0, 1],
  [0, 0],
];
const signal = {
  id: 'a',
  kind: 'nfc.tap',
  at,
  subject: { kind: 'device', value: 'phone-x' },
  placeId: 'a',
  screenId: 'a',
  tagId: 'a',
};
const ago = (ms: number) => new Date(Date.now() - ms).toISOString();
const play = {
  sequence: 1,
  creativeId: 'x',
  brand: 'harbour-dairy',
  startedAt: ago(60_000),
  endedAt: ago(52_000),
  plannedEndsAt: ago(52_000),
  clock: { offsetMs: 0, uncertaintyMs: 20 },
};
const position = { deviceId: 'phone-x', at, lng: 0, lat: 0, accuracyM: 5, speedMps: 1 };
const feature = {
  type: 'Feature',
  id: 'f1',
  geometry: { type: 'Point', coordinates: [0, 0] },
  properties: {
    name: 'a',
    timeZone: 'UTC',
    radiusM: 50,
    tags: ['a'],
    openingHours: { mon: '09:00-10:00' },
    detection: 'plain',
  },
};
const fullCampaign = aCampaign({
  trigger: {
    on: ['geofence.enter'],
    placeIds: ['s1'],
    placeTags: ['store'],
    creativeIds: ['a'],
    creativeUnknown: 'offer',
    dwellSeconds: 1,
    minTrust: 'T1',
    freshFor: 'PT5M',
  },
  reaction: { words: { en: 'a', 'zh-CN': 'a' } },
  audience: { segmentId: 'all' },
  schedule: { startsAt: at, endsAt: '2026-12-31T00:00:00Z', days: ['mon'], hours: '16:00-21:00', timeZone: 'UTC' },
  limits: {
    perPerson: { count: 1, window: 'P7D' },
    perPersonPerPlace: { count: 1, window: 'P7D' },
    stock: 10,
    budget: { amount: 2, currency: 'CNY' },
    perDay: { stock: 5, budget: { amount: 1, currency: 'CNY' } },
    perPlace: { stock: 5, budget: { amount: 1, currency: 'CNY' } },
    quietHours: { hours: '21:00-09:00', otherwise: 'inbox' },
  },
  experiment: { holdoutPercent: 0, variants: [] },
  offer: { kind: 'amountOff', amount: 5, currency: 'CNY', minimumSpend: 1, expiresAfter: 'PT4H', redeemAt: 'anyPlace' },
  message: { channels: ['email'], templates: { en: { title: 'a', body: 'b' }, 'zh-CN': { title: 'a', body: 'b' } } },
  priority: 1,
});
const week = Object.fromEntries(['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'].map((day) => [day, '09:00-21:00']));
/** The first of each is the plain one; together they have every field of the operation's body. */
const examples: Record<string, [Document, ...Document[]]> = {
  postPositions: [{ positions: [position] }],
  postSignals: [{ signals: [signal] }],
  // So wide that no visitor meets them: this is the brand that they visit.
  putBrand: [
    {
      timeZone: 'Asia/Shanghai',
      offersPerSignal: 1,
      perPerson: { count: 100, window: 'PT1S' },
      perPersonPerPlace: { count: 100, window: 'PT1S' },
    },
  ],
  putPlace: [
    aPlace({ geometry: { type: 'Point', coordinates: [50, 50] }, openingHours: week, detection: 'plain' }),
    { name: 'a', timeZone: 'UTC', geometry: { type: 'Polygon', coordinates: [square] } },
    { name: 'a', timeZone: 'UTC', geometry: { type: 'MultiPolygon', coordinates: [[square]] } },
  ],
  importPlaces: [{ type: 'FeatureCollection', features: [feature] }],
  putScreen: [{ name: 'a', placeId: 's1', tagIds: ['t'], playlistId: 'p' }],
  putCreative: [
    { name: 'a', content: { kind: 'image', url: 'https://example.com/a.png' }, seconds: 8 },
    { name: 'a', content: { kind: 'html', html: '<p>' }, seconds: 8 },
  ],
  putPlaylist: [
    {
      name: 'a',
      items: [
        {
          creativeId: 'x',
          brand: 'harbour-dairy',
          weight: 1,
          priority: 0,
          days: ['mon'],
          hours: '16:00-21:00',
          startsAt: at,
          endsAt: '2026-12-31T00:00:00Z',
          maxPlaysPerHour: 5,
        },
      ],
    },
  ],
  pairScreen: [{ code: 'ABCD-EFGH' }],
  putTag: [
    { kind: 'ntag424', name: 'a', uid: '04DE5F1EACC040', placeId: 's1' },
    { kind: 'qr', screenId: 'screen1', gtin: '09521234543213' },
  ],
  postPlays: [{ logId: 'a', clock: { offsetMs: 0, uncertaintyMs: 20 }, plays: [play] }],
  putSegment: [
    {
      name: 'a',
      rule: {
        id: 'g',
        combinator: 'and',
        not: false,
        rules: [{ id: 'r', field: 'a', operator: '=', valueSource: 'value', value: 1 }],
      },
    },
    {
      name: 'a',
      rule: {
        combinator: 'or',
        rules: [{ combinator: 'and', rules: [{ field: 'a', operator: 'in', value: [1, 'b', true] }] }],
      },
    },
  ],
  putCampaign: [
    fullCampaign,
    {
      ...fullCampaign,
      offer: {
        kind: 'percentOff',
        percent: 5,
        maxAmount: 5,
        currency: 'CNY',
        expiresAfter: 'PT4H',
        redeemAt: 'anyPlace',
      },
    },
    {
      ...fullCampaign,
      offer: { kind: 'freeItem', item: 'milk', amount: 5, currency: 'CNY', expiresAfter: 'PT4H', redeemAt: 'anyPlace' },
    },
  ],
  putPerson: [
    {
      identifiers: [{ kind: 'member', value: 'm-1' }],
      attributes: { a: 'x', b: 1, c: true, d: ['x'], e: null },
      consents: [{ purpose: 'marketing', channel: 'any', granted: true, at, source: 'app' }],
    },
  ],
  putConnector: [
    {
      kind: 'meraki',
      name: 'a',
      secret: { validator: 'the-validator', secret: 'the-secret' },
      places: { '00:18:0a:00:00:01': { placeId: 's1', screenId: 'screen1' } },
      brands: [],
      portal: {
        networkName: 'a',
        termsUrl: 'https://a.example/terms',
        grantHosts: ['a.example'],
        sessionMinutes: 60,
        brands: [{ brand: 'harbour-dairy', name: 'a', about: 'a' }],
      },
    },
    { kind: 'mist', name: 'a', secret: ['the-old-secret', 'the-new-secret'] },
    { kind: 'webhook', name: 'a', secret: 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw' },
    { kind: 'wechat', name: 'a', secret: { token: 'abc', appId: 'wx12345678', encodingAesKey: 'a'.repeat(43) } },
  ],
  reserveCoupon: [{ redemptionId: 'r', placeId: 's1', tillId: 't', basket: { total: 1, currency: 'CNY' } }],
  redeemCoupon: [{ redemptionId: 'r', placeId: 's1', tillId: 't', basket: { total: 1, currency: 'CNY' } }],
  rollbackCoupon: [
    { redemptionId: 'r', placeId: 's1', tillId: 't', basket: { total: 1, currency: 'CNY' }, reason: 'wrong cup' },
  ],
};

type Node = { pointer: string; value: unknown };

/** Every member of a document, the document itself first. */
function nodesOf(value: unknown, pointer = ''): Node[] {
  if (typeof value !== 'object' || value === null) return [{ pointer, value }];
  return [{ pointer, value }, ...Object.entries(value).flatMap(([key, child]) => nodesOf(child, `${pointer}/${key}`))];
}

/** The document with one member put in, replaced or, for `undefined`, left out. */
function withMember(document: Document, pointer: string, value: unknown): Document {
  if (pointer === '') return value;
  const copy = structuredClone(document);
  const steps = pointer.slice(1).split('/');
  const last = steps.pop() ?? '';
  const parent = steps.reduce((node, step) => node[step], copy);
  // An own member, also where the name is `__proto__`.
  if (value === undefined) delete parent[last];
  else Object.defineProperty(parent, last, { value, enumerable: true, configurable: true, writable: true });
  return copy;
}

function routeOf(operation: string): HttpRoute & { roles: readonly Role[] } {
  const route = guarded.find((candidate) => candidate.operation === operation);
  if (!route) throw new Error(`no route ${operation}`);
  return route;
}

function requestFor(operation: string, body: unknown, id = 'x'): Sent & { as: Role } {
  const { method, path: template, roles } = routeOf(operation);
  return { method, path: template.replace(/\{\w+\}/, id), as: roles[0] as Role, body };
}

// ---- big and deep bodies, by the name that the corpus gives them

const nested = (levels: number, open: string, middle: string, close: string) =>
  open.repeat(levels) + middle + close.repeat(levels);
const place = (fields: object) => JSON.stringify({ ...examples.putPlace?.[1], ...fields });
const ringOf = (count: number, radius: (index: number) => number) => {
  const points = Array.from({ length: count - 1 }, (_, index) => {
    const angle = (index / (count - 1)) * 2 * Math.PI;
    return [10 + radius(index) * Math.cos(angle), 10 + radius(index) * Math.sin(angle)].map(
      (degrees) => Math.round(degrees * 1e7) / 1e7,
    );
  });
  return [...points, points[0]];
};
const polygon = (rings: unknown[]) => place({ geometry: { type: 'Polygon', coordinates: rings } });
const collection = (features: string) => `{"type":"FeatureCollection","features":[${features}]}`;
const group = (rules: unknown[]) => ({ combinator: 'and', rules });
const rule = { field: 'a', operator: '=', value: 1 };
const generators: Record<string, () => string> = {
  longName: () => place({ name: 'x'.repeat(1_000_000) }),
  longField: () => place({ padding: 'x'.repeat(2_000_000) }),
  threeHundredKilobytes: () => `{"a":"${'x'.repeat(300_000)}"}`,
  oneMegabyte: () => `{"a":"${'x'.repeat(1_000_000)}"}`,
  fourAndAHalf: () => place({ name: 'x'.repeat(4_500_000) }),
  sevenMegabytes: () => `{"a":"${'x'.repeat(7_000_000)}"}`,
  sevenMegabytesOfSpace: () => ' '.repeat(7_000_000),
  deepLists: () => nested(10_000, '[', '', ']'),
  deepObjects: () => nested(10_000, '{"a":', '1', '}'),
  deepCoordinates: () =>
    `{"name":"a","timeZone":"UTC","geometry":{"type":"Polygon","coordinates":${nested(10_000, '[', '0', ']')}}}`,
  deepest: () => nested(2_000_000, '[', '', ']'),
  deepFeatures: () => collection(nested(10_000, '{"a":', '1', '}')),
  deepRule: () => `{"name":"a","rule":${nested(10_000, '{"rules":[', '', ']}')}}`,
  rule9: () => `{"name":"a","rule":${nested(9, '{"combinator":"and","rules":[', '', ']}')}}`,
  rule65: () => JSON.stringify({ name: 'a', rule: group([group(Array(33).fill(rule)), group(Array(32).fill(rule))]) }),
  manyFields: () => place(Object.fromEntries(Array.from({ length: 50_000 }, (_, index) => [`f${index}`, 1]))),
  manyAttributes: () =>
    JSON.stringify({ attributes: Object.fromEntries(Array.from({ length: 201 }, (_, index) => [`a${index}`, 1])) }),
  fatPerson: () =>
    JSON.stringify({
      attributes: Object.fromEntries(Array.from({ length: 41 }, (_, index) => [`a${index}`, 'x'.repeat(1000)])),
    }),
  manyConsents: () => JSON.stringify({ consents: Array(101).fill(examples.putPerson?.[0].consents[0]) }),
  manyNonsenseFeatures: () => collection(`${'1,'.repeat(1_900_000)}1`),
  manyBadFeatures: () => collection(Array(20_000).fill('{"type":"Feature"}').join()),
  positions101: () => JSON.stringify({ positions: Array(101).fill(position) }),
  signals101: () => JSON.stringify({ signals: Array(101).fill(signal) }),
  plays501: () => JSON.stringify({ plays: Array(501).fill(play) }),
  deepXml: () => '<a>'.repeat(1_000_000),
  manyRings: () =>
    polygon([
      ringOf(5, () => 5),
      ...Array.from({ length: 250 }, (_, index) =>
        square.map(([x = 0, y = 0]) => [8 + index / 100 + x / 1000, 8 + y / 1000]),
      ),
    ]),
  manyPoints: () => polygon([ringOf(100_001, () => 1)]),
  largePolygon: () => polygon([ringOf(99_999, () => 1)]),
  zigzag: () => polygon([ringOf(80_001, (index) => (index % 2 === 0 ? 1 : -1))]),
};

function requestOfCase(one: Case): Sent {
  const { method, as, body, text, base64, generate, base, drop = [], set = {} } = one;
  const at = one.path.replace(/\{(\w+)\*(\d+)\}/g, (_, unit: string, times) => unit.repeat(Number(times)));
  const request = { method, path: at, ...(as && { as }) };
  if (generate) return { ...request, raw: generators[generate]?.() ?? '' };
  if (text !== undefined) return { ...request, raw: text };
  if (base64 !== undefined) return { ...request, raw: Buffer.from(base64, 'base64') };
  if (!base) return { ...request, body };
  const dropped = drop.reduce((document, pointer) => withMember(document, pointer, undefined), examples[base]?.[0]);
  return {
    ...request,
    body: Object.entries(set).reduce((document, [pointer, value]) => withMember(document, pointer, value), dropped),
  };
}

describe('bad bodies, paths and queries', () => {
  it(`refuses each of ${corpus.length} bad requests and says where it is wrong`, async () => {
    const complaints = await complaintsOf(corpus as Case[], (one) =>
      refusal(requestOfCase(one), one.name, one.status, one.pointer),
    );
    expect(complaints).toEqual([]);
    await expectSteady();
  });

  it('has an example of every field of every body', () => {
    // What players send is signed, and held in test/functions/players.test.ts.
    const missing = guarded
      .map(({ operation }) => operation)
      .filter((name) => operations[name]?.body)
      .flatMap((name) => {
        const known = new Set(
          (examples[name] ?? []).flatMap((example) => nodesOf(example)).map(({ pointer }) => pointer),
        );
        return fieldsOf(name)
          .filter((pointer) => !known.has(pointer))
          .map((pointer) => `${name} ${pointer}`);
      });
    expect(missing).toEqual([]);
  });

  it('accepts those examples', async () => {
    for (const [operation, bodies] of Object.entries(examples)) {
      for (const body of bodies) {
        const { status, text } = await send(requestFor(operation, body));
        expect([operation, status, text.slice(0, 300)]).toEqual([
          operation,
          /Coupon$|^pairScreen$/.test(operation) ? 404 : expect.toBeOneOf([200, 202]),
          expect.anything(),
        ]);
      }
    }
  });

  it('refuses a wrong type in every field', async () => {
    const cases = Object.entries(examples).flatMap(([operation, bodies]) =>
      bodies.flatMap((body) => mistyped(operation, body)),
    );
    expect(cases.length).toBeGreaterThan(500);
    expect(await complaintsOf(cases, (one) => judged(one))).toEqual([]);
    await expectSteady();
  });

  it('refuses unknown fields, and names that mean something to JavaScript, at every level', async () => {
    const names = ['unexpected', '__proto__', 'constructor', 'prototype'];
    const cases = Object.entries(examples).flatMap(([operation, bodies]) =>
      bodies.flatMap((body) => names.flatMap((name) => extended(operation, body, name))),
    );
    expect(cases.length).toBeGreaterThan(200);
    expect(await complaintsOf(cases, (one) => judged(one))).toEqual([]);
    // Were Object.prototype polluted, strict bodies would have an unknown field now.
    for (const operation of ['putPlace', 'putCampaign', 'putPerson'])
      await must(requestFor(operation, examples[operation]?.[0]));
    await expectSteady();
  });
});

/** Pointers of all fields in the OpenAPI document's schema of a body, first elements standing for lists. */
function fieldsOf(operation: string): string[] {
  const { method, path: at } = routeOf(operation);
  const { paths, components }: Document = openApiDocument();
  const schema = paths[at][method.toLowerCase()].requestBody.content['application/json'].schema;
  const walk = (node: Document, pointer: string, seen: readonly string[]): string[] => {
    if (node.$ref) {
      if (seen.includes(node.$ref)) return [];
      return walk(components.schemas[node.$ref.replace('#/components/schemas/', '')], pointer, [...seen, node.$ref]);
    }
    const children = Object.entries(node.properties ?? {}).flatMap(([name, child]) => [
      `${pointer}/${name}`,
      ...walk(child, `${pointer}/${name}`, seen),
    ]);
    const branches = [...(node.anyOf ?? []), ...(node.oneOf ?? []), ...(node.allOf ?? [])].flatMap((branch) =>
      walk(branch, pointer, seen),
    );
    return [...children, ...branches, ...(node.items ? walk(node.items, `${pointer}/0`, seen) : [])];
  };
  return [...new Set(walk(schema, '', []))].filter((pointer) => !/variants\/|features\/0\//.test(pointer));
}

type Judged = { name: string; request: Sent; pointer: string; operation: string };

/** An import refuses features one by one and passes over what GeoJSON allows; everything else is refused as a whole. */
async function judged({ name, request, pointer, operation }: Judged): Promise<string | undefined> {
  if (operation !== 'importPlaces' || !pointer.startsWith('/features/'))
    return await refusal(request, name, [400, 422], pointer);
  const got = await send(request);
  if (got.status === 200 && /"imported":0,"rejected":\[\{"index":0,.*"reason":"/.test(got.text)) return undefined;
  return `${name}: is imported: ${got.status} ${got.text.slice(0, 200)}`;
}

const WRONG = [null, true, 42.5, 'wrong type', [], [[]], {}, { a: 1 }];
const kindOf = (value: unknown) => (value === null ? 'null' : Array.isArray(value) ? 'list' : typeof value);

function mistyped(operation: string, body: Document): Judged[] {
  const names = WRONG.map((value) => JSON.stringify(value));
  return nodesOf(body).flatMap(({ pointer, value }) =>
    WRONG.flatMap((wrong, index) => {
      if (kindOf(wrong) === kindOf(value) || isAllowed(operation, pointer, wrong)) return [];
      const request = requestFor(operation, withMember(body, pointer, wrong));
      // What is refused may be the list around: a place without its type is no place at all.
      const named = operation === 'importPlaces' && pointer === '' ? '/type' : pointer;
      return [{ name: `${operation} ${pointer} = ${names[index]}`, request, pointer: named, operation }];
    }),
  );
}

/** Fields that take more than one type. */
function isAllowed(operation: string, pointer: string, wrong: unknown): boolean {
  const kind = kindOf(wrong);
  const isFlat = kind !== 'object' && JSON.stringify(wrong) !== '[[]]';
  if (operation === 'putPerson' && /^\/attributes\/\w$/.test(pointer)) return isFlat;
  if (operation === 'putPerson' && /^\/attributes\/\w\/0$/.test(pointer))
    return isFlat && kind !== 'list' && kind !== 'null';
  if (operation === 'putSegment' && /\/value$/.test(pointer))
    return isFlat && (kind !== 'list' || pointer.includes('/rules/0/rules'));
  if (operation === 'putSegment' && /\/value\/\d$/.test(pointer)) return isFlat && kind !== 'list' && kind !== 'null';
  if (operation !== 'importPlaces') return false;
  // RFC 7946: an id may be a number, properties may be null; writers put null for what they do not have.
  return (
    (pointer.endsWith('/id') && kind === 'number') ||
    (kind === 'null' && /properties\/(?!radiusM)\w+$/.test(pointer)) ||
    /^\/features\/0\/properties\/(tags|openingHours)\/\w+$/.test(pointer)
  );
}

function extended(operation: string, body: Document, name: string): Judged[] {
  return nodesOf(body).flatMap(({ pointer, value }) => {
    if (kindOf(value) !== 'object' || ignoresUnknown(operation, pointer, name)) return [];
    const request = { ...requestFor(operation, withMember(body, `${pointer}/${name}`, { polluted: true })) };
    return [{ name: `${operation} ${pointer}/${name}`, request, pointer: pointer || `/${name}`, operation }];
  });
}

/** GeoJSON objects may carry foreign members (RFC 7946 section 6.1), a person any attribute that is a value. */
function ignoresUnknown(operation: string, pointer: string, name: string): boolean {
  if (operation === 'importPlaces') return !pointer.endsWith('/openingHours') || name === '__proto__';
  return operation === 'putPlace' && pointer === '/geometry' && name !== '__proto__';
}

// ---- tokens, roles and tenants

async function signer() {
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

const groupToken = async (group: unknown) => ({
  token: await sign({ 'cognito:groups': Array.isArray(group) ? group : [group] }),
});

/** A request on each route that would be good in the hands of its first role, with the first brand's ids. */
function goodRequest(route: HttpRoute): Sent {
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
  return {
    method: route.method,
    path: at,
    ...(raw === undefined ? { body: examples[route.operation]?.[0] } : { raw }),
  };
}

/** Good bodies that are not JSON. */
const texts: Record<string, string> = { importPlays: 'creativeId,startedAt,endedAt\n', importTags: 'tagId\n' };

async function badTokens(): Promise<Record<string, string>> {
  const now = Math.floor(Date.now() / 1000);
  const jwk = JSON.parse(readFileSync(path.join(beckon.dataDir, 'token-key.json'), 'utf8')) as JWK;
  const good = await sign();
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
    expired: await sign({ exp: now - 3600 }),
    'expired beyond the leeway': await sign({ exp: now - 90 }),
    'no expiry': await sign({ exp: undefined }),
    'not yet valid': await sign({ nbf: now + 3600 }),
    'no subject': await sign({ sub: undefined }),
    'an ID token': await sign({ token_use: 'id', aud: 'beckon-local' }),
    'no use': await sign({ token_use: undefined }),
    'another issuer': await sign({ iss: 'https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_other' }),
    'no issuer': await sign({ iss: undefined }),
    'another client': await sign({ client_id: 'other' }),
    'no client': await sign({ client_id: undefined }),
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
        request: { ...goodRequest(route), as: { token } },
      }));
    });
    expect(await complaintsOf(cases, ({ name, request }) => refusal(request, name, [401]))).toEqual([]);
    const within = await sign({ exp: Math.floor(Date.now() / 1000) - 30 });
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
        request: { ...goodRequest(route), as: 'nobody' as const, headers: { authorization } },
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
        request: { ...goodRequest(route), as: role },
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
        request: { method: 'GET', path: '/v1/people/mei', as: await groupToken(group) },
      })),
    );
    cases.push({
      name: 'groups that are text',
      request: {
        method: 'GET',
        path: '/v1/people/mei',
        as: { token: await sign({ 'cognito:groups': `brand:${own}:marketer` }) },
      },
    });
    expect(await complaintsOf(cases, ({ name, request }) => refusal(request, name, [403]))).toEqual([]);
  });

  it('keeps a venue away from what is a brand’s, whatever role it has there', async () => {
    const shared = [
      'putPlace',
      'getPlace',
      'listPlaces',
      'importPlaces',
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
          request: { ...goodRequest(route), as: await groupToken(`venue:harbour-city:${role}`) },
        })),
      ),
    );
    expect(await complaintsOf(cases, ({ name, request }) => refusal(request, name, [403]))).toEqual([]);
    const places = await send({ method: 'GET', path: '/v1/places', as: 'operator' });
    expect([places.status, places.text.includes(CANARY)]).toEqual([200, false]);
  });
});

describe('another brand', () => {
  const reads = guarded.filter(
    ({ method, operation }) => method === 'GET' || /launch|pause|preview|Coupon$/.test(operation),
  );

  it('finds nothing of the first brand’s, on any route, and changes nothing of it', async () => {
    const before = await everything();
    expect(JSON.stringify(before)).toContain(CANARY);
    // What only reads comes first: then the other brand has nothing of these ids yet.
    const all = [...reads, ...guarded.filter((candidate) => !reads.includes(candidate))];
    const cases = all.flatMap((route) => route.roles.map((role) => ({ route, role })));
    expect(await complaintsOf(cases, ({ route, role }) => trespass(route, role, reads.includes(route)))).toEqual([]);
    // The other brand has things of the same ids now, and the first one’s are as they were.
    const other = await groupToken('brand:other:marketer');
    for (const route of reads) {
      const got = await send({ ...goodRequest(route), as: other });
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
      await note(typed, { token: await sign(groups) });
    }
    const foreign = await note(code, await groupToken('brand:other:till'));
    await note(code.toLowerCase().replaceAll('-', ''), await groupToken('brand:other:associate'));
    expect([...answers.keys()]).toHaveLength(1);
    expect(foreign.status).toBe(404);
    expect(foreign.text).not.toContain(code);
  });

  it('gets nowhere with the cursor of another’s list', async () => {
    const { cursor } = await must({ method: 'GET', path: '/v1/people/mei/decisions?limit=1' });
    const { cursor: places } = await must({ method: 'GET', path: '/v1/places?limit=1' });
    const other = await groupToken('brand:other:marketer');
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
  const got = await send({ ...goodRequest(route), as: await groupToken(`brand:other:${role}`) });
  const isList = /^list(Places|Screens|Tags|Creatives|Playlists|Connectors|Segments|Campaigns|People)$/.test(
    route.operation,
  );
  // Every brand has settings, if only those of one that has said nothing.
  const isThere = isList || route.operation === 'getBrand';
  // These two need a player, too.
  const isTold = !isRead && !/^(pairScreen|removePlayer)$/.test(route.operation);
  // The ids of tags are everybody's: who comes first has one.
  const wanted = route.operation === 'putTag' ? [409] : isTold ? [200, 202, 422] : isThere ? [200] : [404];
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

// ---- below HTTP

type Talk = { host?: string; waitMs?: number; end?: boolean };

/** Says bytes to the port, and hands back what came until the other side hung up or `waitMs` were over. */
function talk(
  bytes: string | Buffer,
  { waitMs = 3000, end = false }: Talk = {},
): Promise<{ text: string; closed: boolean }> {
  return new Promise((resolve) => {
    const socket = net.connect(Number(new URL(beckon.url).port), '127.0.0.1', () =>
      end ? socket.end(bytes) : socket.write(bytes),
    );
    let text = '';
    const done = (closed: boolean) => {
      clearTimeout(timer);
      socket.destroy();
      resolve({ text, closed });
    };
    const timer = setTimeout(() => done(false), waitMs);
    socket.on('data', (chunk) => {
      text += chunk;
    });
    // A reset is an answer too.
    socket.on('error', () => done(true));
    socket.on('close', () => done(true));
  });
}

const get = (target: string, host: string | undefined, version = '1.1') =>
  `GET ${target} HTTP/${version}\r\n${host === undefined ? '' : `Host: ${host}\r\n`}Connection: close\r\n\r\n`;

describe('below HTTP', () => {
  it('hangs up on what is not HTTP', async () => {
    const put = `PUT /v1/people/x HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${beckon.tokens.marketer}\r\n`;
    const nonsense: Record<string, string | Buffer> = {
      'a TLS hello': Buffer.from('16030100a5010000a10303', 'hex'),
      zeros: Buffer.alloc(1000),
      'random bytes': createHash('sha512').update(String(SEED)).digest(),
      SSH: 'SSH-2.0-OpenSSH_9.9\r\n',
      'HTTP/2': 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
      'HTTP/0.9': 'GET /\r\n\r\n',
      'an unknown method': 'BREW /pot HTTP/1.1\r\nHost: localhost\r\n\r\n',
      'no host': 'GET / HTTP/1.1\r\n\r\n',
      'a header without a name': 'GET / HTTP/1.1\r\n: x\r\n\r\n',
      'NUL in a header': 'GET / HTTP/1.1\r\nHost: localhost\r\nX: a\0b\r\n\r\n',
      'a target with a space': 'GET /a b HTTP/1.1\r\nHost: localhost\r\n\r\n',
      '64 kB of one header': `GET /healthz HTTP/1.1\r\nHost: localhost\r\nX: ${'x'.repeat(65_536)}\r\n\r\n`,
      '64 kB of headers': `GET /healthz HTTP/1.1\r\nHost: localhost\r\n${'X: y\r\n'.repeat(11_000)}\r\n`,
      '64 kB of target': `GET /${'x'.repeat(65_536)} HTTP/1.1\r\nHost: localhost\r\n\r\n`,
      'a length that is none': `${put}Content-Length: x\r\n\r\n{}`,
      'a negative length': `${put}Content-Length: -1\r\n\r\n{}`,
      'two lengths': `${put}Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}`,
      'a length beside chunks': `${put}Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
      'a chunk that is none': `${put}Transfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n`,
      'a length that is too short': `${put}Content-Length: 1\r\n\r\n{"attributes":{"stolen":true}}`,
    };
    for (const [name, bytes] of Object.entries(nonsense)) {
      const { text, closed } = await talk(bytes);
      expect([name, closed, text.match(/^HTTP\/1.1 (\d)/gm) ?? []]).toEqual([
        name,
        true,
        expect.not.arrayContaining(['HTTP/1.1 5', 'HTTP/1.1 2']),
      ]);
    }
    await expectSteady();
  });

  // Known and reported: `new URL` throws in local/host/gateway.ts. Take the mark away when it is mended.
  it('has no server error for a target that is no URL', async () => {
    for (const target of ['//', 'http://[', '///x:y']) {
      expect([target, (await talk(get(target, 'localhost'))).text.slice(0, 12)]).toEqual([
        target,
        expect.stringMatching(/^HTTP\/1.1 4/),
      ]);
    }
  });

  it('serves others while bodies never end', async () => {
    const head = `PUT /v1/people/slow HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${beckon.tokens.marketer}\r\nContent-Length: 200000\r\n\r\n{"attributes":{`;
    const sockets = Array.from({ length: 50 }, () => net.connect(Number(new URL(beckon.url).port), '127.0.0.1'));
    for (const socket of sockets) socket.on('error', () => undefined).write(head);
    const drip = setInterval(() => sockets.forEach((socket) => void socket.write(' ')), 100);
    const times: number[] = [];
    for (let n = 0; n < 20; n += 1) times.push((await send({ method: 'GET', path: '/v1/people/mei' })).ms);
    await visit();
    clearInterval(drip);
    for (const socket of sockets) socket.destroy();
    expect(Math.min(...times)).toBeLessThan(200);
    // And a body that ends before its length: nobody is left to answer to, and nothing was stored.
    await talk(head, { end: true, waitMs: 500 });
    expect((await send({ method: 'GET', path: '/v1/people/slow' })).status).toBe(404);
    await expectSteady();
  });

  it('shows tokens to this machine only', async () => {
    for (const page of ['/local/session', '/local/city', '/local/inbox', '/local/feed', '/.well-known/jwks.json']) {
      for (const host of [
        'evil.example',
        'evil.example:8787',
        'localhost.evil.example',
        'localhost:80@evil.example',
        '127.0.0.1.nip.io',
        '0.0.0.0',
        '169.254.169.254',
        '[::2]',
        'LOCALHOST.',
        '',
      ]) {
        const { text } = await talk(get(page, host));
        expect([page, host, /^HTTP\/1.1 40[03]/.test(text), text.includes('ey')]).toEqual([page, host, true, false]);
      }
      expect((await talk(get(page, undefined, '1.0'))).text).toMatch(/^HTTP\/1.1 40[03]/);
    }
    expect((await talk(get('/local/session', 'localhost'))).text).toContain('"marketer":"ey');
  });

  it('finds no file outside its folder', async () => {
    const climbs = [
      '/assets/../../dev.json',
      '/assets/../../../../../../etc/passwd',
      '/../dev.json',
      '/assets/%2e%2e/%2e%2e/dev.json',
      '/assets/..%2f..%2fdev.json',
      '/assets\\..\\..\\dev.json',
      '/assets/%00',
      '/..',
      '/.',
      '/%2e',
      '/assets/..',
      '/live/../../dev',
      'http://localhost/assets/../../dev.json',
    ];
    for (const target of climbs) {
      const { text } = await talk(get(target, 'localhost'));
      expect([target, /^HTTP\/1.1 (404|302|400)/.test(text), /tokens|root:/.test(text)]).toEqual([target, true, false]);
    }
  });
});

// ---- fuzz

type Mutation = {
  route: number;
  example: number;
  kind: string;
  at: number;
  value: unknown;
  text: string;
  bytes: Uint8Array;
};

const mutation: fc.Arbitrary<Mutation> = fc.record({
  route: fc.nat(routes.length - 1),
  example: fc.nat(2),
  kind: fc.constantFrom(
    'replace',
    'replace',
    'drop',
    'add',
    'swap',
    'flip',
    'flip',
    'cut',
    'random',
    'path',
    'query',
    'header',
    'repeat',
  ),
  at: fc.nat(10_000),
  value: fc.oneof(
    fc.jsonValue({ maxDepth: 4 }),
    fc.constantFrom(
      -1,
      0,
      1e15,
      1e300,
      1e-300,
      -0.5,
      '',
      ' ',
      '\u0000',
      '\ud800',
      '__proto__',
      '9999-12-31T23:59:59Z',
      '0000-01-01T00:00:00Z',
      'P366D',
      'PT1S',
      'x'.repeat(5000),
      [],
      {},
      null,
      true,
    ),
  ),
  text: fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.string(),
    fc.constantFrom('..', '%', '%00', '%2f', '__proto__', 's1', 'x'.repeat(3000)),
  ),
  bytes: fc.uint8Array({ minLength: 1, maxLength: 200 }),
});

/** A good request of the brand `fuzz`, with one thing changed. */
function mutated(
  { route: index, example, kind, at, value, text, bytes }: Mutation,
  tokens: Record<Role, string>,
): Sent {
  const route = routes[index] as HttpRoute;
  const bodies = examples[route.operation];
  const body = bodies?.[example % bodies.length];
  const role = route.roles === 'public' ? undefined : (route.roles[at % route.roles.length] as Role);
  const token = role === undefined ? ('nobody' as const) : { token: tokens[role] };
  const request: Sent = { method: route.method, path: route.path.replace(/\{\w+\}/g, `f${at % 7}`), as: token, body };
  const nodes = nodesOf(body);
  const node = nodes[at % nodes.length] as Node;
  const other = nodes[(at * 31 + 7) % nodes.length] as Node;
  const json = Buffer.from(JSON.stringify(body) ?? '');
  switch (kind) {
    case 'replace':
      return { ...request, body: body && withMember(body, node.pointer, value) };
    case 'drop':
      return { ...request, body: body && withMember(body, node.pointer, undefined) };
    case 'add':
      return {
        ...request,
        body:
          body && kindOf(node.value) === 'object'
            ? withMember(body, `${node.pointer}/${text.replaceAll('/', '') || 'x'}`, value)
            : body,
      };
    case 'swap':
      return {
        ...request,
        body:
          body && node.pointer && other.pointer
            ? withMember(
                withMember(body, node.pointer, other.value),
                pathWithin(node.pointer, other.pointer),
                node.value,
              )
            : body,
      };
    case 'flip':
      return { ...request, raw: flipped(json, bytes) };
    case 'cut':
      return { ...request, raw: json.subarray(0, at % (json.length + 1)) };
    case 'random':
      return { ...request, raw: Buffer.from(bytes) };
    case 'path':
      return { ...request, path: route.path.replace(/\{\w+\}/g, () => safely(text)) };
    case 'query':
      return {
        ...request,
        path: `${request.path}?${safely(text)}&limit=${at % 300}&cursor=${Buffer.from(bytes).toString('base64url')}`,
      };
    case 'header':
      return {
        ...request,
        headers: {
          'content-type': headerOf(text),
          authorization: `Bearer ${headerOf(text)}`,
          'accept-language': headerOf(text),
          'content-encoding': 'br',
        },
      };
    default:
      return {
        ...request,
        body:
          body && kindOf(node.value) === 'list'
            ? withMember(body, node.pointer, Array(150).fill((node.value as unknown[])[0]))
            : body,
      };
  }
}

/** A swap into what was just replaced has no place any more: the first field takes it. */
const pathWithin = (replaced: string, other: string): string =>
  other.startsWith(`${replaced}/`) || replaced.startsWith(`${other}/`) ? replaced : other;
const headerOf = (text: string): string => text.replace(/[^\x20-\x7e]/g, '?').slice(0, 2000);
const safely = (text: string): string => (text.isWellFormed() ? encodeURIComponent(text) : '%ED%A0%80') || 'x';
function flipped(json: Buffer, bytes: Uint8Array): Buffer {
  const copy = Buffer.from(json);
  for (let n = 0; n + 1 < Math.min(bytes.length, 8) && copy.length > 0; n += 2) {
    const place = ((bytes[n] ?? 0) * 251 + (bytes[n + 1] ?? 0)) % copy.length;
    copy[place] = (copy[place] ?? 0) ^ (1 << ((bytes[n + 1] ?? 0) & 7));
  }
  return copy;
}

describe('fuzz', () => {
  it(`stays up under ${FUZZ_RUNS} mutated requests (SEED=${SEED})`, async () => {
    const entries = await Promise.all(
      ROLES.map(async (role) => [role, (await groupToken(`brand:fuzz:${role}`)).token] as const),
    );
    const tokens = Object.fromEntries(entries) as Record<Role, string>;
    const queue = fc.sample(mutation, { seed: SEED, numRuns: FUZZ_RUNS });
    const counts: Record<number, number> = {};
    const complaints: string[] = [];
    const worker = async () => {
      for (let next = queue.pop(); next; next = queue.pop()) {
        const request = mutated(next, tokens);
        const got = await send(request).catch(
          (error: Error) => ({ status: 599, type: '', text: error.message, ms: 0 }) as Got,
        );
        counts[got.status] = (counts[got.status] ?? 0) + 1;
        const isProblem = got.status < 400 || problemOf(got) !== undefined;
        if (got.status >= 500 || !isProblem || got.ms > 2 * LIMIT_MS) {
          complaints.push(
            `${request.method} ${request.path} ${next.kind} ${JSON.stringify(request.raw ? request.raw.toString() : request.body)?.slice(0, 600)} -> ${got.status} in ${Math.round(got.ms)} ms ${got.text.slice(0, 150)}`,
          );
        }
        if (queue.length % 400 === 0) await visit();
      }
    };
    await Promise.all(Array.from({ length: 6 }, worker));
    console.log(`SEED=${SEED} answers ${JSON.stringify(counts)}`);
    expect(complaints).toEqual([]);
    expect(counts[200]).toBeGreaterThan(50);
    expect(counts[400]).toBeGreaterThan(200);
    await expectSteady();
  });
});

describe('after all that', () => {
  it('has made an offer to everybody who came in between, and one-line subjects', async () => {
    expect(visitors.length).toBeGreaterThan(40);
    await visit();
    for (const name of visitors) {
      const person = await must({ method: 'GET', path: `/v1/people/${name}` });
      expect(person).toMatchObject({ personId: name, attributes: aPerson(name).attributes });
      const decision = await eventually(
        async () => (await must({ method: 'GET', path: `/v1/people/${name}/decisions` })).items[0],
      );
      const stopped = decision.reasons.filter(({ passed }: { passed: boolean }) => !passed);
      expect([name, decision.outcome, stopped]).toEqual([name, 'offered', []]);
    }
    const last = visitors.at(-1) ?? '';
    const mail = await eventually(async () =>
      (await beckon.call('GET', '/local/inbox', 'nobody')).body.items.find(
        ({ to }: { to: string }) => to === `${last}@example.com`,
      ),
    );
    expect(mail.subject).toMatch(/^Hi Bcc: all@example.com [^\r\n]+$/);
    expect(Object.keys(mail.headers ?? {}).filter((name) => /bcc/i.test(name))).toEqual([]);
    expect(JSON.stringify(await everything())).toContain(CANARY);
  });
});
