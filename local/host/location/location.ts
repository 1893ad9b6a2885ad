import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { CALLS_PER_SECOND } from '#core/geo/amazon/limits.ts';
import type { Service } from '../dynamodb.ts';
import { createEvents, type EventOptions } from './events.ts';
import { createCollection, type StoredGeofence } from './geofences.ts';
import { type Faults, LocationError, type Operation, operationsOf } from './operations.ts';
import { createTracker, type Tracker } from './tracker.ts';

export type LocationOptions = EventOptions & {
  /** How long a geofence is PENDING. */
  activateMs?: number;
  /** Of each operation; more is a ThrottlingException. */
  callsPerSecond?: number;
};

export type LocationEndpoint = Service & {
  /** Calls that were carried out, and what they carried, by operation. */
  counts: Map<string, { calls: number; items: number }>;
  geofences: Map<string, StoredGeofence>;
  tracker: Tracker;
  faults: Faults;
};

/** `httpError` of the service's model. */
const STATUS: Record<string, number> = {
  ValidationException: 400,
  ServiceQuotaExceededException: 402,
  AccessDeniedException: 403,
  ResourceNotFoundException: 404,
  ConflictException: 409,
  ThrottlingException: 429,
  InternalServerException: 500,
};
const MAX_BODY_BYTES = 10 * 1024 * 1024;

/**
 * Amazon Location on this machine: its REST protocol for what Beckon asks, each request held against the documented
 * limits, its documented errors, geofences that are searched only after a moment, plain containment, and events of
 * EventBridge's shape, some of which come late or twice. It forgets everything when it stops.
 */
export async function startLocation(options: LocationOptions): Promise<LocationEndpoint> {
  const { now, activateMs = 300, callsPerSecond = CALLS_PER_SECOND } = options;
  const collection = createCollection({ now, activateMs });
  const tracker = createTracker(collection);
  const counts: LocationEndpoint['counts'] = new Map();
  const faults: Faults = {};
  const operations = operationsOf({ collection, tracker, faults, now, tell: createEvents(options) });
  const limit = createLimit(now, callsPerSecond);
  const admit = (name: string): void => {
    const fault = faults.call?.(name);
    if (fault !== undefined) throw new LocationError(fault, 'as the test wants it');
    if (!limit(name)) throw new LocationError('ThrottlingException', 'Rate exceeded');
  };
  const carryOut = async (request: IncomingMessage): Promise<object> => {
    const [operation, id] = find(operations, request);
    const body = parse(operation, await readBody(request));
    admit(operation.name);
    const { answer, items } = operation.carryOut(body, id);
    const counted = counts.get(operation.name) ?? { calls: 0, items: 0 };
    counts.set(operation.name, { calls: counted.calls + 1, items: counted.items + items });
    return answer;
  };
  const server = createServer((request, response) => {
    carryOut(request).then(
      (answer) => reply(response, 200, answer),
      (error: unknown) => refuse(response, error),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    counts,
    geofences: collection.all,
    tracker,
    faults,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** Calls of each operation in each second. */
function createLimit(now: () => number, callsPerSecond: number): (name: string) => boolean {
  const spent = new Map<string, { second: number; calls: number }>();
  return (name) => {
    const second = Math.floor(now() / 1000);
    const before = spent.get(name);
    const calls = before?.second === second ? before.calls : 0;
    spent.set(name, { second, calls: calls + 1 });
    return calls < callsPerSecond;
  };
}

function find(operations: readonly Operation[], request: IncomingMessage): [Operation, string] {
  const { pathname } = new URL(request.url ?? '/', 'http://localhost');
  for (const operation of operations) {
    const match = operation.method === request.method ? operation.path.exec(pathname) : null;
    if (match) return [operation, decodeURIComponent(match[1] ?? '')];
  }
  // Another collection or tracker, or what Beckon does not ask.
  throw new LocationError('ResourceNotFoundException', `there is no ${request.method} ${pathname}`);
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request) {
    bytes += (chunk as Buffer).length;
    if (bytes <= MAX_BODY_BYTES) chunks.push(chunk as Buffer);
  }
  if (bytes > MAX_BODY_BYTES) throw new LocationError('ValidationException', 'the request is too large');
  return Buffer.concat(chunks).toString();
}

function parse({ body }: Operation, text: string): unknown {
  let json: unknown;
  try {
    json = text === '' ? undefined : JSON.parse(text);
  } catch {
    throw new LocationError('ValidationException', 'the body is not JSON');
  }
  const result = body.safeParse(json);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  throw new LocationError('ValidationException', `${issue?.path.join('.')}: ${issue?.message}`);
}

function refuse(response: ServerResponse, error: unknown): void {
  if (!(error instanceof LocationError)) {
    reply(response, 500, { message: String(error) }, 'InternalServerException');
    return;
  }
  const { type, message } = error;
  const more = type === 'ValidationException' ? { reason: 'FieldValidationFailed', fieldList: [] } : {};
  reply(response, STATUS[type] ?? 500, { message, ...more }, type);
}

function reply(response: ServerResponse, status: number, body: object, error?: string): void {
  response
    .writeHead(status, {
      'content-type': 'application/json',
      ...(error !== undefined && { 'x-amzn-errortype': error }),
    })
    .end(JSON.stringify(body));
}
