import { ConditionalCheckFailedException, PutItemCommand } from '@aws-sdk/client-dynamodb';
import type { Connector, Placement } from '#core/model/connector.ts';
import type { Screen } from '#core/model/place.ts';
import { type Database, toItem } from './client.ts';
import { findAddress } from './directory.ts';
import { deleteRows } from './erasure.ts';
import { catalogueKeys, doorKeys, type Tenant } from './keys.ts';
import { batchGet } from './read.ts';
import { getSignage } from './signage.ts';

/** Longer than the oldest event that is taken: what is forgotten here is refused for its age. */
const SEEN_SECONDS = 8 * 86_400;
/** Places are up to 380 kB each: so many are in memory at once. */
const CHECKED_AT_ONCE = 25;

/** A connector as stored; its secret is sealed for it alone. */
export type StoredConnector = Connector & { sealedSecret: string };

/** The connector that a stranger's address names, and whose it is. */
export async function findConnector(
  db: Database,
  connectorId: string,
): Promise<{ owner: Tenant; connector: StoredConnector } | undefined> {
  const address = await findAddress(db, 'connector', connectorId);
  const connector = address && (await getSignage<StoredConnector>(db, address.owner, 'connector', connectorId));
  return connector && { owner: address.owner, connector };
}

/** Whether this message has been taken in already. */
export async function wasSeen(db: Database, owner: Tenant, connectorId: string, mark: string): Promise<boolean> {
  const key = doorKeys.seen(owner, connectorId, mark);
  return (await batchGet(db, { presence: [key] }, { consistent: true })).get('presence', key) !== undefined;
}

/** Remembers that a message has been taken in, for eight days. False when another delivery of it was first. */
export async function markSeen(
  db: Database,
  owner: Tenant,
  connectorId: string,
  { mark, now }: { mark: string; now: number },
): Promise<boolean> {
  const ttl = Math.ceil(now / 1000) + SEEN_SECONDS;
  try {
    await db.client.send(
      new PutItemCommand({
        TableName: db.table('presence'),
        Item: toItem({ ...doorKeys.seen(owner, connectorId, mark), ttl }),
        ConditionExpression: 'attribute_not_exists(pk)',
      }),
    );
    return true;
  } catch (error) {
    if (error instanceof ConditionalCheckFailedException) return false;
    throw error;
  }
}

/** Where lies whom a shop's message erases, until they are gone: their handles, which lead to them, go first. */
type Erasing = { owner: Tenant; connectorId: string; mark: string };
const erasingKey = ({ owner, connectorId, mark }: Erasing) => doorKeys.seen(owner, connectorId, `erasing/${mark}`);

/** The profiles that an erasure had found which did not come to its end. */
export async function findErasing(db: Database, erasing: Erasing): Promise<string[]> {
  const key = erasingKey(erasing);
  const row = (await batchGet(db, { presence: [key] }, { consistent: true })).get('presence', key);
  return (row?.personIds as string[] | undefined) ?? [];
}

/** Remembers them for eight days, longer than any shop tries again. */
export async function noteErasing(
  db: Database,
  erasing: Erasing,
  { personIds, now }: { personIds: readonly string[]; now: number },
): Promise<void> {
  const ttl = Math.ceil(now / 1000) + SEEN_SECONDS;
  await db.client.send(
    new PutItemCommand({
      TableName: db.table('presence'),
      Item: toItem({ ...erasingKey(erasing), personIds: [...personIds], ttl }),
    }),
  );
}

export const forgetErasing = (db: Database, erasing: Erasing): Promise<void> =>
  deleteRows(db, { presence: [erasingKey(erasing)] });

/** A vendor's name that leads nowhere. */
type Misplaced = { name: string; field: 'placeId' | 'screenId'; detail: string };

/** What is wrong with where a connector's names lead, by name: each must be the owner's own, and screens stand somewhere. */
export async function misplaced(
  db: Database,
  owner: Tenant,
  places: Readonly<Record<string, Placement>>,
): Promise<Misplaced[]> {
  const all = Object.values(places);
  const known = new Set<string>();
  const placeOfScreen = new Map<string, string>();
  const placeIds = [...new Set(all.map(({ placeId }) => placeId))];
  const screenIds = [...new Set(all.flatMap(({ screenId }) => screenId ?? []))];
  const entries = [
    ...placeIds.map((id) => ({ id, kind: 'place' as const })),
    ...screenIds.map((id) => ({ id, kind: 'screen' as const })),
  ];
  for (let start = 0; start < entries.length; start += CHECKED_AT_ONCE) {
    const some = entries.slice(start, start + CHECKED_AT_ONCE);
    const keyOf = ({ id, kind }: (typeof entries)[number]) => catalogueKeys.entry(owner, kind, id);
    const found = await batchGet(db, { catalogue: some.map(keyOf) }, { consistent: true });
    for (const entry of some) {
      const body = found.get('catalogue', keyOf(entry))?.body as string | undefined;
      if (body === undefined) continue;
      if (entry.kind === 'place') known.add(entry.id);
      else placeOfScreen.set(entry.id, (JSON.parse(body) as Screen).placeId);
    }
  }
  return Object.entries(places).flatMap(([name, { placeId, screenId }]): Misplaced[] => {
    if (!known.has(placeId)) return [{ name, field: 'placeId', detail: 'is not a place of yours' }];
    if (screenId === undefined || placeOfScreen.get(screenId) === placeId) return [];
    const detail = placeOfScreen.has(screenId) ? 'is a screen at another place' : 'is not a screen of yours';
    return [{ name, field: 'screenId', detail }];
  });
}
