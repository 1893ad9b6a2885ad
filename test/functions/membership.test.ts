import { PutItemCommand } from '@aws-sdk/client-dynamodb';
import { marshall } from '@aws-sdk/util-dynamodb';
import type { DynamoDBRecord } from 'aws-lambda';
import { describe, expect, it } from 'vitest';
import type { PastPurchase } from '#core/model/behaviour.ts';
import { NOTHING_DONE } from '#core/people/behaviour.ts';
import { deliverWebhook, type MembershipMessage } from '#functions/deliver-webhook/deliver.ts';
import { tellMemberships } from '#functions/membership/membership.ts';
import type { OutgoingMessage } from '#functions/shared/queues.ts';
import { storedBehaviour } from '#store/behaviour.ts';
import { putEntry } from '#store/catalogue.ts';
import { type Database, type Item, toItem } from '#store/client.ts';
import { peopleKeys } from '#store/keys.ts';
import { BRAND, openShop } from '#test/store/shop.ts';

const item = (version: number, changes: Item): Item => ({
  ...peopleKeys.person(BRAND, 'mei'),
  entity: 'person',
  personId: 'mei',
  identifiers: [],
  attributes: {},
  consents: {},
  pastOffers: [],
  version,
  ...changes,
});
const pastPurchase = (purchaseId: string): Omit<PastPurchase, 'at'> => ({
  purchaseId,
  channel: 'online',
  total: 100,
  currency: 'CNY',
  items: 1,
  categories: [],
  amounts: [],
  skus: [],
});
const bought = (times: number, at: number) =>
  storedBehaviour({
    ...NOTHING_DONE,
    purchases: Array.from({ length: times }, (_, index) => ({
      ...pastPurchase(`order-${index}`),
      at: at - index * 1000,
    })),
  });

/** As the local stream has it, or as Lambda's JSON. */
function record(before: Item | undefined, after: Item, asJson = false): DynamoDBRecord {
  const image = (of: Item) => {
    const marshalled = marshall(of);
    const plain = Object.entries(marshalled).map(([name, value]) =>
      value.B && asJson ? [name, { B: Buffer.from(value.B).toString('base64') }] : [name, value],
    );
    return Object.fromEntries(plain);
  };
  const { pk, sk } = after as { pk: string; sk: string };
  return {
    eventName: before ? 'MODIFY' : 'INSERT',
    dynamodb: {
      Keys: { pk: { S: pk }, sk: { S: sk } },
      ...(before && { OldImage: image(before) }),
      NewImage: image(after),
    },
  } as DynamoDBRecord;
}

async function openWorld() {
  const shop = await openShop();
  const putSegment = (segmentId: string, webhook?: { url: string }) =>
    putEntry(shop.db, { kind: 'brand', id: BRAND }, 'segment', {
      id: segmentId,
      body: {
        segmentId,
        name: segmentId,
        rule: { combinator: 'and', rules: [{ field: 'purchases.count.90d', operator: '>=', value: 2 }] },
        webhook,
      },
    });
  await putSegment('buyers', { url: 'https://hooks.example/in' });
  await putSegment('quiet');
  const sent: OutgoingMessage[] = [];
  const runtime = {
    ...shop.process(),
    send: async (queue: string, messages: readonly OutgoingMessage[]) => {
      expect(queue).toBe('webhook');
      sent.push(...messages);
    },
  };
  const tell = async (...records: DynamoDBRecord[]) => {
    sent.length = 0;
    await tellMemberships(records, runtime);
    return sent.map(({ body }) => body as MembershipMessage);
  };
  return { shop, runtime, tell, putSegment };
}

describe('from a change of a person to a message', () => {
  it.each([false, true])('tells of the one segment that wants to tell, bytes as JSON: %s', async (asJson) => {
    const { shop, tell } = await openWorld();
    const now = shop.world.now;
    const one = item(1, { behaviour: bought(1, now) });
    const two = item(2, { behaviour: bought(2, now) });
    const [entered, ...others] = await tell(record(one, two, asJson));
    expect(others).toEqual([]);
    expect(entered).toMatchObject({ brand: BRAND, type: 'segment.entered', segmentId: 'buyers', personId: 'mei' });
    expect(await tell(record(two, item(3, { behaviour: bought(3, now) }), asJson))).toEqual([]);
    const [left] = await tell(record(two, item(3, {}), asJson));
    expect(left?.type).toBe('segment.left');
    expect(await tell(record(undefined, two, asJson))).toEqual([entered]);
  });

  it('has the same id each time that the stream tells it, and another for each change', async () => {
    const { shop, tell } = await openWorld();
    const [out, inside] = [bought(1, shop.world.now), bought(2, shop.world.now)];
    const change = record(item(1, { behaviour: out }), item(2, { behaviour: inside }));
    const [first] = await tell(change);
    expect((await tell(change, change)).map(({ webhookId }) => webhookId)).toEqual([
      first?.webhookId,
      first?.webhookId,
    ]);
    const ids = [
      ...(await tell(record(item(2, { behaviour: inside }), item(3, { behaviour: out })))),
      ...(await tell(record(item(3, { behaviour: out }), item(4, { behaviour: inside })))),
    ].map(({ webhookId }) => webhookId);
    expect(new Set([first?.webhookId, ...ids]).size).toBe(3);
  });
});

describe('somebody with several profiles', () => {
  const profile = (personId: string, version: number, changes: Item = {}): Item =>
    item(version, { ...peopleKeys.person(BRAND, personId), personId, ...changes });
  const put = (db: Database, row: Item) =>
    db.client.send(new PutItemCommand({ TableName: db.table('people'), Item: toItem(row) }));

  it('enters by being joined, by what either does, and leaves by being parted', async () => {
    const { shop, tell } = await openWorld();
    const behaviour = bought(1, shop.world.now);
    const other = storedBehaviour({
      ...NOTHING_DONE,
      purchases: [{ ...pastPurchase('order-9'), at: shop.world.now }],
    });
    const group = ['app-mei', 'web-mei'];
    const alone = profile('app-mei', 1, { behaviour });
    const joined = profile('app-mei', 2, { behaviour, group });
    await put(shop.db, profile('web-mei', 2, { behaviour: other, group }));
    const [entered, ...others] = await tell(record(alone, joined));
    expect(others).toEqual([]);
    expect(entered).toMatchObject({ type: 'segment.entered', personId: 'app-mei', profiles: group });
    // Told by the other one's change under the first one's name.
    await put(shop.db, joined);
    const [bought2] = await tell(
      record(profile('web-mei', 1, { group }), profile('web-mei', 2, { behaviour: other, group })),
    );
    expect(bought2).toMatchObject({ type: 'segment.entered', personId: 'app-mei', profiles: group });

    // By now the other one is parted as well.
    await put(shop.db, profile('web-mei', 3, { behaviour: other }));
    const [left] = await tell(record(joined, profile('app-mei', 3, { behaviour })));
    expect(left).toMatchObject({ type: 'segment.left', personId: 'app-mei' });
    expect(left?.profiles).toBeUndefined();
  });
});

describe('from a message to its receiver', () => {
  it('goes to whom the segment names now, and to nobody once it names none', async () => {
    const { runtime, putSegment } = await openWorld();
    const message: MembershipMessage = {
      brand: BRAND,
      webhookId: 'id-1',
      type: 'segment.entered',
      segmentId: 'buyers',
      personId: 'mei',
      at: '2026-11-22T10:00:00.000Z',
    };
    const urls: string[] = [];
    const bodies: unknown[] = [];
    const sender = {
      send: async ({ url, body, headers }: { url: string; body: string; headers: Record<string, string> }) => {
        urls.push(url);
        bodies.push(JSON.parse(body));
        expect(headers['webhook-id']).toBe('id-1');
      },
    };
    await deliverWebhook(runtime, sender, message);
    await putSegment('buyers', { url: 'https://other.example/in' });
    await deliverWebhook(runtime, sender, message);
    await putSegment('buyers');
    await deliverWebhook(runtime, sender, message);
    expect(urls).toEqual(['https://hooks.example/in', 'https://other.example/in']);
    const { brand: _, webhookId: __, ...event } = message;
    expect(bodies[0]).toEqual(event);
  });
});
