import type { TransactWriteItemsCommand } from '@aws-sdk/client-dynamodb';
import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2, Context } from 'aws-lambda';
import type { CodeMail } from '#channels/email.ts';
import type { Signal } from '#core/model/signal.ts';
import { portalSteps } from '#functions/portal/steps.ts';
import { httpFunction } from '#functions/shared/http.ts';
import type { OutgoingMessage } from '#functions/shared/queues.ts';
import type { Runtime } from '#functions/shared/runtime.ts';
import { type Database, fromItem, type Item } from '#store/client.ts';
import { claimAddress } from '#store/directory.ts';
import type { Tenant } from '#store/keys.ts';
import { putSignage } from '#store/signage.ts';
import { InProcessDynamoDb } from '#test/sim/dynamo/database.ts';

const START = Date.parse('2026-11-22T10:00:00Z');
export const VENUE: Tenant = { kind: 'venue', id: 'compass' };
export const SECRET = 'a secret of the tests, 32 characters or more';
const TABLES = ['catalogue', 'people', 'presence', 'offers', 'stock', 'plays', 'tombstones'] as const;
export const BRANDS = [
  { brand: 'harbour', name: 'Harbour Dairy', about: 'Milk of the morning' },
  { brand: 'lighthouse', name: 'Lighthouse Books' },
];
export const AP = '00:18:0a:11:22:33';
const MAC = 'de:ad:be:ef:00:01';
/** As Cisco Meraki's click-through redirect writes it. */
export const MERAKI = {
  base_grant_url: 'https://n143.network-auth.com/splash/grant',
  user_continue_url: 'http://ask.com/',
  node_id: '149624921787028',
  node_mac: AP,
  gateway_id: '149624921787028',
  client_ip: '10.110.154.195',
  client_mac: MAC,
};

export type Answer = { status: number; text: string; headers: Record<string, string>; cookies: string[] };
type Asked = {
  query?: Record<string, string>;
  form?: Record<string, string | string[]> | string | Buffer;
  headers?: Record<string, string>;
};

/** The portal's function as it is deployed, over an in-process DynamoDB: a clock to turn, the mails and signals it sent. */
export async function openPortal() {
  const world = {
    now: START,
    channels: ['email'] as Runtime['channels'],
    send: undefined as ((mail: CodeMail) => void) | undefined,
  };
  const dynamo = new InProcessDynamoDb({ tables: TABLES, now: () => world.now });
  const db: Database = {
    client: { send: ((command: TransactWriteItemsCommand) => dynamo.client.send(command)) as never },
    table: (name) => name,
    sleep: async () => {},
  };
  await claimAddress(db, 'connector', 'lobby', { owner: VENUE });
  await putSignage(db, VENUE, 'connector', 'lobby', connector());
  const mails: CodeMail[] = [];
  const signals: Signal[] = [];
  const runtime = {
    db,
    get channels() {
      return world.channels;
    },
    now: () => world.now,
    secret: async (name: string) => `${name}: ${SECRET}`,
    send: async (_queue: string, messages: readonly OutgoingMessage[]) => {
      signals.push(...messages.map(({ body }) => body as Signal));
    },
    requireEnv: () => 'https://beckon.example',
  } as unknown as Runtime;
  const send = async (mail: CodeMail) => {
    world.send?.(mail);
    mails.push(mail);
  };
  const handler = httpFunction('portal', portalSteps(send), runtime);

  const ask = async (
    routeKey: string,
    { query, form, headers = {} }: Asked,
    connectorId: string,
    cookies: string[],
  ): Promise<Answer> => {
    const body = form === undefined || typeof form === 'string' || Buffer.isBuffer(form) ? form : formOf(form);
    const event = {
      routeKey,
      headers,
      pathParameters: { connectorId },
      queryStringParameters: query,
      cookies,
      ...(body !== undefined && { body: Buffer.from(body).toString('base64'), isBase64Encoded: true }),
    };
    const result = (await handler(
      event as unknown as APIGatewayProxyEventV2,
      {} as Context,
    )) as APIGatewayProxyStructuredResultV2;
    return {
      status: result.statusCode ?? 0,
      text: result.body ?? '',
      headers: result.headers as Record<string, string>,
      cookies: result.cookies ?? [],
    };
  };

  /** A browser: keeps its cookies, and says what controllers say. */
  const phone = (query: Record<string, string> = MERAKI, connectorId = 'lobby') => {
    const jar = new Map<string, string>();
    const keep = (answer: Answer): Answer => {
      for (const line of answer.cookies) {
        const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
        if (/Max-Age=0\b/.test(line)) jar.delete(name);
        else jar.set(name, value);
      }
      return answer;
    };
    const cookies = () => [...jar].map(([name, value]) => `${name}=${value}`);
    const go = async (routeKey: string, asked: Asked) =>
      keep(await ask(routeKey, { query, ...asked }, connectorId, cookies()));
    return {
      jar,
      open: (asked: Asked = {}) => go('GET /w/{connectorId}', asked),
      api: () => go('GET /w/{connectorId}/api', {}),
      venue: () => go('GET /w/{connectorId}/venue', {}),
      press: (action: string, form: Record<string, string | string[]> = {}, asked: Asked = {}) =>
        go('POST /w/{connectorId}', { form: { action, ...form }, ...asked }),
      post: (form: string | Buffer) => go('POST /w/{connectorId}', { form }),
      /** Asks for a code and enters the one that came. */
      logIn: async (email: string) => {
        const page = await go('POST /w/{connectorId}', { form: { action: 'code', email } });
        const challenge = challengeIn(page);
        const code = mails.at(-1)?.code ?? '';
        return await go('POST /w/{connectorId}', { form: { action: 'login', email, challenge, code } });
      },
    };
  };

  const rows = (table: (typeof TABLES)[number]): Item[] =>
    [...dynamo.table(table).items()].map(({ item }) => fromItem<Item>(item as Parameters<typeof fromItem>[0]));
  /** The venue changes which brands it asks about. */
  const replaceBrands = (brands: typeof BRANDS) => {
    const { portal, ...rest } = connector();
    return putSignage(db, VENUE, 'connector', 'lobby', { ...rest, portal: { ...portal, brands } });
  };
  return { world, db, mails, signals, handler, phone, rows, replaceBrands };
}

export type PortalWorld = Awaited<ReturnType<typeof openPortal>>;

/** What is stored for a Meraki network with a portal. */
function connector() {
  return {
    connectorId: 'lobby',
    kind: 'meraki',
    name: 'Lobby',
    places: { [AP]: { placeId: 'lobby-place', screenId: 'screen-1' } },
    portal: { networkName: 'Compass Lobby', grantHosts: ['wifi.compass.example'], sessionMinutes: 240, brands: BRANDS },
  };
}

export const challengeIn = ({ text }: Answer): string => /name="challenge" value="([\w-]+)"/.exec(text)?.[1] ?? '';

function formOf(form: Record<string, string | string[]>): string {
  const pairs = Object.entries(form).flatMap(([name, value]) =>
    [value].flat().map((one): [string, string] => [name, one]),
  );
  return new URLSearchParams(pairs).toString();
}
