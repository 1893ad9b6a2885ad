import { inflateRawSync } from 'node:zlib';
import { GetItemCommand } from '@aws-sdk/client-dynamodb';
import type { Identifier } from '#core/model/person.ts';
import { type Database, fromItem, type Item, toKey } from './client.ts';
import { insideKeysOf } from './inside.ts';
import { doorKeys, guestKeys, offerKeys, peopleKeys, presenceKeys, type Tenant } from './keys.ts';
import { batchGet, type Page, type PageRequest, queryAll, queryPage } from './read.ts';

/**
 * Rows as they lie there, for whoever asks what is held of them: every attribute of them, so that one which is added to
 * a row some day is told as well.
 */

/** Every profile of a person, the one that was asked for first; none where there is no such person. */
export async function readProfileItems(db: Database, brand: string, personId: string): Promise<Item[]> {
  const asked = await readProfileItem(db, brand, personId);
  if (!asked) return [];
  const others = ((asked.group as string[] | undefined) ?? []).filter((id) => id !== personId);
  const found = await Promise.all(others.map((id) => readProfileItem(db, brand, id)));
  return [asked, ...found.filter((item) => item !== undefined)];
}

async function readProfileItem(db: Database, brand: string, personId: string): Promise<Item | undefined> {
  const Key = toKey(peopleKeys.person(brand, personId));
  const output = await db.client.send(new GetItemCommand({ TableName: db.table('people'), Key, ConsistentRead: true }));
  return output.Item && fromItem<Item>(output.Item);
}

/** What lies beside a profile: each consent ever given, links, and whatever else. */
export async function readPeopleRows(db: Database, brand: string, personId: string): Promise<Item[]> {
  const { pk, sk: own } = peopleKeys.person(brand, personId);
  const rows: Item[] = [];
  for await (const row of queryAll<Item>(db, 'people', { pk, skPrefix: '', consistent: true })) {
    if (row.sk !== own) rows.push(row);
  }
  return rows;
}

/** A page of a profile's purchases and signals, oldest first. */
export function readOfferRows(db: Database, brand: string, personId: string, page: PageRequest): Promise<Page<Item>> {
  return queryPage<Item>(db, 'offers', { pk: offerKeys.person(brand, personId), skPrefix: '', consistent: true }, page);
}

/** Coupons by their keys, whole. */
export async function readCouponRows(db: Database, brand: string, couponKeys: readonly string[]): Promise<Item[]> {
  const keys = couponKeys.map((key) => offerKeys.coupon(brand, key));
  const found = await batchGet(db, { offers: keys }, { consistent: true });
  return keys.map((key) => found.get('offers', key)).filter((item) => item?.entity === 'coupon') as Item[];
}

/** Where devices were last, as far as it has not been forgotten, and the rows of the places that they are in. */
export async function readPresenceRows(
  db: Database,
  brand: string,
  identifiers: readonly Identifier[],
): Promise<{ deviceId: string; row: Item; inside: Item[] }[]> {
  const devices = identifiers.filter(({ kind }) => kind === 'device').map(({ value }) => value);
  const keys = devices.map((deviceId) => presenceKeys.device(brand, deviceId));
  if (keys.length === 0) return [];
  const found = await batchGet(db, { presence: keys }, { consistent: true });
  const known = devices.flatMap((deviceId, index) => {
    const row = found.get('presence', keys[index] ?? { pk: '', sk: '' });
    return row ? [{ deviceId, row, insideKeys: insideKeysOf(brand, deviceId, row) }] : [];
  });
  const rows = await batchGet(db, { presence: known.flatMap(({ insideKeys }) => insideKeys) }, { consistent: true });
  return known.map(({ insideKeys, ...rest }) => ({
    ...rest,
    inside: insideKeys.map((key) => rows.get('presence', key)).filter((one) => one !== undefined),
  }));
}

/** A guest of a portal: who they are, all they ever said, and how many of their phones are remembered today. */
export async function readGuestRows(db: Database, owner: Tenant, guestId: string): Promise<Item[]> {
  const { pk } = guestKeys.guest(owner, guestId);
  const rows: Item[] = [];
  for await (const row of queryAll<Item>(db, 'people', { pk, skPrefix: '', consistent: true })) rows.push(row);
  const stations = doorKeys.stationsOf(owner, guestId);
  for await (const { sk } of queryAll<Item>(db, 'presence', { pk: stations, skPrefix: '', consistent: true })) {
    const key = doorKeys.station(owner, sk as string);
    const station = (await batchGet(db, { presence: [key] }, { consistent: true })).get('presence', key);
    if (station) rows.push(station);
  }
  return rows;
}

/** A row without its keys, in plain values: what is deflated is opened, and when it expires is a time. */
export function readable({ pk: _, sk: __, ttl, ...rest }: Item): Item {
  const plain = Object.fromEntries(Object.entries(rest).map(([name, value]) => [name, opened(value)]));
  return { ...plain, ...(typeof ttl === 'number' && { keptUntil: new Date(ttl * 1000).toISOString() }) };
}

function opened(value: unknown): unknown {
  if (!(value instanceof Uint8Array)) return value;
  try {
    return JSON.parse(inflateRawSync(value).toString());
  } catch {
    return Buffer.from(value).toString('base64');
  }
}
