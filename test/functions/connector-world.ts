import { createHmac } from 'node:crypto';
import { DeleteItemCommand, type TransactWriteItemsCommand } from '@aws-sdk/client-dynamodb';
import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2, Context } from 'aws-lambda';
import type { Signal } from '#core/model/signal.ts';
import { consentSource, proofOf } from '#core/portal/consents.ts';
import { getConnector, listConnectors, putConnector } from '#functions/connectors/connectors.ts';
import { getConnectorEvents, postConnectorEvents } from '#functions/connectors/events.ts';
import { type HttpRequest, httpFunction } from '#functions/shared/http.ts';
import { Problem } from '#functions/shared/problem.ts';
import type { OutgoingMessage } from '#functions/shared/queues.ts';
import type { Runtime } from '#functions/shared/runtime.ts';
import { createRandom } from '#local/random.ts';
import { putEntry, putMeta } from '#store/catalogue.ts';
import { type Database, fromItem, type Item, type Key, toKey } from '#store/client.ts';
import { findOrAddGuest, recordGuestConsents } from '#store/guests.ts';
import type { Tenant } from '#store/keys.ts';
import { createCatalogueCache } from '#store/snapshot.ts';
import { linkStation } from '#store/stations.ts';
import { InProcessDynamoDb } from '#test/sim/dynamo/database.ts';
import { aPlace } from '#test/support/builders.ts';

export const START = Date.parse('2026-11-22T10:00:00Z');
export const VENUE: Tenant = { kind: 'venue', id: 'compass' };
export const BRAND: Tenant = { kind: 'brand', id: 'harbour' };
const SECRET = 'a secret of the tests, 32 characters or more';
const TABLES = ['catalogue', 'people', 'presence', 'offers', 'stock', 'plays', 'tombstones'] as const;
const STEPS = { putConnector, getConnector, listConnectors };

export type Answer = { status: number; text: string; headers: Record<string, unknown> };
// biome-ignore lint/suspicious/noExplicitAny: a test reads answers as the outsider that it plays does
export const json = ({ text }: Answer): any => JSON.parse(text);

/** The connectors' function as it is deployed, over an in-process DynamoDB: a clock to turn, and the signals it sent. */
export async function openDoors() {
  const world = { now: START, send: undefined as (() => void) | undefined };
  const dynamo = new InProcessDynamoDb({ tables: TABLES, now: () => world.now });
  const db: Database = {
    client: { send: ((command: TransactWriteItemsCommand) => dynamo.client.send(command)) as never },
    table: (name) => name,
    sleep: async () => {},
  };
  const signals: Signal[] = [];
  const runtime = {
    db,
    catalogue: createCatalogueCache(db, { maxAgeMs: 0, now: () => world.now }),
    now: () => world.now,
    random: createRandom(1).next,
    sleep: async () => {},
    secret: async (name: string) => `${name}: ${SECRET}`,
    send: async (queue: string, messages: readonly OutgoingMessage[]) => {
      world.send?.();
      if (queue !== 'signals') throw new Error(`not a queue of connectors: ${queue}`);
      for (const { body, group } of messages) {
        if (group !== (body as Signal).brand) throw new Error('a signal waits in its brand’s turn');
        signals.push(body as Signal);
      }
    },
  } as unknown as Runtime;
  for (const owner of [VENUE, BRAND]) {
    await putEntry(db, owner, 'place', { id: 'lobby', body: { placeId: 'lobby', ...aPlace() } });
    const screen = { screenId: 'wall', name: 'Wall', placeId: 'lobby', tagIds: [] };
    await putEntry(db, owner, 'screen', { id: 'wall', body: screen });
  }
  for (const id of [BRAND.id, 'lighthouse']) {
    await putMeta(db, { kind: 'brand', id }, { timeZone: 'UTC', venues: [VENUE.id] });
  }
  const handler = httpFunction('connectors', { postConnectorEvents, getConnectorEvents }, runtime);

  const ask = async (
    method: 'GET' | 'POST',
    connectorId: string,
    body: string | Buffer,
    { headers = {}, query = {} }: { headers?: Record<string, string>; query?: Record<string, string> } = {},
  ): Promise<Answer> => {
    const event = {
      version: '2.0',
      routeKey: `${method} /v1/connectors/{connectorId}/events`,
      pathParameters: { connectorId },
      queryStringParameters: query,
      headers,
      body: Buffer.from(body).toString('base64'),
      isBase64Encoded: true,
    } as unknown as APIGatewayProxyEventV2;
    const result = (await handler(event, {} as Context)) as APIGatewayProxyStructuredResultV2;
    return { status: result.statusCode ?? 0, text: result.body ?? '', headers: result.headers ?? {} };
  };

  /** The operator's or marketer's own calls: their token has been verified. */
  const call = async (
    step: keyof typeof STEPS,
    tenant: Tenant,
    connectorId: string,
    body?: unknown,
  ): Promise<Answer> => {
    const request: HttpRequest = {
      runtime,
      caller: { subject: 'someone', tenant, role: tenant.kind === 'venue' ? 'operator' : 'marketer' },
      path: { connectorId },
      query: {},
      headers: {},
      cookies: {},
      body: body === undefined ? undefined : JSON.parse(JSON.stringify(body)),
      text: '',
      bytes: Buffer.alloc(0),
    };
    try {
      const { status, body: answered, headers = {} } = await STEPS[step](request);
      return { status, text: JSON.stringify(answered), headers };
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      return { status: error.status, text: JSON.stringify(error.document()), headers: {} };
    }
  };

  return {
    world,
    db,
    runtime,
    signals,
    call,
    put: (tenant: Tenant, connectorId: string, body: unknown) => call('putConnector', tenant, connectorId, body),
    post: (connectorId: string, body: string | Buffer | object, options = {}) =>
      ask(
        'POST',
        connectorId,
        typeof body === 'string' || Buffer.isBuffer(body) ? body : JSON.stringify(body),
        options,
      ),
    get: (connectorId: string, options = {}) => ask('GET', connectorId, '', options),
    /** Somebody logs in with this phone, and shares with these brands. */
    logIn: async (owner: Tenant, connectorId: string, mac: string, brands: readonly string[]) => {
      const identifier = { kind: 'email' as const, value: `${mac.replaceAll(':', '')}@example.com` };
      const newGuestId = `guest-${mac.slice(-2)}`;
      const guest = await findOrAddGuest(db, owner, { loginDigest: `digest-${mac}`, identifier, newGuestId });
      const said = brands.map((brand) => ({
        asked: 'sharing' as const,
        brand,
        granted: true,
        source: consentSource('en'),
        proof: proofOf('text'),
      }));
      await recordGuestConsents(db, owner, guest.guestId, { said, now: world.now });
      const network = { owner, connectorId, venueSecret: `venueSecret: ${SECRET}` };
      await linkStation(db, network, { mac, guestId: guest.guestId, now: world.now });
      return guest.guestId;
    },
    rows: (table: (typeof TABLES)[number]): Item[] =>
      [...dynamo.table(table).items()].map(({ item }) => fromItem<Item>(item as Parameters<typeof fromItem>[0])),
    /** DynamoDB's own housekeeping, done at once: what is past its ttl is gone. */
    expire: async (): Promise<void> => {
      for (const { item } of [...dynamo.table('presence').items()]) {
        const { pk, sk, ttl } = fromItem<Item>(item as Parameters<typeof fromItem>[0]) as Key & { ttl: number };
        if (ttl * 1000 >= world.now) continue;
        await dynamo.client.send(new DeleteItemCommand({ TableName: 'presence', Key: toKey({ pk, sk }) }));
      }
    },
    /** Write units so far, of all tables. */
    written: () => TABLES.reduce((sum, name) => sum + dynamo.table(name).consumed.write, 0),
  };
}
export type Doors = Awaited<ReturnType<typeof openDoors>>;

export const MERAKI_SECRET = { validator: 'the-validator-1', secret: 'supersecret' };
export const AP = '00:18:0a:00:00:01';
/** A WiFi controller's own message: phones that it has seen, each with an SSID if it has joined. */
export const merakiPost = (
  seen: readonly { mac: string; ssid?: string | null; ap?: string; at?: number }[],
  now: number,
): object => ({
  version: '3.0',
  secret: MERAKI_SECRET.secret,
  type: 'WiFi',
  data: {
    networkId: 'L_1',
    observations: seen.map(({ mac, ssid = null, ap = AP, at = now }) => ({
      locations: [],
      clientMac: mac,
      ssid,
      os: null,
      latestRecord: { time: new Date(at).toISOString(), nearestApMac: ap, nearestApRssi: '-47' },
    })),
  },
});
export const hmac = (secret: string | Buffer, body: string | Buffer, encoding: 'hex' | 'base64'): string =>
  createHmac('sha256', secret).update(body).digest(encoding);
