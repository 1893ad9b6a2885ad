import { BatchWriteItemCommand } from '@aws-sdk/client-dynamodb';
import * as z from 'zod/mini';
import type { PastPurchase } from '#core/model/behaviour.ts';
import { type Campaign, CampaignInputSchema } from '#core/model/campaign.ts';
import type { RuleGroup } from '#core/model/segment.ts';
import { NOTHING_DONE } from '#core/people/behaviour.ts';
import { createRandom } from '#local/random.ts';
import { storedBehaviour } from '#store/behaviour.ts';
import { putCampaign } from '#store/campaigns.ts';
import { putEntry } from '#store/catalogue.ts';
import { type Database, type Item, toItem } from '#store/client.ts';
import { peopleKeys } from '#store/keys.ts';
import { listShard } from '#store/people.ts';
import { aCampaign, aPlace } from '#test/support/builders.ts';
import { countCapacity, type Meter } from '../capacity.ts';
import { type Loaded, openLoaded } from '../database.ts';

export const BRAND = 'harbour';
export const NOW = Date.parse('2026-11-22T10:00:00Z');
/** People with handles, of whom signals may come: the rest are only counted. */
export const REACHABLE = 2000;
const SEED = 20_261_122;
const DAY_MS = 86_400_000;
const BATCH = 25;
const UNDER_WAY = 8;

/** Members of the segment that is previewed: about one in seventeen. */
export const RULE: RuleGroup = {
  combinator: 'and',
  rules: [
    { field: 'tier', operator: '=', value: 'gold' },
    { field: 'purchases.count.90d', operator: '>=', value: 3 },
  ],
};

/** A brand in a database of its own; `members` is how many people really are in the segment. */
export type BenchBrand = Loaded & { people: number; members: number; meter: Meter };

/** Somebody alone is reached as `phone-3`, somebody of two profiles as `pair-3`, which is the second one's. */
export const phoneOf = (index: number): string => `phone-${index}`;
export const pairOf = (index: number): string => `pair-${index}`;

export async function openBrand(people: number): Promise<BenchBrand> {
  let members = 0;
  const loaded = await openLoaded(async (db) => {
    await putCatalogue(db);
    members = await fill(db, people);
  });
  return { ...loaded, people, members, meter: countCapacity(loaded.client) };
}

async function putCatalogue(db: Database): Promise<void> {
  const tenant = { kind: 'brand' as const, id: BRAND };
  await putEntry(db, tenant, 'place', { id: 's1', body: { placeId: 's1', ...aPlace() } });
  await putEntry(db, tenant, 'segment', {
    id: 'regulars',
    body: { segmentId: 'regulars', name: 'Regulars', rule: RULE },
  });
  const input = z.parse(CampaignInputSchema, aCampaign({ audience: { segmentId: 'regulars' } }));
  const campaign: Campaign = { campaignId: 'milk', state: 'live', ...input };
  await putCampaign(db, BRAND, campaign, undefined);
}

/** Rows as the store writes them, in batches: what a transaction for each adds to them is not what is measured here. */
async function fill(db: Database, people: number): Promise<number> {
  const random = createRandom(SEED);
  const behaviours = Array.from({ length: 12 }, (_, purchases) => storedBehaviour(behaviourWith(purchases)));
  const began = performance.now();
  let members = 0;
  let waiting: Item[] = [];
  for (let index = 0; index < people; index += 1) {
    const tier = random.weighted(['gold', 'silver', 'none'] as const, (one) => ({ gold: 1, silver: 3, none: 6 })[one]);
    const purchases = random.int(0, behaviours.length - 1);
    // Every second purchase is of the last 90 days: see `behaviourWith`.
    members += Number(tier === 'gold' && Math.ceil(purchases / 2) >= 3);
    waiting.push(...rowsOf(index, { tier, behaviour: behaviours[purchases] }));
    if (waiting.length < BATCH * UNDER_WAY && index < people - 1) continue;
    await writeAll(db, waiting);
    waiting = [];
    if (index % 5000 < BATCH * UNDER_WAY) report(index + 1, people, began);
  }
  process.stderr.write('\n');
  return members;
}

const report = (done: number, people: number, began: number): void => {
  const seconds = Math.round((performance.now() - began) / 1000);
  process.stderr.write(`\r${done.toLocaleString('en')} of ${people.toLocaleString('en')} people, ${seconds} s `);
};

/** The first are reachable; of every second of them the profile before is the same person's. */
function rowsOf(index: number, { tier, behaviour }: { tier: string; behaviour: Buffer | undefined }): Item[] {
  const personId = `person-${index}`;
  const isReachable = index < 2 * REACHABLE;
  const handle = isReachable
    ? { kind: 'device' as const, value: index < REACHABLE ? phoneOf(index) : pairOf(index) }
    : undefined;
  const first = index - (index % 2);
  const group = isReachable && index >= REACHABLE ? [`person-${first}`, `person-${first + 1}`].sort() : undefined;
  const email = { kind: 'email' as const, value: `${personId}@example.com` };
  const granted = { granted: true, at: NOW - 30 * DAY_MS };
  return [
    {
      ...peopleKeys.person(BRAND, personId),
      entity: 'person',
      personId,
      identifiers: handle ? [email, handle] : [email],
      attributes: { tier, firstName: 'Mei', country: 'SG', birthYear: 1990, likes: ['milk', 'tea'] },
      consents: { 'location/any': granted, 'marketing/any': granted, 'personalisation/any': granted },
      pastOffers: [{ c: 'bread', t: NOW - 3 * DAY_MS, p: 's1' }],
      version: 3,
      behaviour,
      ...(group && { group }),
    },
    peopleKeys.listed(BRAND, listShard(personId), personId),
    ...(handle ? [{ ...peopleKeys.identifier(BRAND, handle), personId }] : []),
  ];
}

/** Every second purchase is recent, the others of half a year ago. */
function behaviourWith(count: number) {
  const purchases = Array.from(
    { length: count },
    (_, index): PastPurchase => ({
      purchaseId: `order-${index}`,
      at: NOW - (index % 2 === 0 ? 10 + index : 180 + index) * DAY_MS,
      channel: index % 3 === 0 ? 'offline' : 'online',
      total: 1980,
      currency: 'SGD',
      items: 2,
      categories: ['dairy', 'bakery'],
      amounts: [980, 1000],
      skus: ['4006381333931', '4006381333948'],
    }),
  );
  return { ...NOTHING_DONE, purchases: purchases.sort((left, right) => right.at - left.at) };
}

async function writeAll(db: Database, items: readonly Item[]): Promise<void> {
  const batches = Array.from({ length: Math.ceil(items.length / BATCH) }, (_, index) =>
    items.slice(index * BATCH, (index + 1) * BATCH),
  );
  await Promise.all(
    batches.map(async (batch) => {
      const requests = batch.map((item) => ({ PutRequest: { Item: toItem(item) } }));
      const { UnprocessedItems = {} } = await db.client.send(
        new BatchWriteItemCommand({ RequestItems: { [db.table('people')]: requests } }),
      );
      if (Object.keys(UnprocessedItems).length > 0) throw new Error('the database did not take everything');
    }),
  );
}
