import type { TransactWriteItemsCommand } from '@aws-sdk/client-dynamodb';
import type { DynamoDBRecord } from 'aws-lambda';
import * as z from 'zod/mini';
import { type Campaign, CampaignInputSchema } from '#core/model/campaign.ts';
import { type Place, PlaceInputSchema } from '#core/model/place.ts';
import { SegmentInputSchema } from '#core/model/segment.ts';
import type { Signal } from '#core/model/signal.ts';
import { engage } from '#functions/engage/engage.ts';
import { createLeaseHand } from '#functions/engage/lease-hand.ts';
import type { Runtime } from '#functions/shared/runtime.ts';
import { createRandom } from '#local/random.ts';
import { putCampaign as putCampaignEntry } from '#store/campaigns.ts';
import { getEntry, putEntry } from '#store/catalogue.ts';
import { type Database, fromItem, type Item } from '#store/client.ts';
import type { LeaseEntry } from '#store/counters.ts';
import { putPerson } from '#store/people.ts';
import { createCatalogueCache } from '#store/snapshot.ts';
import { InProcessDynamoDb } from '#test/sim/dynamo/database.ts';
import { aCampaign, aPerson, aPlace } from '#test/support/builders.ts';

export const BRAND = 'harbour';
export const COUPON_SECRET = 'a coupon secret of the tests';
const START = Date.parse('2026-11-22T10:00:00Z');
const TABLES = ['catalogue', 'people', 'presence', 'offers', 'stock', 'plays', 'tombstones'] as const;

/** What a test puts between the store and its database: sees each command, may refuse it or lose its answer. */
export type Wire = (command: object, carryOut: () => Promise<unknown>) => Promise<unknown>;
type Overrides = Parameters<typeof aCampaign>[0];

/** A brand with one shop over an in-process DynamoDB; `process()` is another Lambda environment each time. */
export async function openShop(overrides: Overrides = {}) {
  const world = { now: START, wire: undefined as Wire | undefined };
  const dynamo = new InProcessDynamoDb({ tables: TABLES, now: () => world.now });
  const send = (command: object) => {
    const carryOut = (): Promise<unknown> => dynamo.client.send(command as TransactWriteItemsCommand);
    return world.wire ? world.wire(command, carryOut) : carryOut();
  };
  const db: Database = { client: { send: send as never }, table: (name) => name, sleep: async () => {} };
  const place: Place = { placeId: 's1', ...z.parse(PlaceInputSchema, aPlace()) };
  await putEntry(db, { kind: 'brand', id: BRAND }, 'place', { id: 's1', body: place });

  const putCampaign = async (campaignId: string, changes: Overrides, state: Campaign['state'] = 'live') => {
    const campaign: Campaign = { campaignId, state, ...z.parse(CampaignInputSchema, aCampaign(changes)) };
    const was = await getEntry<Campaign>(db, { kind: 'brand', id: BRAND }, 'campaign', campaignId);
    await putCampaignEntry(db, BRAND, campaign, was);
    return campaign;
  };
  await putCampaign('milk', overrides);
  const putSegment = (segmentId: string, input: z.input<typeof SegmentInputSchema>) =>
    putEntry(db, { kind: 'brand', id: BRAND }, 'segment', {
      id: segmentId,
      body: { segmentId, ...z.parse(SegmentInputSchema, input) },
    });

  const process = (seed = 1): Runtime => ({
    db,
    catalogue: createCatalogueCache(db, { maxAgeMs: 0, now: () => world.now }),
    leases: createLeaseHand(),
    channels: ['email', 'sms'],
    now: () => world.now,
    random: createRandom(seed).next,
    sleep: async () => {},
    secret: async () => COUPON_SECRET,
    send: async () => {},
    sendToDeadLetters: async () => {},
    requireEnv: (name) => name,
  });
  const rows = (table: (typeof TABLES)[number], entity?: string): Item[] =>
    [...dynamo.table(table).items()]
      .map(({ item }) => fromItem<Item>(item as Parameters<typeof fromItem>[0]))
      .filter((item) => entity === undefined || item.entity === entity);
  const stock = (): Item & { left: number } =>
    rows('stock').find(({ sk }) => sk === 'STOCK') as Item & { left: number };

  return {
    world,
    db,
    process,
    putCampaign,
    putSegment,
    /** A person with a phone, who agreed to everything. */
    person: (name: string) => putPerson(db, BRAND, name, aPerson(name)),
    /** Somebody comes in; a name and a number make a signal. */
    enter: (name: string, runtime: Runtime, id = `${name}-1`) => engage(enterOf(name, id, world.now), runtime),
    rows,
    signals: () => rows('offers', 'signal'),
    coupons: () => rows('offers', 'coupon'),
    /** What the stream of the offers has told so far. */
    offerRecords: () => dynamo.table('offers').stream.read(0) as unknown as DynamoDBRecord[],
    voided: () => rows('offers', 'voided-unit'),
    stock,
    used: () => rows('stock').filter(({ sk }) => sk === 'USED'),
    /** Leases that are open, by holder. */
    leases: (): Record<string, LeaseEntry> =>
      Object.fromEntries(Object.entries(stock().leases as Record<string, LeaseEntry>).filter(([, { n }]) => n > 0)),
    /** Units that are nobody's yet: at the counter, or in an open lease and no coupon. */
    unspent: (limit: number) => limit - rows('offers', 'coupon').length,
    consumed: () => TABLES.map((name) => ({ name, ...dynamo.table(name).consumed })),
  };
}

export type Shop = Awaited<ReturnType<typeof openShop>>;

function enterOf(name: string, signalId: string, at: number): Signal {
  return {
    signalId,
    brand: BRAND,
    kind: 'geofence.enter',
    source: 'api',
    trust: 'T1',
    occurredAt: new Date(at).toISOString(),
    receivedAt: new Date(at).toISOString(),
    subject: { kind: 'device', value: `phone-${name}` },
    placeId: 's1',
  };
}
