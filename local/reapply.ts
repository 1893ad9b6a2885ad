import { ScanCommand } from '@aws-sdk/client-dynamodb';
import type { Consent, Identifier } from '#core/model/person.ts';
import type { ConsentLedger } from '#core/people/consent.ts';
import { namedIn } from '#core/people/named-in.ts';
import { erasePerson } from '#functions/people/erase.ts';
import { guestDigests } from '#functions/people/erase-steps.ts';
import type { TableName } from '#functions/routes.ts';
import type { Runtime } from '#functions/shared/runtime.ts';
import { fromItem, type Item, type Key } from '#store/client.ts';
import { deleteRows, forgetBuyer, voidCoupon } from '#store/erasure.ts';
import { deleteGuest } from '#store/guests.ts';
import { changePerson } from '#store/people.ts';
import { allTombstones, type Subject, type Tombstone } from '#store/tombstones.ts';

export type Reapplied = { profiles: number; identifiers: number; rows: number; deadLetters: number };

const BATCH = 100;

/**
 * Erases again whoever a restored table has brought back: whoever has a tombstone, and in what was restored no consent
 * of after it. Walks whole tables, so it is an operator's, with an operator's rights, and not a function's.
 */
export async function reapplyErasures(runtime: Runtime, brand: string): Promise<Reapplied> {
  const done: Reapplied = { profiles: 0, identifiers: 0, rows: 0, deadLetters: 0 };
  const profilesIn = (rows: readonly Item[]) => rows.filter(({ sk, entity }) => sk === 'PERSON' && entity === 'person');
  for await (const rows of scan(runtime, brand, 'people')) {
    for (const profile of profilesIn(rows)) {
      const what = await reapplyTo(runtime, brand, profile);
      if (what) done[what] += 1;
    }
  }
  for (const table of ['people', 'offers', 'presence'] as const) {
    for await (const rows of scan(runtime, brand, table)) done.rows += await dropOrphans(runtime, brand, table, rows);
  }
  const swept = await runtime.sweepDeadLetters?.((bodies) => doomed(runtime, brand, bodies), Number.POSITIVE_INFINITY);
  done.deadLetters = swept?.deleted ?? 0;
  return done;
}

/** One profile: erased with all it is linked to, or only without the handles that are somebody's who was. */
async function reapplyTo(
  runtime: Runtime,
  brand: string,
  profile: Item,
): Promise<'profiles' | 'identifiers' | undefined> {
  const { personId, identifiers, consents } = profile as {
    personId: string;
    identifiers: Identifier[];
    consents: ConsentLedger;
  };
  const found = await tombstonesOf(runtime, brand, [{ personId }, ...identifiers]);
  const agreedAt = Math.max(0, ...Object.values(consents).map(({ granted, at }) => (granted ? at : 0)));
  const standing = found.filter(({ erasedAt }) => agreedAt <= erasedAt);
  const own = standing.find(({ subject }) => 'personId' in subject);
  if (own) {
    await erasePerson(runtime, brand, personId, { source: 'restore', since: own.erasedAt });
    return 'profiles';
  }
  if (standing.length === 0) return undefined;
  const gone = new Set(standing.map(({ subject }) => JSON.stringify(subject)));
  await changePerson(
    runtime.db,
    brand,
    personId,
    (before) =>
      before && {
        identifiers: before.person.identifiers.filter((identifier) => !gone.has(JSON.stringify(identifier))),
        attributes: before.person.attributes,
        consents: [] as Consent[],
      },
  );
  return 'identifiers';
}

/** Rows of somebody who is not there: restored without their person. Of somebody who is back, those of before. */
async function dropOrphans(
  runtime: Runtime,
  brand: string,
  table: 'people' | 'offers' | 'presence',
  rows: readonly Item[],
): Promise<number> {
  let dropped = 0;
  for (let start = 0; start < rows.length; start += BATCH) {
    const part = rows.slice(start, start + BATCH);
    const subjects = part.map((row) => subjectsOf(brand, table, row));
    const found = await tombstonesOf(runtime, brand, subjects.flat());
    const byName = new Map(found.map((tombstone) => [JSON.stringify(tombstone.subject), tombstone]));
    for (const [index, row] of part.entries()) {
      const tombstone = (subjects[index] ?? []).flatMap((subject) => byName.get(JSON.stringify(subject)) ?? [])[0];
      if (tombstone && isOfBefore(table, row, tombstone)) dropped += await drop(runtime, brand, table, row);
    }
  }
  return dropped;
}

/** Whom a row is about, by its key and what it says. */
function subjectsOf(brand: string, table: string, row: Item): Subject[] {
  const [, , kind = '', first = '', ...rest] = (row.pk as string).split('#');
  const personId = row.personId as string | undefined;
  if (table === 'presence') {
    const deviceId = kind === 'D' ? [first, ...rest].join('#') : kind === 'V' ? (row.deviceId as string) : undefined;
    return deviceId === undefined ? [] : [{ kind: 'device', value: deviceId }];
  }
  if (table === 'offers') return kind === 'P' ? [{ personId: first }] : personId === undefined ? [] : [{ personId }];
  if (kind === 'P') return [{ personId: first }];
  if (kind === 'I') return [{ kind: first, value: rest.join('#') } as Identifier];
  if (kind === 'L') return [{ personId: (row.sk as string).slice((row.sk as string).indexOf('.') + 1) }];
  if (kind !== 'G' || row.sk !== 'GUEST') return [];
  return [{ kind: 'portal', value: `${brand}.${first}` }, ...((row.identifiers as Identifier[] | undefined) ?? [])];
}

function isOfBefore(table: string, row: Item, { erasedAt, returnedAt }: Tombstone): boolean {
  if (returnedAt === undefined) return true;
  if (table !== 'offers') return false;
  const [, at] = (row.sk as string).split('#');
  const time = (row.issuedAt as number | undefined) ?? Date.parse(at ?? '');
  return time <= erasedAt;
}

async function drop({ db, secret }: Runtime, brand: string, table: string, row: Item): Promise<number> {
  const { pk, sk, entity } = row as Key & Item;
  if (entity === 'purchase-taken') {
    await forgetBuyer(db, { pk, sk });
  } else if (entity === 'coupon') {
    await voidCoupon(db, brand, row as Parameters<typeof voidCoupon>[2]);
  } else if (sk === 'GUEST') {
    const own = { kind: 'brand', id: brand } as const;
    const guestId = row.guestId as string;
    await deleteGuest(
      db,
      own,
      guestId,
      guestDigests(await secret('venueSecret'), own, row.identifiers as Identifier[]),
    );
  } else {
    await deleteRows(db, { [table]: [{ pk, sk }] });
  }
  return 1;
}

/** Messages that name somebody who is gone. */
async function doomed(runtime: Runtime, brand: string, bodies: readonly string[]): Promise<boolean[]> {
  const named = bodies.map((body) =>
    namedIn(body).flatMap((one) => (one.brand === undefined || one.brand === brand ? [one.subject] : [])),
  );
  const found = await tombstonesOf(runtime, brand, named.flat());
  const gone = new Set(
    found.flatMap(({ subject, returnedAt }) => (returnedAt === undefined ? [JSON.stringify(subject)] : [])),
  );
  return named.map((subjects) => subjects.some((subject) => gone.has(JSON.stringify(subject))));
}

const tombstonesOf = async (runtime: Runtime, brand: string, subjects: readonly Subject[]): Promise<Tombstone[]> =>
  await allTombstones(runtime.db, brand, await runtime.secret('linkSecret'), subjects);

/** All rows of a brand in a table, page by page. */
async function* scan({ db }: Runtime, brand: string, table: TableName): AsyncGenerator<Item[]> {
  let start: Record<string, never> | undefined;
  do {
    const { Items = [], LastEvaluatedKey } = await db.client.send(
      new ScanCommand({
        TableName: db.table(table),
        FilterExpression: 'begins_with(pk, :brand)',
        ExpressionAttributeValues: { ':brand': { S: `B#${brand}#` } },
        ConsistentRead: true,
        ...(start && { ExclusiveStartKey: start }),
      }),
    );
    yield Items.map((item) => fromItem<Item>(item));
    start = LastEvaluatedKey as typeof start;
  } while (start);
}
