import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import path from 'node:path';
import { Problem } from '#functions/shared/problem.ts';
import type { Answered, Gateway } from './gateway.ts';

/** Handlers of this machine's own pages, by path. */
export type LocalPages = Record<string, (response: ServerResponse) => Promise<void> | void>;

const TYPES: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.mjs': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.woff2': 'font/woff2',
};
const SECURITY_HEADERS = {
  'content-security-policy':
    "default-src 'self'; worker-src 'self' blob:; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
};
/**
 * A player shows pictures and films from wherever its playlist says. Its frames of HTML inherit this policy and may have
 * scripts, which is why the page may: the frames have an origin of their own, and the page makes nothing of words.
 */
const PLAYER_POLICY = [
  "default-src 'self'",
  "script-src 'self' 'unsafe-inline'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' https: data: blob:",
  "media-src 'self' https: data: blob:",
  "font-src 'self' https: data:",
  "connect-src 'self' https:",
  "frame-ancestors 'none'",
].join('; ');
const PLAYER_PATHS: readonly string[] = ['/screen', '/screen-sw.js'];
/** A client that takes longer to send a request is not one. */
const REQUEST_TIMEOUT_MS = 30_000;

/** The one port of this machine: the API as API Gateway would serve it, the pages, and what only this machine has. */
export function createHostServer(args: {
  gateway: Gateway;
  pages: LocalPages;
  webDir: string;
  onAnswered: (answered: Answered) => void;
}): Server {
  const server = createServer({ requestTimeout: REQUEST_TIMEOUT_MS, headersTimeout: 10_000 }, (request, response) => {
    void handle(args, request, response).catch((error: unknown) => {
      console.error(error);
      if (!response.headersSent) sendProblem(response, new Problem('internal', 'the request was not carried out'));
      else response.destroy();
    });
  });
  // Not HTTP at all: say so, as RFC 9110 wants it, and hang up.
  server.on('clientError', (_error, socket) => {
    if (socket.writable) socket.end('HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: 0\r\n\r\n');
  });
  return server;
}

async function handle(
  { gateway, pages, webDir, onAnswered }: Parameters<typeof createHostServer>[0],
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const answered = await gateway(request, response);
  if (answered) {
    onAnswered(answered);
    return;
  }
  const pathname = URL.parse(request.url ?? '/', 'http://localhost')?.pathname;
  if (pathname === undefined) {
    request.resume();
    sendProblem(response, new Problem('invalid-input', 'the request target is not a URL'));
    return;
  }
  if (request.method === 'GET') {
    const page = pages[pathname];
    if (page) {
      // These answer with tokens: a page of another site that has made its name point here must not read them.
      if (!isLocalHost(request.headers.host))
        sendProblem(response, new Problem('forbidden', 'this is for this machine'));
      else await page(response);
      return;
    }
    if (pathname === '/') {
      response.writeHead(302, { location: '/live' }).end();
      return;
    }
    if (await sendFile(response, webDir, pathname)) return;
  }
  request.resume();
  sendProblem(response, new Problem('not-found', 'there is no such resource'));
}

async function sendFile(response: ServerResponse, webDir: string, pathname: string): Promise<boolean> {
  // A service worker governs what lies beside it and below: this one has to lie at the root.
  const asset = pathname === '/screen-sw.js' ? '/assets/screen-sw.js' : pathname;
  const name = asset.startsWith('/assets/') ? asset : `${asset}.html`;
  const file = path.join(webDir, path.normalize(name));
  // `normalize` has resolved the dots; what still leads out of the folder is not ours to serve.
  if (!file.startsWith(webDir + path.sep)) return false;
  const found = await stat(file).catch(() => undefined);
  if (!found?.isFile()) return false;
  response.writeHead(200, {
    ...SECURITY_HEADERS,
    ...(PLAYER_PATHS.includes(pathname) && { 'content-security-policy': PLAYER_POLICY }),
    'content-type': TYPES[path.extname(file)] ?? 'application/octet-stream',
    'content-length': found.size,
    'cache-control': 'no-cache',
  });
  createReadStream(file).pipe(response);
  return true;
}

export function sendJson(response: ServerResponse, body: unknown): void {
  response
    .writeHead(200, { 'content-type': 'application/json', 'cache-control': 'no-store' })
    .end(JSON.stringify(body));
}

function sendProblem(response: ServerResponse, problem: Problem): void {
  response
    .writeHead(problem.status, { 'content-type': 'application/problem+json' })
    .end(JSON.stringify(problem.document()));
}

function isLocalHost(host = ''): boolean {
  return /^(localhost|127\.0\.0\.1|\[::1\])(:\d+)?$/.test(host);
}
