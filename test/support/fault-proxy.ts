import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { Agent, createServer, request as httpRequest, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { crc32 } from 'node:zlib';
import { createRandom } from '#local/random.ts';

/** What may happen to one request between an SDK and DynamoDB, in the order in which rates are drawn. */
export const FAULTS = [
  /** It arrives late. */
  'delay',
  /** The connection breaks before DynamoDB has it. */
  'resetBefore',
  /** DynamoDB applies it, then the connection breaks: nobody learns the answer. */
  'resetAfter',
  /** It arrives twice, and either answer comes back. */
  'twice',
  /** 500 or 503; of a write DynamoDB promises nothing then, so half of them are applied. */
  'serverError',
  /** ProvisionedThroughputExceededException or ThrottlingException; not applied. */
  'throttle',
  /** Another transaction holds one of its items; not applied. */
  'conflict',
  /** The same token is being applied by another connection: half of them are, a moment later. */
  'inProgress',
  /** A batch of which a part is left for the caller to ask for again. */
  'unprocessed',
] as const;
export type Fault = (typeof FAULTS)[number];
export type FaultCounts = Record<Fault, number>;

/** Which fault, if any, the next request of this operation (`PutItem`, `TransactWriteItems`, …) suffers. */
export type FaultChooser = (operation: string) => Fault | undefined;

export type FaultProxy = {
  url: string;
  /** Faults that were injected, by kind. */
  counts: FaultCounts;
  /** Requests received so far. */
  requests: () => number;
  /** Resolves when nothing is on its way any more, second deliveries included. */
  idle: () => Promise<void>;
  stop: () => Promise<void>;
};

const MAX_DELAY_MS = 60;
/** A second delivery, and a write that is still in progress, come at most this much later. */
const MAX_LAG_MS = 30;
/** Longer than any pause between two requests of a run: only faults may break a connection. */
const KEEP_ALIVE_MS = 60_000;
const CONNECTIONS = 64;

type Call = { operation: string; headers: IncomingMessage['headers']; body: Buffer };
type Reply = { status: number; headers: Record<string, string>; body: Buffer };
/** `reset`: no reply, the connection breaks. */
type Outcome = Reply | 'reset';
type Send = (call: Call) => Promise<Reply>;
type Chance = ReturnType<typeof createRandom>;

/** A chooser that injects each fault with its probability; those that an operation cannot suffer are left out. */
export function byRates(seed: number, rates: Partial<Record<Fault, number>>): FaultChooser {
  const random = createRandom(seed, 'faults');
  return () => {
    let left = random.next();
    return FAULTS.find((fault) => {
      left -= rates[fault] ?? 0;
      return left < 0;
    });
  };
}

/**
 * A DynamoDB endpoint that fails as networks and DynamoDB do, in front of one that does not. The errors are those of
 * the API reference ("Common Errors", "TransactWriteItems", "BatchGetItem"), so that the SDK treats them as real.
 */
export async function startFaultProxy(args: {
  target: string;
  seed: number;
  choose: FaultChooser;
  onRequest?: (operation: string) => void;
}): Promise<FaultProxy> {
  const random = createRandom(args.seed, 'proxy');
  const agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS });
  const counts = Object.fromEntries(FAULTS.map((fault) => [fault, 0])) as FaultCounts;
  const inFlight = new Set<Promise<unknown>>();
  let requests = 0;

  const track = <T>(work: Promise<T>): Promise<T> => {
    inFlight.add(work);
    const done = () => inFlight.delete(work);
    work.then(done, done);
    return work;
  };
  const send: Send = (call) => track(forward(agent, args.target, call));

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const operation = String(request.headers['x-amz-target'] ?? '').replace(/^.*\./, '');
    const call = { operation, headers: request.headers, body: await buffer(request) };
    requests += 1;
    args.onRequest?.(operation);
    const fault = args.choose(operation);
    const outcome = fault && (await inject(fault, call, { send, random, track }));
    if (fault && outcome) counts[fault] += 1;
    write(request, response, outcome ?? (await send(call)));
  }

  const server = createServer((request, response) => {
    // A caller that was killed, or a target that has gone: either way this connection is over.
    track(handle(request, response)).catch(() => request.socket.destroy());
  });
  server.keepAliveTimeout = KEEP_ALIVE_MS;
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');

  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    counts,
    requests: () => requests,
    idle: async () => {
      while (inFlight.size > 0) await Promise.allSettled(inFlight);
    },
    stop: async () => {
      server.closeAllConnections();
      await new Promise((done) => server.close(done));
      agent.destroy();
    },
  };
}

/** What a request comes to under a fault; undefined when its operation cannot suffer it. */
async function inject(
  fault: Fault,
  call: Call,
  { send, random, track }: { send: Send; random: Chance; track: <T>(work: Promise<T>) => Promise<T> },
): Promise<Outcome | undefined> {
  const later = () => track(sleep(random.between(0, MAX_LAG_MS)).then(() => send(call)));
  switch (fault) {
    case 'delay':
      await sleep(random.between(0, MAX_DELAY_MS));
      return await send(call);
    case 'resetBefore':
      return 'reset';
    case 'resetAfter':
      await send(call);
      return 'reset';
    case 'twice': {
      const [first, second] = [send(call), later()];
      return await (random.chance(0.5) ? first : second);
    }
    case 'serverError':
      if (random.chance(0.5)) await send(call);
      return random.chance(0.5)
        ? failure(500, 'com.amazonaws.dynamodb.v20120810#InternalServerError', 'Internal server error')
        : failure(503, 'com.amazon.coral.availability#ServiceUnavailableException', 'Service unavailable');
    case 'throttle':
      return random.chance(0.5)
        ? failure(
            400,
            'com.amazonaws.dynamodb.v20120810#ProvisionedThroughputExceededException',
            'The level of configured provisioned throughput for the table was exceeded. Consider increasing your provisioning level with the UpdateTable API.',
          )
        : failure(
            400,
            'com.amazon.coral.availability#ThrottlingException',
            'Throughput exceeds the current capacity of your table or index.',
          );
    case 'conflict':
      return conflict(call, random);
    case 'inProgress':
      if (call.operation !== 'TransactWriteItems') return undefined;
      if (random.chance(0.5)) void later().catch(() => undefined);
      return failure(
        400,
        'com.amazonaws.dynamodb.v20120810#TransactionInProgressException',
        'The transaction with the given request token is already in progress.',
      );
    case 'unprocessed':
      return await halfBatch(call, send, random);
  }
}

function conflict({ operation, body }: Call, random: Chance): Reply | undefined {
  const held = 'Transaction is ongoing for the item';
  if (/^(Put|Update|Delete)Item$/.test(operation)) {
    return failure(400, 'com.amazonaws.dynamodb.v20120810#TransactionConflictException', held);
  }
  if (!operation.startsWith('Transact')) return undefined;
  const { TransactItems } = JSON.parse(body.toString()) as { TransactItems: unknown[] };
  const at = random.int(0, TransactItems.length - 1);
  const CancellationReasons = TransactItems.map((_, index) =>
    index === at ? { Code: 'TransactionConflict', Message: held } : { Code: 'None' },
  );
  const codes = CancellationReasons.map(({ Code }) => Code).join(', ');
  return failure(
    400,
    'com.amazonaws.dynamodb.v20120810#TransactionCanceledException',
    `Transaction cancelled, please refer cancellation reasons for specific reasons [${codes}]`,
    { CancellationReasons },
  );
}

type Batch = { RequestItems: Record<string, { Keys?: unknown[] } | unknown[]> };

/** Sends a part of a batch and hands the rest back, as DynamoDB does when a partition is busy; never all of it. */
async function halfBatch(call: Call, send: Send, random: Chance): Promise<Reply | undefined> {
  if (!/^Batch(Get|Write)Item$/.test(call.operation)) return undefined;
  const batch = JSON.parse(call.body.toString()) as Batch;
  const entries = random.shuffle(
    Object.entries(batch.RequestItems).flatMap(([table, wanted]) =>
      (Array.isArray(wanted) ? wanted : (wanted.Keys ?? [])).map((entry) => ({ table, entry })),
    ),
  );
  if (entries.length < 2) return undefined;
  const taken = random.int(1, entries.length - 1);
  const part = (some: typeof entries) => {
    const items: Batch['RequestItems'] = {};
    for (const [table, chosen] of Map.groupBy(some, (one) => one.table)) {
      const wanted = batch.RequestItems[table];
      const list = chosen.map(({ entry }) => entry);
      items[table] = Array.isArray(wanted) ? list : { ...wanted, Keys: list };
    }
    return items;
  };
  const request = { ...batch, RequestItems: part(entries.slice(0, taken)) };
  const reply = await send({ ...call, body: Buffer.from(JSON.stringify(request)) });
  if (reply.status !== 200) return reply;
  const name = call.operation === 'BatchGetItem' ? 'UnprocessedKeys' : 'UnprocessedItems';
  return json(200, { ...JSON.parse(reply.body.toString()), [name]: part(entries.slice(taken)) });
}

const failure = (status: number, __type: string, message: string, more: object = {}): Reply =>
  json(status, { __type, message, ...(status === 400 && { Message: message }), ...more });

function json(status: number, content: unknown): Reply {
  const body = Buffer.from(JSON.stringify(content));
  // DynamoDB signs every reply with its checksum, and SDKs that look at it must find ours right.
  const headers = {
    'content-type': 'application/x-amz-json-1.0',
    'x-amzn-requestid': randomUUID(),
    'x-amz-crc32': String(crc32(body)),
  };
  return { status, headers, body };
}

async function forward(agent: Agent, target: string, { headers, body }: Call): Promise<Reply> {
  const { connection: _, host: __, ...passed } = headers;
  const request = httpRequest(target, {
    agent,
    method: 'POST',
    headers: { ...passed, 'content-length': body.length },
  });
  request.end(body);
  const [response] = (await once(request, 'response')) as [IncomingMessage];
  const kept = ['content-type', 'x-amzn-requestid', 'x-amz-crc32'].flatMap((name) => {
    const value = response.headers[name];
    return value === undefined ? [] : [[name, String(value)]];
  });
  return { status: response.statusCode ?? 502, headers: Object.fromEntries(kept), body: await buffer(response) };
}

function write({ socket }: IncomingMessage, response: ServerResponse, outcome: Outcome): void {
  if (outcome === 'reset') socket.resetAndDestroy();
  else
    response.writeHead(outcome.status, { ...outcome.headers, 'content-length': outcome.body.length }).end(outcome.body);
}
