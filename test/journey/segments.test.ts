import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Beckon, eventually, startBeckon } from '#test/support/beckon.ts';
import { aPerson } from '#test/support/builders.ts';

const GOLD = { combinator: 'and', rules: [{ field: 'tier', operator: '=', value: 'gold' }] };

let beckon: Beckon;
const received: { headers: IncomingHttpHeaders; text: string; body: { type: string; personId: string } }[] = [];
/** How often the receiver says no before it takes anything. */
let refusals = 0;
const receiver = createServer(async (request, response) => {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  const text = Buffer.concat(chunks).toString();
  const isRefused = refusals > 0;
  refusals -= Number(isRefused);
  if (!isRefused) received.push({ headers: request.headers, text, body: JSON.parse(text) });
  response.writeHead(isRefused ? 503 : 204).end();
});

beforeAll(async () => {
  receiver.listen(0, '127.0.0.1');
  await once(receiver, 'listening');
  beckon = await startBeckon();
});
afterAll(async () => {
  await beckon.stop();
  receiver.closeAllConnections();
  receiver.close();
});

async function put(path: string, body: unknown) {
  const answer = await beckon.call('PUT', path, 'marketer', body);
  expect(answer.status, answer.text).toBe(200);
  return answer.body;
}
const putMei = (tier: string, consents: object[] = []) =>
  put('/v1/people/mei', { ...aPerson('mei', { attributes: { tier } }), ...(consents.length > 0 && { consents }) });
const receivedNo = (count: number) => eventually(async () => received[count - 1], 60_000);

describe('a segment that tells who enters and leaves', () => {
  it('shows what it signs with, and says who has come in and gone', async () => {
    const url = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/hooks`;
    const segment = await put('/v1/segments/gold', { name: 'Gold', rule: GOLD, webhook: { url } });
    const { secret } = segment.webhook;
    expect(secret).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/);
    expect((await beckon.call('GET', '/v1/segments/gold', 'marketer')).body).toEqual(segment);
    const listed = await beckon.call('GET', '/v1/segments', 'marketer');
    expect(listed.text).not.toContain('whsec_');

    await putMei('silver');
    await putMei('gold');
    const entered = await receivedNo(1);
    expect(entered.body).toEqual({
      type: 'segment.entered',
      segmentId: 'gold',
      personId: 'mei',
      at: expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
    });
    const { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': signature } = entered.headers;
    const key = Buffer.from(secret.slice('whsec_'.length), 'base64');
    const signed = createHmac('sha256', key).update(`${id}.${timestamp}.${entered.text}`).digest('base64');
    expect(signature).toBe(`v1,${signed}`);
    expect(Math.abs(Number(timestamp) * 1000 - Date.now())).toBeLessThan(5 * 60_000);

    await putMei('silver');
    const left = await receivedNo(2);
    expect(left.body).toMatchObject({ type: 'segment.left', personId: 'mei' });
    expect(left.headers['webhook-id']).not.toBe(id);
  });

  it('tries again when the receiver is not there', async () => {
    refusals = 1;
    await putMei('gold');
    expect((await receivedNo(3)).body).toMatchObject({ type: 'segment.entered', personId: 'mei' });
    expect(refusals).toBe(0);
  });

  it('says that somebody has gone who does not want to be sorted any more', async () => {
    const withdrawal = { purpose: 'personalisation', channel: 'any', granted: false, source: 'app:v3' };
    await putMei('gold', [{ ...withdrawal, at: new Date().toISOString() }]);
    expect((await receivedNo(4)).body).toMatchObject({ type: 'segment.left', personId: 'mei' });
  });

  it('says nothing where nothing changes', async () => {
    await putMei('gold');
    await put('/v1/people/bob', aPerson('bob', { attributes: { tier: 'gold' } }));
    expect((await receivedNo(5)).body).toMatchObject({ type: 'segment.entered', personId: 'bob' });
    expect(received).toHaveLength(5);
  });

  it('takes no receiver that is not on the internet', async () => {
    for (const url of ['http://example.com/', 'http://127.0.0.2:80/', 'https://a:b@example.com/', 'ftp://x/', 'x']) {
      const answer = await beckon.call('PUT', '/v1/segments/bad', 'marketer', {
        name: 'a',
        rule: GOLD,
        webhook: { url },
      });
      expect([url, answer.status, answer.body.errors?.[0].pointer]).toEqual([url, 400, '/webhook/url']);
    }
  });
});

describe('a preview and a why', () => {
  it('are of the segment, or of a rule that is not saved', async () => {
    const preview = await beckon.call('POST', '/v1/segments/gold/preview', 'marketer');
    expect(preview.body).toMatchObject({ count: 2, of: 2, complete: true });
    const rule = { combinator: 'and', rules: [{ field: 'tier', operator: '!=', value: 'gold' }] };
    const unsaved = await beckon.call('POST', '/v1/segments/new/preview', 'marketer', { rule });
    expect(unsaved.body).toEqual({ count: 0, of: 2, sample: [], complete: true });
    expect((await beckon.call('POST', '/v1/segments/new/preview', 'marketer')).status).toBe(404);
    const bad = { combinator: 'and', rules: [{ field: 'tier', operator: 'between', value: [1] }] };
    const refused = await beckon.call('POST', '/v1/segments/new/preview', 'marketer', { rule: bad });
    expect([refused.status, refused.body.errors[0].pointer]).toEqual([400, '/rule/rules/0/value']);
  });

  it('say it in the language that is asked for', async () => {
    const ask = (query: string, language: string) =>
      beckon.call('GET', `/v1/segments/gold/why${query}`, 'marketer', undefined, { 'accept-language': language });
    const { body } = await ask('?personId=mei', 'en-GB');
    expect(body).toMatchObject({ segmentId: 'gold', personId: 'mei', in: true });
    expect(body.why).toMatchObject({ matched: true, words: 'all of these hold: yes' });
    expect(body.why.rules).toEqual([
      {
        field: 'tier',
        operator: '=',
        value: 'gold',
        known: true,
        found: 'gold',
        matched: true,
        words: 'tier is gold: yes',
      },
    ]);
    expect((await ask('?personId=mei', 'zh-CN,zh;q=0.9')).body.why.rules[0].words).toBe('tier为gold：是');
    expect((await ask('', 'en')).status).toBe(400);
    expect((await ask('?personId=nobody', 'en')).status).toBe(404);
  });
});
