import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2, Context } from 'aws-lambda';
import { beforeEach, describe, expect, it } from 'vitest';
import type { Channel, Consent } from '#core/model/person.ts';
import { listConsents, postWithdrawal } from '#functions/people/consents.ts';
import { linkIdentifiers } from '#functions/people/link.ts';
import { getOne, put } from '#functions/people/people.ts';
import { type HttpRequest, httpFunction } from '#functions/shared/http.ts';
import { unsubscribeSteps } from '#functions/unsubscribe/steps.ts';
import { unsubscribeToken } from '#functions/unsubscribe/token.ts';
import { aPerson } from '#test/support/builders.ts';
import { BRAND, openShop, type Shop } from '../store/shop.ts';

const ALL = { purpose: 'marketing', channel: 'any' };
let shop: Shop;
beforeEach(async () => {
  shop = await openShop();
  await shop.person('mei');
});

const request = (personId: string, more: Partial<HttpRequest> = {}): HttpRequest => ({
  runtime: shop.process(),
  caller: { role: 'marketer', tenant: { kind: 'brand', id: BRAND }, subject: 'staff' },
  path: { personId },
  query: {},
  headers: {},
  body: undefined,
  text: '',
  bytes: Buffer.alloc(0),
  cookies: {},
  ...more,
});
const page = async (personId: string, query: Record<string, string> = {}) =>
  (await listConsents(request(personId, { query }))).body as { items: Consent[]; cursor?: string };
const holding = async (personId = 'mei'): Promise<string[]> => {
  const { consents } = (await getOne(request(personId))).body as { consents: Consent[] };
  return consents.flatMap(({ purpose, channel, programme, granted }) =>
    granted ? [[purpose, channel, programme].filter(Boolean).join('/')] : [],
  );
};
const withdrawal = (body: object, personId = 'mei') => postWithdrawal(request(personId, { body }));

describe('GET …/consents', () => {
  it('has every field of every record as it was given, newest first', async () => {
    const said: Consent = {
      purpose: 'marketing',
      channel: 'email',
      granted: true,
      at: '2026-11-20T08:00:00.000Z',
      source: 'till',
      textVersion: 'v7',
      language: 'zh-CN',
      proof: 'form 4711',
      programme: 'tea-club',
      guardian: true,
    };
    await put(request('mei', { body: { ...aPerson('mei'), consents: [said] } }));
    const { items } = await page('mei');
    expect(items).toHaveLength(4);
    expect(items[0]).toEqual(said);
    const { consents } = (await getOne(request('mei'))).body as { consents: Consent[] };
    expect(consents).toContainEqual({
      purpose: 'marketing',
      channel: 'email',
      programme: 'tea-club',
      granted: true,
      at: said.at,
    });
  });

  it('has those of every profile of the person, each once, however small the pages', async () => {
    await shop.person('meis-phone');
    const [a, b] = ['mei', 'meis-phone'].map((name) => ({ kind: 'email' as const, value: `${name}@example.com` }));
    const at = new Date(shop.world.now).toISOString();
    if (!a || !b) throw new Error('two handles');
    await linkIdentifiers(shop.process(), BRAND, { a, b, evidence: 'login', source: 'test', at });
    await withdrawal({ scope: 'channel', channel: 'sms', source: 'desk' }, 'meis-phone');
    const whole = await page('mei');
    // Both have said the same at the same time: three each, and the withdrawal lies with both.
    expect(whole.items).toHaveLength(8);
    expect(whole.items[0]).toMatchObject({ channel: 'sms', granted: false, source: 'desk' });
    const walked: Consent[] = [];
    let cursor: string | undefined;
    do {
      const next = await page('mei', { limit: '1', ...(cursor !== undefined && { cursor }) });
      walked.push(...next.items);
      cursor = next.cursor;
    } while (cursor !== undefined);
    expect(walked).toEqual(whole.items);
  });

  it('knows nobody of whom it was told nothing', async () => {
    await expect(page('li')).rejects.toMatchObject({ status: 404 });
  });
});

describe('POST …/withdrawals', () => {
  const CLUB: Consent = {
    purpose: 'marketing',
    channel: 'email',
    granted: true,
    at: '2026-11-20T08:00:00Z',
    source: 'till',
    programme: 'tea-club',
  };
  beforeEach(() => put(request('mei', { body: { ...aPerson('mei'), consents: [CLUB] } })));

  it.each([
    [
      { scope: 'programme', programme: 'tea-club' },
      { ...ALL, programme: 'tea-club' },
    ],
    [
      { scope: 'programme', programme: 'tea-club', channel: 'sms' },
      { ...ALL, channel: 'sms', programme: 'tea-club' },
    ],
    [
      { scope: 'channel', channel: 'email' },
      { ...ALL, channel: 'email' },
    ],
  ])('ends %o and records what was said', async (scope, record) => {
    const said = { source: 'desk', language: 'en', proof: 'call 12' };
    expect(await withdrawal({ ...scope, ...said })).toEqual({ status: 204 });
    const { items } = await page('mei');
    const at = new Date(shop.world.now).toISOString();
    expect(items[0]).toEqual({ ...record, ...said, granted: false, at });
    expect(items).toHaveLength(5);
    expect(await holding()).toContain('location/any');
  });

  it('ends everything, later than a grant by a clock that is ahead', async () => {
    const ahead = new Date(shop.world.now + 30_000).toISOString();
    await put(request('mei', { body: { ...aPerson('mei'), consents: [{ ...CLUB, at: ahead }] } }));
    await withdrawal({ scope: 'all', source: 'desk' });
    const { items } = await page('mei');
    expect(
      items
        .slice(0, 4)
        .map(({ purpose, channel, granted }) => `${purpose}/${channel}/${granted}`)
        .sort(),
    ).toEqual(['location/any/false', 'marketing/any/false', 'personalisation/any/false', 'sharing/any/false']);
    for (const { at } of items.slice(0, 4)) expect(at > ahead).toBe(true);
  });

  it.each([
    ['/programme', { scope: 'programme', source: 'x' }],
    ['/programme', { scope: 'all', programme: 'tea-club', source: 'x' }],
    ['/channel', { scope: 'channel', source: 'x' }],
    ['/channel', { scope: 'all', channel: 'sms', source: 'x' }],
    ['/channel', { scope: 'channel', channel: 'pigeon', source: 'x' }],
    ['/scope', { scope: 'some', source: 'x' }],
    ['/source', { scope: 'all' }],
  ])('says that %s is wrong in %o', async (pointer, body) => {
    const refused = withdrawal(body);
    await expect(refused).rejects.toMatchObject({ status: 400 });
    await expect(refused).rejects.toMatchObject({ errors: [expect.objectContaining({ pointer })] });
    expect(await holding()).toContain('marketing/any');
  });

  it('knows nobody of whom it was told nothing', async () => {
    await expect(withdrawal({ scope: 'all', source: 'x' }, 'li')).rejects.toMatchObject({ status: 404 });
  });
});

describe('the link in a message', () => {
  const visit = async (
    method: 'GET' | 'POST',
    body = '',
    { programme, headers = {} }: { programme?: string; headers?: Record<string, string> } = {},
  ) => {
    const runtime = shop.process();
    const link = { brand: BRAND, personId: 'mei', channel: 'email' as Channel, programme };
    const token = unsubscribeToken(await runtime.secret('linkSecret'), link);
    const event = { routeKey: `${method} /u/{token}`, headers, pathParameters: { token }, body };
    const handler = httpFunction('unsubscribe', unsubscribeSteps, runtime);
    return (await handler(
      event as unknown as APIGatewayProxyEventV2,
      {} as Context,
    )) as APIGatewayProxyStructuredResultV2;
  };
  const ended = async () => (await page('mei')).items.filter(({ granted }) => !granted);

  it('offers three choices, in both languages, and a look at it changes nothing', async () => {
    const { body = '', statusCode } = await visit('GET', '', { programme: 'tea-club' });
    expect(statusCode).toBe(200);
    expect([...body.matchAll(/name="scope" value="(\w+)"/g)].map(([, scope]) => scope)).toEqual([
      'programme',
      'channel',
      'all',
    ]);
    expect(body.match(/lang="zh-CN"/g)).toHaveLength(4);
    expect((await visit('GET')).body).not.toContain('value="programme"');
    expect(await ended()).toEqual([]);
  });

  it.each([
    ['scope=programme', [{ purpose: 'marketing', channel: 'email', programme: 'tea-club' }]],
    ['scope=channel', [{ purpose: 'marketing', channel: 'email' }]],
    ['List-Unsubscribe=One-Click', [{ purpose: 'marketing', channel: 'email' }]],
    ['', [{ purpose: 'marketing', channel: 'email' }]],
    ['scope=%00nonsense', [{ purpose: 'marketing', channel: 'email' }]],
  ])('by “%s” ends as much', async (form, scopes) => {
    expect((await visit('POST', form, { programme: 'tea-club' })).statusCode).toBe(200);
    const at = new Date(shop.world.now).toISOString();
    expect(await ended()).toEqual(
      scopes.map((scope) => ({ ...scope, granted: false, at, source: 'one-click-unsubscribe' })),
    );
  });

  it('ends everything', async () => {
    await visit('POST', 'scope=all');
    expect(await holding()).toEqual([]);
  });

  it('is no use when somebody has changed it', async () => {
    const handler = httpFunction('unsubscribe', unsubscribeSteps, shop.process());
    for (const token of [
      'x',
      'W10.x',
      `${unsubscribeToken('another', { brand: BRAND, personId: 'mei', channel: 'email' })}`,
    ]) {
      const event = { routeKey: 'POST /u/{token}', headers: {}, pathParameters: { token } };
      expect(await handler(event as unknown as APIGatewayProxyEventV2, {} as Context)).toMatchObject({
        statusCode: 404,
      });
    }
    expect(await ended()).toEqual([]);
  });

  it('records Global Privacy Control once, and what is said later in so many words holds', async () => {
    const headers = { 'sec-gpc': '1' };
    await visit('GET');
    expect(await ended()).toEqual([]);
    for (let again = 0; again < 3; again += 1) await visit('GET', '', { headers });
    const objection = { channel: 'any', granted: false, source: 'sec-gpc' };
    expect(await ended()).toMatchObject([
      { purpose: 'sharing', ...objection },
      { purpose: 'personalisation', ...objection },
    ]);
    expect(await holding()).toEqual(['location/any', 'marketing/any']);
    shop.world.now += 1000;
    const yes = { purpose: 'personalisation', channel: 'any', granted: true, source: 'app' } as const;
    const at = new Date(shop.world.now).toISOString();
    await put(request('mei', { body: { ...aPerson('mei'), consents: [{ ...yes, at }] } }));
    await visit('GET', '', { headers });
    expect(await ended()).toHaveLength(2);
    expect(await holding()).toContain('personalisation/any');
  });
});
