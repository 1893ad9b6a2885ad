import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { vi } from 'vitest';
import type { Delivery } from '#channels/channel.ts';

export type Captured = { method: string; path: string; headers: IncomingHttpHeaders; body: Record<string, unknown> };
export type Answer = { status: number; type?: string } | 'silence' | 'hang-up';

/** A provider on this machine: keeps what it is sent, and answers as it is told, in the shape of AWS's JSON protocols. */
export async function startCapture() {
  const requests: Captured[] = [];
  let answer: Answer = { status: 200 };
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const { method = '', url: path = '', headers } = request;
    requests.push({ method, path, headers, body: JSON.parse(Buffer.concat(chunks).toString('utf8')) });
    server.emit('captured');
    if (answer === 'silence') return;
    if (answer === 'hang-up') {
      request.socket.destroy();
      return;
    }
    const { status, type } = answer;
    // REST names the error in a header, JSON 1.0 in the body.
    response.writeHead(status, { 'content-type': 'application/json', ...(type && { 'x-amzn-errortype': type }) });
    response.end(
      JSON.stringify(status === 200 ? { MessageId: `provider-${requests.length}` } : { __type: type, message: 'no' }),
    );
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  pointSdkAt(url);
  return {
    requests,
    url,
    answerWith: (next: Answer) => {
      answer = next;
    },
    last: (): Captured => {
      const request = requests.at(-1);
      if (!request) throw new Error('nothing was sent');
      return request;
    },
    captured: () => once(server, 'captured'),
    stop: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}
export type Capture = Awaited<ReturnType<typeof startCapture>>;

export function pointSdkAt(url: string): void {
  vi.stubEnv('AWS_ENDPOINT_URL', url);
  vi.stubEnv('AWS_REGION', 'eu-west-1');
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'test');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'test');
}

export function aDelivery(overrides: Partial<Delivery> = {}): Delivery {
  return {
    messageId: 'message-1',
    address: 'mei@example.com',
    locale: 'en',
    title: 'CN¥5.00 off',
    body: 'Hi Mei, come in',
    code: 'DF3M-KP4V-C85D-K',
    expiresAt: 'Nov 19, 2026, 12:30 AM',
    unsubscribeUrl: 'https://beckon.example/u/token',
    ...overrides,
  };
}
