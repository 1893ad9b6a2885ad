import middy, { type MiddlewareObj } from '@middy/core';
import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2, Context } from 'aws-lambda';
import { DEFAULT_MAX_BODY_BYTES, functions, type HttpRoute } from '../routes.ts';
import { authenticate, type Caller } from './auth.ts';
import { errorName, log } from './log.ts';
import { Problem } from './problem.ts';
import { processRuntime } from './process.ts';
import type { Runtime } from './runtime.ts';
import { parseJson } from './validate.ts';

/** A request as a step sees it: parsed, authenticated, and nothing of the gateway left. */
export type HttpRequest = {
  runtime: Runtime;
  /** Undefined on public routes only. */
  caller: Caller | undefined;
  path: Record<string, string>;
  query: Record<string, string>;
  headers: Record<string, string | undefined>;
  /** Parsed JSON; undefined where the body is empty or is not JSON (then `text` has it). */
  body: unknown;
  text: string;
  /** The body as it came: what signatures are of. */
  bytes: Buffer;
  cookies: Record<string, string>;
};
export type HttpResponse = { status: number; body?: unknown; headers?: Record<string, string>; cookies?: string[] };
export type HttpStep = (request: HttpRequest) => Promise<HttpResponse> | HttpResponse;

type Event = APIGatewayProxyEventV2;
type CalledContext = Context & { caller?: Caller | undefined };

/**
 * A Lambda behind API Gateway (HTTP API, payload 2.0) from its steps, one for each operation that `routes.ts` gives it.
 * Every failure leaves as a problem document; only what we wrote for clients is said in it.
 */
export function httpFunction(name: string, steps: Record<string, HttpStep>, runtime = processRuntime) {
  const spec = functions.find((candidate) => candidate.name === name);
  const routes = new Map(spec?.http?.map((route) => [`${route.method} ${route.path}`, route]));
  const routeOf = (event: Event): HttpRoute => {
    const route = routes.get(event.routeKey);
    if (!route) throw new Problem('not-found', 'there is no such resource');
    return route;
  };
  return middy<Event, APIGatewayProxyStructuredResultV2, Error, CalledContext>()
    .use(problems(name))
    .use(authentication(routeOf))
    .handler(async (event: Event, context: CalledContext) => {
      const route = routeOf(event);
      const step = steps[route.operation];
      if (!step) throw new Error(`${name} has no step ${route.operation}`);
      return respond(await step({ runtime, ...requestOf(event, route, context.caller) }));
    });
}

function authentication(
  routeOf: (event: Event) => HttpRoute,
): MiddlewareObj<Event, APIGatewayProxyStructuredResultV2, Error, CalledContext> {
  return {
    before: async ({ event, context }) => {
      context.caller = await authenticate(event.headers.authorization, routeOf(event));
    },
  };
}

function problems(name: string): MiddlewareObj<Event, APIGatewayProxyStructuredResultV2, Error, CalledContext> {
  return {
    onError: async (request) => {
      const { error } = request;
      const problem = error instanceof Problem ? error : unexpected(error);
      if (problem.status >= 500) {
        log('ERROR', 'request failed', { function: name, operation: request.event.routeKey, error: errorName(error) });
      }
      request.response = respond({
        status: problem.status,
        body: problem.document(),
        headers: {
          'content-type': 'application/problem+json',
          ...(problem.status === 401 && { 'www-authenticate': 'Bearer' }),
          ...(problem.retryAfterSeconds !== undefined && { 'retry-after': String(problem.retryAfterSeconds) }),
        },
      });
    },
  };
}

/** A throttled or restarting database is a matter of moments; anything else is a fault of ours. */
function unexpected(error: Error | null | undefined): Problem {
  const transient =
    /Throttl|ProvisionedThroughput|RequestLimit|Conflict|Timeout|ECONN|ServiceUnavailable|InternalServer|SlowDown|InternalError/.test(
      `${error?.name} ${(error as { code?: string } | null)?.code ?? ''}`,
    );
  return transient
    ? new Problem('unavailable', 'the store is busy; nothing was accepted')
    : new Problem('internal', 'the request was not carried out; it has been logged');
}

function requestOf(event: Event, route: HttpRoute, caller: Caller | undefined): Omit<HttpRequest, 'runtime'> {
  const bytes = Buffer.from(event.body ?? '', event.isBase64Encoded ? 'base64' : 'utf8');
  const limit = route.maxBodyBytes ?? DEFAULT_MAX_BODY_BYTES;
  if (bytes.length > limit) {
    throw new Problem('too-large', `a body may have ${limit} bytes here`, [
      { pointer: '', detail: `has ${bytes.length} bytes` },
    ]);
  }
  const text = bytes.toString('utf8');
  return {
    caller,
    path: checkedPath(event.pathParameters ?? {}),
    query: definedValues(event.queryStringParameters ?? {}),
    headers: event.headers,
    // Public pages take forms; the API takes JSON, whatever a client calls it (curl -d calls it a form).
    body: bytes.length === 0 || route.roles === 'public' || route.body === 'text' ? undefined : parseJson(bytes),
    text,
    bytes,
    cookies: cookiesOf(event),
  };
}

function cookiesOf({ cookies, headers }: Event): Record<string, string> {
  const pairs = (cookies ?? (headers.cookie ?? '').split(';')).map((pair) => pair.trim());
  return Object.fromEntries(
    pairs.flatMap((pair) => {
      const at = pair.indexOf('=');
      return at > 0 ? [[pair.slice(0, at), pair.slice(at + 1)]] : [];
    }),
  );
}

/** Every `{…Id}` of every path is an id of the same shape; codes and tokens are checked where they mean something. */
function checkedPath(parameters: Record<string, string | undefined>): Record<string, string> {
  const path = definedValues(parameters);
  for (const [name, value] of Object.entries(path)) {
    if (name.endsWith('Id') && !/^[A-Za-z0-9._-]{1,64}$/.test(value)) {
      throw new Problem('invalid-input', 'the path is not valid', [
        { pointer: `/${name}`, detail: 'must be 1 to 64 characters of A-Z a-z 0-9 . _ -' },
      ]);
    }
  }
  return path;
}

function definedValues(values: Record<string, string | undefined>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(values).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  );
}

function respond({ status, body, headers, cookies }: HttpResponse): APIGatewayProxyStructuredResultV2 {
  return {
    statusCode: status,
    headers: { 'content-type': 'application/json', 'cache-control': 'no-store', ...headers },
    ...(cookies && { cookies }),
    ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  };
}

/** The brand in whose name a request is made. @throws Problem 403 for a caller that belongs to a venue. */
export function brandOf({ caller }: HttpRequest): string {
  if (caller?.tenant.kind !== 'brand') throw new Problem('forbidden', 'this belongs to a brand');
  return caller.tenant.id;
}
