import {
  ConditionalCheckFailedException,
  PutItemCommand,
  TransactionCanceledException,
  TransactWriteItemsCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import type { Identifier } from '#core/model/person.ts';
import { type Asked, consentKeyOf } from '#core/portal/consents.ts';
import { type Database, fromItem, type Item, type Key, toItem, toKey } from './client.ts';
import { ConflictError } from './conflict.ts';
import { deleteRows } from './erasure.ts';
import { doorKeys, guestKeys, type Tenant } from './keys.ts';
import { batchGet, queryAll } from './read.ts';

const MAX_TRIES = 6;
/** DynamoDB's limit is 100 writes in a transaction; one is the guest. */
const MAX_RECORDS = 99;

/** What holds between a guest and one brand; `at` in epoch milliseconds. */
type Agreed = { granted: boolean; at: number };

/** Somebody who has told a venue's portal who they are. */
export type Guest = {
  guestId: string;
  version: number;
  /** What they have logged in with. */
  identifiers: Identifier[];
  /** By `consentKeyOf`; what is missing was never agreed to. */
  consents: Record<string, Agreed>;
};

/** A guest's will, as it is kept for ever: the sentence that was shown is proved by its SHA-256. */
export type GuestConsent = { asked: Asked; brand: string; granted: boolean; source: string; proof: string };

/** The identifier under which a brand that a guest shares with knows them. */
export const guestIdentifier = (venue: Tenant, guestId: string): Identifier => ({
  kind: 'portal',
  value: `${venue.id}.${guestId}`,
});

/** Whether this guest lets a brand know that they are here, now. Silence is a no. */
export const sharesWith = (guest: Guest, brand: string): boolean =>
  guest.consents[consentKeyOf('sharing', brand)]?.granted === true;

/** Whether anybody may know of this guest: if not, nothing of their phone is kept. */
export const sharesWithAny = (guest: Guest): boolean =>
  Object.entries(guest.consents).some(([key, { granted }]) => granted && key.startsWith(consentKeyOf('sharing', '')));

export async function getGuest(db: Database, venue: Tenant, guestId: string): Promise<Guest | undefined> {
  const key = guestKeys.guest(venue, guestId);
  // Consistent: a withdrawal holds from the moment that it was answered.
  const found = await batchGet(db, { people: [key] }, { consistent: true });
  const item = found.get('people', key);
  return item && guestOf(item);
}

const guestOf = ({ guestId, version, identifiers, consents }: Item): Guest =>
  ({ guestId, version, identifiers, consents }) as Guest;

/**
 * The guest who logs in with this, or a new one: of any number at once, one is made.
 * @param loginDigest stands for the identifier in a key
 * @param newGuestId random; used when there is none yet
 */
export async function findOrAddGuest(
  db: Database,
  venue: Tenant,
  { loginDigest, identifier, newGuestId }: { loginDigest: string; identifier: Identifier; newGuestId: string },
): Promise<Guest> {
  const login = guestKeys.login(venue, loginDigest);
  for (let attempt = 0; attempt < MAX_TRIES; attempt += 1) {
    const known = (await batchGet(db, { people: [login] }, { consistent: true })).get('people', login);
    if (known) {
      const guest = await getGuest(db, venue, known.guestId as string);
      if (guest) return guest;
    }
    const guest: Guest = { guestId: newGuestId, version: 1, identifiers: [identifier], consents: {} };
    const isNew = { ConditionExpression: 'attribute_not_exists(pk)' };
    const TransactItems = [
      { Put: { TableName: db.table('people'), Item: toItem({ ...login, guestId: newGuestId }), ...isNew } },
      { Put: { TableName: db.table('people'), Item: guestItem(venue, guest), ...isNew } },
    ];
    try {
      await db.client.send(new TransactWriteItemsCommand({ TransactItems }));
      return guest;
    } catch (error) {
      if (!(error instanceof TransactionCanceledException)) throw error;
      await db.sleep(10 * 2 ** attempt);
    }
  }
  throw new Error('a guest could not be added');
}

/**
 * Records what a guest says now, beside all they ever said, and answers what of it is new. Later than whatever was said
 * before, whichever clock said it.
 */
export async function recordGuestConsents(
  db: Database,
  venue: Tenant,
  guestId: string,
  { said, now }: { said: readonly GuestConsent[]; now: number },
): Promise<{ guest: Guest; news: readonly GuestConsent[] } | undefined> {
  for (let attempt = 0; attempt < MAX_TRIES; attempt += 1) {
    const guest = await getGuest(db, venue, guestId);
    if (!guest) return undefined;
    const news = said
      .filter(({ asked, brand, granted }) => (guest.consents[consentKeyOf(asked, brand)]?.granted ?? false) !== granted)
      .slice(0, MAX_RECORDS);
    if (news.length === 0) return { guest, news };
    const at = Math.max(now, ...Object.values(guest.consents).map((agreed) => agreed.at + 1));
    const consents = { ...guest.consents };
    for (const { asked, brand, granted } of news) consents[consentKeyOf(asked, brand)] = { granted, at };
    const after: Guest = { ...guest, version: guest.version + 1, consents };
    if (await writeGuest(db, venue, { before: guest.version, after }, news, at)) return { guest: after, news };
    await db.sleep(10 * 2 ** attempt);
  }
  throw new ConflictError('a guest changed too often to be written');
}

/** False when somebody else has changed the guest meanwhile. */
async function writeGuest(
  db: Database,
  venue: Tenant,
  { before, after }: { before: number; after: Guest },
  records: readonly GuestConsent[],
  at: number,
): Promise<boolean> {
  const iso = new Date(at).toISOString();
  const TransactItems = [
    {
      Put: {
        TableName: db.table('people'),
        Item: guestItem(venue, after),
        ConditionExpression: '#version = :before',
        ExpressionAttributeNames: { '#version': 'version' },
        ExpressionAttributeValues: toItem({ ':before': before }),
      },
    },
    ...records.map((record) => ({
      Put: {
        TableName: db.table('people'),
        Item: toItem({
          ...guestKeys.consent(venue, after.guestId, iso, consentKeyOf(record.asked, record.brand)),
          entity: 'guest-consent',
          ...record,
          at: iso,
        }),
        ConditionExpression: 'attribute_not_exists(pk)',
      },
    })),
  ];
  try {
    await db.client.send(new TransactWriteItemsCommand({ TransactItems }));
    return true;
  } catch (error) {
    if (error instanceof TransactionCanceledException) return false;
    throw error;
  }
}

/** Whose login this is. */
export async function findGuestId(db: Database, venue: Tenant, loginDigest: string): Promise<string | undefined> {
  const login = guestKeys.login(venue, loginDigest);
  const found = (await batchGet(db, { people: [login] }, { consistent: true })).get('people', login);
  return found?.guestId as string | undefined;
}

/** Lets go of a guest: all they ever said, their phones, and last, together, who they are and by what they log in. */
export async function deleteGuest(
  db: Database,
  venue: Tenant,
  guestId: string,
  loginDigests: readonly string[],
): Promise<void> {
  const { pk, sk: own } = guestKeys.guest(venue, guestId);
  const people: Key[] = [];
  for await (const { sk } of queryAll<Key>(db, 'people', { pk, skPrefix: '', consistent: true })) {
    if (sk !== own) people.push({ pk, sk });
  }
  const stations = doorKeys.stationsOf(venue, guestId);
  const presence: Key[] = [];
  for await (const { sk } of queryAll<Key>(db, 'presence', { pk: stations, skPrefix: '', consistent: true })) {
    presence.push(doorKeys.station(venue, sk), { pk: stations, sk });
  }
  await deleteRows(db, { presence, people });
  await deleteRows(db, { people: [{ pk, sk: own }, ...loginDigests.map((digest) => guestKeys.login(venue, digest))] });
}

/** Lets a guest no longer be known by one of their logins. @returns 1, or 0 where nobody is */
export async function forgetLogin(
  db: Database,
  venue: Tenant,
  loginDigest: string,
  { kind, value }: Identifier,
): Promise<number> {
  const login = guestKeys.login(venue, loginDigest);
  for (let attempt = 0; attempt < MAX_TRIES; attempt += 1) {
    const known = (await batchGet(db, { people: [login] }, { consistent: true })).get('people', login);
    if (!known) return 0;
    const guest = await getGuest(db, venue, known.guestId as string);
    const identifiers = guest?.identifiers.filter((own) => own.kind !== kind || own.value !== value) ?? [];
    const after = guest && { ...guest, version: guest.version + 1, identifiers };
    if (!after || (await writeGuest(db, venue, { before: guest.version, after }, [], 0))) {
      await deleteRows(db, { people: [login] });
      return 1;
    }
    await db.sleep(10 * 2 ** attempt);
  }
  throw new ConflictError('a guest changed too often to be written');
}

const guestItem = (venue: Tenant, guest: Guest) =>
  toItem({ ...guestKeys.guest(venue, guest.guestId), entity: 'guest', ...guest });

/** A code that was sent: it opens once, within its time and its tries. Times in epoch milliseconds. */
export type LoginCode = { challengeId: string; codeHash: string; expiresAt: number };

export async function putLoginCode(db: Database, venue: Tenant, code: LoginCode): Promise<void> {
  const { challengeId, codeHash, expiresAt } = code;
  const Item = toItem({
    ...doorKeys.loginCode(venue, challengeId),
    codeHash,
    tries: 0,
    expiresAt,
    ttl: Math.ceil(expiresAt / 1000),
  });
  await db.client.send(new PutItemCommand({ TableName: db.table('presence'), Item }));
}

/**
 * Takes one of a code's tries, and says what a right code's hash would be. Counted before it is compared: a thousand
 * guesses at once are five guesses.
 */
export async function takeTry(
  db: Database,
  venue: Tenant,
  challengeId: string,
  { maxTries, now }: { maxTries: number; now: number },
): Promise<string | undefined> {
  const values = { ':one': 1, ':most': maxTries, ':now': now };
  const condition = 'attribute_exists(codeHash) AND tries < :most AND expiresAt > :now';
  const item = await updateCode(db, venue, challengeId, { update: 'ADD tries :one', condition, values });
  return item?.codeHash as string | undefined;
}

/** A right code is used up by the first who uses it. */
export async function spendCode(db: Database, venue: Tenant, challengeId: string): Promise<boolean> {
  const condition = 'attribute_exists(codeHash) AND attribute_not_exists(spent)';
  const spent = { update: 'SET spent = :yes, tries = :all', condition, values: { ':yes': true, ':all': 1e6 } };
  return (await updateCode(db, venue, challengeId, spent)) !== undefined;
}

async function updateCode(
  db: Database,
  venue: Tenant,
  challengeId: string,
  { update, condition, values }: { update: string; condition: string; values: Item },
): Promise<Item | undefined> {
  try {
    const { Attributes } = await db.client.send(
      new UpdateItemCommand({
        TableName: db.table('presence'),
        Key: toKey(doorKeys.loginCode(venue, challengeId)),
        UpdateExpression: update,
        ConditionExpression: condition,
        ExpressionAttributeValues: toItem(values),
        ReturnValues: 'ALL_NEW',
      }),
    );
    return Attributes && fromItem<Item>(Attributes);
  } catch (error) {
    if (error instanceof ConditionalCheckFailedException) return undefined;
    throw error;
  }
}

/** At most `limit` turns in any rolling `windowMs`. */
export type Turns = { digest: string; limit: number; windowMs: number; now: number };

/** Takes a turn; false when all of this window's are taken, or too many want one at this very moment. */
export async function takeTurn(db: Database, venue: Tenant, { digest, limit, windowMs, now }: Turns): Promise<boolean> {
  const key: Key = doorKeys.turns(venue, digest);
  for (let attempt = 0; attempt < MAX_TRIES; attempt += 1) {
    const item = (await batchGet(db, { presence: [key] }, { consistent: true })).get('presence', key);
    const recent = ((item?.taken as number[] | undefined) ?? []).filter((at) => at > now - windowMs);
    if (recent.length >= limit) return false;
    const version = (item?.version as number | undefined) ?? 0;
    const ttl = Math.ceil((now + windowMs) / 1000);
    try {
      await db.client.send(
        new PutItemCommand({
          TableName: db.table('presence'),
          Item: toItem({ ...key, taken: [...recent, now], version: version + 1, ttl }),
          ConditionExpression: version === 0 ? 'attribute_not_exists(pk)' : '#version = :before',
          ...(version > 0 && {
            ExpressionAttributeNames: { '#version': 'version' },
            ExpressionAttributeValues: toItem({ ':before': version }),
          }),
        }),
      );
      return true;
    } catch (error) {
      if (!(error instanceof ConditionalCheckFailedException)) throw error;
      await db.sleep(10 * 2 ** attempt);
    }
  }
  return false;
}
