import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import type { DynamoDBStreamEvent, SQSBatchResponse, SQSEvent } from 'aws-lambda';
import { isWanted, LOCATORS, type Locator } from '#functions/routes.ts';
import { processRuntime } from '#functions/shared/process.ts';
import { noteTenant } from '#store/geofences.ts';
import type { City } from '../city.ts';
import { cityMap } from '../city.ts';
import type { WalkerPoint } from '../walkers.ts';
import { buildWeb } from '../web-build.ts';
import { compactFolder } from './compact.ts';
import type { DataFolder } from './data-folder.ts';
import { createTables, tableName } from './dynamodb.ts';
import { setFunctionEnvironment, startServices } from './environment.ts';
import { createFeed } from './feed.ts';
import { createGateway } from './gateway.ts';
import { type LoadedFunction, loadFunctions } from './handlers.ts';
import { BRAND, openIdentity, type Tokens, VENUE } from './identity.ts';
import { locateOnThisMachine } from './location/host.ts';
import { openMailbox } from './mailbox.ts';
import { pollQueue } from './queue-poller.ts';
import { queueUrl } from './queues.ts';
import { runSchedules } from './schedules.ts';
import { createHostServer, sendJson } from './server.ts';
import { pollStream } from './stream-poller.ts';
import { ringPath } from './tap.ts';

export type Host = {
  url: string;
  tokens: Tokens;
  onWalkers: (walkers: WalkerPoint[]) => void;
  /** Writes `dev.json`: from now on others may rely on this host. */
  announce: () => void;
  stop: () => Promise<void>;
};

/** Everything of Beckon on this machine: services, functions, API, pages. Resolves when all of it answers. */
export async function startHost(args: { data: DataFolder; port: number; city: City }): Promise<Host> {
  const { data, city } = args;
  const ending = new AbortController();
  const mailbox = await openMailbox(data.dir);
  const locator = readLocator();
  const geofencing = locator === 'amazon' ? locateOnThisMachine() : undefined;
  const { services, queues } = await startServices(data.location, mailbox, geofencing?.start);
  // A port that is taken must not leave a database running.
  const endServices = async (error: unknown): Promise<never> => {
    await Promise.all(services.map(({ stop }) => stop()));
    throw error;
  };
  await createTables();
  const identity = await openIdentity(data.dir);
  const webDir = path.join(data.workDir, 'web');
  const [loaded] = await Promise.all([loadFunctions(locator), buildWeb(webDir)]);
  const feed = createFeed();
  let tokens: Tokens | undefined;
  const server = createHostServer({
    gateway: createGateway(loaded),
    webDir,
    pages: {
      '/.well-known/jwks.json': (response) => sendJson(response, identity.jwks),
      '/local/session': (response) =>
        sendJson(response, { url, brand: BRAND, tokens: { marketer: tokens?.marketer, operator: tokens?.operator } }),
      '/local/city': (response) => sendJson(response, cityMap(city)),
      '/local/feed': (response) => feed.watch(response),
      '/local/tap': async (response) => {
        const path = ringPath(await processRuntime.secret('tagSecret'), Date.now());
        response.writeHead(302, { location: path, 'cache-control': 'no-store' }).end();
      },
      '/local/inbox': async (response) => sendJson(response, { items: await mailbox.list() }),
    },
    onAnswered: ({ route, status, body }) => {
      if (route.operation === 'postPositions' && status === 202) feed.onPositions(JSON.parse(body).accepted);
    },
  });
  const url = `http://localhost:${await listen(server, args.port).catch(endServices)}`;
  tokens = await identity.tokensFor(url);
  setFunctionEnvironment({ url, queues, workDir: data.workDir });
  if (geofencing) await noteOwners();
  const polling = startPolling({ loaded, queues, data, feed, signal: ending.signal });
  geofencing?.connect(loaded);
  const ticking = setInterval(feed.tick, 1000);
  const issued = tokens;
  // For the AWS CLI and for tests that look at the tables themselves.
  const endpoints = {
    dynamodb: process.env.AWS_ENDPOINT_URL_DYNAMODB,
    sqs: queues,
    location: process.env.AWS_ENDPOINT_URL_LOCATION,
  };
  return {
    url,
    tokens: issued,
    onWalkers: feed.onWalkers,
    announce: () =>
      writeFileSync(
        data.devFile,
        JSON.stringify({ url, brand: BRAND, venue: VENUE, tokens: issued, endpoints }, null, 2),
        { mode: 0o600 },
      ),
    stop: async () => {
      clearInterval(ticking);
      feed.close();
      await close(server);
      ending.abort();
      await polling;
      await Promise.all([
        mailbox.ses.stop(),
        mailbox.sms.stop(),
        ...services.filter((service) => service !== mailbox.ses && service !== mailbox.sms).map(({ stop }) => stop()),
      ]);
      if (data.dir) compactFolder(data.dir);
    },
  };
}

/** A folder from before Amazon Location was the locator has places that it has not seen: the first check puts them. */
async function noteOwners(): Promise<void> {
  await noteTenant(processRuntime.db, { kind: 'brand', id: BRAND });
  await noteTenant(processRuntime.db, { kind: 'venue', id: VENUE });
}

/** Queues and streams, as `routes.ts` connects them to functions. */
function startPolling(args: {
  loaded: readonly LoadedFunction[];
  queues: string;
  data: DataFolder;
  feed: ReturnType<typeof createFeed>;
  signal: AbortSignal;
}): Promise<unknown> {
  const { loaded, queues, data, feed, signal } = args;
  runSchedules(loaded, signal);
  const loops: Promise<void>[] = [];
  // Several functions may read one stream; the live page sees each record once.
  const shown = loaded.find(({ spec }) => spec.stream)?.spec;
  for (const { spec, invoke } of loaded) {
    const { queue, stream } = spec;
    if (queue) {
      const handler = (event: SQSEvent) => invoke(event) as Promise<SQSBatchResponse>;
      loops.push(pollQueue({ url: queueUrl(queues, queue.queue), batchSize: queue.batchSize, handler, signal }));
    }
    if (stream) {
      loops.push(
        pollStream({
          table: tableName(stream.table),
          checkpointFile: data.dir && path.join(data.dir, `${spec.name}-checkpoint.json`),
          batchSize: stream.batchSize,
          signal,
          handler: async (records) => {
            const wanted = records.filter((record) => isWanted(stream.filter, record));
            if (wanted.length > 0) await invoke({ Records: wanted } as unknown as DynamoDBStreamEvent);
            if (spec === shown) feed.onRecords(records);
          },
        }),
      );
    }
  }
  return Promise.all(loops);
}

/** Who tells where devices are: `BECKON_LOCATOR`. */
function readLocator(): Locator {
  const named = process.env.BECKON_LOCATOR ?? 'embedded';
  const locator = LOCATORS.find((one) => one === named);
  if (locator === undefined) throw new Error(`BECKON_LOCATOR takes ${LOCATORS.join(' or ')}`);
  return locator;
}

async function listen(server: Server, port: number): Promise<number> {
  // This machine only.
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

function close(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeIdleConnections();
    // What is in flight gets a moment to end; open event streams do not end by themselves.
    setTimeout(() => server.closeAllConnections(), 1000).unref();
  });
}
