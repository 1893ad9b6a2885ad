import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import { type AddressInfo, createServer as createTcpServer } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isPublicAddress } from '#channels/public-address.ts';
import { createWebhookSender, post, type WebhookSenderOptions } from '#channels/webhook.ts';
import corpus from '../cases/webhook-urls.json' with { type: 'json' };

/** Something inside that nobody may reach: it counts who tries. */
const canary = createTcpServer((socket) => {
  connects += 1;
  socket.destroy();
});
let connects = 0;
let canaryPort = 0;

const got: { path: string; headers: IncomingHttpHeaders; body: string }[] = [];
const answers: Record<string, { status: number; location?: string; bytes?: number }> = {};
/** A receiver, which answers as a test wants on that path. */
const receiver = createServer(async (request, response) => {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  const { url: path = '', headers } = request;
  got.push({ path, headers, body: Buffer.concat(chunks).toString() });
  if (path === '/silence') return;
  const { status, location, bytes = 0 } = answers[path] ?? { status: 200 };
  response.writeHead(status, location === undefined ? {} : { location });
  response.end(Buffer.alloc(bytes));
});
let port = 0;

beforeAll(async () => {
  for (const server of [canary, receiver]) {
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
  }
  canaryPort = (canary.address() as AddressInfo).port;
  port = (receiver.address() as AddressInfo).port;
});
afterAll(() => {
  receiver.closeAllConnections();
  receiver.close();
  canary.close();
});

const send = (url: string, options: Partial<WebhookSenderOptions> = {}) =>
  createWebhookSender({ allowLoopback: false, ...options }).send({ url, headers: { 'webhook-id': 'm1' }, body: '{}' });
const resolvesTo = (...addresses: string[]) => ({
  resolve: async () => addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 })),
});

describe('a receiver that is not one', () => {
  it.each(corpus.urls)('%j is never connected to', async (template) => {
    const before = connects;
    await expect(send(template.replace('{port}', String(canaryPort)), { timeoutMs: 3000 })).rejects.toThrow(
      /receiver of a webhook/,
    );
    expect(connects).toBe(before);
  });

  it.each([
    ['127.0.0.1'],
    ['169.254.169.254'],
    ['::1'],
    ['::ffff:127.0.0.1'],
    // One good address among bad ones is no better.
    ['8.8.8.8', '127.0.0.1'],
    ['10.1.2.3', '2606:4700::1111'],
  ])('a name that means %s is never connected to', async (...addresses) => {
    const url = `https://hooks.example:${canaryPort}/`;
    await expect(send(url, resolvesTo(...addresses))).rejects.toMatchObject({ name: 'WebhookNotPublic' });
    expect(connects).toBe(0);
  });

  it('a name that means nothing is none', async () => {
    await expect(send('https://hooks.example/', resolvesTo())).rejects.toMatchObject({ name: 'WebhookNotFound' });
  });

  it('is found by asking once: what a name means a moment later is nobody’s way in', async () => {
    let asked = 0;
    // Public when it is looked at (of a network that is no more, so nobody is bothered), and the canary from then on.
    const resolve = async () => {
      asked += 1;
      return [{ address: asked === 1 ? '3ffe::dead' : '127.0.0.1', family: asked === 1 ? 6 : 4 }];
    };
    await expect(send(`https://hooks.example:${canaryPort}/`, { resolve, timeoutMs: 300 })).rejects.toThrow();
    expect([asked, connects]).toEqual([1, 0]);
  });

  it('is not reached by pointing to it', async () => {
    answers['/moved'] = { status: 302, location: `http://127.0.0.1:${canaryPort}/` };
    answers['/moved-for-good'] = { status: 308, location: `http://127.0.0.1:${canaryPort}/` };
    for (const path of ['/moved', '/moved-for-good']) {
      const sent = send(`http://127.0.0.1:${port}${path}`, { allowLoopback: true });
      await expect(sent).rejects.toMatchObject({ name: 'WebhookNot2xx' });
    }
    expect(connects).toBe(0);
  });

  it('the canary would have told', async () => {
    const sent = send(`http://127.0.0.1:${canaryPort}/`, { allowLoopback: true });
    await expect(sent).rejects.toMatchObject({ name: 'WebhookUnreachable' });
    expect(connects).toBe(1);
    connects = 0;
  });
});

describe('an address', () => {
  it.each(corpus.public4)('%s is public', (address) => expect(isPublicAddress(address, 4)).toBe(true));
  it.each(corpus.public6)('%s is public', (address) => expect(isPublicAddress(address, 6)).toBe(true));
});

describe('a receiver', () => {
  it('gets the body and its headers, at the address that was looked at, under its own name', async () => {
    const target = new URL(`http://hooks.invalid:${port}/in?a=b`);
    const signal = AbortSignal.timeout(5000);
    const address = { address: '127.0.0.1', family: 4 };
    await post(target, { address, headers: { 'webhook-id': 'm1' }, body: '{"语":1}', signal });
    const { path, headers, body } = got.at(-1) ?? {};
    expect([path, body]).toEqual(['/in?a=b', '{"语":1}']);
    expect(headers).toMatchObject({
      host: `hooks.invalid:${port}`,
      'webhook-id': 'm1',
      'content-type': 'application/json',
    });
  });

  it.each([200, 204, 299])('has taken it with %i', async (status) => {
    answers['/answer'] = { status };
    await send(`http://127.0.0.1:${port}/answer`, { allowLoopback: true });
  });

  it.each([400, 404, 410, 500, 503])('has not with %i', async (status) => {
    answers['/answer'] = { status };
    const sent = send(`http://127.0.0.1:${port}/answer`, { allowLoopback: true });
    await expect(sent).rejects.toMatchObject({ name: 'WebhookNot2xx' });
  });

  it('that says nothing, or too much, is cut off', async () => {
    const silent = send(`http://127.0.0.1:${port}/silence`, { allowLoopback: true, timeoutMs: 200 });
    await expect(silent).rejects.toMatchObject({ name: 'WebhookTooSlow' });
    answers['/loud'] = { status: 200, bytes: 65 * 1024 };
    const loud = send(`http://127.0.0.1:${port}/loud`, { allowLoopback: true });
    await expect(loud).rejects.toMatchObject({ name: 'WebhookTooLong' });
    answers['/loud'] = { status: 200, bytes: 64 * 1024 };
    await send(`http://127.0.0.1:${port}/loud`, { allowLoopback: true });
  });

  it('that never says what its name means is cut off', async () => {
    const resolve = () => new Promise<never>(() => {});
    const sent = send('https://hooks.example/', { resolve, timeoutMs: 100 });
    await expect(sent).rejects.toMatchObject({ name: 'WebhookTooSlow' });
  });
});
