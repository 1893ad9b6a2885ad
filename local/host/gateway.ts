import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import type { HttpRoute } from '#functions/routes.ts';
import { Problem } from '#functions/shared/problem.ts';
import type { LoadedFunction } from './handlers.ts';

/** Lambda's own limit for a request. */
const MAX_BODY_BYTES = 6 * 1024 * 1024;

type CompiledRoute = { route: HttpRoute; pattern: RegExp; names: string[]; invoke: LoadedFunction['invoke'] };
export type Answered = { route: HttpRoute; status: number; body: string };
export type Gateway = (request: IncomingMessage, response: ServerResponse) => Promise<Answered | undefined>;

/**
 * What API Gateway's HTTP API does: match the route, make the event (payload format 2.0), write the answer.
 * @returns undefined when no route matches, and nothing has been written
 */
export function createGateway(loaded: readonly LoadedFunction[]): Gateway {
  const routes = loaded.flatMap(({ spec, invoke }) => (spec.http ?? []).map((route) => compile(route, invoke)));
  // As API Gateway: a literal path goes before one with parameters.
  routes.sort((left, right) => left.names.length - right.names.length);
  return async (request, response) => {
    const url = URL.parse(request.url ?? '/', 'http://localhost');
    if (!url) return undefined;
    const match = find(routes, request.method ?? '', url.pathname);
    if (!match) return undefined;
    const result = await answer(match, request, url);
    const body = result.body ?? '';
    const headers = { ...result.headers, ...(result.cookies && { 'set-cookie': result.cookies }) };
    response.writeHead(result.statusCode ?? 200, headers as Record<string, string | string[]>).end(body);
    return { route: match.compiled.route, status: result.statusCode ?? 200, body };
  };
}

type Match = { compiled: CompiledRoute; parameters: Record<string, string> };

async function answer(match: Match, request: IncomingMessage, url: URL): Promise<APIGatewayProxyStructuredResultV2> {
  try {
    const body = await readBody(request);
    const event = eventOf(match, request, url, body);
    return (await match.compiled.invoke(event)) as APIGatewayProxyStructuredResultV2;
  } catch (error) {
    const problem = error instanceof Problem ? error : new Problem('internal', 'the request was not carried out');
    if (problem.status === 500) console.error(error);
    return {
      statusCode: problem.status,
      headers: { 'content-type': 'application/problem+json', connection: 'close' },
      body: JSON.stringify(problem.document()),
    };
  }
}

function compile(route: HttpRoute, invoke: LoadedFunction['invoke']): CompiledRoute {
  const names: string[] = [];
  const source = route.path.replace(/[.]/g, '\\.').replace(/\{(\w+)\}/g, (_, name: string) => {
    names.push(name);
    return '([^/]+)';
  });
  return { route, pattern: new RegExp(`^${source}$`), names, invoke };
}

function find(routes: readonly CompiledRoute[], method: string, pathname: string): Match | undefined {
  for (const compiled of routes) {
    const found = compiled.route.method === method ? compiled.pattern.exec(pathname) : null;
    if (!found) continue;
    const values = found.slice(1).map(decode);
    return {
      compiled,
      parameters: Object.fromEntries(compiled.names.map((name, index) => [name, values[index] ?? ''])),
    };
  }
  return undefined;
}

/** A broken escape stays as it is: the handler will not find such an id. */
function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

async function readBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request) {
    bytes += (chunk as Buffer).length;
    // What is too much is read, not kept: a client that is still sending would not see an answer.
    if (bytes <= MAX_BODY_BYTES) chunks.push(chunk as Buffer);
  }
  if (bytes > MAX_BODY_BYTES) {
    throw new Problem('too-large', `a body may have ${MAX_BODY_BYTES} bytes`, [
      { pointer: '', detail: 'is too large' },
    ]);
  }
  return Buffer.concat(chunks);
}

function eventOf(
  { compiled, parameters }: Match,
  request: IncomingMessage,
  url: URL,
  body: Buffer,
): APIGatewayProxyEventV2 {
  const { route } = compiled;
  const now = Date.now();
  const headers = Object.fromEntries(
    Object.entries(request.headers).map(([name, value]) => [name, Array.isArray(value) ? value.join(',') : value]),
  );
  return {
    version: '2.0',
    routeKey: `${route.method} ${route.path}`,
    rawPath: url.pathname,
    rawQueryString: url.search.slice(1),
    headers,
    ...(url.search !== '' && { queryStringParameters: Object.fromEntries(url.searchParams) }),
    ...(Object.keys(parameters).length > 0 && { pathParameters: parameters }),
    requestContext: {
      accountId: '000000000000',
      apiId: 'local',
      domainName: request.headers.host ?? 'localhost',
      domainPrefix: 'local',
      http: {
        method: route.method,
        path: url.pathname,
        protocol: 'HTTP/1.1',
        sourceIp: request.socket.remoteAddress ?? '',
        userAgent: request.headers['user-agent'] ?? '',
      },
      requestId: randomUUID(),
      routeKey: `${route.method} ${route.path}`,
      stage: '$default',
      time: new Date(now).toISOString(),
      timeEpoch: now,
    },
    ...(body.length > 0 && { body: body.toString('base64') }),
    isBase64Encoded: body.length > 0,
  };
}
