import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { CreateTableCommand, DeleteTableCommand, type DynamoDBClient, ScanCommand } from '@aws-sdk/client-dynamodb';
import * as z from 'zod/mini';
import { type Campaign, CampaignInputSchema } from '#core/model/campaign.ts';
import { PlaceInputSchema } from '#core/model/place.ts';
import type { Signal } from '#core/model/signal.ts';
import type { TableName } from '#functions/routes.ts';
import { secret } from '#functions/shared/secrets.ts';
import { startDynamoDb, TABLES, tableName } from '#local/host/dynamodb.ts';
import { setFunctionEnvironment } from '#local/host/environment.ts';
import { BRAND, openIdentity } from '#local/host/identity.ts';
import { putCampaign } from '#store/campaigns.ts';
import { putEntry, putMeta } from '#store/catalogue.ts';
import { type Database, fromItem, type Item, openDatabase } from '#store/client.ts';
import { putPerson } from '#store/people.ts';
import { aCampaign, aPerson, aPlace } from '#test/support/builders.ts';
import { byRates, type Fault, type FaultProxy, startFaultProxy } from '#test/support/fault-proxy.ts';
import { type Crew, startCrew } from './crew.ts';

export const PLACE_ID = 's1';
const BRAND_TENANT = { kind: 'brand', id: BRAND } as const;
/** People written at the same time while the world is set up. */
const SETUP_AT_ONCE = 32;

/** Shares of all requests: one in eleven suffers something. */
const RATES: Partial<Record<Fault, number>> = {
  delay: 0.02,
  resetBefore: 0.01,
  resetAfter: 0.01,
  twice: 0.01,
  serverError: 0.01,
  throttle: 0.01,
  conflict: 0.01,
  inProgress: 0.01,
  unprocessed: 0.01,
};

/** Everything that races: a database, the faults in front of it, processes behind those, a till's token. */
export type World = {
  /** Straight to the database, for setting up and for looking afterwards. */
  db: Database;
  brand: string;
  tillToken: string;
  couponSecret: string;
  proxy: FaultProxy;
  crew: Crew;
  /** Runs `then` when the proxy has seen this many more requests: a moment within a race, not before or after it. */
  afterRequests: (count: number, then: () => void) => void;
  /** Those that have not come will not. */
  forgetMoments: () => void;
  /** Resolves when nothing is on its way to the database. */
  quiet: () => Promise<void>;
  scan: (table: TableName) => Promise<Item[]>;
  stop: () => Promise<void>;
};

export async function startWorld(seed: number): Promise<World> {
  const workDir = mkdtempSync(path.join(tmpdir(), 'beckon-races-'));
  const identity = await openIdentity(undefined);
  const keys = createServer((_, response) => void response.end(JSON.stringify(identity.jwks))).listen(0, '127.0.0.1');
  await once(keys, 'listening');
  const issuer = `http://127.0.0.1:${(keys.address() as AddressInfo).port}`;
  const dynamodb = await startDynamoDb(':memory:');
  process.env.AWS_REGION ??= 'eu-west-1';
  process.env.AWS_ACCESS_KEY_ID ??= 'local';
  process.env.AWS_SECRET_ACCESS_KEY ??= 'local';
  process.env.AWS_ENDPOINT_URL_DYNAMODB = dynamodb.url;
  // No queue is needed: nobody gives a message up here.
  setFunctionEnvironment({ url: issuer, queues: issuer, workDir });
  const db = openDatabase(process.env);
  for (const table of TABLES) await createTable(db, table);
  await putMeta(db, BRAND_TENANT, { timeZone: 'Asia/Shanghai', venues: [] });
  const place = { placeId: PLACE_ID, ...z.parse(PlaceInputSchema, aPlace()) };
  await putEntry(db, BRAND_TENANT, 'place', { id: PLACE_ID, body: place });

  let moments: { at: number; then: () => void }[] = [];
  const onRequest = (): void => {
    const now = proxy.requests();
    const due = moments.filter(({ at }) => at <= now);
    moments = moments.filter(({ at }) => at > now);
    for (const { then } of due) then();
  };
  const proxy = await startFaultProxy({ target: dynamodb.url, seed, choose: byRates(seed, RATES), onRequest });
  const crew = await startCrew({
    ...process.env,
    AWS_ENDPOINT_URL_DYNAMODB: proxy.url,
    NODE_COMPILE_CACHE: path.join(workDir, 'compiled'),
  });
  return {
    db,
    brand: BRAND,
    couponSecret: await secret('couponSecret'),
    tillToken: (await identity.tokensFor(issuer)).till,
    proxy,
    crew,
    afterRequests: (count, then) => void moments.push({ at: proxy.requests() + count, then }),
    forgetMoments: () => {
      moments = [];
    },
    quiet: () => proxy.idle(),
    scan: (table) => scan(db, table),
    stop: async () => {
      await crew.stop();
      await proxy.stop();
      await dynamodb.stop();
      keys.closeAllConnections();
      keys.close();
      rmSync(workDir, { recursive: true, force: true });
    },
  };
}

/** An empty ledger and no counters: what a round leaves behind is all there is to look at. */
export async function clearRound({ db }: World): Promise<void> {
  for (const table of ['offers', 'stock'] as const) {
    await db.client.send(new DeleteTableCommand({ TableName: tableName(table) }));
    await createTable(db, table);
  }
}

/** As `local/host/dynamodb.ts` makes them, but for what nobody uses here: a stream and a TTL. */
async function createTable({ client }: Database, table: TableName): Promise<void> {
  await client.send(
    new CreateTableCommand({
      TableName: tableName(table),
      AttributeDefinitions: [
        { AttributeName: 'pk', AttributeType: 'S' },
        { AttributeName: 'sk', AttributeType: 'S' },
      ],
      KeySchema: [
        { AttributeName: 'pk', KeyType: 'HASH' },
        { AttributeName: 'sk', KeyType: 'RANGE' },
      ],
      BillingMode: 'PAY_PER_REQUEST',
    }),
  );
}

/** People `p0` to `p{count - 1}`, each with the device `phone-p…`; those that are there already stay. */
export async function populate({ db, brand }: World, from: number, count: number): Promise<void> {
  const numbers = Array.from({ length: count - from }, (_, index) => from + index).values();
  await Promise.all(
    Array.from({ length: SETUP_AT_ONCE }, async () => {
      for (const number of numbers) await putPerson(db, brand, `p${number}`, aPerson(`p${number}`));
    }),
  );
}

/** A live campaign that everybody at the place qualifies for, once; and the end of it. */
export async function launch(
  { db, brand }: World,
  campaignId: string,
  limits: { stock: number; budget?: { amount: number; currency: string } },
): Promise<Campaign> {
  const trigger = { on: ['nfc.tap' as const], placeIds: [PLACE_ID] };
  const perPerson = { count: 1, window: 'P7D' };
  const input = z.parse(CampaignInputSchema, aCampaign({ trigger, limits: { perPerson, ...limits } }));
  const campaign: Campaign = { campaignId, state: 'live', ...input };
  await putCampaign(db, brand, campaign, undefined);
  return campaign;
}
export async function withdraw({ db, brand }: World, campaign: Campaign): Promise<void> {
  await putCampaign(db, brand, { ...campaign, state: 'paused' }, campaign);
}

/** Somebody taps at the place. */
export function tapOf({ brand }: World, signalId: string, person: number): Signal {
  const at = new Date().toISOString();
  const subject = { kind: 'device', value: `phone-p${person}` } as const;
  const more = { kind: 'nfc.tap', source: 'api', trust: 'T1', occurredAt: at, receivedAt: at } as const;
  return { signalId, brand, ...more, subject, placeId: PLACE_ID };
}

async function scan(db: Database, table: TableName): Promise<Item[]> {
  const client = db.client as DynamoDBClient;
  const items: Item[] = [];
  let ExclusiveStartKey: Record<string, never> | undefined;
  do {
    const page = await client.send(
      new ScanCommand({ TableName: db.table(table), ExclusiveStartKey, ConsistentRead: true }),
    );
    items.push(...(page.Items ?? []).map((item) => fromItem<Item>(item)));
    ExclusiveStartKey = page.LastEvaluatedKey as typeof ExclusiveStartKey;
  } while (ExclusiveStartKey);
  return items;
}
