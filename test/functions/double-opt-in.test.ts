import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2, Context } from 'aws-lambda';
import { beforeEach, describe, expect, it } from 'vitest';
import { ChannelError } from '#channels/channel.ts';
import type { ConfirmationMail } from '#channels/email.ts';
import type { Consent, PersonInput } from '#core/model/person.ts';
import { put } from '#functions/people/people.ts';
import { type HttpRequest, httpFunction } from '#functions/shared/http.ts';
import { confirmSteps } from '#functions/unsubscribe/confirm.ts';
import { putBrandSettings } from '#store/catalogue.ts';
import { withdraw } from '#store/people.ts';
import { aPerson } from '#test/support/builders.ts';
import { BRAND, openShop, type Shop } from '../store/shop.ts';

const HOUR_MS = 3_600_000;
const EMAIL: Consent = {
  purpose: 'marketing',
  channel: 'email',
  granted: true,
  at: '2026-11-20T08:00:00Z',
  source: 'app',
};
const GERMAN = { attributes: { country: 'DE' } };
let shop: Shop;
let mails: ConfirmationMail[];
let refuse: Error | undefined;

beforeEach(async () => {
  shop = await openShop();
  mails = [];
  refuse = undefined;
});

async function say(consents: Consent[], changes: Partial<PersonInput> = GERMAN, name = 'mei') {
  const request: HttpRequest = {
    runtime: shop.process(),
    caller: { role: 'app', tenant: { kind: 'brand', id: BRAND }, subject: 'app' },
    path: { personId: name },
    query: {},
    headers: {},
    body: { ...aPerson(name), ...changes, consents },
    text: '',
    bytes: Buffer.alloc(0),
    cookies: {},
  };
  return await put(request, async (mail) => {
    mails.push(mail);
    if (refuse) throw refuse;
  });
}
const visit = async (method: 'GET' | 'POST', token = tokenOf()) => {
  const event = { routeKey: `${method} /c/{token}`, headers: {}, pathParameters: { token } };
  const handler = httpFunction('unsubscribe', confirmSteps, shop.process());
  return (await handler(
    event as unknown as APIGatewayProxyEventV2,
    {} as Context,
  )) as APIGatewayProxyStructuredResultV2;
};
const tokenOf = (mail = mails.at(-1)): string => mail?.url.split('/c/')[1] ?? '';
const history = () => shop.rows('people', 'consent');
/** Mei comes in: is a message for her on its way? */
const reached = async (): Promise<boolean> => {
  await shop.enter('mei', shop.process(), `visit-${shop.world.now}`);
  return shop.coupons().length > 0;
};
const LOCATION: Consent = { ...EMAIL, purpose: 'location', channel: 'any' };

describe('a grant of marketing by email that nothing proves, in Germany', () => {
  it('is kept, counts for nothing, and is asked about by mail; the button there makes it count', async () => {
    await say([LOCATION, EMAIL]);
    expect(mails).toEqual([
      {
        address: 'mei@example.com',
        locale: 'en',
        brand: expect.any(String),
        url: expect.stringMatching(/\/c\/[\w.-]+$/),
      },
    ]);
    expect(mails[0]?.url).not.toMatch(/mei@|example/);
    expect(await reached()).toBe(false);
    const { body = '', statusCode } = await visit('GET');
    expect([statusCode, body.includes('lang="zh-CN"'), body.includes('<button>')]).toEqual([200, true, true]);
    expect(history()).toHaveLength(2);

    shop.world.now += HOUR_MS;
    for (let again = 0; again < 2; again += 1) expect((await visit('POST')).statusCode).toBe(200);
    expect(history()).toHaveLength(3);
    expect(history()).toContainEqual(
      expect.objectContaining({
        purpose: 'marketing',
        channel: 'email',
        granted: true,
        source: 'double-opt-in',
        proof: expect.stringMatching(/^double-opt-in sha256:[\w-]{43}$/),
      }),
    );
    expect(await reached()).toBe(true);
  });

  it.each<[string, Consent[], Partial<PersonInput>]>([
    ['has a proof', [{ ...EMAIL, proof: 'form 12' }], GERMAN],
    ['is of another channel', [{ ...EMAIL, channel: 'sms' }], GERMAN],
    ['is a withdrawal', [{ ...EMAIL, granted: false }], GERMAN],
    ['is withdrawn with it', [EMAIL, { ...EMAIL, granted: false }], GERMAN],
    ['is of a minor', [EMAIL], { attributes: { country: 'DE', minor: true } }],
    ['has no address', [EMAIL], { ...GERMAN, identifiers: [{ kind: 'device', value: 'phone-mei' }] }],
    ['is of somebody in France', [EMAIL], { attributes: { country: 'FR' } }],
  ])('is not asked about when it %s', async (_, consents, changes) => {
    await say(consents, changes);
    expect(mails).toEqual([]);
  });

  it('is asked about once, in Chinese where it was given in it, however often the same is said', async () => {
    for (let again = 0; again < 5; again += 1) await say([{ ...EMAIL, language: 'zh-CN' }]);
    expect(mails.map(({ locale }) => locale)).toEqual(['zh-CN']);
  });

  it('is asked about at most three times an hour, and not again when it is confirmed', async () => {
    const at = (minute: number): string => new Date(Date.parse(EMAIL.at) + minute * 60_000).toISOString();
    for (let minute = 1; minute <= 6; minute += 1) await say([{ ...EMAIL, at: at(minute) }]);
    expect(mails).toHaveLength(3);
    shop.world.now += HOUR_MS + 1;
    await say([{ ...EMAIL, at: at(7) }]);
    expect(mails).toHaveLength(4);
    await visit('POST');
    await say([{ ...EMAIL, at: new Date(shop.world.now).toISOString() }]);
    expect(mails).toHaveLength(4);
  });

  it('is asked about by programme, and confirmed for that one only', async () => {
    await say([{ ...EMAIL, programme: 'tea-club' }]);
    await visit('POST');
    expect(
      history()
        .map(({ programme, proof }) => [programme, proof !== undefined])
        .sort(),
    ).toEqual([
      ['tea-club', false],
      ['tea-club', true],
    ]);
  });

  it('is proven for the address that was asked, and for no other', async () => {
    await say([LOCATION, EMAIL]);
    await visit('POST');
    const identifiers = [
      { kind: 'device' as const, value: 'phone-mei' },
      { kind: 'email' as const, value: 'another@example.com' },
    ];
    await say([], { ...GERMAN, identifiers });
    expect(await reached()).toBe(false);
    shop.world.now += HOUR_MS;
    await say([{ ...EMAIL, at: new Date(shop.world.now).toISOString() }], { ...GERMAN, identifiers });
    expect(mails.map(({ address }) => address)).toEqual(['mei@example.com', 'another@example.com']);
    expect(await reached()).toBe(false);
    await visit('POST');
    shop.world.now += HOUR_MS;
    expect(await reached()).toBe(true);
  });

  it('is put down all the same when the provider refuses', async () => {
    refuse = new ChannelError('rejected', 'MessageRejected');
    expect((await say([EMAIL])).status).toBe(200);
    expect(history()).toHaveLength(1);
  });
});

it('a brand may ask for it everywhere', async () => {
  await putBrandSettings(shop.db, BRAND, { timeZone: 'UTC', offersPerSignal: 1, doubleOptIn: ['email'] });
  await say([LOCATION, { ...EMAIL, channel: 'any' }], {});
  expect(mails).toHaveLength(1);
  expect(await reached()).toBe(false);
  await visit('POST');
  shop.world.now += 1000;
  expect(await reached()).toBe(true);
});

describe('the link', () => {
  beforeEach(() => say([EMAIL]));

  it('is no use when it was changed, is a week old, or its address is no longer theirs', async () => {
    const token = tokenOf();
    const [payload = '', signature = ''] = token.split('.');
    const forged = Buffer.from(Buffer.from(payload, 'base64url').toString().replace('mei', 'bob')).toString(
      'base64url',
    );
    for (const bad of ['x', `${forged}.${signature}`, `${payload}.${signature.slice(1)}`]) {
      expect((await visit('POST', bad)).statusCode).toBe(404);
    }
    await say([], { ...GERMAN, identifiers: [{ kind: 'email', value: 'other@example.com' }] });
    for (const method of ['GET', 'POST'] as const) expect((await visit(method, token)).statusCode).toBe(404);
    await say([], GERMAN);
    expect((await visit('GET', token)).statusCode).toBe(200);
    shop.world.now += 7 * 24 * HOUR_MS;
    expect((await visit('POST', token)).statusCode).toBe(404);
    expect(history()).toHaveLength(1);
  });

  it('confirms after a withdrawal too, which whoever presses it undoes, and a withdrawal ends it again', async () => {
    const end = () =>
      withdraw(shop.db, BRAND, 'mei', {
        scopes: [{ purpose: 'marketing', channel: 'any' }],
        source: 'desk',
        now: shop.world.now,
      });
    await say([LOCATION]);
    await end();
    await visit('POST');
    await end();
    expect(await reached()).toBe(false);
    shop.world.now += 1000;
    await visit('POST');
    expect(await reached()).toBe(true);
  });
});
