import type { TransactWriteItemsCommand } from '@aws-sdk/client-dynamodb';
import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2, Context } from 'aws-lambda';
import * as z from 'zod/mini';
import { type Campaign, CampaignInputSchema } from '#core/model/campaign.ts';
import type { TagInput } from '#core/model/tag.ts';
import type { Airing } from '#core/screens/on-air.ts';
import { createLeaseHand } from '#functions/engage/lease-hand.ts';
import { handOver } from '#functions/people/handover.ts';
import { httpFunction } from '#functions/shared/http.ts';
import type { Runtime } from '#functions/shared/runtime.ts';
import { showItem } from '#functions/tap/item.ts';
import { claimTap, showTap } from '#functions/tap/tap.ts';
import { createRandom } from '#local/random.ts';
import { putCampaign } from '#store/campaigns.ts';
import { getEntry, putEntry, putMeta } from '#store/catalogue.ts';
import { type Database, fromItem, type Item } from '#store/client.ts';
import { claimAddress } from '#store/directory.ts';
import type { Tenant } from '#store/keys.ts';
import { putPerson } from '#store/people.ts';
import { putPlays } from '#store/plays.ts';
import { putSignage } from '#store/signage.ts';
import { createCatalogueCache } from '#store/snapshot.ts';
import { InProcessDynamoDb } from '#test/sim/dynamo/database.ts';
import { aCampaign, aPerson, aPlace } from '#test/support/builders.ts';

export const START = Date.parse('2026-11-22T10:00:00Z');
const VENUE: Tenant = { kind: 'venue', id: 'compass' };
const TABLES = ['catalogue', 'people', 'presence', 'offers', 'stock', 'plays', 'tombstones'] as const;
export const ON_TAP = { on: ['nfc.tap' as const, 'qr.scan' as const], placeTags: ['lobby'], minTrust: 'T0' as const };
const INBOX = {
  channels: ['inbox' as const],
  templates: { en: { title: 'A box of milk, on us', body: '{{coupon.code}}' } },
};
type Overrides = Parameters<typeof aCampaign>[0];
export type Answer = { status: number; text: string; headers: Record<string, string>; cookies: string[] };
type Asked = {
  query?: Record<string, string>;
  form?: Record<string, string> | string;
  headers?: Record<string, string>;
};

/** The tap function as it is deployed, over an in-process DynamoDB: a venue's lobby with a screen, two brands on it. */
export async function openLobby() {
  const world = { now: START };
  const dynamo = new InProcessDynamoDb({ tables: TABLES, now: () => world.now });
  const db: Database = {
    client: { send: ((command: TransactWriteItemsCommand) => dynamo.client.send(command)) as never },
    table: (name) => name,
    sleep: async () => {},
  };
  const runtime: Runtime = {
    db,
    catalogue: createCatalogueCache(db, { maxAgeMs: 0, now: () => world.now }),
    leases: createLeaseHand(),
    channels: ['email'],
    now: () => world.now,
    random: createRandom(1).next,
    sleep: async () => {},
    secret: async (name) => `${name}: a secret of the tests, 32 characters`,
    send: async () => {},
    sendToDeadLetters: async () => {},
    requireEnv: (name) => name,
  };
  await putEntry(db, VENUE, 'place', {
    id: 'lobby',
    body: { placeId: 'lobby', ...aPlace({ name: 'Compass Tower 罗盘大厦', tags: ['lobby'] }) },
  });
  const screen = { screenId: 'screen1', name: 'Screen 1', placeId: 'lobby', tagIds: [], playlistId: 'loop' };
  await putEntry(db, VENUE, 'screen', { id: 'screen1', body: screen });
  const items = [
    { creativeId: 'tea', brand: 'lighthouse' },
    { creativeId: 'milk', brand: 'harbour' },
    { creativeId: 'welcome' },
  ];
  await putSignage(db, VENUE, 'playlist', 'loop', { playlistId: 'loop', name: 'Loop', items });
  const names = { milk: 'Harbour milk 海港牛奶', yogurt: 'Harbour yogurt 海港酸奶' };
  for (const [id, name] of Object.entries(names))
    await putSignage(db, { kind: 'brand', id: 'harbour' }, 'creative', id, { name });
  for (const id of ['harbour', 'lighthouse'])
    await putMeta(db, { kind: 'brand', id }, { timeZone: 'UTC', venues: [VENUE.id] });

  const putTag = async (tagId: string, tag: TagInput, owner: Tenant = VENUE) => {
    await claimAddress(db, 'tag', tagId, { owner });
    await putSignage(db, owner, 'tag', tagId, { tagId, ...tag });
  };
  const campaign = async (campaignId: string, changes: Overrides = {}, brand = 'harbour') => {
    const input = aCampaign({ trigger: ON_TAP, limits: { stock: 100 }, message: INBOX, ...changes });
    const body: Campaign = { campaignId, state: 'live', ...z.parse(CampaignInputSchema, input) };
    await putCampaign(
      db,
      brand,
      body,
      await getEntry<Campaign>(db, { kind: 'brand', id: brand }, 'campaign', campaignId),
    );
  };
  const creative = (id: string, name: string) =>
    putSignage(db, { kind: 'brand', id: 'harbour' }, 'creative', id, { name });
  let sequence = 0;
  /** A creative is shown for `seconds`, beginning so many seconds from now (negative: ago). */
  const play = async (creativeId: string, from: number, seconds: number, brand: string | null = 'harbour') => {
    const startedAt = world.now + from * 1000;
    sequence += 1;
    const airing: Airing = {
      creativeId,
      brand: brand ?? undefined,
      startedAt,
      endedAt: startedAt + seconds * 1000,
      open: false,
      uncertaintyMs: 100,
      logId: 'log',
      sequence,
    };
    await putPlays(db, VENUE, 'screen1', [airing]);
  };

  const steps = {
    showTap: showTap('nfc.tap'),
    claimTap,
    showScan: showTap('qr.scan'),
    claimScan: claimTap,
    showItem,
    showSerialItem: showItem,
  };
  const handler = httpFunction('tap', steps, runtime);
  const ask = async (
    routeKey: string,
    parameters: string | Record<string, string>,
    { query, form, headers = {} }: Asked,
    cookies: string[] = [],
  ): Promise<Answer> => {
    const body = form === undefined || typeof form === 'string' ? form : new URLSearchParams(form).toString();
    const event = {
      routeKey,
      headers,
      pathParameters: typeof parameters === 'string' ? { tagId: parameters } : parameters,
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

  /** A browser on a phone: keeps its cookies. */
  const phone = (headers: Record<string, string> = {}) => {
    const jar = new Map<string, string>();
    const go = async (routeKey: string, tagId: string, asked: Asked) => {
      const cookies = [...jar].map(([name, value]) => `${name}=${value}`);
      const answer = await ask(
        routeKey,
        tagId,
        { ...asked, headers: { accept: 'text/html', ...headers, ...asked.headers } },
        cookies,
      );
      for (const line of answer.cookies) {
        const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
        if (/Max-Age=0\b/.test(line)) jar.delete(name);
        else jar.set(name, value);
      }
      return answer;
    };
    const json = { accept: 'application/json' };
    return {
      jar,
      tap: (tagId: string, query: Record<string, string> = {}, asked: Asked = {}) =>
        go('GET /t/{tagId}', tagId, { query, ...asked }),
      scan: (tagId: string, query: Record<string, string> = {}, asked: Asked = {}) =>
        go('GET /q/{tagId}', tagId, { query, ...asked }),
      cookie: (name: string) => jar.get(name),
      scanJson: async (tagId: string, query: Record<string, string> = {}) =>
        JSON.parse((await go('GET /q/{tagId}', tagId, { query, headers: json })).text),
      tapJson: async (tagId: string, query: Record<string, string> = {}) =>
        JSON.parse((await go('GET /t/{tagId}', tagId, { query, headers: json })).text),
      press: (door: 't' | 'q', tagId: string, form: Record<string, string> | string, asked: Asked = {}) =>
        go(`POST /${door}/{tagId}`, tagId, { form, ...asked }),
      claim: async (door: 't' | 'q', tagId: string, claim: Record<string, string>) =>
        JSON.parse((await go(`POST /${door}/{tagId}`, tagId, { form: claim, headers: json })).text),
    };
  };

  const rows = (table: (typeof TABLES)[number], entity?: string): Item[] =>
    [...dynamo.table(table).items()]
      .map(({ item }) => fromItem<Item>(item as Parameters<typeof fromItem>[0]))
      .filter((item) => entity === undefined || item.entity === entity);
  return {
    world,
    db,
    runtime,
    putTag,
    campaign,
    creative,
    play,
    phone,
    ask,
    rows,
    person: (name: string, brand = 'harbour') => putPerson(db, brand, name, aPerson(name)),
    handOver: async (personId: string, brand = 'harbour') => {
      const request = {
        runtime,
        caller: { subject: 's', tenant: { kind: 'brand', id: brand }, role: 'app' },
        path: { personId },
      };
      const { body } = await handOver(request as never);
      return (body as { token: string }).token;
    },
  };
}

export type Lobby = Awaited<ReturnType<typeof openLobby>>;
