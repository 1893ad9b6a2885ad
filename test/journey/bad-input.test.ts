import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openApiDocument } from '#functions/meta/openapi.ts';
import { operations } from '#functions/meta/operations.ts';
import { type HttpRoute, ROLES, type Role } from '#functions/routes.ts';
import { type Beckon, eventually } from '#test/support/beckon.ts';
import { generators } from '#test/support/big-bodies.ts';
import { aPerson } from '#test/support/builders.ts';
import { type Document, examples } from '#test/support/examples.ts';
import { type Node, nodesOf, withMember } from '#test/support/members.ts';
import {
  CANARY,
  type Got,
  type GuardedRoute,
  guarded,
  LIMIT_MS,
  type Outsider,
  openOutsider,
  problemOf,
  routes,
  type Sent,
} from '#test/support/outsider.ts';
import corpus from '../cases/bad-input.json' with { type: 'json' };

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
const LIMIT_RSS_KB = 600 * 1024;
const HEAP_MB = 256;

let outsider: Outsider;
let beckon: Beckon;
let hostPid = 0;
/** People who came in between bad requests; each must get an offer in the end. */
const visitors: string[] = [];

const send: Outsider['send'] = (request) => outsider.send(request);
const must: Outsider['must'] = (request) => outsider.must(request);
const refusal: Outsider['refusal'] = (...args) => outsider.refusal(...args);

beforeAll(async () => {
  // A small heap: what would pile up ends the process, and what is merely not yet collected is.
  outsider = await openOutsider({ env: { NODE_OPTIONS: `--max-old-space-size=${HEAP_MB}` } });
  beckon = outsider.beckon;
  hostPid = Number(readFileSync(path.join(beckon.dataDir, 'host.pid'), 'utf8'));
});
afterAll(() => beckon.stop());

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
  await outsider.walkIn(`phone-${name}`);
}

async function expectSteady(): Promise<void> {
  const status = `/proc/${hostPid}/status`;
  if (existsSync(status)) {
    const rss = Number(/VmRSS:\s+(\d+)/.exec(readFileSync(status, 'utf8'))?.[1]);
    expect(rss).toBeLessThan(LIMIT_RSS_KB);
  }
  expect((await send({ method: 'GET', path: '/healthz', as: 'nobody' })).status).toBe(200);
}

function routeOf(operation: string): GuardedRoute {
  const route = guarded.find((candidate) => candidate.operation === operation);
  if (!route) throw new Error(`no route ${operation}`);
  return route;
}

function requestFor(operation: string, body: unknown, id = 'x'): Sent & { as: Role } {
  const { method, path: template, roles } = routeOf(operation);
  return { method, path: template.replace(/\{\w+\}/, id), as: roles[0] as Role, body };
}

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
          /Coupon$|^pairScreen$/.test(operation) ? 404 : expect.toBeOneOf([200, 201, 202, 204]),
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

const PLACES_IMPORT = /^import(Sensitive)?Places$/;

/** An import refuses features one by one and passes over what GeoJSON allows; everything else is refused as a whole. */
async function judged({ name, request, pointer, operation }: Judged): Promise<string | undefined> {
  if (!PLACES_IMPORT.test(operation) || !pointer.startsWith('/features/'))
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
      const named = PLACES_IMPORT.test(operation) && pointer === '' ? '/type' : pointer;
      return [{ name: `${operation} ${pointer} = ${names[index]}`, request, pointer: named, operation }];
    }),
  );
}

/** Fields that take more than one type. */
function isAllowed(operation: string, pointer: string, wrong: unknown): boolean {
  const kind = kindOf(wrong);
  const isRule = operation === 'putSegment' || operation === 'previewSegment';
  const isFlat = kind !== 'object' && JSON.stringify(wrong) !== '[[]]';
  if (operation === 'putPerson' && /^\/attributes\/\w$/.test(pointer)) return isFlat;
  if (operation === 'putPerson' && /^\/attributes\/\w\/0$/.test(pointer))
    return isFlat && kind !== 'list' && kind !== 'null';
  if (isRule && /\/value$/.test(pointer)) return isFlat && (kind !== 'list' || pointer.includes('/rules/0/rules'));
  if (isRule && /\/value\/\d$/.test(pointer)) return isFlat && kind !== 'list' && kind !== 'null';
  if (!PLACES_IMPORT.test(operation)) return false;
  const needed = operation === 'importPlaces' ? 'radiusM' : 'category';
  // RFC 7946: an id may be a number, properties may be null; writers put null for what they do not have.
  return (
    (pointer.endsWith('/id') && kind === 'number') ||
    (kind === 'null' && /properties\/\w+$/.test(pointer) && !pointer.endsWith(needed)) ||
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

/**
 * GeoJSON objects may carry foreign members (RFC 7946 section 6.1), a person any attribute that is a value, and a till says
 * of a line whatever it likes.
 */
function ignoresUnknown(operation: string, pointer: string, name: string): boolean {
  if (operation === 'postPurchase') return /^\/lines\/\d+$/.test(pointer) && name !== '__proto__';
  if (PLACES_IMPORT.test(operation)) return !pointer.endsWith('/openingHours') || name === '__proto__';
  return /^put(Sensitive)?Place$/.test(operation) && pointer === '/geometry' && name !== '__proto__';
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
      ROLES.map(async (role) => [role, (await outsider.groupToken(`brand:fuzz:${role}`)).token] as const),
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
    expect(JSON.stringify(await must({ method: 'GET', path: '/v1/people/mei' }))).toContain(CANARY);
  });
});
