import type { LookupAddress } from 'node:dns';
import { lookup } from 'node:dns/promises';
import http from 'node:http';
import https from 'node:https';
import { isIP } from 'node:net';
import { isPublicAddress } from './public-address.ts';

/** As long as a receiver may take, from the first question to the last byte. */
const TIMEOUT_MS = 10_000;
/** Nobody reads the answer: a receiver that says more than this is cut off. */
const MAX_ANSWER_BYTES = 64 * 1024;

export type WebhookSender = { send: (delivery: WebhookDelivery) => Promise<void> };
export type WebhookDelivery = { url: string; headers: Record<string, string>; body: string };

export type WebhookSenderOptions = {
  /** On one machine and in tests: `http://127.0.0.1` is a receiver too, and nothing else of this machine. */
  allowLoopback: boolean;
  timeoutMs?: number;
  resolve?: (host: string) => Promise<LookupAddress[]>;
};

type Failure = 'NotPublic' | 'NotHttps' | 'NotFound' | 'Not2xx' | 'TooSlow' | 'TooLong' | 'Unreachable';

/** Why a receiver has not taken a message. Its name says it, because that is all that a log or a dead letter tells. */
class WebhookError extends Error {
  readonly failure: Failure;
  constructor(failure: Failure, options?: ErrorOptions) {
    super(`the receiver of a webhook: ${failure}`, options);
    this.failure = failure;
    this.name = `Webhook${failure}`;
  }
}

/**
 * Posts to whatever URL a marketer has named, which may be anybody's, and never to a network of ours: https only, to the
 * address that was looked at and no other (a name may mean another one a moment later), and wherever an answer points,
 * nobody goes there.
 */
export function createWebhookSender(options: WebhookSenderOptions): WebhookSender {
  const { allowLoopback, timeoutMs = TIMEOUT_MS, resolve = (host) => lookup(host, { all: true }) } = options;
  return {
    send: async ({ url, headers, body }) => {
      const signal = AbortSignal.timeout(timeoutMs);
      try {
        const target = new URL(url);
        const address = await untilAborted(addressOf(target, { allowLoopback, resolve }), signal);
        await post(target, { address, headers, body, signal });
      } catch (error) {
        if (signal.aborted) throw new WebhookError('TooSlow');
        throw error instanceof WebhookError ? error : new WebhookError('Unreachable', { cause: error });
      }
    },
  };
}

type Rules = Required<Pick<WebhookSenderOptions, 'allowLoopback' | 'resolve'>>;

/** The one address to connect to. @throws WebhookError where the URL, or any address of its host, is not to be asked */
async function addressOf(target: URL, { allowLoopback, resolve }: Rules): Promise<LookupAddress> {
  const { protocol, hostname, username, password } = target;
  if (allowLoopback && protocol === 'http:' && hostname === '127.0.0.1') return { address: hostname, family: 4 };
  if (protocol !== 'https:' || username !== '' || password !== '') throw new WebhookError('NotHttps');
  // URL writes every spelling of an IPv4 address (`0x7f.1`, `2130706433`) as four numbers, and an IPv6 one in brackets.
  const host = hostname.replace(/^\[(.*)\]$/, '$1');
  const family = isIP(host);
  const addresses = family === 0 ? await resolve(host) : [{ address: host, family }];
  const [first] = addresses;
  if (!first) throw new WebhookError('NotFound');
  // One that is not public among many is somebody's attempt.
  if (!addresses.every((each) => isPublicAddress(each.address, each.family))) throw new WebhookError('NotPublic');
  return first;
}

type Pinned = { address: LookupAddress; headers: Record<string, string>; body: string; signal: AbortSignal };

/** Posts to `target` at that address, whatever its name means by now. Resolves when it has answered with success. */
export function post(target: URL, { address, headers, body, signal }: Pinned): Promise<void> {
  const client = target.protocol === 'https:' ? https : http;
  return new Promise((resolve, reject) => {
    const request = client.request(
      target,
      {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          'content-length': Buffer.byteLength(body),
          'user-agent': 'Beckon',
          ...headers,
        },
        // Its own connection each time: one that is kept might be to an address of before.
        agent: false,
        signal,
        lookup: (_host, { all }, found) => {
          if (all) found(null, [address]);
          else found(null, address.address, address.family);
        },
      },
      (response) => {
        let bytes = 0;
        response.on('data', (chunk: Buffer) => {
          bytes += chunk.length;
          if (bytes > MAX_ANSWER_BYTES) response.destroy(new WebhookError('TooLong'));
        });
        response.on('error', reject);
        response.on('end', () => {
          const { statusCode = 0 } = response;
          if (statusCode >= 200 && statusCode < 300) resolve();
          else reject(new WebhookError('Not2xx'));
        });
      },
    );
    request.on('error', reject);
    request.end(body);
  });
}

function untilAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
    work.then(resolve, reject);
  });
}
